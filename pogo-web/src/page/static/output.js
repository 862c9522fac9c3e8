// What an attempt wrote: stdout and stderr told apart, from its end on, however long it is. Read by range, and put in as text.
import { el, number, problemOf, show, tell } from "./dom.js";
import { get, inNamespace, query, seg } from "./api.js";
import { Watch } from "./live.js";
import { clock } from "./time.js";
import { Terminal } from "./terminal.js";

const STREAMS = ["stdout", "stderr", "note"];
const TAIL = 96 * 1024;
const MOST_LINES = 6000;

// Any bytes at all: as text where they are that.
const bytes = (piece) =>
  piece.bytes ||
  (piece.base64 === undefined
    ? new TextEncoder().encode(piece.text)
    : Uint8Array.from(atob(piece.base64), (c) => c.charCodeAt(0)));

// Cuts pieces that begin anywhere so that they begin with a line; where that is.
function fromLine(pieces, begin) {
  for (const [i, piece] of begin > 0 ? pieces.entries() : []) {
    const data = bytes(piece);
    const end = data.indexOf(10) + 1;
    if (!end) continue;
    piece.bytes = data.subarray(end);
    piece.offset += end;
    pieces.splice(0, i);
    return piece.offset;
  }
  return begin;
}

// Where in its output somebody looks: its end, which goes on, or anywhere before.
const END = 1;

// Cuts pieces so that they end with a line; where that is.
function toLine(pieces, end) {
  const last = pieces[pieces.length - 1];
  const data = last ? bytes(last) : [];
  const size = data.lastIndexOf(10) + 1;
  if (!size) return end;
  last.bytes = data.subarray(0, size);
  return last.offset + size;
}

const reader = (name) => ({ name, terminal: new Terminal(), decoder: new TextDecoder(), open: null });

export class Output {
  constructor(place, { ns, job, attempt, running }) {
    Object.assign(this, { place, running });
    this.base = inNamespace(ns, `/jobs/${seg(job)}/attempts/${seg(attempt)}/output`);
    this.attempt = attempt;
    this.follows = true;
    this.parts = [];
    this.lines = el("div.output", {
      tabIndex: 0,
      role: "log",
      label: "Output",
      "aria-live": "off",
      onscroll: () => this.scrolled(),
    });
    this.told = el("span.count");
    this.find = el("input", {
      type: "search",
      placeholder: "find",
      label: "Find in the output",
      size: 8,
      oninput: () => this.search(),
    });
    this.wrap = el(
      "button.plain",
      { pressed: "true", onclick: () => this.toggle("nowrap", this.wrap) },
      "wrap",
    );
    this.times = el(
      "button.plain",
      { pressed: "false", onclick: () => this.toggle("times", this.times) },
      "times",
    );
    this.where = el("input", {
      type: "range",
      label: "Where in the output",
      title: "Where in the output",
      min: 0,
      max: 100,
      value: 100,
      hidden: true,
      onchange: ({ target }) => this.jump(Number(target.value) / 100),
    });
    this.top = el("p.earlier");
    this.bottom = el("p.earlier", el("button", { key: "later", onclick: () => this.later() }, "later"));
    show(
      place,
      el(
        "div.outbar",
        el("h3", "Output"),
        this.find,
        this.told,
        this.where,
        this.wrap,
        this.times,
        el("button.plain", { onclick: () => this.download() }, "raw"),
      ),
      this.lines,
    );
    this.begin(END);
    show(this.lines, this.asking());
    this.watch = new Watch((signal) => this.ask(signal), {
      matters: () => this.running,
      every: 800,
      idle: running ? 4000 : 3600000,
    });
  }

  asking() {
    return el("p.empty", "Asking the server…");
  }

  begin(share) {
    Object.assign(this, { share, follows: share === END, parts: [], most: MOST_LINES, left: null });
    this.streams = STREAMS.map((name) => ({ ...reader(name), from: null, first: null }));
  }

  // Shows what was written from there on: of a gigabyte too no more is read than is seen.
  jump(share) {
    this.begin(share);
    this.lines.replaceChildren(this.asking());
    this.watch.soon(0);
  }

  later() {
    for (const stream of this.streams) stream.until = stream.from + TAIL;
    this.follows = false;
    this.most += MOST_LINES;
    this.watch.soon(0);
  }

  toggle(name, button) {
    const on = this.lines.classList.toggle(name);
    button.setAttribute("aria-pressed", String(name === "nowrap" ? !on : on));
  }

  async ask(signal) {
    try {
      await this.read(signal);
    } catch (problem) {
      // What is there goes on to be shown.
      if (problem.name !== "AbortError" && !this.lines.querySelector(".l")) show(this.lines, problemOf(problem));
      throw problem;
    }
  }

