// One job: is it going well, what is stuck and why, what to do now, what did that host say.
import { el, patch, show, tell } from "./dom.js";
import { get, inNamespace, seg } from "./api.js";
import { Watch } from "./live.js";
import { clock, full } from "./time.js";
import { read, write } from "./keys.js";
import { ask } from "./orders.js";
import { total } from "./words.js";
import { groupsPanel } from "./groups.js";
import { holdsPanel } from "./holds.js";
import { Inspector } from "./inspector.js";
import { jobHead } from "./jobhead.js";
import { Timeline } from "./timeline.js";

// Parts that somebody has closed stay so in this browser.
function partBar(parts, named) {
  const closed = new Set((read("closed") || "").split(" ").filter(Boolean));
  const apply = (name) => {
    named[name].hidden = closed.has(name);
    parts.classList.toggle(`no-${name}`, closed.has(name));
  };
  const button = (name) => {
    const toggle = ({ currentTarget }) => {
      if (!closed.delete(name)) closed.add(name);
      currentTarget.setAttribute("aria-pressed", String(!closed.has(name)));
      write("closed", [...closed].join(" "));
      apply(name);
    };
    apply(name);
    return el("button.plain", { type: "button", "aria-pressed": String(!closed.has(name)), onclick: toggle }, name);
  };
  return el("div.partbar", { role: "group", "aria-label": "Parts that are shown" }, Object.keys(named).map(button));
}

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
  show(view, head, holds, partBar(parts, { groups, timeline: line }), parts, events);
  patch(head, el("h1", `Job ${id}`));
  let overview = null;
  const again = () => {
    watch.soon(0);
    timeline.refresh();
    panel.again();
  };
  const order = (what) => ask(ns, what, again);
  const showHead = jobHead(head, { ns, id, number: number_, base, link, go: context.go, order });
  const showHolds = holdsPanel(holds, { id, number: number_, order, pick });

  const timeline = new Timeline(line, {
    base,
    params: context.params,
    select: (host) => pick(host),
    window: (from, to) => context.setParams({ ...context.params, from, to }),
    changed: () => panel.redraw(),
  });
  const matters = (news) => news.jobs.includes(number_) || news.told.some((told) => told.job === undefined);
  const panel = groupsPanel(groups, { base, id, context, timeline, matters, pick });
  const { step } = panel;
  const inspector = new Inspector(side, { ns, job: number_, link, order, dismiss: () => pick(null), step });

  function pick(host) {
    const params = { ...context.params };
    if (host) params.host = host;
    else delete params.host;
    context.setParams(params);
  }

  function select() {
    const { host } = context.params;
    side.hidden = !host;
    parts.classList.toggle("inspecting", Boolean(host));
    inspector.show(host || null);
    timeline.mark(host || null);
    context.command(host ? `pogo logs ${id} ${host}` : `pogo status ${id}`);
  }

  function showEvents({ events: list }) {
    patch(
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
    overview = found;
    // Of very many hosts some change all the time.
    const pace = total(found.job.tally) > 20000 ? 2 : 1;
    watch.every = 700 * pace;
    timeline.watch.every = 900 * pace;
    showHead(found);
    showHolds(found);
    panel.show(found);
    showEvents(found);
    timeline.remark(found.events, found.spans);
    const { tally } = found.job;
    const done = Math.floor((100 * (tally.succeeded + tally.skipped)) / (total(tally) || 1));
    context.title(
      `${{ blocked: "▲ ", paused: "‖ " }[found.job.status] || (bad ? "✕ " : "")}${found.job.finished ? "" : `${done} % `}Job ${id}`,
    );
    context.updated();
    timeline.live = !found.retired && !found.job.finished;
  }

  const watch = new Watch(askOverview, { matters });
  select();
  return {
    close: () => {
      watch.stop();
      panel.close();
      timeline.close();
      inspector.close();
    },
    update: (params) => {
      const { host } = context.params;
      context.params = params;
      if (host !== params.host || side.hidden === Boolean(params.host)) select();
      panel.params(params);
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
