// One host: what is known of it, in all jobs.
import { el, plural, problemOf, show } from "./dom.js";
import { get, inNamespace, query, seg } from "./api.js";
import { Watch } from "./live.js";
import { clock, lasted } from "./time.js";
import { Output } from "./output.js";
import { ask as confirm, freezeOrder, markOrder } from "./orders.js";
import { failureText, holderText, sign, tagList, word, written } from "./words.js";

const pastText = ({ state, last_attempt: last = {} } = {}) =>
  state ? `${word(state)}${last.ended ? ` after ${lasted(last.ended - last.started)}` : ""} ${failureText(last.failure)}` : "";

export function host(context) {
  const { ns, id, view, link } = context;
  context.title(id);
  context.command(`pogo host ${id}`);
  // Jobs of which nothing but their records is left; of where no history is kept, none.
  let past = [];
  let more;
  const body = el("div");
  const said = el("div.log");
  show(view, body, said);
  let output = null;
  // How it ended on this host; of a job that is past, its records say so.
  const results = new Map();
  async function askResults(entries) {
    // Of jobs that came to the same everywhere it is known.
    for (const { job, tally } of entries) {
      const states = Object.keys(tally).filter((state) => tally[state]);
      if (states.length === 1) results.set(job, { job, state: states[0] });
    }
    const unknown = entries.filter(({ job }, at) => !results.has(job) || (at === 0 && !results.get(job).last_attempt));
    for (const { job } of unknown.slice(0, 10)) {
      const answer = await get(inNamespace(ns, `/jobs/${job}/hosts${query({ hosts: id })}`)).catch(() => null);
      if (answer && answer.view.entries.length) results.set(job, { job, ...answer.view.entries[0] });
      if (closed) return;
      watch.soon(0);
    }
  }
  // What it said last, of any job.
  function showOutput(jobs) {
    const ran = [...jobs, ...results.values()].filter((job) => (job.last_attempt || {}).id !== undefined);
    const latest = ran.sort((one, other) => other.last_attempt.started - one.last_attempt.started)[0];
    if (!latest) return;
    const { id: attempt, ended } = latest.last_attempt;
    if (output && output.attempt === attempt) {
      output.running = ended === undefined;
      return;
    }
    if (output) output.close();
    output = new Output(said, { ns, job: latest.job, attempt, running: ended === undefined });
  }
  async function askPast(before) {
    const answer = await get(inNamespace(ns, `/history${query({ on: id, limit: 50, before })}`)).catch(() => ({
      entries: [],
    }));
    past = before ? past.concat(answer.entries) : answer.entries;
    more = answer.next;
    watch.soon(0);
    askResults(answer.entries);
  }
  async function ask(signal) {
    let found;
    try {
      found = (await get(inNamespace(ns, `/hosts/${seg(id)}`), signal)).view;
    } catch (problem) {
      if (problem.name !== "AbortError")
        show(
          body,
          el("h1", id),
          problemOf(problem, el("p", el("a", { href: link("hosts") }, "Hosts"))),
        );
      throw problem;
    }
    const down = (found.unavailable || []).some((reason) => reason.because === "down");
    const order = (what) => confirm(ns, what, () => watch.soon(0));
    const unavailable = found.unavailable || [];
    show(
      body,
      el(
        "div.title",
        el("h1", sign(unavailable.length ? unavailable[0].because : "succeeded", ""), ` ${id}`),
        el(
          "div.buttons",
          down
            ? el("button", { key: "up", onclick: () => order(markOrder(id, true)) }, "Mark up…")
            : el(
                "button",
                { key: "down", onclick: () => order(markOrder(id, false)) },
                "Mark down…",
              ),
          el("button", { key: "freeze-host", onclick: () => order(freezeOrder(id)) }, "Freeze…"),
        ),
      ),
      el(
        "p.facts",
        found.in_fleet ? "in the fleet" : "not in the fleet any more",
        (found.origins || [])
          .filter(({ tag }) => !tag)
          .map(({ origin }) => ` · named in ${written(origin)}`),
        unavailable.length ? " · unavailable" : " · available",
      ),
      tagList(found),
      unavailable.length > 0 &&
        el(
          "ul.reasons",
          unavailable.map((holder) =>
            el("li", sign(holder.because), el("span", `${holderText(holder)} since ${clock(holder.since)}`)),
          ),
        ),
      (found.freezes || []).length > 0 &&
        el(
          "ul.reasons",
          found.freezes.map((freeze) =>
            el(
              "li",
              sign("blocked", ""),
              el("span", `frozen by ${freeze.by} since ${clock(freeze.since)}: ${freeze.reason}`),
            ),
          ),
        ),
      (found.holds || []).length > 0 &&
        el(
          "ul.reasons",
          found.holds.map((hold) => el("li", sign("held", ""), el("span", `held for ${hold.owner}: ${hold.reason}`))),
        ),
      el("h2", "Jobs"),
      el(
        "ul.hosts.wide",
        (found.jobs || [])
          .slice()
          .reverse()
          .map((job) => {
            const last = job.last_attempt || {};
            return el(
              "li",
              el(
                "a",
                { href: link("jobs", job.job, { host: id }), row: true, key: `j-${job.job}` },
                sign(job.state),
                el("b", ` job ${job.job} `),
                el("time", clock(last.started)),
                el(
                  "small",
                  ` ${pastText(job)}`,
                ),
              ),
            );
          }),
      ),
      el(
        "ul.hosts.wide",
        past
          .filter((job) => !(found.jobs || []).some((known) => known.job === job.job))
          .map((job) =>
            el(
              "li",
              el(
                "a",
                { href: link("jobs", job.job, { host: id }), row: true, key: `p-${job.job}` },
                results.has(job.job) ? sign(results.get(job.job).state) : el("span.sign"),
                el("b", ` job ${job.job} `),
                el("time", clock(job.at)),
                el("code", ` ${job.command}`),
                el("small", ` by ${job.user}, on ${plural(job.count, "host")} ${pastText(results.get(job.job))}`),
              ),
            ),
          ),
      ),
      more !== undefined &&
        el("button", { key: "older", onclick: () => askPast(more) }, "older"),
      !(found.jobs || []).length && !past.length && el("p.empty", "No job that is still known has it."),
    );
    showOutput(found.jobs || []);
    context.updated();
  }
  let closed = false;
  askPast();
  const watch = new Watch(ask, { matters: (news) => news.hosts.includes(id) || news.namespace, every: 800 });
  return {
    close: () => {
      closed = true;
      watch.stop();
      if (output) output.close();
    },
  };
}
