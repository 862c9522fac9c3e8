// The timeline of a job, on a canvas: a bar for each attempt, and bands where there are many hosts.
import { el, show, tell } from "./dom.js";
import { get, query } from "./api.js";
import { Watch } from "./live.js";
import { describe, keyOf, legend } from "./describe.js";
import { spansAt } from "./backdrop.js";
import { pointers } from "./pointers.js";
import { flat } from "./paint.js";
import { TOP, paint } from "./scene.js";
import { clock, now } from "./time.js";

// Heights of rows: of few hosts each has more room.
const ROW = 17;
const ROOMY = 24;
const FEW = 40;
const BAND = 22;
const HEAD = 22;
const CHART = 46;

export class Timeline {
  constructor(place, { base, params, select, look, window, changed }) {
    Object.assign(this, { base, select, look, window, changed });
    this.live = true;
    this.bars = null;
    this.opened = new Map();
    this.rows = [];
    this.marked = null;
    this.events = [];
    this.spans = [];
    this.cursor = -1;
    this.span = params.from && params.to ? [Number(params.from), Number(params.to)] : null;
    this.canvas = el("canvas", {
      tabIndex: 0,
      role: "img",
      label: "Timeline",
      onkeydown: (event) => this.key(event),
    });
    this.tip = el("div.tip", { hidden: true });
    this.space = el("div.space");
    this.scroller = el("div.scroller", this.space, this.canvas);
    this.range = el("span.range");
    show(
      place,
      el(
        "div.linebar",
        el("h2", "Timeline"),
        this.range,
        el(
          "button.plain",
          { title: "Nearer (+)", label: "Nearer", onclick: () => this.zoom(0.6) },
          "+",
        ),
        el(
          "button.plain",
          { title: "Farther (−)", label: "Farther", onclick: () => this.zoom(1.6) },
          "−",
        ),
        el("button.plain", { title: "All of it (f)", onclick: () => this.fit() }, "fit"),
        el("button.plain", { title: "Next failure (n)", onclick: () => this.nextFailure() }, "next ✕"),
      ),
      this.scroller,
      this.tip,
      legend(),
    );
    pointers(this);
    this.watch = new Watch((signal) => this.ask(signal), { matters: () => this.live, every: 900, idle: 10000 });
    this.sized = new ResizeObserver(() => {
      this.draw();
      this.wantColumns();
    });
    this.sized.observe(this.scroller);
    this.themed = () => {
      this.colours = null;
      this.draw();
    };
    addEventListener("pogo-theme", this.themed);
    this.clock = setInterval(() => {
      if (this.live && !document.hidden) this.draw();
    }, 500);
  }

  refresh() {
    this.watch.soon(0);
  }

  close() {
    this.watch.stop();
    this.sized.disconnect();
    clearInterval(this.clock);
    removeEventListener("pogo-theme", this.themed);
  }

  async ask(signal) {
    const px = Math.max(100, Math.min(1000, Math.round((this.plot() || 800) / 2)));
    this.asked = px;
    const [from, to] = this.span || [];
    const bars = await get(
      `${this.base}/bars${query({ px, from: from && Math.round(from), to: to && Math.round(to) })}`,
      signal,
    );
    for (const [at, part] of this.opened) {
      const found = await get(
        `${this.base}/bars${query({ rows: `${at}-${Math.min(part.end, at + 500)}`, from: from && Math.round(from), to: to && Math.round(to) })}`,
        signal,
      );
      part.rows = found.sections.flatMap((section) => section.rows);
    }
    bars.total = flat(bars.total || []);
    for (const section of bars.sections)
      for (const row of section.rows) if (row.steps) row.steps = flat(row.steps);
    this.bars = bars;
    this.layout();
    this.draw();
    this.changed();
  }

  wantColumns() {
    if (this.bars && Math.abs((this.plot() || 0) / 2 - this.asked) > 60) this.watch.soon(300);
  }

