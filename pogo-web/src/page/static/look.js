// What is selected and is no host: a group, a band, a limit, an event, a wave or a pause.
import { el, number, patch, show } from "./dom.js";
import { get, inNamespace, query } from "./api.js";
import { Watch } from "./live.js";
import { clock, full, lasted, now } from "./time.js";
import { retryOrder } from "./orders.js";
import { byWhom, ruleText, sign, tallyBar, tallyText, word } from "./words.js";
import { gauge, limitDetails } from "./limit.js";
import { spansAt } from "./backdrop.js";
import { countsThen } from "./describe.js";

// How many hosts are asked for at once.
const MOST = 200;

// pick(host) and look(what) select something else; nothing is selected by look().
export function lookPanel(place, { ns, id, base, link, timeline, pick, look, order }) {
  const body = el("div");
  let watch = null;
  let key = "";
  let overview = null;
  let found = null;

  const times = (from, to) => [
    el("time", { title: full(from) }, clock(from)),
    ` – ${to ? clock(to) : "now"} · ${lasted((to || now()) - from)}`,
  ];
  const there = (from, to) =>
    el("button", { key: "there", onclick: () => timeline.moveTo(from, to) }, "Show in the timeline");
  const hostLink = (row) =>
    el(
      "li",
      el(
        "a",
        { href: link("jobs", id, { host: row.host }), row: true, key: `l-${row.host}` },
        sign(row.state),
        " ",
        el("code", row.host),
        el("small", ` ${row.why || ""}`),
      ),
    );

  // Hosts that stand one below the other: how they do, and what those say that do not do well.
  function rows(tally) {
    const list = found || [];
    const causes = new Map();
    for (const row of list)
      if (row.why) causes.set(row.why, (causes.get(row.why) || []).concat(row));
    const ran = list
      .flatMap((row) => row.bars)
      .filter((bar) => bar.end === "succeeded")
      .map((bar) => bar.to - bar.from)
      .sort((one, other) => one - other);
    return [
      el("p.now", tallyText(tally)),
      tallyBar(tally),
      ran.length > 0 && el("p.by", `takes ${lasted(ran[ran.length >> 1])}, ${lasted(ran[ran.length - 1])} at most`),
      el(
        "ul.reasons",
        [...causes].map(([why, rows]) => {
          const bad = rows.filter(({ state }) => state === "failed" || state === "in_doubt").map(({ host }) => host);
          return el(
            "li",
            sign(rows[0].state),
            el("span", el("b", `${number(rows.length)} × `), why),
            el("button", { key: `o-${why}`, onclick: () => pick(rows[0].host) }, "Output"),
            bad.length > 0 &&
              el("button", { key: `r-${why}`, onclick: () => order(retryOrder(Number(id), bad)) }, `Retry ${bad.length}`),
          );
        }),
      ),
      el("ul.hosts", { "data-scroll": "look" }, list.map(hostLink)),
    ];
  }

  const tallyOf = (list) => {
    const tally = {};
    for (const { state } of list) tally[state] = (tally[state] || 0) + 1;
    return tally;
  };

  // The first hosts of a stretch of rows.
  const few = (from, to, tally = tallyOf(found || [])) => [
    rows(tally),
    to - from > MOST && el("p.by", `Of the first ${MOST}; bands of the timeline have the others.`),
  ];

  const part = () => [key.slice(0, key.indexOf(":")), key.slice(key.indexOf(":") + 1)];

  function range() {
    const [kind, of] = part();
    const section = kind === "group" && timeline.sectionOf(of);
    const [from, to] = section ? [section.at, section.at + section.hosts] : of.split("-").map(Number);
    return [from, to, `${from}-${Math.min(to, from + MOST)}`];
  }

  // [title, what is shown, the command that shows the same]
  function parts() {
    const [kind, of] = part();
    const { events, spans = [], job, sections, kept_out } = overview;
    const limits = job.limits || [];
    if (kind === "group") {
      const section = sections.find(({ label }) => label === of);
      const of_section = section && limits.filter(({ limit }) => section.limits.includes(limit));
      return section && [of, [of_section.map((limit) => gauge(limit, kept_out, look)), few(...range().slice(0, 2), section.tally)]];
    }
    if (kind === "rows") {
      const [from, to] = range();
      return [timeline.bandName(from) || `hosts ${from + 1} to ${to}`, few(from, to)];
    }
    if (kind === "limit") {
      const limit = found || limits.find(({ limit }) => limit === Number(of));
      const shown = limit && [el("p.now", ruleText(limit.rule)), gauge(limit, kept_out), limitDetails(limit, link)];
      return limit && [limit.group, shown, `pogo slots '${limit.group}'`];
    }
    const at = Number(of);
    if (kind === "event") {
      const then = countsThen(timeline, at);
      const shown = [
        el("p.now", full(at)),
        events.filter((event) => event.at === at).map(({ text, by }) => [el("p", text), by && el("p.by", byWhom(by))]),
        then && el("p.by", `then ${then}${spansAt(spans, at)}`),
        there(at - 30000, at + 30000),
      ];
      return events.some((event) => event.at === at) && ["Event", shown, `pogo events ${id}`];
    }
    const span = spans.find((span) => span.from === at && span.kind === kind);
    const stage = span && (job.stages || []).find(({ wave }) => wave !== undefined && wave === span.wave);
    const shown = span && [
      el("p.now", times(span.from, span.to)),
      stage && [el("p", tallyText(stage.tally)), tallyBar(stage.tally)],
      there(span.from, span.to || now()),
    ];
    return span && [span.text, shown, `pogo events ${id}`];
  }

  function draw() {
    if (!overview || !key) return;
    const [title, shown] = parts() || [word(part()[0]), el("p.empty", "It is not there any more.")];
    patch(
      body,
      el(
        "div.title",
        el("h2", title),
        el("button.plain.first", { key: "close", title: "Close (Esc)", onclick: () => look() }, "✕"),
      ),
      shown,
    );
  }

  async function ask(signal) {
    if (!overview) return;
    const asked = key;
    const [kind, of] = part();
    let answer = null;
    if (kind === "limit") {
      const after = of > 0 ? of - 1 : undefined;
      const { view } = await get(inNamespace(ns, `/slots${query({ after, limit: 100 })}`), signal);
      answer = view.entries[0];
    } else if (kind === "rows" || (kind === "group" && timeline.sectionOf(of))) {
      const bars = await get(`${base}/bars${query({ rows: range()[2] })}`, signal);
      answer = bars.sections.flatMap((section) => section.rows);
    }
    if (asked !== key) return;
    found = answer;
    draw();
  }

  return {
    // The command that shows the same.
    show(what) {
      if (watch) watch.stop();
      watch = found = null;
      key = what || "";
      if (!key) return null;
      show(place, body);
      watch = new Watch(ask, { every: 900 });
      draw();
      return overview && (parts() || [])[2];
    },
    know(known) {
      const first = !overview;
      overview = known;
      draw();
      if (first && watch) watch.soon(0);
    },
    // The timeline has changed.
    again: () => watch && !found && watch.soon(0),
    close: () => watch && watch.stop(),
  };
}
