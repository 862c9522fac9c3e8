// What stands in a timeline, in words.
import { el } from "./dom.js";
import { lasted } from "./time.js";
import { STACK, STEP } from "./paint.js";
import { ruleText, word } from "./words.js";

const columnAt = (bars, at) => (bars ? ((at - bars.from) / (bars.to - bars.from)) * bars.columns : Infinity);

// The counts of a band at a time, or at its end.
export function countsAt(steps, bars, at) {
  const column = columnAt(bars, at);
  let i = steps.length - STEP;
  while (i >= 0 && steps[i] > column) i -= STEP;
  return i < 0 ? [0, 0, 0, 0, 0, 0] : steps.subarray(i, i + STEP);
}

const countsText = (step) =>
  STACK.map(([name, place]) => step[place] && `${step[place]} ${name === "other" ? "skipped or cancelled" : word(name)}`)
    .filter(Boolean)
    .join(", ");

// What all hosts of a timeline were doing then.
export const countsThen = (line, at) => line.bars && countsText(countsAt(line.bars.total, line.bars, at));

// By what something that is no host is selected.
export const keyOf = (row) =>
  ({
    head: row.hosts !== undefined && `group:${row.label}`,
    band: `rows:${row.at}-${row.end}`,
    limit: row.limit !== undefined && `limit:${row.limit}`,
  })[row.kind];

export function describe(row, bars, at) {
  if (row.kind === "band") {
    return `${row.end - row.at} hosts: ${countsText(countsAt(row.steps, bars, at)) || "all waiting"}`;
  }
  if (row.kind === "limit") {
    const column = columnAt(bars, at);
    const [, running, unavailable, slots, kept] = row.steps.findLast((step) => step[0] <= column) || [0, 0, 0, 0, 0];
    const failed = Math.max(0, unavailable - running - kept);
    return `${ruleText(row.rule)}: ${unavailable} of ${slots} slots used: ${running} running, ${failed} failed or in doubt, ${kept} down or held`;
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
      ["held", "down or held"],
    ].map(([name, text]) => [el(`i.key.k-${name}`), ` ${text} `]),
  );
