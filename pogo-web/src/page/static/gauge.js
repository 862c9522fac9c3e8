// The slots of a limit as a gauge.
import { el, number } from "./dom.js";
import { ruleText } from "./words.js";

export function gauge(limit) {
  const running = Math.min(limit.running, limit.slots);
  const rest = Math.max(0, limit.unavailable - limit.running);
  const text = `${limit.unavailable} of ${limit.slots} slots: ${limit.running} running, ${rest} failed, in doubt, down or held`;
  return el(
    "div.gauge",
    { role: "img", "aria-label": text, title: `${limit.group}: ${ruleText(limit.rule)}. ${text}` },
    el(
      "span.bar",
      el("i.t-running", { vars: { "--n": running / (limit.slots || 1) } }),
      el("i.t-failed", { vars: { "--n": Math.min(rest / (limit.slots || 1), 1) } }),
    ),
    el("small", `${number(limit.unavailable)}/${number(limit.slots)}`),
  );
}
