// The timeline of a job, on a canvas: a bar for each attempt, and bands where there are many hosts.
import { el, number, show, tell } from "./dom.js";
import { get, query } from "./api.js";
import { Watch } from "./live.js";
import { clock, lasted, now } from "./time.js";
import { word } from "./words.js";

const ROW = 17, BAND = 22, HEAD = 22, TOP = 74;
// The order in which states are stacked in a band, from below, and where a step has them.
const STACK = [["failed", 1], ["in_doubt", 2], ["succeeded", 3], ["other", 5], ["running", 4]];

export class Timeline {
  constructor(place, { base, params, select, window }) {
    Object.assign(this, { base, select, window });
    this.live = true;
    this.bars = null;
    this.opened = new Map();
    this.rows = [];
    this.marked = null;
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
    this.pointers();
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

  mark(host) {
    this.marked = host;
    this.draw();
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

  pointers() {
    const { canvas } = this;
    let drag = null;
    const touches = new Map();
    canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const box = canvas.getBoundingClientRect();
      this.zoom(Math.exp(event.deltaY * 0.004), Math.min(1, Math.max(0, (event.clientX - box.left - this.left) / this.plot())));
    }, { passive: false });
    canvas.addEventListener("pointerdown", (event) => {
      touches.set(event.pointerId, event.clientX);
      drag = { x: event.clientX, view: this.bars && this.view(), moved: false };
      if (event.pointerType === "mouse") canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (touches.size === 2 && touches.has(event.pointerId)) {
        const before = [...touches.values()];
        touches.set(event.pointerId, event.clientX);
        const after = [...touches.values()];
        const ratio = Math.abs(before[0] - before[1]) / Math.max(10, Math.abs(after[0] - after[1]));
        this.zoom(ratio);
        if (drag) drag.moved = true;
        return;
      }
      if (drag && drag.view && event.buttons) {
        const by = event.clientX - drag.x;
        if (Math.abs(by) > 3 || drag.moved) {
          drag.moved = true;
          const scale = (drag.view[1] - drag.view[0]) / this.plot();
          this.moveTo(drag.view[0] - by * scale, drag.view[1] - by * scale);
          this.tip.hidden = true;
        }
        return;
      }
      this.hover(event);
    });
    const end = (event) => {
      touches.delete(event.pointerId);
      if (event.type === "pointerup" && drag && !drag.moved) {
        const { row } = this.rowAt(event);
        if (row) { this.cursor = this.rows.indexOf(row); this.activate(row); }
      }
      drag = null;
    };
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
    canvas.addEventListener("pointerleave", () => { this.tip.hidden = true; this.hovered = null; this.draw(); });
    this.scroller.addEventListener("scroll", () => this.draw());
  }

  hover(event) {
    if (!this.bars) return;
    const { x, row } = this.rowAt(event);
    this.hovered = row;
    this.at = x;
    this.draw();
    this.tip.hidden = !row || row.kind === "head";
    if (this.tip.hidden) return;
    const [from, to] = this.view();
    const at = from + ((x - this.left) / this.plot()) * (to - from);
    show(this.tip, el("b", row.host || row.band), el("br"), describe(row, this.bars, at), x > this.left && [el("br"), el("small", clock(at))]);
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
    for (const tick of ticks) { const px = x(tick); if (px > this.left + 14 && px < scene.right - 10) c.fillText(clock(tick, to - from < 600000), px, 12); }
    if (this.live) { const px = Math.round(x(scene.end)) + 0.5; if (px <= scene.right + 1) { c.strokeStyle = colours.running; c.beginPath(); c.moveTo(px, 18); c.lineTo(px, height); c.stroke(); } }
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
      c.fillText(number(row.hosts), right, row.y + 15);
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
    const name = row.host || `${row.open ? "▾" : "▸"} ${row.band}`;
    c.fillText(fitted(c, name, left - 26), left - 18, y + lane / 2 + 4);
    if (row.kind === "host" && SIGNS[row.state]) SIGNS[row.state](c, left - 10, y + lane / 2, colours);
    c.save();
    c.beginPath();
    c.rect(left, row.y, right - left, row.height);
    c.clip();
    if (row.kind === "band") band(scene, row, y, lane);
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

const FONT = "11px system-ui, sans-serif", BOLD = "600 12px system-ui, sans-serif", MONO = "11px ui-monospace, Menlo, Consolas, monospace";
const PLACE = { succeeded: 3, failed: 1, in_doubt: 2 };

function hostChanges(row, bars, changes) {
  const by = (place, sign) => { const change = [0, 0, 0, 0, 0, 0]; change[place] = sign; return change; };
  row.bars.forEach((bar, i) => {
    changes.push([bars.began + bar.from, by(4, 1)]);
    if (bar.to === undefined) return;
    changes.push([bars.began + bar.to, by(4, -1)]);
    const place = PLACE[bar.end];
    const next = row.bars[i + 1];
    const over = { skipped: 5, cancelled: 5, waiting: 0, running: 0 }[row.state];
    const stays = next ? place : over === undefined ? place : over;
    if (!stays) return;
    changes.push([bars.began + bar.to, by(stays, 1)]);
    if (next) changes.push([bars.began + next.from, by(stays, -1)]);
  });
}

// Steps as stacked areas. at(step) is where a step is.
function stack(scene, steps, hosts, bottom, high, at, least) {
  const { c, colours } = scene;
  const share = high / Math.max(1, hosts);
  const end = scene.x(scene.end);
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i];
    const x = at(step[0]);
    const to = i + 1 < steps.length ? at(steps[i + 1][0]) : Math.max(x, end);
    if (to < scene.left || x > scene.right) continue;
    let y = bottom;
    for (const [name, place] of STACK) {
      const count = step[place];
      if (!count) continue;
      // One among thousands is seen.
      const height = Math.max(count * share, place < 3 ? least * 1.6 : 0);
      c.fillStyle = name === "failed" ? colours.hatch : name === "succeeded" ? colours.soft : colours[name];
      c.fillRect(x, y - height, Math.max(0.75, to - x) + 0.3, height);
      y -= height;
    }
  }
}