  layout() {
    const rows = [];
    let y = TOP;
    const add = (row, height) => {
      rows.push({ ...row, y, height });
      y += height;
    };
    const { sections } = this.bars;
    const each = this.bars.hosts > FEW ? ROW : ROOMY;
    for (const section of sections) {
      if (!section.hosts) continue;
      if (!section.all)
        add({ kind: "head", label: section.label, hosts: section.hosts }, HEAD);
      for (const row of section.rows) {
        if (row.band === undefined) {
          add({ kind: "host", ...row }, each);
          continue;
        }
        const part = this.opened.get(row.at);
        // As hosts start, bands may be cut otherwise.
        const open = part && part.end === row.end;
        add({ kind: "band", ...row, open }, BAND);
        if (open) for (const host of part.rows || []) add({ kind: "host", inside: true, ...host }, each);
      }
    }
    const { limits = [] } = this.bars;
    if (limits.length) add({ kind: "head", label: "Slots", note: "used of each limit" }, HEAD);
    for (const limit of limits) add({ kind: "limit", ...limit }, CHART);
    this.rows = rows;
    this.height = y + 8;
  }

  // Left edge of the plot, and its width.
  get left() {
    return this.width < 520 ? 92 : this.width < 900 ? 130 : 176;
  }
  plot() {
    this.width = this.scroller.clientWidth;
    return Math.max(50, this.width - this.left - 10);
  }

  extent() {
    const end = this.live ? Math.max(now(), this.bars.last) : this.bars.last;
    return [this.bars.began, Math.max(end, this.bars.began + 1000)];
  }

  view() {
    return this.span || this.extent();
  }

  setWindow(from, to) {
    const span = from && to ? [Number(from), Number(to)] : null;
    if (JSON.stringify(span) === JSON.stringify(this.span && this.span.map(Math.round))) return;
    this.span = span;
    this.draw();
    this.watch.soon(150);
  }

  moveTo(from, to) {
    const [first, last] = this.extent();
    const all = last - first;
    const size = Math.max(500, Math.min(to - from, all * 1.5));
    if (size >= all && from <= first) {
      this.span = null;
    } else {
      const begin = Math.max(first - size * 0.4, Math.min(from, last - size * 0.2));
      this.span = [begin, begin + size];
    }
    this.draw();
    clearTimeout(this.saving);
    this.saving = setTimeout(() => {
      const [a, b] = this.span || [];
      this.window(a && String(Math.round(a)), b && String(Math.round(b)));
      this.watch.soon(0);
    }, 200);
  }

  zoom(factor, at = 0.5) {
    if (!this.bars) return;
    const [from, to] = this.view();
    const centre = from + (to - from) * at;
    this.moveTo(centre - (centre - from) * factor, centre + (to - centre) * factor);
  }
  pan(by) {
    if (!this.bars) return;
    const [from, to] = this.view();
    this.moveTo(from + (to - from) * by, to + (to - from) * by);
  }
  fit() {
    if (!this.bars) return;
    const [from, to] = this.extent();
    this.moveTo(from, to);
    this.scroller.scrollTop = 0;
  }

  nextFailure() {
    const bad = this.rows
      .map((row, at) => [row, at])
      .filter(([row]) => row.kind === "host" && (row.state === "failed" || row.state === "in_doubt"));
    if (!bad.length) {
      tell("no failure");
      return;
    }
    const [row, at] = bad.find(([, at]) => at > this.cursor) || bad[0];
    this.cursor = at;
    this.reveal(row);
    this.select(row.host);
  }

  reveal(row) {
    const { scrollTop, clientHeight } = this.scroller;
    if (row.y < scrollTop + TOP || row.y + row.height > scrollTop + clientHeight)
      this.scroller.scrollTop = Math.max(0, row.y - clientHeight / 2);
    this.draw();
  }

  // What happened to the job as a whole.
  remark(events, spans = []) {
    Object.assign(this, { events, spans });
    this.draw();
  }

  // What is selected: a host, or something else by its key.
  mark(host, looked) {
    Object.assign(this, { marked: host, looked });
    this.draw();
  }

  sectionOf(label) {
    return this.bars && this.bars.sections.find((section) => section.label === label);
  }

