// Elements from plain data. Text is put in as text, and nothing else is possible: there is no way from a string to markup here.

// What is long and often given.
const ATTRIBUTES = { key: "data-key", label: "aria-label", pressed: "aria-pressed", row: "data-row" };
const PROPERTIES = new Set(["value", "disabled", "checked", "hidden", "open", "tabIndex", "selected"]);

// el("a.row", {href: "#", onclick: f}, "text", child, [more])
export function el(name, ...rest) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  // Of buttons few send a form.
  if (tag === "button") element.type = tag;
  fill(element, rest);
  return element;
}

// What comes last, such as what is dangerous.
export const menu = (key, title, ...children) => el("details.menu", el("summary", { key }, title), el("div", children));

const SVG = "http://www.w3.org/2000/svg";

export function svg(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function fill(element, rest) {
  for (const item of rest) {
    if (item === null || item === undefined || item === false || item === "") continue;
    if (Array.isArray(item)) fill(element, item);
    else if (item instanceof Node) element.append(item);
    else if (typeof item === "object") set(element, item);
    else element.append(document.createTextNode(String(item)));
  }
}

function set(element, attributes) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) listen(element, key.slice(2), value);
    else if (key === "class") value && element.classList.add(...value.split(" ").filter(Boolean));
    else if (key === "vars") for (const [name, to] of Object.entries(value)) element.style.setProperty(name, to);
    else if (PROPERTIES.has(key)) element[key] = value;
    else element.setAttribute(ATTRIBUTES[key] || key, value === true ? "" : String(value));
  }
}

// What an element does is looked up when it happens, so that it can be given to another one.
const does = new WeakMap();
const happens = (event) => {
  const call = does.get(event.currentTarget)[event.type];
  if (call) call(event);
};
function listen(element, type, call) {
  if (!does.has(element)) does.set(element, {});
  does.get(element)[type] = call;
  element.addEventListener(type, happens);
}

export const $ = (id) => document.getElementById(id);

// Who presses a button must find it there when letting go.
let pressed = null;
const waiting = new Map();
addEventListener(
  "pointerdown",
  (event) => {
    pressed = event.target;
  },
  true,
);
for (const name of ["pointerup", "pointercancel"]) {
  addEventListener(
    name,
    () => {
      pressed = null;
      // After the click.
      setTimeout(() => {
        for (const [parent, again] of [...waiting]) {
          waiting.delete(parent);
          if (parent.isConnected) again();
        }
      });
    },
    true,
  );
}

const isSelecting = (parent) => {
  const selection = getSelection();
  return selection && !selection.isCollapsed && parent.contains(selection.anchorNode);
};

// Makes an element like another one. Of what is there, only what differs is touched: rows that are put in anew each second are what a tab's memory would go to.
function liken(old, fresh) {
  if (old.nodeName !== fresh.nodeName) {
    old.replaceWith(fresh);
    return;
  }
  if (old.nodeType !== 1) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  // A menu that somebody has opened stays open.
  const stays = (name) => name === "style" || (name === "open" && old.querySelector(":scope>summary[data-key]"));
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && !stays(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes)
    if (old.getAttribute(name) !== value && !stays(name)) old.setAttribute(name, value);
  if (old.style.cssText !== fresh.style.cssText) old.style.cssText = fresh.style.cssText;
  const acts = does.get(fresh);
  for (const type of Object.keys(acts || {})) old.addEventListener(type, happens);
  if (acts || does.has(old)) does.set(old, acts || {});
  likenAll(old, fresh);
}

function likenAll(old, fresh) {
  let at = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    if (!at) {
      old.append(child);
      continue;
    }
    const next = at.nextSibling;
    liken(at, child);
    at = next;
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

// Replaces what an element has by what may be kept elsewhere. Focus, what is typed, open menus and places in lists stay: by their data-key, id or data-scroll.
export const show = (parent, ...children) => put(parent, children, (fresh) => parent.replaceChildren(fresh));

// As `show`, for what nobody else keeps: elements stay, and become what is given.
export const patch = (parent, ...children) => put(parent, children, (fresh) => likenAll(parent, fresh));

// Only where it differs, by what it is made of.
const made = new WeakMap();
export function renew(parent, key, make) {
  if (made.get(parent) === key) return;
  made.set(parent, key);
  patch(parent, ...make());
}

function put(parent, children, exchange) {
  if (pressed instanceof Node && parent.contains(pressed)) {
    waiting.set(parent, () => put(parent, children, exchange));
    return;
  }
  // Text that somebody is selecting stays for a while.
  if (isSelecting(parent) && Date.now() - (Number(parent.dataset.shown) || 0) < 20000) return;
  parent.dataset.shown = String(Date.now());
  const focused = parent.contains(document.activeElement) ? document.activeElement : null;
  const key = focused && (focused.dataset.key || focused.id);
  const typed = focused && focused.tagName === "INPUT" ? [focused.value, focused.selectionStart] : null;
  const places = [...parent.querySelectorAll("[data-scroll]")]
    .map((e) => [e.dataset.scroll, e.scrollTop])
    .filter(([, top]) => top);
  const open = new Set([...parent.querySelectorAll("details[open]>summary[data-key]")].map((e) => e.dataset.key));
  const fresh = document.createDocumentFragment();
  fill(fresh, children);
  exchange(fresh);
  for (const summary of open.size ? parent.querySelectorAll("details>summary[data-key]") : [])
    if (open.has(summary.dataset.key)) summary.parentElement.open = true;
  for (const [name, top] of places) {
    const list = parent.querySelector(`[data-scroll="${CSS.escape(name)}"]`);
    if (list && list.scrollTop !== top) list.scrollTop = top;
  }
  if (!key || (focused.isConnected && document.activeElement === focused && (focused.dataset.key || focused.id) === key)) return;
  const again = [...parent.querySelectorAll("[data-key],[id]")].find((e) => (e.dataset.key || e.id) === key);
  if (!again) return;
  again.focus({ preventScroll: true });
  if (typed && again.tagName === "INPUT") {
    again.value = typed[0];
    try {
      again.setSelectionRange(typed[1], typed[1]);
    } catch {
      /* of a type without a selection */
    }
  }
}

export const plural = (count, one, many) => `${number(count)} ${count === 1 ? one : many || one + "s"}`;

// 10 000: the thin space never breaks.
export const number = (count) => String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, "\u202f");

export function tell(text) {
  const told = $("told");
  if (told.textContent !== text) told.textContent = text;
}

// What happens by itself is told once in a while: the latest, or somebody who listens would hear nothing else.
let tells = null;
let next = null;
export function tellSometimes(text) {
  next = text;
  if (tells) return;
  tell(next);
  next = null;
  tells = setTimeout(() => {
    tells = null;
    if (next) tellSometimes(next);
  }, 5000);
}

export const notAllowed = () =>
  el("p", "Whoever runs this server can allow more to you. Who may do what is tried with: ", el("code", "pogo grants check --as you view"));

// What a view shows in place of what it could not get, and what to do about it.
export const problemOf = (problem, ...more) =>
  el("div.empty", el("p.problem", problem.message), problem.status === 403 && notAllowed(), more);
