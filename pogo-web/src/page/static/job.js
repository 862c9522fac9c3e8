// One job: is it going well, what is stuck and why, what to do now, what did that host say.
import { el, patch, problemOf, show, tellSometimes } from "./dom.js";
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
import { lookPanel } from "./look.js";
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
    return el("button.plain", { pressed: String(!closed.has(name)), onclick: toggle }, name);
  };
  return el("div.partbar", { role: "group", label: "Parts that are shown" }, Object.keys(named).map(button));
}

export function job(context) {
  const { ns, view, id, link } = context;
  const number_ = Number(id);
  const base = inNamespace(ns, `/jobs/${seg(id)}`);
  context.title(`Job ${id}`);
  const head = el("section.jobhead");
  const holds = el("section.holds", { label: "What holds hosts back" });
  const groups = el("section.groups", { label: "Groups and hosts" });
  const line = el("section.line", { label: "Timeline" });
  const side = el("aside.inspector", { label: "What is selected", hidden: true });
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
  const list = (state) => context.setParams({ ...context.params, state });
  const showHolds = holdsPanel(holds, { ns, number: number_, order, pick, list, go: context.go });

  const timeline = new Timeline(line, {
    base,
    params: context.params,
    select: pick,
    look,
    window: (from, to) => context.setParams({ ...context.params, from, to }),
    changed: () => {
      panel.redraw();
      looked.again();
    },
  });
  const matters = (news) => news.jobs.includes(number_) || news.namespace;
  const panel = groupsPanel(groups, { base, id, context, timeline, matters, pick, look });
  const { step } = panel;
  const inspector = new Inspector(side, { ns, job: number_, link, order, dismiss: () => pick(), step });
  const looked = lookPanel(side, { ns, id, base, link, timeline, pick, look, order });

  // A host, or something else; without either nothing is selected.
  function pick(host, look) {
    context.setParams({ ...context.params, host, look });
  }
  function look(what) {
    pick(undefined, what);
  }

  function select() {
    const { host, look: what } = context.params;
    side.hidden = !host && !what;
    parts.classList.toggle("inspecting", !side.hidden);
    inspector.show(host || null);
    const command = looked.show(host ? null : what);
    timeline.mark(host || null, what);
    context.command(host ? `pogo logs ${id} ${host}` : command || `pogo status ${id}`);
  }

  function showEvents({ events: list, spans = [] }) {
    const choose = (key, ...words) => el("button.plain", { key, onclick: () => look(key) }, words);
    patch(
      events,
      el("summary", `Events ${list.length}`),
      spans.length > 0 && el("p.chips", spans.map((span) => choose(`${span.kind}:${span.from}`, span.text))),
      el(
        "ol",
        { "data-scroll": "events", tabIndex: 0, label: "Events, the latest first" },
        list
          .slice()
          .reverse()
          .map((event) => el("li", choose(`event:${event.at}`, el("time", { title: full(event.at) }, clock(event.at)), event.text))),
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
          problemOf(problem, el("p", el("a", { href: link("jobs") }, "All jobs"), " · ", el("code", `pogo status ${id}`))),
        );
      throw problem;
    }
    const bad = found.job.tally.failed + found.job.tally.in_doubt;
    if (overview && bad > failed) tellSometimes(`job ${id}: ${bad} failed or in doubt`);
    if (overview && found.job.status === "blocked" && overview.job.status !== "blocked") tellSometimes(`job ${id} is blocked`);
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
    looked.know(found);
    context.ended(Boolean(found.retired || found.job.finished));
    const { tally } = found.job;
    const done = Math.floor((100 * (tally.succeeded + tally.skipped)) / (total(tally) || 1));
    context.title(
      `${{ blocked: "▲ ", paused: "‖ " }[found.job.status] || (bad ? "✕ " : "")}${found.job.finished ? "" : `${done} % `}Job ${id}`,
    );
    context.updated();
    timeline.live = !found.retired && !found.job.finished;
  }

  const watch = new Watch(askOverview, { matters });
  let chosen = context.params;
  select();
  return {
    close: () => {
      watch.stop();
      panel.close();
      timeline.close();
      inspector.close();
      looked.close();
    },
    update: (params) => {
      const { host, look } = chosen;
      context.params = chosen = params;
      if (host !== params.host || look !== params.look) select();
      panel.params(params);
      timeline.setWindow(params.from, params.to);
    },
    keys: {
      Escape: () => {
        if (side.hidden) return false;
        pick();
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
