// Elements from plain data. Text is put in as text, and nothing else is possible: there is no way from a string to markup here.

const PROPERTIES = new Set(["value", "disabled", "checked", "hidden", "open", "tabIndex", "selected"]);

// el("a.row", {href: "#", onclick: f}, "text", child, [more])
export function el(name, ...rest) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  fill(element, rest);
  return element;
}

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
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "class") value && element.classList.add(...value.split(" ").filter(Boolean));
    else if (key === "vars") for (const [name, to] of Object.entries(value)) element.style.setProperty(name, to);
    else if (PROPERTIES.has(key)) element[key] = value;
    else element.setAttribute(key, value === true ? "" : String(value));
  }
}

export const $ = (id) => document.getElementById(id);

// Replaces what an element has, and keeps the focus on what is there again: by its data-key, or its id.
export function show(parent, ...children) {
  const focused = parent.contains(document.activeElement) ? document.activeElement : null;
  const key = focused && (focused.dataset.key || focused.id);
  const range = focused && "selectionStart" in focused ? [focused.value, focused.selectionStart] : null;
  const fresh = document.createDocumentFragment();
  fill(fresh, children);
  parent.replaceChildren(fresh);
  if (!key) return;
  const again = [...parent.querySelectorAll("[data-key],[id]")].find((e) => (e.dataset.key || e.id) === key);
  if (!again) return;
  again.focus({ preventScroll: true });
  if (range && again.value !== undefined && again.tagName === "INPUT") {
    again.value = range[0];
    try { again.setSelectionRange(range[1], range[1]); } catch { /* of a type without a selection */ }
  }
}

export const plural = (count, one, many) => `${number(count)} ${count === 1 ? one : many || one + "s"}`;

// 10 000: the thin space never breaks.
export const number = (count) => String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, "\u202f");

export function tell(text) {
  const told = $("told");
  if (told.textContent !== text) told.textContent = text;
}