  async read(signal) {
    // What is read stays here until it is shown: an answer that does not come must not lose the one before it.
    const { parts, share } = this;
    let any = false;
    let more = false;
    for (const stream of this.streams) {
      if (stream.from === null) {
        const { length } = await get(`${this.base}/${stream.name}${query({ from: 0, to: 0 })}`, signal);
        const from = share === END ? Math.max(0, length - TAIL) : Math.floor(length * share);
        stream.from = stream.first = from;
        if (share !== END) stream.until = from + TAIL;
        if (length > 2 * TAIL) this.where.hidden = false;
      }
      // What is read once is not read again: a sealed stream has ended.
      for (let turn = 0; turn < 8 && !stream.sealed && !(stream.from >= stream.until); turn++) {
        const part = await get(`${this.base}/${stream.name}${query({ from: stream.from, to: stream.until })}`, signal);
        if (!stream.begun && part.pieces.length) {
          stream.first = fromLine(part.pieces, stream.first);
          stream.begun = true;
        }
        const was = stream.from;
        stream.from = part.next;
        if (part.next >= stream.until && part.next < part.length) stream.from = stream.until = toLine(part.pieces, part.next);
        for (const piece of part.pieces) parts.push({ stream, piece });
        if (part.sealed && part.next >= part.length) stream.sealed = true;
        stream.length = part.length;
        if (part.next === was || part.next >= part.length) break;
      }
      if (stream.from < stream.length) more = true;
      if (stream.from > 0) any = true;
    }
    // Somebody looks elsewhere by now.
    if (parts !== this.parts) return;
    parts.sort((one, other) => one.piece.at - other.piece.at);
    const fragment = document.createDocumentFragment();
    for (const { stream, piece } of parts) this.put(fragment, stream, piece);
    const came = parts.splice(0).length;
    this.bottom.remove();
    if (came) {
      this.lines.append(fragment);
      this.trim();
      this.search();
    }
    for (const empty of this.lines.querySelectorAll(".empty")) empty.remove();
    if (!this.lines.firstChild)
      this.lines.append(el("p.empty", any || this.running ? "Nothing was written yet." : "It wrote nothing."));
    this.showEarlier();
    if (more && share !== END) this.lines.append(this.bottom);
    if (this.follows) this.lines.scrollTop = this.lines.scrollHeight;
  }

  // What comes before is read when somebody asks for it.
  showEarlier() {
    const left = this.streams.reduce((sum, stream) => sum + (stream.first || 0), 0);
    if (this.left === left) return;
    this.left = left;
    if (!left) {
      this.top.remove();
      return;
    }
    show(
      this.top,
      `${number(left)} bytes come before. `,
      el("button", { key: "earlier", onclick: () => this.earlier() }, "earlier"),
      " Raw has all, and so has: ",
      el("code", "pogo logs --raw"),
    );
    this.lines.prepend(this.top);
  }

  async earlier() {
    const parts = [];
    const { streams } = this;
    for (const stream of streams.filter(({ first }) => first > 0)) {
      const from = Math.max(0, stream.first - TAIL);
      const { pieces } = await get(`${this.base}/${stream.name}${query({ from, to: stream.first })}`);
      stream.first = fromLine(pieces, from);
      const before = reader(stream.name);
      parts.push(...pieces.map((piece) => ({ stream: before, piece })));
    }
    parts.sort((one, other) => one.piece.at - other.piece.at);
    const fragment = document.createDocumentFragment();
    for (const { stream, piece } of parts) this.put(fragment, stream, piece);
    if (streams !== this.streams) return;
    this.follows = false;
    this.most += fragment.childElementCount;
    const { scrollHeight, scrollTop } = this.lines;
    this.top.after(fragment);
    this.showEarlier();
    this.lines.scrollTop = scrollTop + this.lines.scrollHeight - scrollHeight;
    this.search();
  }

  put(fragment, stream, piece) {
    const data = bytes(piece);
    const missing = piece.offset - stream.next;
    stream.next = piece.offset + data.length;
    if (missing > 0) fragment.append(el("div.l.note", `${number(missing)} bytes of ${stream.name} were not kept`));
    const text = stream.decoder.decode(data, { stream: true });
    for (const [classes, plain] of stream.terminal.parse(text)) {
      const parts = plain.split("\n");
      parts.forEach((part, at) => {
        if (part) {
          if (!stream.open) {
            stream.open = el(`div.l.${stream.name}`, el("time", clock(piece.at)));
            fragment.append(stream.open);
          }
          stream.open.append(classes ? el("span", { class: classes }, part) : part);
        } else if (at < parts.length - 1 && !stream.open) {
          fragment.append(el(`div.l.${stream.name}`, el("time", clock(piece.at)), "\u200b"));
        }
        if (at < parts.length - 1) stream.open = null;
      });
    }
  }

  trim() {
    const surplus = this.lines.querySelectorAll(".l").length - this.most;
    for (let i = 0; i < surplus; i++) this.lines.querySelector(".l").remove();
  }

  scrolled() {
    this.follows = this.lines.scrollHeight - this.lines.scrollTop - this.lines.clientHeight < 24;
  }

  search() {
    const wanted = this.find.value.toLowerCase();
    let found = 0,
      first = null;
    for (const line of this.lines.children) {
      const is = Boolean(wanted) && line.textContent.toLowerCase().includes(wanted);
      line.classList.toggle("found", is);
      if (is) {
        found++;
        first = first || line;
      }
    }
    this.told.textContent = wanted ? String(found) : "";
    if (first) {
      this.follows = false;
      first.scrollIntoView({ block: "nearest" });
    }
  }

  async download() {
    const parts = [];
    for (const { name } of this.streams.slice(0, 2)) {
      let from = 0;
      for (;;) {
        const part = await get(`${this.base}/${name}${query({ from })}`);
        parts.push(...part.pieces.map(bytes));
        if (part.next >= part.length || part.next === from) break;
        from = part.next;
        // A browser holds all of it in memory.
        if (from > 256e6) {
          this.told.textContent = "The first 256 MB; pogo logs --raw has all";
          break;
        }
      }
    }
    const url = URL.createObjectURL(new Blob(parts, { type: "text/plain" }));
    el("a", { href: url, download: `attempt-${this.attempt}.log` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60000);
    tell(this.told.textContent || "downloaded");
  }

  close() {
    this.watch.stop();
  }
}
