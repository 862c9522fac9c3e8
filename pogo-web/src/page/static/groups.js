// The groups of a job as a tree, with the slots of their limits, and its hosts by state.
import { el, number, patch, renew, tell } from "./dom.js";
import { get, query } from "./api.js";
import { Watch } from "./live.js";
import { lasted, now } from "./time.js";
import { countsAt } from "./describe.js";
import { ORDER, failureText, sign, tallyBar, tallyText, word } from "./words.js";
import { gauge } from "./limit.js";

// The most hosts that are listed of a group, and the page of a list.
const MOST = 200;

export function groupsPanel(place, { base, id, context, timeline, matters, pick, look }) {
  const { link } = context;
  const [tree, states] = [el("div"), el("div")];
  const list = el("ul.hosts");
  place.append(el("h2", "Groups", el("small", " slots")), tree, el("h2", "Hosts"), states, list);
  const open = new Set();
  let overview = null;
  let hosts = { state: context.params.state || "", entries: [], next: null };

  const hostLink = (row, note) =>
    el(
      "a",
      {
        href: link("jobs", id, { ...context.params, host: row.host }),
        row: true,
        key: `h-${row.host}`,
        "aria-current": row.host === context.params.host ? "true" : false,
      },
      sign(row.state),
      " ",
      el("code", row.host),
      el("small", note),
    );

  // One that opens: a group, or a band of it.
  const branch = (key, isOpen, toggle, ...words) =>
    el(
      "button.name",
      { key, row: true, "aria-expanded": String(isOpen), onclick: toggle },
      `${isOpen ? "▾" : "▸"} `,
      words,
    );

  function band(row) {
    const [, failed, doubt, done] = countsAt(row.steps);
    const toggle = () => timeline.toggle(row.at);
    return el(
      "li",
      branch(
        `b-${row.at}`,
        Boolean(row.open),
        toggle,
        row.band,
        el("small", ` ${number(done)}/${number(row.end - row.at)}`),
        failed > 0 && sign("failed"),
        doubt > 0 && sign("in_doubt"),
      ),
      row.open && el("ul", row.open.map((host) => el("li", hostLink(host, "")))),
    );
  }

  // What failed or is in doubt stands first, also where its band is closed.
  function inside(section) {
    const bad = ["failed", "in_doubt"].filter((name) => section.tally[name]);
    const rows = timeline.rowsOf(section.label);
    return el(
      "ul.tree",
      { "data-scroll": `tree-${section.label}` },
      bad.map((name) =>
        el(
          "li",
          el(
            "button.name",
            { key: `p-${section.label}-${name}`, row: true, onclick: () => choose(name) },
            sign(name, ""),
            ` ${word(name)} ${number(section.tally[name])}`,
          ),
        ),
      ),
      rows.slice(0, MOST + 20).map((row) => (row.steps ? band(row) : el("li", hostLink(row, "")))),
    );
  }

  function group(section, limits) {
    const { label } = section;
    const isOpen = open.has(label);
    const toggle = () => {
      if (!open.delete(label)) {
        open.add(label);
        timeline.toSection(label);
      }
      show();
    };
    return el(
      "li",
      branch(
        `g-${label}`,
        isOpen,
        toggle,
        label,
        el("small", ` ${number(section.tally.succeeded)}/${number(section.hosts)}`),
      ),
      el(
        "button.look",
        { key: `look-${label}`, label: `${label}: ${tallyText(section.tally)}`, onclick: () => look(`group:${label}`) },
        tallyBar(section.tally),
      ),
      section.limits
        .map((limit) => limits.get(limit))
        .filter(Boolean)
        .map((limit) => gauge(limit, overview.kept_out, look)),
      isOpen && inside(section),
    );
  }

  function choose(name) {
    context.setParams({ ...context.params, state: name });
  }

  function note(row) {
    const last = row.last_attempt || {};
    const tries = row.attempts > 1 ? ` · attempt ${row.attempts}` : "";
    if (row.state === "running")
      return ` ${last.phase || ""} ${last.started ? lasted(now() - last.started) : ""}${tries}`;
    return ` ${failureText(last.failure)}${tries}`;
  }

  function chips({ tally }) {
    return el(
      "div.chips",
      { role: "group", label: "State of hosts" },
      ORDER.filter((name) => tally[name]).map((name) =>
        el(
          "button.chip",
          {
            key: `s-${name}`,
            pressed: String(hosts.state === name),
            onclick: () => choose(hosts.state === name ? "" : name),
          },
          sign(name, ""),
          ` ${word(name)}`,
          el("b", number(tally[name])),
        ),
      ),
    );
  }

  function show() {
    if (!overview) return;
    const { job, sections } = overview;
    const limits = new Map((job.limits || []).map((limit) => [limit.limit, limit]));
    patch(tree, el("ul.sections", sections.map((section) => group(section, limits))));
    patch(states, chips(job));
    const notes = hosts.entries.map(note);
    const key = [context.params, hosts.next, hosts.entries.map((row) => [row.host, row.state]), notes];
    renew(list, JSON.stringify(key), () => [
      hosts.entries.map((row, at) => el("li", hostLink(row, notes[at]))),
      hosts.next && el("li", el("button", { key: "more-hosts", onclick: more }, "more")),
    ]);
  }

  async function ask(signal) {
    const { state } = hosts;
    if (!state) {
      hosts = { state, entries: [], next: null };
      show();
      return;
    }
    const limit = Math.max(100, Math.min(1000, hosts.entries.length));
    const { view } = await get(`${base}/hosts${query({ state, limit })}`, signal);
    if (hosts.state !== state) return;
    hosts = { state, entries: view.entries, next: view.next };
    show();
  }

  async function more() {
    const { view } = await get(`${base}/hosts${query({ state: hosts.state, limit: MOST, after: hosts.next })}`);
    hosts = { ...hosts, entries: hosts.entries.concat(view.entries), next: view.next };
    show();
  }

  // What each wrote, as the program folds it; of what is too large for an answer, that it is like nothing else.
  async function wrote(rows) {
    const attempts = rows.map((row) => (row.last_attempt || {}).id).filter((id) => id !== undefined);
    if (!attempts.length) return new Map();
    const { streams, left_out } = await get(`${base}/output${query({ attempts: attempts.join(",") })}`);
    const found = new Map(left_out.map((id) => [id, `too large: ${id}`]));
    for (const { attempt, stream, part } of streams) {
      const text = part.pieces.map((piece) => piece.text || piece.base64).join("");
      found.set(attempt, `${found.get(attempt) || ""}${stream} ${text}`);
    }
    return found;
  }

  // The next that ended or wrote otherwise than the first of these.
  async function different_([first, ...others]) {
    const how = (row, texts) => row.state + failureText((row.last_attempt || {}).failure) + (texts.get((row.last_attempt || {}).id) || "");
    while (others.length) {
      const some = others.splice(0, 100);
      const texts = await wrote([first, ...some]).catch(() => new Map());
      const found = some.find((row) => how(row, texts) !== how(first, texts));
      if (found) return found;
    }
    return undefined;
  }

  const watch = new Watch(ask, { matters, every: 1000 });
  const turn = (state) => {
    hosts = { state, entries: [], next: null };
    watch.soon(0);
  };
  return {
    show: (found) => {
      // What is bad is listed unless something else is asked for; else what runs.
      if (!overview && !hosts.state)
        turn(["failed", "in_doubt", "running"].find((name) => found.job.tally[name]) || "");
      overview = found;
      show();
    },
    redraw: show,
    params: ({ state }) => {
      if (state !== undefined && state !== hosts.state) turn(state);
      show();
    },
    // Along the list of hosts; to one that ended or wrote otherwise, where that is asked for.
    step: async (by, different) => {
      const { entries } = hosts;
      const at = entries.findIndex((row) => row.host === context.params.host);
      const next = different && at >= 0 ? await different_(entries.slice(at)) : entries[at + by];
      if (next) pick(next.host);
      else tell(different ? "all others in the list ended alike, and wrote the same" : "no other in the list");
    },
    again: () => watch.soon(0),
    close: () => watch.stop(),
  };
}