  bandName(at) {
    const row = this.rows.find((row) => row.kind === "band" && row.at === at);
    return row && row.band;
  }

  toSection(label) {
    const row = this.rows.find((row) => row.kind === "head" && row.label === label);
    if (row) this.scroller.scrollTop = row.y - TOP;
  }

  // What stands below a group: its hosts, or bands of them, with the hosts of those that are open.
  rowsOf(label) {
    const section = this.sectionOf(label);
    const open = (row) => {
      const part = this.opened.get(row.at);
      return row.steps && part && part.end === row.end ? part.rows : undefined;
    };
    return section ? section.rows.map((row) => ({ ...row, open: open(row) })) : [];
  }

  // Opens the band at this position, or closes it.
  toggle(at) {
    const row = this.rows.find((row) => row.kind === "band" && row.at === at);
    if (!row) return;
    this.reveal(row);
    this.activate(row);
  }

  async activate(row) {
    if (row.kind === "host") {
      this.select(row.host);
      return;
    }
    const key = keyOf(row);
    // Where the inspector covers the timeline, a band only opens.
    if (key && (row.kind !== "band" || (innerWidth > 1100 && !this.opened.has(row.at)))) this.look(key);
    if (row.kind !== "band") return;
    if (this.opened.has(row.at)) this.opened.delete(row.at);
    else this.opened.set(row.at, { end: row.end, rows: [] });
    this.layout();
    this.draw();
    this.changed();
    this.watch.soon(0);
  }

  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      const at = this.cursor + step;
      if (this.rows[at]) {
        this.cursor = at;
        this.reveal(this.rows[at]);
        tell(describe(this.rows[at]));
      }
    } else if (event.key === "Enter" && this.rows[this.cursor]) {
      event.preventDefault();
      this.activate(this.rows[this.cursor]);
    }
  }

  rowAt(event) {
    const box = this.canvas.getBoundingClientRect();
    const x = event.clientX - box.left;
    const inside = event.clientY - box.top;
    if (inside < TOP) return { x, row: null };
    const y = inside + this.scroller.scrollTop;
    return { x, row: this.rows.findLast((row) => row.y <= y && y < row.y + row.height) || null };
  }

  timeAt(x) {
    const [from, to] = this.view();
    return from + ((x - this.left) / this.plot()) * (to - from);
  }

  eventsNear(at) {
    const [from, to] = this.view();
    return this.events.filter((event) => Math.abs(event.at - at) < (6 / this.plot()) * (to - from)).slice(-5);
  }

  // Above the rows: an event, or else the wave or pause of that time.
  lookAbove(x) {
    const at = this.timeAt(x);
    const [event] = this.eventsNear(at).reverse();
    const span = this.spans.findLast((span) => span.from <= at && at <= (span.to || Infinity));
    if (event) this.look(`event:${event.at}`);
    else if (span) this.look(`${span.kind}:${span.from}`);
  }

  hover(event) {
    if (!this.bars) return;
    const { x, row } = this.rowAt(event);
    this.hovered = row;
    this.at = x;
    this.draw();
    const at = this.timeAt(x);
    const near = row ? [] : this.eventsNear(at);
    this.tip.hidden = near.length ? false : !row || row.kind === "head";
    if (this.tip.hidden) return;
    if (near.length)
      show(
        this.tip,
        near.map((event) => el("div", `${clock(event.at)} ${event.text}`)),
      );
    else
      show(
        this.tip,
        el("b", row.host || row.band || row.group),
        el("br"),
        describe(row, this.bars, at),
        x > this.left && [el("br"), el("small", clock(at), spansAt(this.spans, at))],
      );
    const box = this.scroller.parentElement.getBoundingClientRect();
    const left = Math.min(event.clientX - box.left + 14, box.width - 260);
    this.tip.style.setProperty("--x", `${Math.max(4, left)}px`);
    this.tip.style.setProperty("--y", `${event.clientY - box.top + 16}px`);
  }

  draw() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = null;
      paint(this);
    });
  }
}