function band(scene, row, y, lane) {
  const { c, colours, left, right, bars } = scene;
  c.fillStyle = colours.lane;
  c.fillRect(left, y, right - left, lane);
  const width = (bars.to - bars.from) / bars.columns;
  stack(scene, row.steps, row.end - row.at, y + lane, lane, (column) => scene.x(bars.from + column * width), 1);
  let free = -1;
  let failed = 0;
  for (const step of row.steps) {
    const bad = step[1] + step[2];
    const px = scene.x(bars.from + step[0] * width);
    if (bad > failed && px > free && px >= left) { SIGNS[step[1] ? "failed" : "in_doubt"](c, px, y + lane / 2, colours, true); free = px + 12; }
    failed = bad;
  }
}

function host(scene, row, y, lane) {
  const { c, colours, right, x, bars } = scene;
  row.bars.forEach((bar, i) => {
    const from = x(bars.began + bar.from);
    const until = bar.to === undefined ? Math.max(scene.end, bars.began + bar.from) : bars.began + bar.to;
    const to = x(until);
    const phases = [["connect", bar.from], ...(bar.phases || []).map(([at, name]) => [name, at])];
    phases.forEach(([name, at], p) => {
      const a = x(bars.began + at);
      const b = p + 1 < phases.length ? x(bars.began + phases[p + 1][1]) : to;
      c.fillStyle = name === "connect" ? colours.connect : name === "pre-hook" ? colours.pre : name === "post-hook" ? colours.post : name === "settle" ? colours.settle : colours.running;
      const thin = name === "connect" ? 4 : 1;
      c.fillRect(a, y + thin, Math.max(1, b - a), lane - 2 * thin);
    });
    const next = row.bars[i + 1];
    const trail = next ? x(bars.began + next.from) : right;
    if (bar.end === "failed" || bar.end === "in_doubt") {
      const held = next || row.state === bar.end;
      if (held) { c.fillStyle = bar.end === "failed" ? colours.hatch : colours.dots; c.fillRect(to, y + 3, Math.max(0, Math.min(trail, x(scene.end)) - to), lane - 6); }
      SIGNS[bar.end](c, to + 5, y + lane / 2, colours, true);
    } else if (bar.end === "succeeded") {
      c.fillStyle = colours.succeeded;
      c.fillRect(Math.max(from, to - 2.5), y + 1, 2.5, lane - 2);
    }
    if (bar.slow) { c.strokeStyle = colours.blocked; c.lineWidth = 1.5; c.strokeRect(from, y + 1, Math.max(2, to - from), lane - 2); c.lineWidth = 1; }
  });
}

function stroke(c, colour, halo, paper, path) {
  c.lineCap = "round";
  if (halo) { c.strokeStyle = paper; c.lineWidth = 4; path(); c.stroke(); }
  c.strokeStyle = colour;
  c.lineWidth = 1.8;
  path();
  c.stroke();
  c.lineWidth = 1;
}

