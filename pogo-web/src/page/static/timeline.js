// The timeline of a job, on a canvas: a bar for each attempt, and bands where there are many hosts.
import { el, number, show, tell } from "./dom.js";
import { get, query } from "./api.js";
import { Watch } from "./live.js";
import { pointers } from "./pointers.js";
import { clock, lasted, now } from "./time.js";
import { ruleText, word } from "./words.js";
import { BOLD, FONT, MONO, SIGNS, STACK, axis, band, chart, fitted, host, hostChanges, marks, palette, stack } from "./paint.js";

const ROW = 17, BAND = 22, HEAD = 22, TOP = 74, CHART = 46;
export class Timeline {
  constructor(place, { base, params, select, window }) {
    Object.assign(this, { base, select, window });
    this.live = true;
    this.bars = null;
    this.opened = new Map();
    this.rows = [];
    this.marked = null;
    this.events = [];
    this.cursor = -1;
    this.span = params.from && params.to ? [Number(params.from), Number(params.to)] : null;
    this.canvas = el("canvas", { tabIndex: 0, role: "img", "aria-label": "Timeline", onkeydown: (event) => this.key(event) });
    this.tip = el("div.tip", { hidden: true });
    this.space = el("div.space");
    this.scroller = el("div.scroller", this.space, this.canvas);
    this.range = el("span.range");
    show(place, el("div.linebar", el("h2", "Timeline"), this.range,
      el("button.plain", { type: "button", title: "Nearer (+)", "aria-label": "Nearer", onclick: () => this.zoom(0.6) }, "+"),
      el("button.plain", { type: "button", title: "Farther (−)", "aria-label": "Farther", onclick: () => this.zoom(1.6) }, "−"),
      el("button.plain", { type: "button", title: "All of it (f)", onclick: () => this.fit() }, "fit"),
      el("button.plain", { type: "button", title: "Next failure (n)", onclick: () => this.nextFailure() }, "next ✕")), this.scroller, this.tip, legend());
    pointers(this);
    this.watch = new Watch((signal) => this.ask(signal), { matters: () => this.live, every: 900, idle: 10000 });
    this.sized = new ResizeObserver(() => { this.draw(); this.wantColumns(); });
    this.sized.observe(this.scroller);
    this.themed = () => { this.colours = null; this.draw(); };
    addEventListener("pogo-theme", this.themed);
    this.clock = setInterval(() => { if (this.live && !document.hidden) this.draw(); }, 500);
  }

