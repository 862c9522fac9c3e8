// All jobs: how far each is, and where one is stuck, why.
import { el, number, patch, plural, problemOf, show, tellSometimes } from "./dom.js";
import { get, inNamespace, query, seg } from "./api.js";
import { Watch } from "./live.js";
import { me } from "./login.js";
import { about, clock, lasted, now } from "./time.js";
import { commandText, jobState, sign, tallyBar, tallyText, total, word } from "./words.js";

const FILTERS = [
  ["", "all"],
  ["running", "running"],
  ["blocked", "blocked"],
  ["paused", "paused"],
  ["failed", "with failures"],
  ["finished", "finished"],
];
const isAlive = (job) => !["finished", "halted"].includes(job.status);
const SINCE = [
  ["", "ever"],
  ["1", "1 day"],
  ["7", "7 days"],
  ["30", "30 days"],
];
// How many jobs are asked for in detail at once: those that somebody sees.
const DETAILED = 25;

export function jobs(context) {
  const { ns, view, link } = context;
  context.title("Jobs");
  let list = [];
  let listed = "";
  let seen = null;
  const details = new Map();
  const controls = el("div.controls");
  const fresh = el("div.fresh");
  const rows = el("ol.jobs", { label: "Jobs" });
  show(view, el("h1.sr", "Jobs"), controls, fresh, rows);

  const filter = () => context.params.state || "";
  const wanted = (job) => {
    const { state } = context.params;
    if (!state) return true;
    return state === "failed" ? job.tally.failed + job.tally.in_doubt > 0 : job.status === state;
  };

  function showControls() {
    const key = JSON.stringify([context.params, me.name, list.map((job) => [job.status, job.tally.failed, job.tally.in_doubt])]);
    // An open menu would close.
    if (controls.dataset.now === key) return;
    controls.dataset.now = key;
    // Where the server chose by status, nothing is known of others.
    const isKnown = (name) => !kept || !filter() || filter() === "failed" || filter() === name;
    const count = (name) =>
      list.filter((job) =>
        name === "failed" ? job.tally.failed + job.tally.in_doubt > 0 : !name || job.status === name,
      ).length;
    show(
      controls,
      el(
        "div.chips",
        { role: "group", label: "State" },
        FILTERS.map(([name, title]) =>
          el(
            "button.chip",
            {
              key: `f-${name}`,
              pressed: String(filter() === name),
              onclick: () => context.setParams({ ...context.params, state: name }),
            },
            title,
            isKnown(name) && el("b", number(count(name))),
          ),
        ),
      ),
      me.name &&
        el(
          "button.chip",
          {
            key: "mine",
            pressed: String(context.params.user === me.name),
            onclick: () => context.setParams({ ...context.params, user: context.params.user === me.name ? "" : me.name }),
          },
          "mine",
        ),
      field("by", "user", "anybody", 8),
      field("on", "on", "host or $tag", 12),
      el(
        "label.by",
        "since ",
        el(
          "select",
          {
            key: "since",
            onchange: (event) => context.setParams({ ...context.params, since: event.target.value }),
          },
          SINCE.map(([days, title]) =>
            el("option", { value: days, selected: (context.params.since || "") === days }, title),
          ),
        ),
      ),
    );
  }

  function field(title, name, placeholder, size) {
    let timer;
    return el(
      "label.by",
      `${title} `,
      el("input", {
        type: "text",
        key: name,
        value: context.params[name] || "",
        placeholder,
        size,
        spellcheck: "false",
        autocomplete: "off",
        oninput: (event) => {
          clearTimeout(timer);
          timer = setTimeout(() => context.setParams({ ...context.params, [name]: event.target.value.trim() }), 400);
        },
      }),
    );
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
      const { failed, in_doubt } = tally;
      const bad = tallyText({ failed, in_doubt });
      return el(
        "span.note",
        el("b", `${Math.floor((100 * done) / (all || 1))} %`),
        typeof left === "number" ? ` ~${about(left)} left` : job.status === "running" ? "" : ` ${word(job.status)}`,
        bad && el("em.s-failed", ` ${bad}`),
      );
    }
    const took = job.finished ? ` in ${lasted(job.finished - job.submitted)}` : "";
    const ends = tallyText({ ...tally, succeeded: 0 });
    return el("span.note", `${plural(all, "host")}${took}`, ends && el("em.s-failed", ` ${ends}`));
  }

  function row(job) {
    const detail = details.get(job.job);
    return el(
      "li",
      { class: job.status },
      el(
        "a.jobrow",
        { href: link("jobs", job.job), row: true, key: `job-${job.job}` },
        sign(jobState(job)),
        el("span.number", job.job),
        el(
          "span.what",
          el("code.cmd", job.command !== undefined ? job.command : detail ? commandText(detail.job.command) : "…"),
          el("code.targets", job.targets),
        ),
        el("span.who", job.user),
        el("span.when", { title: clock(job.submitted) }, clock(job.submitted, false)),
        tallyBar(job.tally),
        more(job),
      ),
    );
  }

  function showRows(force) {
    const found = list.filter(wanted);
    // Rows stay where they are while somebody points at them.
    const held = !force && seen && (rows.matches(":hover") || rows.contains(document.activeElement));
    if (!seen || !held) seen = new Set(list.map((job) => job.job));
    const unseen = found.filter((job) => !seen.has(job.job));
    show(
      fresh,
      unseen.length
        ? el("button", { key: "fresh", onclick: () => showRows(true) }, `${unseen.length} new`)
        : null,
    );
    const shown = found.filter((job) => seen.has(job.job));
    rows.classList.toggle("dense", shown.length > 40);
    const older =
      next !== undefined &&
      el(
        "li.older",
        el(
          "button",
          {
            key: "older",
            onclick: () => {
              pages++;
              watch.soon(0);
            },
          },
          "older",
        ),
      );
    if (shown.length) patch(rows, shown.map(row), older);
    else if (older) show(rows, el("li.empty", `None of the latest ${plural(list.length, "job")} is like this.`), older);
    else if (list.length || Object.values(context.params).some(Boolean))
      show(rows, el("li.empty", "No job is like this. ", el("a", { href: link("jobs") }, "All jobs")));
    else show(rows, el("li.empty", el("p", "No jobs yet."), el("p", "Run: ", el("code", "pogo run '$web' -- uptime"))));
  }

  // Those that run and those that were, the newest first; where no history is kept, those that run.
  let kept = true;
  let next;
  let pages = 1;
  async function load(signal) {
    const { user, on, since, state } = context.params;
    if (kept) {
      try {
        const found = [];
        let before;
        // Of those with failures more pages are looked through than are asked for, until there are some.
        const most = state === "failed" ? pages + 9 : pages;
        for (let page = 0; page < most && !(page >= pages && found.some(wanted)); page++) {
          const days = Number(since);
          const asked = {
            by: user,
            on,
            since: days ? Math.round(now() - days * 86400000) : undefined,
            // What has failed, the list of a server does not know.
            status: state && state !== "failed" ? state : undefined,
            limit: 200,
            before,
          };
          const answer = await get(inNamespace(ns, `/history${query(asked)}`), signal);
          found.push(...answer.entries.map(({ at, by, ...entry }) => ({ ...entry, submitted: at, submitted_by: by })));
          before = next = answer.next;
          if (before === undefined) break;
        }
        return found;
      } catch (problem) {
        if (problem.status !== 404) throw problem;
        kept = false;
      }
    }
    const found = [];
    let after;
    do {
      const answer = await get(inNamespace(ns, `/jobs${query({ limit: 1000, after, user })}`), signal);
      found.push(...answer.view.entries);
      after = answer.view.next;
    } while (after !== undefined && found.length < 5000);
    return found.reverse();
  }

  async function ask(signal) {
    const filter_ = JSON.stringify(context.params);
    let found;
    try {
      found = await load(signal);
    } catch (problem) {
      // What is shown goes on to be there; without anything, that is all there is to say.
      if (problem.name !== "AbortError") show(seen ? fresh : rows, el(seen ? "div" : "li", problemOf(problem)));
      throw problem;
    }
    const wasBlocked = new Set(list.filter((job) => job.status === "blocked").map((job) => job.job));
    // Of what was listed by another filter nobody waits to hear.
    const blocked = list.length && listed === filter_ ? found.find((job) => job.status === "blocked" && !wasBlocked.has(job.job)) : null;
    if (blocked) tellSometimes(`job ${blocked.job} is blocked`);
    [list, listed] = [found, filter_];
    showControls();
    showRows();
    context.updated();
    await detail(signal);
    showRows();
  }

  async function detail(signal) {
    const asked = list
      .filter(wanted)
      .filter((job) => isAlive(job) || (job.command === undefined && !details.has(job.job)))
      .slice(0, DETAILED);
    const next = async () => {
      for (let job = asked.shift(); job; job = asked.shift()) {
        try {
          const of = inNamespace(ns, `/jobs/${seg(job.job)}`);
          details.set(
            job.job,
            isAlive(job) ? await get(`${of}/overview`, signal) : { job: (await get(of, signal)).view },
          );
        } catch (problem) {
          if (problem.name === "AbortError") throw problem;
        }
      }
    };
    await Promise.all([next(), next(), next()]);
  }

  const command = () => {
    const { state, user, on, since } = context.params;
    context.command(
      `pogo jobs${state && state !== "failed" ? ` --state ${state}` : ""}${user ? ` --by ${user}` : ""}${on ? ` --on '${on}'` : ""}${since ? ` --since ${since}d` : ""}`,
    );
  };
  command();
  showControls();
  show(
    rows,
    [1, 2, 3].map(() => el("li.ghost")),
  );
  const watch = new Watch(ask, { every: 1000, matters: (news) => news.jobs.length > 0 });
  return {
    close: () => watch.stop(),
    update: (params) => {
      context.params = params;
      command();
      showControls();
      show(fresh);
      showRows(true);
      watch.soon(0);
    },
    keys: {
      n: () => {
        const bad = rows.querySelector("li.blocked a, li .s-failed");
        if (bad) (bad.closest("a") || bad).focus();
      },
    },
  };
}
