// All jobs: how far each is, and where one is stuck, why.
import { el, number, plural, show, tell } from "./dom.js";
import { get, inNamespace, query, seg } from "./api.js";
import { Watch } from "./live.js";
import { about, clock, lasted } from "./time.js";
import { ORDER, commandText, jobState, sign, tallyBar, total, word } from "./words.js";

const FILTERS = [["", "all"], ["running", "running"], ["blocked", "blocked"], ["paused", "paused"], ["failed", "with failures"], ["finished", "finished"]];
const isAlive = (job) => !["finished", "halted"].includes(job.status);
// How many jobs are asked for in detail at once: those that somebody sees.
const DETAILED = 25;

export function jobs(context) {
  const { ns, view, link } = context;
  context.title("Jobs");
  let list = [];
  let seen = null;
  const details = new Map();
  const controls = el("div.controls");
  const fresh = el("div.fresh");
  const rows = el("ol.jobs", { "aria-label": "Jobs" });
  show(view, el("h1.sr", "Jobs"), controls, fresh, rows);

  const filter = () => context.params.state || "";
  const wanted = (job) => {
    const { user, state } = context.params;
    if (user && !job.user.includes(user)) return false;
    if (!state) return true;
    return state === "failed" ? job.tally.failed + job.tally.in_doubt > 0 : job.status === state;
  };

  function showControls() {
    const count = (name) => list.filter((job) => (name === "failed" ? job.tally.failed + job.tally.in_doubt > 0 : !name || job.status === name)).length;
    show(controls,
      el("div.chips", { role: "group", "aria-label": "State" }, FILTERS.map(([name, title]) => el("button.chip", {
        type: "button", "data-key": `f-${name}`, "aria-pressed": String(filter() === name),
        onclick: () => context.setParams({ ...context.params, state: name }),
      }, title, el("b", number(count(name)))))),
      el("label.by", "by ", el("input", {
        type: "text", "data-key": "by", value: context.params.user || "", placeholder: "anybody", size: 10, spellcheck: "false",
        oninput: (event) => context.setParams({ ...context.params, user: event.target.value.trim() }),
      })));
  }

  function more(job) {
    const detail = details.get(job.job);
    const { tally } = job;
    const done = tally.succeeded + tally.skipped;
    const all = total(tally);
    if (job.status === "blocked") {
      const first = detail && detail.blockers && detail.blockers.find((reason) => !reason.passes);
      return el("span.note.s-blocked", first ? `blocked: ${first.text}` : "blocked");
    }
    if (isAlive(job)) {
      const left = detail && detail.outlook && detail.outlook.left;
      const bad = [tally.failed && `${number(tally.failed)} failed`, tally.in_doubt && `${number(tally.in_doubt)} in doubt`].filter(Boolean).join(", ");
      return el("span.note", el("b", `${Math.floor((100 * done) / (all || 1))} %`), left ? ` ~${about(left)} left` : job.status === "running" ? "" : ` ${word(job.status)}`, bad && el("em.s-failed", ` ${bad}`));
    }
    const took = job.finished ? ` in ${lasted(job.finished - job.submitted)}` : "";
    const ends = ORDER.filter((name) => tally[name] && name !== "succeeded").map((name) => `${number(tally[name])} ${word(name)}`).join(", ");
    return el("span.note", `${plural(all, "host")}${took}`, ends && el("em.s-failed", ` ${ends}`));
  }

  function row(job) {
    const detail = details.get(job.job);
    return el("li", { class: job.status }, el("a.jobrow", { href: link("jobs", job.job), "data-row": true, "data-key": `job-${job.job}` },
      sign(jobState(job)),
      el("span.number", job.job),
      el("span.what", el("code.cmd", detail ? commandText(detail.job.command) : "…"), el("code.targets", job.targets)),
      el("span.who", job.user),
      el("span.when", { title: clock(job.submitted) }, clock(job.submitted, false)),
      tallyBar(job.tally), more(job)));
  }

  function showRows(force) {
    const found = list.filter(wanted);
    // Rows stay where they are while somebody points at them.
    const held = !force && seen && (rows.matches(":hover") || rows.contains(document.activeElement));
    if (!seen || !held) seen = new Set(list.map((job) => job.job));
    const unseen = found.filter((job) => !seen.has(job.job));
    show(fresh, unseen.length ? el("button", { type: "button", "data-key": "fresh", onclick: () => showRows(true) }, `${unseen.length} new`) : null);
    const shown = found.filter((job) => seen.has(job.job));
    if (shown.length) show(rows, shown.slice(0, 500).map(row));
    else if (list.length) show(rows, el("li.empty", "No job is like this. ", el("a", { href: link("jobs") }, "All jobs")));
    else show(rows, el("li.empty", el("p", "No jobs yet."), el("p", "Run: ", el("code", "pogo run '$web' -- uptime"))));
  }

  async function ask(signal) {
    const found = [];
    let after;
    do {
      const answer = await get(inNamespace(ns, `/jobs${query({ limit: 1000, after })}`), signal);
      found.push(...answer.view.entries);
      after = answer.view.next;
    } while (after !== undefined && found.length < 5000);
    const blocked = list.length ? found.filter((job) => job.status === "blocked" && !list.some((known) => known.job === job.job && known.status === "blocked")) : [];
    if (blocked.length) tell(`job ${blocked[0].job} is blocked`);
    list = found.reverse();
    showControls();
    showRows();
    context.updated();
    await detail(signal);
    showRows();
  }

  async function detail(signal) {
    const asked = list.filter(wanted).filter((job) => isAlive(job) || !details.has(job.job)).slice(0, DETAILED);
    const next = async () => {
      for (let job = asked.shift(); job; job = asked.shift()) {
        try {
          const of = inNamespace(ns, `/jobs/${seg(job.job)}`);
          details.set(job.job, isAlive(job) ? await get(`${of}/overview`, signal) : { job: (await get(of, signal)).view });
        } catch (problem) {
          if (problem.name === "AbortError") throw problem;
        }
      }
    };
    await Promise.all([next(), next(), next()]);
  }

  const command = () => {
    const { state, user } = context.params;
    context.command(`pogo jobs${state ? ` --state ${state}` : ""}${user ? ` --by ${user}` : ""}`);
  };
  command();
  showControls();
  show(rows, [1, 2, 3].map(() => el("li.ghost")));
  const watch = new Watch(ask, { every: 1000, matters: (news) => news.jobs.length > 0 });
  return {
    close: () => watch.stop(),
    update: (params) => { context.params = params; command(); showControls(); showRows(true); watch.soon(0); },
    keys: { n: () => { const bad = rows.querySelector("li.blocked a, li .s-failed"); if (bad) (bad.closest("a") || bad).focus(); } },
  };
}