const SIGNS = {
  failed: (c, x, y, colours, halo) => stroke(c, colours.failed, halo, colours.paper, () => { c.beginPath(); c.moveTo(x - 3, y - 3); c.lineTo(x + 3, y + 3); c.moveTo(x + 3, y - 3); c.lineTo(x - 3, y + 3); }),
  in_doubt: (c, x, y, colours, halo) => stroke(c, colours.in_doubt, halo, colours.paper, () => { c.beginPath(); c.arc(x, y - 2, 2.4, Math.PI, 2.6 * Math.PI); c.lineTo(x, y + 2); c.moveTo(x, y + 4.4); c.lineTo(x, y + 4.5); }),
  succeeded: (c, x, y, colours) => stroke(c, colours.ok, false, colours.paper, () => { c.beginPath(); c.moveTo(x - 3.5, y); c.lineTo(x - 1, y + 3); c.lineTo(x + 4, y - 3); }),
  running: (c, x, y, colours) => { c.fillStyle = colours.running; c.beginPath(); c.arc(x, y, 3, 0, 7); c.fill(); },
  waiting: (c, x, y, colours) => { c.strokeStyle = colours.dim; c.beginPath(); c.arc(x, y, 2.6, 0, 7); c.stroke(); },
  skipped: (c, x, y, colours) => stroke(c, colours.dim, false, colours.paper, () => { c.beginPath(); c.moveTo(x - 3, y - 3); c.lineTo(x, y); c.lineTo(x - 3, y + 3); c.moveTo(x + 1, y - 3); c.lineTo(x + 4, y); c.lineTo(x + 1, y + 3); }),
  cancelled: (c, x, y, colours) => stroke(c, colours.dim, false, colours.paper, () => { c.beginPath(); c.moveTo(x - 3, y); c.lineTo(x + 3, y); }),
};

function pattern(c, colour, paper, dots) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6;
  const t = tile.getContext("2d");
  t.fillStyle = paper;
  t.fillRect(0, 0, 6, 6);
  t.strokeStyle = t.fillStyle = colour;
  t.lineWidth = 2;
  if (dots) { t.fillRect(1, 1, 2, 2); t.fillRect(4, 4, 2, 2); } else { t.beginPath(); for (const i of [-6, 0, 6]) { t.moveTo(i, 6); t.lineTo(i + 6, 0); } t.stroke(); }
  return c.createPattern(tile, "repeat");
}

function palette(c) {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(`--${name}`).trim();
  const colours = { paper: of("paper"), ink: of("ink"), dim: of("dim"), grid: of("line-soft"), lane: of("lane"), chosen: of("chosen"), running: of("c-running"), succeeded: of("c-ok"), ok: of("s-ok"), soft: of("c-ok-soft"),
    failed: of("s-failed"), in_doubt: of("c-doubt"), other: of("c-other"), blocked: of("c-blocked"), connect: of("c-connect"), pre: of("c-pre"), post: of("c-post"), settle: of("c-settle") };
  colours.hatch = pattern(c, of("c-failed"), of("hatch"));
  colours.dots = pattern(c, of("c-doubt"), of("paper"), true);
  return colours;
}

function fitted(c, text, width) {
  if (c.measureText(text).width <= width) return text;
  let low = 0, high = text.length;
  while (low < high) { const middle = (low + high + 1) >> 1; if (c.measureText(`${text.slice(0, middle)}…`).width <= width) low = middle; else high = middle - 1; }
  return `${text.slice(0, low)}…`;
}

const UNITS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800].map((s) => s * 1000);
function axis(from, to, width) {
  const unit = UNITS.find((unit) => ((to - from) / unit) * 78 < width) || UNITS[UNITS.length - 1];
  const ticks = [];
  for (let at = Math.ceil(from / unit) * unit; at <= to; at += unit) ticks.push(at);
  return ticks;
}

function describe(row, bars, at) {
  if (row.kind === "band") {
    let step = [0, 0, 0, 0, 0, 0];
    const column = bars ? ((at - bars.from) / (bars.to - bars.from)) * bars.columns : Infinity;
    for (const one of row.steps) if (one[0] <= column) step = one;
    const parts = STACK.map(([name, place]) => step[place] && `${step[place]} ${name === "other" ? "skipped or cancelled" : word(name)}`).filter(Boolean);
    return `${row.end - row.at} hosts: ${parts.join(", ") || "all waiting"}`;
  }
  if (row.kind !== "host") return row.label || "";
  const last = row.bars[row.bars.length - 1];
  const took = last && last.to !== undefined ? ` after ${lasted(last.to - last.from)}` : "";
  return `${row.host} ${word(row.state)}${took}${row.bars.length > 1 ? `, attempt ${row.bars.length}` : ""}${row.why ? `: ${row.why}` : ""}`;
}

const legend = () => el("p.legend", { "aria-hidden": "true" }, [["connect", "connect"], ["pre", "pre-hook"], ["running", "command"], ["post", "post-hook"], ["ok", "succeeded"], ["failed", "failed, holds its slot"], ["doubt", "in doubt"]]
  .map(([name, text]) => [el(`i.key.k-${name}`), ` ${text} `]));
