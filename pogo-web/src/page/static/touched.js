// What touched hosts in a stretch of time: jobs that ran there, and orders, in one list.
import { el, show } from "./dom.js";
import { get, inNamespace, query } from "./api.js";
import { clock, fromInput, full, now, toInput } from "./time.js";
import { sign } from "./words.js";

// The command that shows the same.
export function historyCommand({ about, from, to }) {
  const at = (moment) => new Date(Number(moment)).toISOString();
  return `pogo history${about ? ` '${about}'` : ""} --since ${at(from)}${to ? ` --until ${at(to)}` : ""}`;
}

export function touched(context) {
  const { ns, link } = context;
  const list = el("div");
  const input = (label, type, value, more) => el("input", { label, type, value, ...more });
  const hosts = input("Hosts", "text", "", { key: "about", placeholder: "any host", size: 12 });
  const since = input("From", "datetime-local", toInput(now() - 3600000), { key: "from" });
  const until = input("To", "datetime-local", "", { key: "to" });
  const element = el(
    "details.touched",
    el("summary", { key: "touched" }, "What touched hosts, and when"),
    el(
      "form.chips",
      { onsubmit: ask },
      el("label.by", "What touched ", hosts),
      el("label.by", "between ", since),
      el("label.by", "and ", until),
      el("button", { type: "submit" }, "Show"),
    ),
    list,
  );
  let shown = "";

  function ask(event) {
    event.preventDefault();
    // Without an end it is up to now.
    const [from, to] = [since.value && fromInput(since.value), until.value && fromInput(until.value)];
    shown = "";
    context.setParams({ ...context.params, about: hosts.value.trim(), from, to });
  }

  function entry(touch) {
    const who = touch.by && `${touch.by.name}${touch.by.host ? `@${touch.by.host}` : ""}`;
    const ended = touch.until && clock(touch.until) !== clock(touch.at) ? `–${clock(touch.until)}` : "";
    return el(
      "li",
      touch.kind === "job" ? sign(touch.status) : el("small", "order"),
      el("time", { title: full(touch.at) }, clock(touch.at), ended),
      el(
        "span",
        touch.job !== undefined && [el("a", { href: link("jobs", touch.job) }, `job ${touch.job}`), " "],
        touch.command && [el("code", touch.command), " "],
        touch.hosts && [el("code", touch.hosts), " "],
        touch.text,
        touch.reason && ` “${touch.reason}”`,
        who && el("small", ` by ${who}`),
      ),
    );
  }

  async function read(entries, after) {
    const { about, from, to } = context.params;
    try {
      const found = await get(inNamespace(ns, `/touched${query({ hosts: about, from, to, after, limit: 200 })}`));
      const all = entries.concat(found.entries);
      show(
        list,
        found.orders_since && el("p", `Orders that were given to no job are known since ${clock(found.orders_since)}.`),
        all.length === 0 && el("p.empty", "Nothing: no job ran there, and nothing was ordered."),
        el("ul.reasons", all.map(entry)),
        found.next && el("button", { onclick: () => read(all, found.next) }, "more"),
      );
    } catch (problem) {
      show(list, el("p.problem", problem.message));
    }
  }

  function update() {
    const { about, from, to } = context.params;
    const wanted = JSON.stringify([about, from, to]);
    if (!from || wanted === shown) return;
    shown = wanted;
    element.open = true;
    hosts.value = about || "";
    since.value = toInput(Number(from));
    until.value = to ? toInput(Number(to)) : "";
    read([]);
  }
  update();
  return { element, update };
}
