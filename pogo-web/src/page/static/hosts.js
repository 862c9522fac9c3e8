// The hosts of the fleet, and what touched them.
import { el, number, plural, show } from "./dom.js";
import { get, inNamespace } from "./api.js";
import { Watch } from "./live.js";
import { sign } from "./words.js";
import { failedTo } from "./tables.js";
import { historyCommand, touched } from "./touched.js";

// The fleet by its tags; a tag opens into its hosts.
export function hosts(context) {
  const { ns, view, link } = context;
  context.title("Hosts");
  const touches = touched(context);
  let tags = null;
  let names = [];
  let summary = {};
  const open = new Set();
  let looked = "";
  async function ask(signal) {
    const [answer, configuration] = await Promise.all([
      get(inNamespace(ns), signal),
      tags ? null : get(inNamespace(ns, "/configuration"), signal).catch(failedTo(view, "Hosts")),
    ]);
    if (configuration) read(configuration);
    summary = answer.view;
    draw();
    context.updated();
  }
  function read(answer) {
    const { fleet = { hosts: [] } } = answer;
    names = fleet.hosts.flatMap(expand);
    const own = Object.entries(fleet.tags || {}).map(([tag, list]) => [tag, list.flatMap(expand)]);
    // $colo has the hosts of $colo.na too.
    tags = new Map(
      own.map(([tag]) => [
        tag,
        [...new Set(own.filter(([other]) => other === tag || other.startsWith(`${tag}.`)).flatMap(([, list]) => list))],
      ]),
    );
  }
  function draw() {
    const wanted = (context.params.hosts || "").replace(/^\$/, "");
    const listed = wanted ? `pogo inventory list '${context.params.hosts}'` : "pogo inventory list";
    context.command(context.params.from ? historyCommand(context.params) : listed);
    const found = wanted ? names.filter((name) => name.includes(wanted)) : [];
    const input = el("input", {
      type: "search",
      key: "hosts",
      value: context.params.hosts || "",
      placeholder: "name or $tag",
      spellcheck: "false",
      oninput: (event) => context.setParams({ ...context.params, hosts: event.target.value }),
    });
    if (looked !== wanted && tags.has(wanted)) open.add(wanted);
    looked = wanted;
    // A tree by the parts of tags; what is looked for, as a list.
    const under = (tag) =>
      [...tags.keys()].filter((name) => (tag ? name.startsWith(`${tag}.`) && !name.slice(tag.length + 1).includes(".") : isTop(name)));
    const isTop = (name) => !name.includes(".") || !tags.has(name.slice(0, name.lastIndexOf(".")));
    const entries = wanted ? [...tags.keys()].filter((tag) => tag.includes(wanted)) : under();
    const branch = (tag) => {
      const list = tags.get(tag);
      const isOpen = open.has(tag);
      // What is closed is not built: a fleet may have a hundred thousand hosts.
      const toggle = (event) => {
        if (event.target.open === isOpen || event.target !== event.currentTarget) return;
        if (!open.delete(tag)) open.add(tag);
        draw();
      };
      return el(
        "li",
        el(
          "details",
          { open: isOpen, ontoggle: toggle },
          el(
            "summary",
            { row: true, key: `t-${tag}` },
            el("code", `$${tag}`),
            el("small", ` ${plural(list.length, "host")}`),
          ),
          isOpen && [
            !wanted && under(tag).length > 0 && el("ul", under(tag).map(branch)),
            el(
              "p.hostlist",
              el("a", { href: link("slots", undefined, { hosts: `$${tag}` }) }, `who holds slots of $${tag}`),
            ),
            hostList(list),
          ],
        ),
      );
    };
    show(
      view,
      el("h1", "Hosts", el("small", ` ${number(summary.hosts)}`)),
      el("label.by", "find ", input),
      (summary.down || []).length > 0 &&
        el(
          "p",
          sign("down"),
          ` marked down: `,
          summary.down.slice(0, 20).map((name) => [el("a", { href: link("hosts", name) }, el("code", name)), " "]),
        ),
      touches.element,
      found.length > 0 && hostList(found),
      names.length === 0 && el("div.empty", "The fleet is empty. ", el("code", "pogo apply -i hosts.ini")),
      el("ul.tags-list", entries.slice(0, 200).map(branch)),
    );
  }
  const hostList = (list) =>
    el(
      "p.hostlist",
      list.slice(0, 400).map((name) => [el("a", { href: link("hosts", name) }, el("code", name)), " "]),
      list.length > 400 && `and ${number(list.length - 400)} more`,
    );
  const watch = new Watch(ask, { matters: (news) => news.namespace, every: 2000 });
  return {
    close: () => watch.stop(),
    update: (params) => {
      context.params = params;
      touches.update();
      watch.soon(0);
    },
  };
}

// web[1-3,7].na is four hosts.
function expand(text) {
  const found = /^([^[]*)\[([^\]]*)\](.*)$/.exec(text);
  if (!found) return [text];
  const [, before, ranges, after] = found;
  const names = [];
  for (const range of ranges.split(",")) {
    const [from, to = from] = range.split("-");
    if (!/^\d+$/.test(from)) {
      names.push(from);
      continue;
    }
    for (let at = Number(from); at <= Number(to) && names.length < 200000; at++)
      names.push(String(at).padStart(from.length, "0"));
  }
  const rests = expand(after);
  return names.flatMap((name) => rests.map((rest) => before + name + rest));
}
