// What stands in a timeline, in words.
import { el } from "./dom.js";
import { lasted } from "./time.js";
import { STACK } from "./paint.js";
import { ruleText, word } from "./words.js";

function stepAt(steps, bars, at) {
  const column = bars ? ((at - bars.from) / (bars.to - bars.from)) * bars.columns : Infinity;
  return steps.findLast((step) => step[0] <= column) || [0, 0, 0, 0, 0, 0];
}

export function describe(row, bars, at) {
  if (row.kind === "band") {
    const step = stepAt(row.steps, bars, at);
    const parts = STACK.map(
      ([name, place]) => step[place] && `${step[place]} ${name === "other" ? "skipped or cancelled" : word(name)}`,
    ).filter(Boolean);
    return `${row.end - row.at} hosts: ${parts.join(", ") || "all waiting"}`;
  }
  if (row.kind === "limit") {
    const [, running, unavailable, slots] = stepAt(row.steps, bars, at);
    return `${ruleText(row.rule)}: ${unavailable} of ${slots} slots used, ${running} running`;
  }
  if (row.kind !== "host") return row.label || "";
  const last = row.bars[row.bars.length - 1];
  const took = last && last.to !== undefined ? ` after ${lasted(last.to - last.from)}` : "";
  return `${row.host} ${word(row.state)}${took}${row.bars.length > 1 ? `, attempt ${row.bars.length}` : ""}${row.why ? `: ${row.why}` : ""}`;
}

export const legend = () =>
  el(
    "p.legend",
    { "aria-hidden": "true" },
    [
      ["connect", "connect"],
      ["pre", "pre-hook"],
      ["running", "command"],
      ["post", "post-hook"],
      ["ok", "succeeded"],
      ["failed", "failed, holds its slot"],
      ["doubt", "in doubt"],
    ].map(([name, text]) => [el(`i.key.k-${name}`), ` ${text} `]),
  );