  refresh() { this.watch.soon(0); }

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
    const bars = await get(`${this.base}/bars${query({ px, from: from && Math.round(from), to: to && Math.round(to) })}`, signal);
    for (const [at, part] of this.opened) {
      const found = await get(`${this.base}/bars${query({ rows: `${at}-${part.end}`, from: from && Math.round(from), to: to && Math.round(to) })}`, signal);
      part.rows = found.sections.flatMap((section) => section.rows);
    }
    this.bars = bars;
    this.layout();
    this.draw();
  }

  wantColumns() {
    if (this.bars && Math.abs((this.plot() || 0) / 2 - this.asked) > 60) this.watch.soon(300);
  }

  layout() {
    const rows = [];
    let y = TOP;
    const add = (row, height) => { rows.push({ ...row, y, height }); y += height; };
    const { sections } = this.bars;
    for (const section of sections) {
      if (!section.hosts) continue;
      if (sections.length > 1 || section.label !== "all hosts") add({ kind: "head", label: section.label, hosts: section.hosts }, HEAD);
      for (const row of section.rows) {
        if (row.band === undefined) { add({ kind: "host", ...row }, ROW); continue; }
        const part = this.opened.get(row.at);
        // As hosts start, bands may be cut otherwise.
        const open = part && part.end === row.end;
        add({ kind: "band", ...row, open }, BAND);
        if (open) for (const host of part.rows || []) add({ kind: "host", inside: true, ...host }, ROW);
      }
    }
    const { limits = [] } = this.bars;
    if (limits.length) add({ kind: "head", label: "Slots", note: "used of each limit" }, HEAD);
    for (const limit of limits) add({ kind: "limit", ...limit }, CHART);
    this.rows = rows;
    this.height = y + 8;
  }

  // Left edge of the plot, and its width.
  get left() { return this.width < 520 ? 92 : this.width < 900 ? 130 : 176; }
  plot() { this.width = this.scroller.clientWidth; return Math.max(50, this.width - this.left - 10); }

  extent() {
    const end = this.live ? Math.max(now(), this.bars.last) : this.bars.last;
    return [this.bars.began, Math.max(end, this.bars.began + 1000)];
  }

  view() { return this.span || this.extent(); }

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
    if (size >= all && from <= first) { this.span = null; } else {
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
  pan(by) { if (!this.bars) return; const [from, to] = this.view(); this.moveTo(from + (to - from) * by, to + (to - from) * by); }
  fit() { if (!this.bars) return; const [from, to] = this.extent(); this.moveTo(from, to); this.scroller.scrollTop = 0; }

  nextFailure() {
    const bad = this.rows.map((row, at) => [row, at]).filter(([row]) => row.kind === "host" && (row.state === "failed" || row.state === "in_doubt"));
    if (!bad.length) { tell("no failure"); return; }
    const [row, at] = bad.find(([, at]) => at > this.cursor) || bad[0];
    this.cursor = at;
    this.reveal(row);
    this.select(row.host);
  }

  reveal(row) {
    const { scrollTop, clientHeight } = this.scroller;
    if (row.y < scrollTop + TOP || row.y + row.height > scrollTop + clientHeight) this.scroller.scrollTop = Math.max(0, row.y - clientHeight / 2);
    this.draw();
  }

  // What happened to the job as a whole.
  remark(events) {
    this.events = events;
    this.draw();
  }

  mark(host) {
    this.marked = host;
    this.draw();
  }

  toSection(label) {
    const row = this.rows.find((row) => row.kind === "head" && row.label === label);
    if (row) this.scroller.scrollTop = row.y - TOP;
  }

  async activate(row) {
    if (row.kind === "host") { this.select(row.host); return; }
    if (row.kind !== "band") return;
    if (this.opened.has(row.at)) this.opened.delete(row.at);
    else this.opened.set(row.at, { end: row.end, rows: [] });
    this.layout();
    this.draw();
    this.watch.soon(0);
  }

  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      let at = this.cursor + step;
      while (this.rows[at] && this.rows[at].kind === "head") at += step;
      if (this.rows[at]) { this.cursor = at; this.reveal(this.rows[at]); tell(describe(this.rows[at])); }
    } else if (event.key === "Enter" && this.rows[this.cursor]) { event.preventDefault(); this.activate(this.rows[this.cursor]); }
  }

  rowAt(event) {
    const box = this.canvas.getBoundingClientRect();
    const x = event.clientX - box.left;
    const inside = event.clientY - box.top;
    if (inside < TOP) return { x, row: null };
    const y = inside + this.scroller.scrollTop;
    return { x, row: this.rows.findLast((row) => row.y <= y && y < row.y + row.height) || null };
  }

  hover(event) {
    if (!this.bars) return;
    const { x, row } = this.rowAt(event);
    this.hovered = row;
    this.at = x;
    this.draw();
    const [from, to] = this.view();
    const at = from + ((x - this.left) / this.plot()) * (to - from);
    const near = row ? [] : this.events.filter((event) => Math.abs(event.at - at) < (6 / this.plot()) * (to - from)).slice(-5);
    this.tip.hidden = near.length ? false : !row || row.kind === "head";
    if (this.tip.hidden) return;
    if (near.length) show(this.tip, near.map((event) => el("div", `${clock(event.at)} ${event.text}`)));
    else show(this.tip, el("b", row.host || row.band || row.group), el("br"), describe(row, this.bars, at), x > this.left && [el("br"), el("small", clock(at))]);
    const box = this.scroller.parentElement.getBoundingClientRect();
    const left = Math.min(event.clientX - box.left + 14, box.width - 260);
    this.tip.style.setProperty("--x", `${Math.max(4, left)}px`);
    this.tip.style.setProperty("--y", `${event.clientY - box.top + 16}px`);
  }

  draw() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => { this.frame = null; this.paint(); });
  }

  paint() {
    const { canvas, scroller } = this;
    if (!this.bars || !scroller.isConnected) return;
    const plot = this.plot();
    const height = Math.min(this.height, scroller.clientHeight || this.height);
    this.space.style.setProperty("--h", `${this.height}px`);
    const ratio = Math.min(3, devicePixelRatio || 1);
    const size = [Math.round(this.width * ratio), Math.round(height * ratio)];
    if (canvas.width !== size[0] || canvas.height !== size[1]) {
      [canvas.width, canvas.height] = size;
      canvas.style.setProperty("width", `${this.width}px`);
      canvas.style.setProperty("height", `${height}px`);
    }
    const c = canvas.getContext("2d", { alpha: false });
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    const colours = this.colours || (this.colours = palette(c));
    const [from, to] = this.view();
    const x = (at) => this.left + ((at - from) / (to - from)) * plot;
    const scene = { c, colours, left: this.left, right: this.left + plot, x, from, to, bars: this.bars, live: this.live, end: this.live ? now() : this.bars.last };
    c.fillStyle = colours.paper;
    c.fillRect(0, 0, this.width, height);
    const ticks = axis(from, to, plot);
    c.strokeStyle = colours.grid;
    c.lineWidth = 1;
    c.beginPath();
    for (const tick of ticks) { const px = Math.round(x(tick)) + 0.5; c.moveTo(px, 18); c.lineTo(px, height); }
    c.stroke();
    const top = scroller.scrollTop;
    c.save();
    c.beginPath();
    c.rect(0, TOP, this.width, height - TOP);
    c.clip();
    c.translate(0, -top);
    for (const row of this.rows) {
      if (row.y + row.height < top + TOP || row.y > top + height) continue;
      this.row(scene, row);
    }
    c.restore();
    this.total(scene);
    c.fillStyle = colours.dim;
    c.font = FONT;
    c.textAlign = "center";
    for (const tick of ticks) { const px = x(tick); if (px > this.left + 14 && px < scene.right - 28) c.fillText(clock(tick, to - from < 600000), px, 12); }
    if (this.live) { const px = Math.round(x(scene.end)) + 0.5; if (px <= scene.right + 1) { c.strokeStyle = colours.running; c.beginPath(); c.moveTo(px, 18); c.lineTo(px, height); c.stroke(); } }
    marks(scene, this.events, height);
    if (this.hovered && this.at > this.left) { c.strokeStyle = colours.dim; c.setLineDash([2, 3]); c.beginPath(); c.moveTo(this.at, 18); c.lineTo(this.at, height); c.stroke(); c.setLineDash([]); }
    this.range.textContent = `${clock(from)} – ${clock(to)} · ${lasted(to - from)}`;
    this.canvas.setAttribute("aria-label", `Timeline of ${this.bars.hosts} hosts, ${clock(from)} to ${clock(to)}; the lists beside it say the same in words`);
  }

  row(scene, row) {
    const { c, colours, left, right } = scene;
    const lane = row.height - 4;
    const y = row.y + 2;
    if (row.kind === "head") {
      c.fillStyle = colours.ink;
      c.font = BOLD;
      c.textAlign = "left";
      c.fillText(row.label, 6, row.y + 15, right - 60);
      c.fillStyle = colours.dim;
      c.font = FONT;
      c.textAlign = "right";
      c.fillText(row.hosts === undefined ? row.note : number(row.hosts), right, row.y + 15);
      return;
    }
    const chosen = row.host && row.host === this.marked;
    if (chosen || row === this.hovered || row === this.rows[this.cursor]) {
      c.fillStyle = chosen ? colours.chosen : colours.lane;
      c.fillRect(0, row.y, this.width, row.height);
    }
    c.fillStyle = chosen ? colours.ink : colours.dim;
    c.font = MONO;
    c.textAlign = "right";
    const name = row.kind === "limit" ? row.group : row.host || `${row.open ? "▾" : "▸"} ${row.band}`;
    const middle = y + lane / 2 + 4;
    // Of a band the end of its name tells more.
    c.fillText(fitted(c, name, left - 26, row.kind === "band"), left - 18, row.kind === "limit" ? middle - 7 : middle);
    const used = row.kind === "limit" && row.steps[row.steps.length - 1];
    if (used) c.fillText(`${used[2]} of ${used[3]}`, left - 18, middle + 8);
    if (row.kind === "host" && SIGNS[row.state]) SIGNS[row.state](c, left - 10, y + lane / 2, colours);
    c.save();
    c.beginPath();
    c.rect(left, row.y, right - left, row.height);
    c.clip();
    if (row.kind === "band") band(scene, row, y, lane);
    else if (row.kind === "limit") chart(scene, row, y, lane);
    else host(scene, row, y, lane);
    c.restore();
  }

  // How many hosts are in which state, over time: all rows in one.
  total(scene) {
    const { c, colours, left, right, x } = scene;
    c.fillStyle = colours.paper;
    c.fillRect(0, 18, this.width, TOP - 22);
    const bottom = TOP - 8, high = TOP - 30;
    const steps = this.sum();
    c.fillStyle = colours.lane;
    c.fillRect(left, bottom - high, right - left, high);
    c.save();
    c.beginPath();
    c.rect(left, bottom - high, right - left, high);
    c.clip();
    stack(scene, steps, this.bars.hosts, bottom, high, x, 1);
    c.restore();
    c.fillStyle = colours.dim;
    c.font = FONT;
    c.textAlign = "right";
    c.fillText("all hosts", left - 18, bottom - high / 2 + 4);
    c.fillText(number(this.bars.hosts), left - 4, bottom - high + 9);
  }

  sum() {
    if (this.summed === this.bars) return this.sums;
    const { bars } = this;
    const width = (bars.to - bars.from) / bars.columns;
    const changes = [];
    for (const section of bars.sections) for (const row of section.rows) {
      if (row.pinned) continue;
      if (row.band !== undefined) {
        let last = [0, 0, 0, 0, 0, 0];
        for (const step of row.steps) { changes.push([bars.from + step[0] * width, step.map((count, at) => (at ? count - last[at] : 0))]); last = step; }
      } else hostChanges(row, bars, changes);
    }
    changes.sort((one, other) => one[0] - other[0]);
    const counts = [0, 0, 0, 0, 0, 0];
    const steps = [];
    for (const [at, by] of changes) {
      for (let i = 1; i < 6; i++) counts[i] += by[i];
      const step = [at, ...counts.slice(1)];
      if (steps.length && at - steps[steps.length - 1][0] < width) { step[0] = steps[steps.length - 1][0]; steps[steps.length - 1] = step; } else steps.push(step);
    }
    this.summed = bars;
    this.sums = steps;
    return steps;
  }
}

