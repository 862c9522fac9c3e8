// A limit: its slots as a gauge, who holds them, who waits for them, and where it is written.
import { el, number, plural } from "./dom.js";
import { ago, clock } from "./time.js";
import { holderText, ruleText, sign, written } from "./words.js";

// Running, failed or in doubt, marked down or held.
// keptOut: of which limits how many hosts are marked down or held. Where look is given, pressing it selects the limit.
export function gauge(limit, keptOut = [], look) {
  const { running, unavailable, slots } = limit;
  const { hosts = 0 } = keptOut.find((kept) => kept.limit === limit.limit) || {};
  const held = Math.min(hosts, unavailable - running);
  const failed = Math.max(0, unavailable - running - held);
  const parts = [
    ["running", running, "running"],
    ["failed", failed, "failed or in doubt"],
    ["held", held, "down or held"],
  ].filter(([, count]) => count);
  const text = `${unavailable} of ${slots} slots${parts.map(([, count, words]) => `, ${count} ${words}`).join("")}`;
  const about = { title: `${limit.group}: ${ruleText(limit.rule)}. ${text}`, label: `${limit.group}: ${text}` };
  return el(
    look ? "button.gauge" : "div.gauge",
    look ? { ...about, key: `limit-${limit.limit}`, onclick: () => look(`limit:${limit.limit}`) } : { ...about, role: "img" },
    el(
      "span.bar",
      parts.map(([name, count]) => el(`i.t-${name}`, { vars: { "--n": Math.min(1, count / (slots || 1)) } })),
    ),
    el("small", `${number(unavailable)}/${number(slots)}`),
  );
}

export function limitDetails(limit, link) {
  const holders = limit.holders || [];
  const more = holders.length + (limit.more_holders || 0) - 200;
  return [
    el(
      "ul.holders",
      holders.slice(0, 200).map((holder) =>
        el(
          "li",
          sign(holder.because),
          " ",
          el(
            "a",
            { href: holder.job !== undefined ? link("jobs", holder.job, { host: holder.host }) : link("hosts", holder.host) },
            el("code", holder.host),
          ),
          el("small", ` ${holderText(holder)} since ${clock(holder.since)}, ${ago(holder.since)}`),
        ),
      ),
      more > 0 && el("li", `and ${number(more)} more`),
      (limit.waiting || []).map(({ job, user, hosts }) =>
        el(
          "li",
          sign("waiting"),
          " ",
          el("a", { href: link("jobs", job) }, `job ${job}`),
          el("small", `${user ? ` of ${user}` : ""} waits with ${plural(hosts, "host")}`),
        ),
      ),
    ),
    limit.origin && el("p", el("small", `written in ${written(limit.origin)}`)),
  ];
}
