// Text of hosts as lines of styled pieces: colours and weights of terminals become classes, and every other code is dropped. Nothing here knows of markup.

const CLASSES = { 1: "a-bold", 2: "a-dim", 3: "a-italic", 4: "a-under", 7: "a-swap", 9: "a-strike" };

export class Terminal {
  constructor() {
    this.styles = new Set();
    this.fore = "";
    this.back = "";
    this.rest = "";
  }

  // Pieces of a text: [class names, text]. A code that is cut at the end is kept for the next text.
  parse(text) {
    text = this.rest + text;
    this.rest = "";
    const pieces = [];
    let at = 0;
    const put = (end) => {
      const plain = clean(text.slice(at, end));
      if (plain) pieces.push([this.classes(), plain]);
    };
    for (;;) {
      const escape = text.indexOf("\x1b", at);
      if (escape < 0) {
        put(text.length);
        return pieces;
      }
      put(escape);
      const end = codeEnd(text, escape);
      if (end < 0) {
        // Longer than any code of use: dropped, as terminals do.
        if (text.length - escape < 4096) this.rest = text.slice(escape);
        return pieces;
      }
      if (text[escape + 1] === "[" && text[end - 1] === "m") this.select(text.slice(escape + 2, end - 1));
      at = end;
    }
  }

  classes() {
    return [...this.styles, this.fore && `f-${this.fore}`, this.back && `b-${this.back}`].filter(Boolean).join(" ");
  }

  select(parameters) {
    const codes = parameters.split(/[;:]/).map((code) => parseInt(code || "0", 10));
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i];
      if (code === 0) {
        this.styles.clear();
        this.fore = this.back = "";
      } else if (CLASSES[code]) this.styles.add(CLASSES[code]);
      else if (code === 22) {
        this.styles.delete("a-bold");
        this.styles.delete("a-dim");
      } else if (code > 22 && code < 30) this.styles.delete(CLASSES[code - 20]);
      else if (code >= 30 && code <= 37) this.fore = String(code - 30);
      else if (code >= 90 && code <= 97) this.fore = String(code - 82);
      else if (code === 39) this.fore = "";
      else if (code >= 40 && code <= 47) this.back = String(code - 40);
      else if (code >= 100 && code <= 107) this.back = String(code - 92);
      else if (code === 49) this.back = "";
      else if (code === 38 || code === 48) {
        // Of 256 colours the first sixteen have names; others are left to the reader's theme.
        const named = codes[i + 1] === 5 && codes[i + 2] < 16 ? String(codes[i + 2]) : "";
        if (code === 38) this.fore = named;
        else this.back = named;
        i += codes[i + 1] === 5 ? 2 : codes[i + 1] === 2 ? 4 : 0;
      }
    }
  }
}

// The index behind a code, or -1 if the text ends before it does.
function codeEnd(text, at) {
  const kind = text[at + 1];
  if (kind === undefined) return -1;
  if (kind === "[") {
    for (let i = at + 2; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x40 && code <= 0x7e) return i + 1;
      if (code < 0x20 || code > 0x7e) return i;
    }
    return -1;
  }
  if ("]PX^_".includes(kind)) {
    for (let i = at + 2; i < text.length; i++) {
      if (text[i] === "\x07") return i + 1;
      if (text[i] === "\x1b" && text[i + 1] === "\\") return i + 2;
    }
    return -1;
  }
  return "()*+-./#%".includes(kind) ? (text[at + 2] === undefined ? -1 : at + 3) : at + 2;
}

// Without control characters. Those that turn the direction of text or are not seen are shown.
function clean(text) {
  return text
    .replace(/\r\n/g, "\n")
    .replace(/[^\n]*\r(?=[^\n])/g, "")
    .replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "")
    .replace(
      /[\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
      (c) => `<U+${c.charCodeAt(0).toString(16).toUpperCase()}>`,
    );
}