function stepAt(steps, bars, at) {
  const column = bars ? ((at - bars.from) / (bars.to - bars.from)) * bars.columns : Infinity;
  return steps.findLast((step) => step[0] <= column) || [0, 0, 0, 0, 0, 0];
}

function describe(row, bars, at) {
  if (row.kind === "band") {
    const step = stepAt(row.steps, bars, at);
    const parts = STACK.map(([name, place]) => step[place] && `${step[place]} ${name === "other" ? "skipped or cancelled" : word(name)}`).filter(Boolean);
    return `${row.end - row.at} hosts: ${parts.join(", ") || "all waiting"}`;
  }
  if (row.kind === "limit") {
    const [, running, unavailable, slots] = stepAt(row.steps, bars, at);
    return `${ruleText(row.rule)}: ${unavailable} of ${slots} slots used, ${running} running`;
  }
  if (row.kind !== "host") return row.label || "";
  const last = row.bars[row.bars.length - 1];
  const took = last && last.to !== undefined ? ` after ${lasted(last.to - last.from)}` : "";
  return `${row.host} ${word(row.state)}${took}${row.bars.length > 1 ? `, attempt ${row.bars.length}` : ""}${row.why ? `: ${row.why}` : ""}`;
}

const legend = () => el("p.legend", { "aria-hidden": "true" }, [["connect", "connect"], ["pre", "pre-hook"], ["running", "command"], ["post", "post-hook"], ["ok", "succeeded"], ["failed", "failed, holds its slot"], ["doubt", "in doubt"]]
  .map(([name, text]) => [el(`i.key.k-${name}`), ` ${text} `]));
