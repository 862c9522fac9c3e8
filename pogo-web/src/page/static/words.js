// States: their words, their shapes, and their colours. No state is a colour alone.
import { el, number, svg } from "./dom.js";

// Shapes are those of the pictures.
const SHAPES = {
  succeeded: "M2 8.5 6 12.5 14 3.5",
  running: "M8 8m-5.2 0a5.2 5.2 0 1 0 10.4 0a5.2 5.2 0 1 0 -10.4 0",
  failed: "M3 3 13 13M13 3 3 13",
  in_doubt: "M4.5 5.5C4.5 1 11.5 1 11.5 5.5 11.5 8.5 8 8.3 8 10.6M8 13.6V14",
  blocked: "M8 2 15 14H1ZM8 6.5V10M8 12V12.1",
  waiting: "M8 3A5 5 0 1 1 3 8",
  skipped: "M2 4 7 8 2 12M8 4 13 8 8 12",
  cancelled: "M3 8H13",
  paused: "M5.5 3V13M10.5 3V13",
  halting: "M4 4H12V12H4Z",
  halted: "M4 4H12V12H4Z",
  finished: "M2 8.5 6 12.5 14 3.5",
  down: "M8 2V13M3.5 9 8 13.5 12.5 9",
  held: "M4 7.5H12V13.5H4ZM5.5 7.5V5C5.5 1.6 10.5 1.6 10.5 5V7.5",
};

const WORDS = { in_doubt: "in doubt" };

export const word = (state) => WORDS[state] || String(state || "").replace(/_/g, " ");

export function sign(state, label) {
  const shape = SHAPES[state] || SHAPES.waiting;
  const path = svg("path", { d: shape });
  const text = label === undefined ? word(state) : label;
  const attributes = { viewBox: "0 0 16 16", class: `sign s-${state}` };
  if (text) Object.assign(attributes, { role: "img", "aria-label": text });
  else attributes["aria-hidden"] = "true";
  return svg("svg", attributes, path);
}

// What a job is like at a glance: finished with failures is not a success.
export function jobState(job) {
  const tally = job.tally;
  if (job.status === "finished") return tally.failed ? "failed" : tally.in_doubt ? "in_doubt" : "succeeded";
  return job.status;
}

export const ORDER = ["succeeded", "running", "in_doubt", "failed", "skipped", "cancelled", "waiting"];

export const total = (tally) => ORDER.reduce((sum, name) => sum + (tally[name] || 0), 0);

export const tallyText = (tally) =>
  ORDER.filter((name) => tally[name])
    .map((name) => `${number(tally[name])} ${word(name)}`)
    .join(", ");

// One bar of what has become of all hosts.
export function tallyBar(tally) {
  const all = total(tally) || 1;
  const parts = ORDER.filter((name) => tally[name]);
  const text = tallyText(tally);
  const bar = el("span.tally", { role: "img", label: text, title: text });
  for (const name of parts) bar.append(el("i", { class: `t-${name}`, vars: { "--n": tally[name] / all } }));
  return bar;
}

export const ruleText = (rule) =>
  Object.entries(rule || {})
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");

export function commandText(command) {
  if (!command || typeof command === "string") return command || "";
  return command.shell === undefined ? Object.values(command).flat().join(" ") : command.shell;
}

// alice (laptop, token “ci”)
export const byWhom = (by) => {
  const how = [by.host, by.token && `token “${by.token}”`].filter(Boolean).join(", ");
  return by.name + (how && ` (${how})`);
};

export const actor = (job) => (job.submitted_by ? byWhom(job.submitted_by) : job.user || "");

export const written = ({ source, line }) => `${source}:${line}`;

export function holderText(holder) {
  const job = holder.job !== undefined ? ` in job ${holder.job}` : "";
  return `${word(holder.because)}${job}${holder.owner ? ` by ${holder.owner}` : ""}`;
}

// The tags of a host, each with where it is given.
export const tagList = ({ tags = [], origins = [] }) =>
  el(
    "p.tags",
    tags.map((tag) => {
      const of = origins.filter((origin) => origin.tag === tag).map(({ origin }) => written(origin));
      return el("code", { title: of.length ? `from ${of.join(", ")}` : null }, `$${tag}`, el("small", ` ${of[0] || ""}`));
    }),
  );

export function failureText(failure) {
  if (!failure) return "";
  const status = failure.status === undefined ? "" : ` ${failure.status}`;
  const kind =
    { command: "exit", pre_hook: "pre-hook exit", post_hook: "post-hook exit" }[failure.kind] || word(failure.kind);
  const signal = failure.signal ? ` ${failure.signal}` : "";
  return `${kind}${status}${signal}${failure.message ? `: ${failure.message}` : ""}`;
}
