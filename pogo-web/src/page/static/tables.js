// What runs, and who holds which slots.
import { el, number, patch, problemOf, show } from "./dom.js";
import { get, inNamespace, query } from "./api.js";
import { Watch } from "./live.js";
import { clock, lasted, now } from "./time.js";
import { limitDetails } from "./limit.js";
import { ruleText, sign, word } from "./words.js";
import { ask as confirm, releaseOrder } from "./orders.js";

export const failedTo = (view, title) => (problem) => {
  if (problem.name !== "AbortError") show(view, el("h1", title), problemOf(problem));
  throw problem;
};

// A list to its end, which is cut where nobody would read on.
async function all(ns, list, asked, signal) {
  const found = [];
  let after;
  do {
    const { view } = await get(inNamespace(ns, `/${list}${query({ ...asked, limit: 1000, after })}`), signal);
    found.push(...view.entries);
    after = view.next;
  } while (after !== undefined && found.length < 5000);
  return found;
}

// Every host on which something runs, those that have run longest on top.
export function running(context) {
  const { ns, view, link } = context;
  context.title("Running");
  context.command("pogo status");
  async function ask(signal) {
    const list = await all(ns, "attempts", {}, signal).catch(failedTo(view, "Running"));
    // Those that take longer than was expected of them first, then those that have run longest.
    list.sort((one, other) => Boolean(other.slow) - Boolean(one.slow) || one.started - other.started);
    const most = Math.max(1, ...list.slice(0, 500).map((attempt) => now() - attempt.started));
    patch(
      view,
      el("h1", "Running", el("small", ` ${number(list.length)}`)),
      list.length === 0 && el("div.empty", "Nothing runs now."),
      list.length > 0 &&
        el(
          "div.tablewrap",
          el(
            "table",
            { "aria-rowcount": list.length },
            el(
              "thead",
              el(
                "tr",
                ["Host", "Job", "Phase", "For"].map((name) => el("th", { scope: "col" }, name)),
                el("td"),
              ),
            ),
            el(
              "tbody",
              list.slice(0, 500).map((attempt) =>
                el(
                  "tr",
                  el(
                    "td",
                    el(
                      "a",
                      {
                        href: link("jobs", attempt.job, { host: attempt.host }),
                        row: true,
                        key: `a-${attempt.id}`,
                      },
                      el("code", attempt.host),
                    ),
                  ),
                  el("td", el("a", { href: link("jobs", attempt.job), tabIndex: -1 }, attempt.job)),
                  el(
                    "td",
                    sign(attempt.slow ? "blocked" : "running", attempt.slow ? "slow" : ""),
                    ` ${word(attempt.phase)}`,
                    attempt.slow && " · slow",
                    attempt.cancelling && ` · cancelled: ${word(attempt.cancelling)}`,
                  ),
                  el("td.num", { title: clock(attempt.started) }, lasted(now() - attempt.started)),
                  el("td.wide", el("span.len", { vars: { "--n": (now() - attempt.started) / most } })),
                ),
              ),
            ),
          ),
        ),
      list.length > 500 &&
        el("p", `The longest 500 of ${number(list.length)}. All of a job: `, el("code", "pogo status JOB")),
    );
    context.updated();
  }
  const watch = new Watch(ask, { every: 1000 });
  return { close: () => watch.stop() };
}

const KINDS = ["running", "failed", "in_doubt", "down", "held"];

// Every limit: who holds its slots, why, and since when.
export function slots(context) {
  const { ns, view, link } = context;
  context.title("Slots");
  const open = new Set();
  const order = (what) => confirm(ns, what, () => watch.soon(0));
  async function ask(signal) {
    const { hosts } = context.params;
    const [limits, holds] = await Promise.all([
      all(ns, "slots", { hosts }, signal).catch(failedTo(view, "Slots")),
      all(ns, "holds", {}, signal),
    ]);
    context.command(`pogo slots${hosts ? ` '${hosts}'` : ""}`);
    patch(
      view,
      el("h1", "Slots", hosts && el("small", ` of ${hosts} `), hosts && el("a", { href: link("slots") }, "all")),
      el(
        "p.legend",
        KINDS.map((kind) => [el(`i.key.t-${kind}`), ` ${word(kind)} `]),
      ),
      limits.length === 0 &&
        el("div.empty", "There are no limits. A policy has them: ", el("code", "pogo apply -c policy.yaml")),
      el("ul.slots", limits.map(limitRow)),
      holds.length > 0 && [
        el("h2", "Holds"),
        el(
          "ul.reasons",
          holds.map((hold) =>
            el(
              "li",
              sign("held", ""),
              el(
                "span",
                el("code", hold.host),
                ` for ${hold.owner}: ${hold.reason} (${hold.since === undefined ? "waits since" : "since"} ${clock(hold.since || hold.ordered)})`,
              ),
              el(
                "button",
                { key: `r-${hold.host}-${hold.owner}`, onclick: () => order(releaseOrder(hold)) },
                "Release…",
              ),
            ),
          ),
        ),
      ],
    );
    context.updated();
  }
  function limitRow(limit) {
    const holders = limit.holders || [];
    const all = Math.max(limit.slots, limit.unavailable, 1);
    const counts = KINDS.map((kind) => [kind, holders.filter((holder) => holder.because === kind).length]).filter(
      ([, count]) => count,
    );
    const known = counts.reduce((sum, [, count]) => sum + count, 0) || 1;
    const scale = limit.unavailable / known;
    const text = counts.map(([kind, count]) => `${count} ${word(kind)}`).join(", ") || "free";
    const waiting = (limit.waiting || []).reduce((sum, { hosts }) => sum + hosts, 0);
    const key = String(limit.limit);
    return el(
      "li",
      el(
        "details",
        {
          open: open.has(key),
          ontoggle: (event) => {
            if (event.target.open) open.add(key);
            else open.delete(key);
          },
        },
        el(
          "summary",
          { row: true, key: `l-${key}` },
          el("span.name", el("code", limit.group), el("small", ` ${ruleText(limit.rule)}`)),
          el(
            "span.bar.tall",
            { role: "img", label: text, title: text },
            counts.map(([kind, count]) => el("i", { class: `t-${kind}`, vars: { "--n": (count * scale) / all } })),
          ),
          el("span.num", `${number(limit.unavailable)} of ${number(limit.slots)}`),
          el("em.full", limit.unavailable >= limit.slots && "full", waiting > 0 && `, ${number(waiting)} wait`),
        ),
        limitDetails(limit, link),
      ),
    );
  }
  const watch = new Watch(ask, { every: 1000 });
  return {
    close: () => watch.stop(),
    update: (params) => {
      context.params = params;
      watch.soon(0);
    },
  };
}
