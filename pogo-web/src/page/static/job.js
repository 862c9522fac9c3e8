// One job: is it going well, what is stuck and why, what to do now, what did that host say.
import { el, number, plural, show, tell } from "./dom.js";
import { get, inNamespace, query, seg } from "./api.js";
import { Watch } from "./live.js";
import { about, clock, full, lasted, now } from "./time.js";
import { abortOrder, ask, cureOrder, parallelOrder, pauseOrder, promoteOrder, rerunOrder, resumeOrder, retryOrder, skipOrder, stopOrder } from "./orders.js";
import { ORDER, actor, commandText, failureText, jobState, ruleText, sign, tallyBar, total, word } from "./words.js";
import { Inspector } from "./inspector.js";
import { Timeline } from "./timeline.js";

export function job(context) {
  const { ns, view, id, link } = context;
  const number_ = Number(id);
  const base = inNamespace(ns, `/jobs/${seg(id)}`);
  context.title(`Job ${id}`);
  const head = el("section.jobhead");
  const holds = el("section.holds", { "aria-label": "What holds hosts back" });
  const groups = el("section.groups", { "aria-label": "Groups and hosts" });
  const line = el("section.line", { "aria-label": "Timeline" });
  const side = el("aside.inspector", { "aria-label": "Host", hidden: true });
  const events = el("details.events", { open: true });
  const parts = el("div.parts", groups, line, side);
  show(view, head, holds, parts, events);
  show(head, el("h1", `Job ${id}`));
  let overview = null;
  let hosts = { state: context.params.state || "", entries: [], next: null };
  const again = () => { watch.soon(0); timeline.refresh(); hostsWatch.soon(0); };
  const order = (what) => ask(ns, what, again);

  const timeline = new Timeline(line, {
    base, params: context.params,
    select: (host) => pick(host), window: (from, to) => context.setParams({ ...context.params, from, to }),
  });
  const inspector = new Inspector(side, { ns, job: number_, link, order, dismiss: () => pick(null), step });

  function pick(host) {
    const params = { ...context.params };
    if (host) params.host = host; else delete params.host;
    context.setParams(params);
  }

  // Along the list of hosts; to one that ended in another way, where that is asked for.
  function step(by, different) {
    const { entries } = hosts;
    const at = entries.findIndex((row) => row.host === context.params.host);
    const how = (row) => row.state + failureText((row.last_attempt || {}).failure);
    let next = at + by;
    while (different && at >= 0 && entries[next] && how(entries[next]) === how(entries[at])) next += by;
    if (entries[next]) pick(entries[next].host);
    else tell(different ? "all others in the list ended alike" : "no other in the list");
  }

  function select() {
    const { host } = context.params;
    side.hidden = !host;
    parts.classList.toggle("inspecting", Boolean(host));
    inspector.show(host || null);
    timeline.mark(host || null);
    context.command(host ? `pogo logs ${id} ${host}` : `pogo status ${id}`);
  }

  function showHead({ job, outlook, retired }) {
    const { tally } = job;
    const all = total(tally);
    const facts = [
      el("b", `${number(tally.succeeded)} of ${number(all)}`), " succeeded",
      tally.running && [" · ", number(tally.running), " running"],
      tally.waiting && [" · ", number(tally.waiting), " waiting"],
      tally.failed && [" · ", el("span.s-failed", `${number(tally.failed)} failed`)],
      tally.in_doubt && [" · ", el("span.s-in_doubt", `${number(tally.in_doubt)} in doubt`)],
      tally.skipped && [" · ", `${number(tally.skipped)} skipped`],
      tally.cancelled && [" · ", `${number(tally.cancelled)} cancelled`],
      outlook.left && [" · about ", el("b", about(outlook.left)), " left"],
      outlook.slowest && outlook.typical && now() - outlook.slowest.started > 2 * outlook.typical
        && [" · slowest ", el("a", { href: link("jobs", id, { host: outlook.slowest.host }) }, outlook.slowest.host), ` ${lasted(now() - outlook.slowest.started)}`],
      job.finished && [` · took ${lasted(job.finished - job.submitted)}`],
    ].filter(Boolean);
    const buttons = retired ? [again_()] : headButtons(job);
    show(head,
      el("div.title", el("h1", sign(jobState(job)), ` Job ${id} `), el("code.cmd", commandText(job.command)), el("div.buttons", buttons)),
      el("p.by", el("code.targets", job.targets), " by ", el("b", actor(job)), " ", el("time", { title: full(job.submitted) }, clock(job.submitted)),
        ` · ${word(job.status)}`, retired && " · retired",
        job.steered && job.steered.reason && [` · “${job.steered.reason}”`],
        job.override_constraints && el("span.s-blocked", ` · without regard to limits: ${job.override_constraints}`)),
      el("p.facts", facts), tallyBar(tally));
  }

  function headButtons(job) {
    const { status } = job;
    const button = (text, what, kind = "") => el(`button${kind}`, { type: "button", "data-key": text, onclick: () => order(what) }, text);
    const live = !["finished", "halted"].includes(status);
    return [
      job.next_wave !== undefined && button(`Begin wave ${job.next_wave}`, promoteOrder(number_, job.next_wave), ".primary"),
      ["paused", "halting", "halted"].includes(status) && button("Resume", resumeOrder(number_), ".primary"),
      !live && again_(),
      live && status !== "paused" && status !== "halting" && button("Pause", pauseOrder(number_)),
      live && el("details.menu", el("summary", { "data-key": "more" }, "Stop ▾"), el("div",
        button("Stop: let what runs end", stopOrder(number_, job.tally)),
        button("Stop now: interrupt what runs", abortOrder(number_, job.tally)),
        button("How many at once…", parallelOrder(number_, job.settings && job.settings.max_parallel && job.settings.max_parallel.limit)))),
    ];
  }

  const again_ = () => el("button", { type: "button", "data-key": "rerun", onclick: rerun }, "Run again…");

  // What was submitted is in the records of the job.
  async function rerun() {
    try {
      const { records } = await get(`${base}/events${query({ limit: 20 })}`);
      const first = records.find((record) => record.event === "job_submitted");
      if (!first) throw new Error(`what job ${id} was is not kept any more; submit it with pogo run`);
      ask(ns, rerunOrder(number_, first.spec), ([answer]) => { if (answer && answer.job) context.go("jobs", answer.job); });
    } catch (problem) {
      show(events, el("summary", "Events"), el("p.problem", problem.message));
      tell(problem.message);
    }
  }

  // The first cure stands in front; what is dangerous stands last.
  function cures(list) {
    const usable = list.filter((cure) => cure.orders);
    const only = list.filter((cure) => !cure.orders);
    const label = (cure) => { const text = cure.command.replace(/^pogo /, ""); return text.length > 44 ? `${text.slice(0, 43)}…` : text; };
    const button = (cure) => el("button", { type: "button", "data-key": cure.command, onclick: () => order(cureOrder(cure)) }, label(cure));
    const [first, ...rest] = usable;
    return el("span.cures", first && button(first),
      (rest.length > 0 || only.length > 0) && el("details.menu", el("summary", { "data-key": `m-${(first || only[0]).command}` }, "more ▾"), el("div", rest.map(button),
        only.map((cure) => el("code", cure.command)))));
  }

  function showHolds({ blockers, causes, job }) {
    const lines = [];
    for (const reason of blockers.filter((reason) => !reason.passes)) {
      lines.push(el("li", sign("blocked", ""), el("p", reason.text), cures(reason.cures || [])));
    }
    for (const cause of causes) {
      const since = cause.count > 1 ? ` since ${clock(cause.since, false)}, last ${clock(cause.last, false)}` : ` at ${clock(cause.since)}`;
      lines.push(el("li", { class: cause.state }, sign(cause.state),
        el("p", el("b", `${number(cause.count)} × `), cause.text, el("small", cause.state === "waiting" ? `${since}, ${cause.count === 1 ? "is" : "are"} tried again` : since), el("code.folded", { title: cause.folded }, cause.folded)),
        el("span.cures",
          el("button", { type: "button", "data-key": `o-${cause.text}`, onclick: () => pick(cause.hosts[0]) }, "Output"),
          cause.state !== "waiting" && el("button", { type: "button", "data-key": `r-${cause.text}`, onclick: () => order(retryOrder(number_, cause.hosts, cause.count > cause.hosts.length ? ` Others of the ${cause.count} are not asked for yet.` : "", cause.folded)) }, cause.hosts.length === 1 ? "Retry" : `Retry ${number(cause.hosts.length)}`),
          el("details.menu", el("summary", { "data-key": `s-${cause.text}` }, "more ▾"), el("div",
            el("button", { type: "button", onclick: () => order(skipOrder(number_, cause.hosts, cause.folded)) }, `Skip ${cause.hosts.length === 1 ? cause.hosts[0] : plural(cause.hosts.length, "host")}…`),
            el("button", { type: "button", onclick: () => handover() }, "Copy handover"))))));
    }
    holds.hidden = !lines.length;
    const key = JSON.stringify([blockers, causes]);
    // Somebody may be about to press a button.
    if (holds.dataset.key === key) return;
    holds.dataset.key = key;
    const stuck = blockers.filter((reason) => !reason.passes).length;
    const failures = causes.some((cause) => cause.state !== "waiting");
    const title = stuck ? `${plural(stuck, "thing")} hold${stuck === 1 ? "s" : ""} hosts back` : job.finished ? "Failures by cause" : failures ? "Failures so far" : "What came to nothing so far";
    show(holds, el("h2", title), el("ul", lines));
  }

  async function handover() {
    const { job, blockers, causes } = overview;
    const text = [`pogo job ${id}: ${commandText(job.command)} on ${job.targets}, by ${actor(job)}, ${word(job.status)}`,
      ORDER.filter((name) => job.tally[name]).map((name) => `${job.tally[name]} ${word(name)}`).join(", "),
      ...blockers.map((reason) => `- ${reason.text}`), ...causes.map((cause) => `- ${cause.count} x ${cause.text} (${cause.folded})`), location.href].join("\n");
    try { await navigator.clipboard.writeText(text); tell("copied"); } catch { /* not allowed */ }
  }

  function gauge(limit) {
    const running = Math.min(limit.running, limit.slots);
    const rest = Math.max(0, limit.unavailable - limit.running);
    const text = `${limit.unavailable} of ${limit.slots} slots: ${limit.running} running, ${rest} failed, in doubt, down or held`;
    return el("div.gauge", { role: "img", "aria-label": text, title: `${limit.group}: ${ruleText(limit.rule)}. ${text}` },
      el("span.bar", el("i.t-running", { vars: { "--n": running / (limit.slots || 1) } }), el("i.t-failed", { vars: { "--n": Math.min(rest / (limit.slots || 1), 1) } })),
      el("small", `${number(limit.unavailable)}/${number(limit.slots)}`));
  }

  function showGroups({ sections, job }) {
    const limits = new Map((job.limits || []).map((limit) => [limit.limit, limit]));
    const states = ORDER.filter((name) => job.tally[name]);
    show(groups,
      el("h2", "Groups", el("small", " slots")),
      el("ul.sections", sections.map((section) => el("li",
        el("button.name", { type: "button", "data-key": `g-${section.label}`, title: "To its place in the timeline", onclick: () => timeline.toSection(section.label) }, section.label, el("small", ` ${number(section.tally.succeeded)}/${number(section.hosts)}`)),
        tallyBar(section.tally),
        section.limits.map((limit) => limits.get(limit)).filter(Boolean).map(gauge)))),
      el("h2", "Hosts"),
      el("div.chips", { role: "group", "aria-label": "State of hosts" }, states.map((name) => el("button.chip", {
        type: "button", "data-key": `s-${name}`, "aria-pressed": String(hosts.state === name),
        onclick: () => context.setParams({ ...context.params, state: hosts.state === name ? "" : name }),
      }, sign(name, ""), ` ${word(name)}`, el("b", number(job.tally[name]))))),
      el("ul.hosts", { "data-scroll": `hosts-${hosts.state}` }, hostRows()));
  }

  function hostRows() {
    const rows = hosts.entries.map((row) => el("li", el("a", {
      href: link("jobs", id, { ...context.params, host: row.host }), "data-row": true, "data-key": `h-${row.host}`,
      "aria-current": row.host === context.params.host ? "true" : false,
    }, sign(row.state), " ", el("code", row.host), el("small", hostNote(row)))));
    if (hosts.next) rows.push(el("li", el("button", { type: "button", "data-key": "more-hosts", onclick: () => moreHosts() }, "more")));
    return rows;
  }

  function hostNote(row) {
    const last = row.last_attempt || {};
    const tries = row.attempts > 1 ? ` · attempt ${row.attempts}` : "";
    if (row.state === "running") return ` ${last.phase || ""} ${last.started ? lasted(now() - last.started) : ""}${tries}`;
    return ` ${failureText(last.failure)}${tries}`;
  }

  async function askHosts(signal) {
    if (!hosts.state) { hosts.entries = []; hosts.next = null; if (overview) showGroups(overview); return; }
    const asked = hosts.state;
    const answer = await get(`${base}/hosts${query({ state: asked, limit: Math.max(100, Math.min(1000, hosts.entries.length)) })}`, signal);
    if (hosts.state !== asked) return;
    hosts.entries = answer.view.entries;
    hosts.next = answer.view.next;
    if (overview) showGroups(overview);
  }

  async function moreHosts() {
    const answer = await get(`${base}/hosts${query({ state: hosts.state, limit: 200, after: hosts.next })}`);
    hosts.entries = hosts.entries.concat(answer.view.entries);
    hosts.next = answer.view.next;
    showGroups(overview);
  }

  function showEvents({ events: list }) {
    const key = String(list.length && list[list.length - 1].at) + list.length;
    if (events.dataset.key === key) return;
    events.dataset.key = key;
    show(events, el("summary", `Events ${list.length}`), el("ol", { "data-scroll": "events", tabIndex: 0, "aria-label": "Events, the latest first" }, list.slice().reverse().map((event) => el("li", el("time", { title: full(event.at) }, clock(event.at)), " ", event.text))));
  }

  let failed = 0;
  async function askOverview(signal) {
    let found;
    try {
      found = await get(`${base}/overview`, signal);
    } catch (problem) {
      if (problem.name !== "AbortError" && !overview) show(head, el("h1", `Job ${id}`), el("div.empty", el("p", problem.message), el("p", el("a", { href: link("jobs") }, "All jobs"), " · ", el("code", `pogo status ${id}`))));
      throw problem;
    }
    const bad = found.job.tally.failed + found.job.tally.in_doubt;
    if (overview && bad > failed) tell(`job ${id}: ${bad} failed or in doubt`);
    failed = bad;
    if (!overview && !hosts.state) hosts.state = bad ? (found.job.tally.failed ? "failed" : "in_doubt") : found.job.tally.running ? "running" : "";
    const first = !overview;
    overview = found;
    showHead(found);
    showHolds(found);
    showGroups(found);
    showEvents(found);
    timeline.remark(found.events);
    const { tally } = found.job;
    const done = Math.floor((100 * (tally.succeeded + tally.skipped)) / (total(tally) || 1));
    context.title(`${{ blocked: "▲ ", paused: "‖ " }[found.job.status] || (bad ? "✕ " : "")}${found.job.finished ? "" : `${done} % `}Job ${id}`);
    context.updated();
    timeline.live = !found.retired && !found.job.finished;
    if (first) hostsWatch.soon(0);
  }

  const matters = (news) => news.jobs.includes(number_) || news.told.some((told) => told.job === undefined);
  const watch = new Watch(askOverview, { matters });
  const hostsWatch = new Watch(askHosts, { matters, every: 1000 });
  select();
  return {
    close: () => { watch.stop(); hostsWatch.stop(); timeline.close(); inspector.close(); },
    update: (params) => {
      const { host } = context.params;
      context.params = params;
      if ((params.state || "") !== hosts.state && params.state !== undefined) { hosts = { state: params.state, entries: [], next: null }; hostsWatch.soon(0); }
      if (host !== params.host || side.hidden === Boolean(params.host)) select();
      if (overview) showGroups(overview);
      timeline.setWindow(params.from, params.to);
    },
    keys: {
      Escape: () => { if (!context.params.host) return false; pick(null); return true; },
      p: () => step(-1), ".": () => step(1), d: () => step(1, true),
      f: () => timeline.fit(), n: () => timeline.nextFailure(), o: () => side.querySelector(".output") && side.querySelector(".output").focus(),
      "+": () => timeline.zoom(0.6), "=": () => timeline.zoom(0.6), "-": () => timeline.zoom(1.6),
      ArrowLeft: () => timeline.pan(-0.2), ArrowRight: () => timeline.pan(0.2),
    },
  };
}
