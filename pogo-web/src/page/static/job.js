// One job: is it going well, what is stuck and why, what to do now, what did that host say.
import { el, number, show, tell } from "./dom.js";
import { get, inNamespace, query, seg } from "./api.js";
import { Watch } from "./live.js";
import { clock, full, lasted, now } from "./time.js";
import { ask } from "./orders.js";
import { ORDER, failureText, sign, tallyBar, total, word } from "./words.js";
import { gauge } from "./gauge.js";
import { holdsPanel } from "./holds.js";
import { Inspector } from "./inspector.js";
import { jobHead } from "./jobhead.js";
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
  const again = () => {
    watch.soon(0);
    timeline.refresh();
    hostsWatch.soon(0);
  };
  const order = (what) => ask(ns, what, again);
  const showHead = jobHead(head, { ns, id, number: number_, base, link, go: context.go, order });
  const showHolds = holdsPanel(holds, { id, number: number_, order, pick });

  const timeline = new Timeline(line, {
    base,
    params: context.params,
    select: (host) => pick(host),
    window: (from, to) => context.setParams({ ...context.params, from, to }),
  });
  const inspector = new Inspector(side, { ns, job: number_, link, order, dismiss: () => pick(null), step });

  function pick(host) {
    const params = { ...context.params };
    if (host) params.host = host;
    else delete params.host;
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

  function showGroups({ sections, job }) {
    const limits = new Map((job.limits || []).map((limit) => [limit.limit, limit]));
    const states = ORDER.filter((name) => job.tally[name]);
    show(
      groups,
      el("h2", "Groups", el("small", " slots")),
      el(
        "ul.sections",
        sections.map((section) =>
          el(
            "li",
            el(
              "button.name",
              {
                type: "button",
                "data-key": `g-${section.label}`,
                title: "To its place in the timeline",
                onclick: () => timeline.toSection(section.label),
              },
              section.label,
              el("small", ` ${number(section.tally.succeeded)}/${number(section.hosts)}`),
            ),
            tallyBar(section.tally),
            section.limits
              .map((limit) => limits.get(limit))
              .filter(Boolean)
              .map(gauge),
          ),
        ),
      ),
      el("h2", "Hosts"),
      el(
        "div.chips",
        { role: "group", "aria-label": "State of hosts" },
        states.map((name) =>
          el(
            "button.chip",
            {
              type: "button",
              "data-key": `s-${name}`,
              "aria-pressed": String(hosts.state === name),
              onclick: () => context.setParams({ ...context.params, state: hosts.state === name ? "" : name }),
            },
            sign(name, ""),
            ` ${word(name)}`,
            el("b", number(job.tally[name])),
          ),
        ),
      ),
      el("ul.hosts", { "data-scroll": `hosts-${hosts.state}` }, hostRows()),
    );
  }

  function hostRows() {
    const rows = hosts.entries.map((row) =>
      el(
        "li",
        el(
          "a",
          {
            href: link("jobs", id, { ...context.params, host: row.host }),
            "data-row": true,
            "data-key": `h-${row.host}`,
            "aria-current": row.host === context.params.host ? "true" : false,
          },
          sign(row.state),
          " ",
          el("code", row.host),
          el("small", hostNote(row)),
        ),
      ),
    );
    if (hosts.next)
      rows.push(
        el("li", el("button", { type: "button", "data-key": "more-hosts", onclick: () => moreHosts() }, "more")),
      );
    return rows;
  }

  function hostNote(row) {
    const last = row.last_attempt || {};
    const tries = row.attempts > 1 ? ` · attempt ${row.attempts}` : "";
    if (row.state === "running")
      return ` ${last.phase || ""} ${last.started ? lasted(now() - last.started) : ""}${tries}`;
    return ` ${failureText(last.failure)}${tries}`;
  }

  async function askHosts(signal) {
    if (!hosts.state) {
      hosts.entries = [];
      hosts.next = null;
      if (overview) showGroups(overview);
      return;
    }
    const asked = hosts.state;
    const answer = await get(
      `${base}/hosts${query({ state: asked, limit: Math.max(100, Math.min(1000, hosts.entries.length)) })}`,
      signal,
    );
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
    show(
      events,
      el("summary", `Events ${list.length}`),
      el(
        "ol",
        { "data-scroll": "events", tabIndex: 0, "aria-label": "Events, the latest first" },
        list
          .slice()
          .reverse()
          .map((event) => el("li", el("time", { title: full(event.at) }, clock(event.at)), " ", event.text)),
      ),
    );
  }

  let failed = 0;
  async function askOverview(signal) {
    let found;
    try {
      found = await get(`${base}/overview`, signal);
    } catch (problem) {
      if (problem.name !== "AbortError" && !overview)
        show(
          head,
          el("h1", `Job ${id}`),
          el(
            "div.empty",
            el("p", problem.message),
            el("p", el("a", { href: link("jobs") }, "All jobs"), " · ", el("code", `pogo status ${id}`)),
          ),
        );
      throw problem;
    }
    const bad = found.job.tally.failed + found.job.tally.in_doubt;
    if (overview && bad > failed) tell(`job ${id}: ${bad} failed or in doubt`);
    failed = bad;
    if (!overview && !hosts.state)
      hosts.state = bad ? (found.job.tally.failed ? "failed" : "in_doubt") : found.job.tally.running ? "running" : "";
    const first = !overview;
    overview = found;
    showHead(found);
    showHolds(found);
    showGroups(found);
    showEvents(found);
    timeline.remark(found.events, found.spans);
    const { tally } = found.job;
    const done = Math.floor((100 * (tally.succeeded + tally.skipped)) / (total(tally) || 1));
    context.title(
      `${{ blocked: "▲ ", paused: "‖ " }[found.job.status] || (bad ? "✕ " : "")}${found.job.finished ? "" : `${done} % `}Job ${id}`,
    );
    context.updated();
    timeline.live = !found.retired && !found.job.finished;
    if (first) hostsWatch.soon(0);
  }

  const matters = (news) => news.jobs.includes(number_) || news.told.some((told) => told.job === undefined);
  const watch = new Watch(askOverview, { matters });
  const hostsWatch = new Watch(askHosts, { matters, every: 1000 });
  select();
  return {
    close: () => {
      watch.stop();
      hostsWatch.stop();
      timeline.close();
      inspector.close();
    },
    update: (params) => {
      const { host } = context.params;
      context.params = params;
      if ((params.state || "") !== hosts.state && params.state !== undefined) {
        hosts = { state: params.state, entries: [], next: null };
        hostsWatch.soon(0);
      }
      if (host !== params.host || side.hidden === Boolean(params.host)) select();
      if (overview) showGroups(overview);
      timeline.setWindow(params.from, params.to);
    },
    keys: {
      Escape: () => {
        if (!context.params.host) return false;
        pick(null);
        return true;
      },
      p: () => step(-1),
      ".": () => step(1),
      d: () => step(1, true),
      f: () => timeline.fit(),
      n: () => timeline.nextFailure(),
      o: () => side.querySelector(".output") && side.querySelector(".output").focus(),
      "+": () => timeline.zoom(0.6),
      "=": () => timeline.zoom(0.6),
      "-": () => timeline.zoom(1.6),
      ArrowLeft: () => timeline.pan(-0.2),
      ArrowRight: () => timeline.pan(0.2),
    },
  };
}
