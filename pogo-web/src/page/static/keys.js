// Settings of this browser, and keys.
import { $, el, show, tell } from "./dom.js";

export function read(name) {
  try {
    return localStorage.getItem(`pogo-${name}`);
  } catch {
    return null;
  }
}
export function write(name, value) {
  try {
    localStorage.setItem(`pogo-${name}`, value);
  } catch {
    /* for this page alone */
  }
}

const LIST = [
  ["/", "search"],
  ["?", "these keys"],
  ["g j", "jobs"],
  ["g r", "running"],
  ["g s", "slots"],
  ["g h", "hosts"],
  ["j  k", "next, previous row"],
  ["Enter", "open"],
  ["Esc", "close, or one up"],
  ["f", "timeline: all of it"],
  ["n", "next failure"],
  ["+  −", "timeline: nearer, farther"],
  ["←  →", "timeline: earlier, later"],
  ["p  .", "host before, next host"],
  ["d", "next host that ended differently"],
  ["o", "output of the host"],
  ["c", "copy the command of the last line"],
];

let view = {};
let pending = "";
export const setViewKeys = (keys) => {
  view = keys || {};
};

const isTyping = (element) =>
  element && (/^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName) || element.isContentEditable);

export function moveRow(by) {
  const rows = [...document.querySelectorAll("#view [data-row]")].filter((row) => row.offsetParent !== null);
  if (!rows.length) return;
  const at = rows.findIndex((row) => row === document.activeElement || row.contains(document.activeElement));
  const next = rows[Math.max(0, Math.min(rows.length - 1, at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

export function startKeys(go, up) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || $("dialog").open) return;
    if (event.key === "Escape") {
      const menu = document.querySelector("details.menu[open]");
      if (menu) {
        menu.open = false;
        menu.firstElementChild.focus();
      } else if (isTyping(event.target)) event.target.blur();
      else if (!(view.Escape && view.Escape())) up();
      return;
    }
    if (isTyping(event.target) || read("keys") === "off") return;
    const key = pending ? `${pending} ${event.key}` : event.key;
    pending = "";
    const all = {
      "/": () => $("query").focus(),
      "?": help,
      c: () => $("copy").click(),
      j: () => moveRow(1),
      k: () => moveRow(-1),
      g: () => {
        pending = "g";
        setTimeout(() => {
          pending = "";
        }, 1500);
      },
      "g j": () => go("jobs"),
      "g r": () => go("running"),
      "g s": () => go("slots"),
      "g h": () => go("hosts"),
    };
    const does = view[key] || all[key];
    if (!does) return;
    event.preventDefault();
    does();
  });
}

export function help() {
  const dialog = $("dialog");
  const on = read("keys") !== "off";
  show(
    dialog,
    el("h2", "Keys"),
    el(
      "dl.keys",
      LIST.map(([key, what]) => [
        el(
          "dt",
          key.split(/\s+/).map((one) => el("kbd", one)),
        ),
        el("dd", what),
      ]),
    ),
    el(
      "label.check",
      el("input", {
        type: "checkbox",
        checked: on,
        onchange: (event) => write("keys", event.target.checked ? "on" : "off"),
      }),
      " Single keys do something",
    ),
    el("p.buttons", el("button", { onclick: () => dialog.close() }, "Close")),
  );
  openDialog();
}

// Where a browser lets no page copy, as without https, the text is there to be copied.
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    tell("copied");
  } catch {
    const dialog = $("dialog");
    const area = el("textarea", { readonly: true, rows: 12, label: "Text to copy", value: text });
    show(
      dialog,
      el("h2", "Copy"),
      el("p", "This browser does not let the page copy. The text is selected: press Ctrl+C or ⌘C."),
      area,
      el("p.buttons", el("button", { onclick: () => dialog.close() }, "Close")),
    );
    openDialog();
    area.select();
  }
}

// Focus comes back to where it was, also where that was drawn anew meanwhile.
export function openDialog() {
  const dialog = $("dialog");
  const before = document.activeElement;
  const { key } = (before && before.dataset) || {};
  dialog.addEventListener(
    "close",
    () => {
      const again =
        before && before.isConnected ? before : key && document.querySelector(`[data-key="${CSS.escape(key)}"]`);
      if (again) again.focus();
    },
    { once: true },
  );
  dialog.showModal();
}
