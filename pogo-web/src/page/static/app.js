// The frame: addresses, what stands around every view, and the last line.
import { $, el, notAllowed, plural, show, tell } from "./dom.js";
import { get, inNamespace } from "./api.js";
import { askWho, showWho } from "./login.js";
import { follow, health, listen, Watch } from "./live.js";
import { ago, clock, lasted, now, switchZone, zone } from "./time.js";
import { help, read, setViewKeys, startKeys, write } from "./keys.js";
import { freezeOrder, ask, thawOrder } from "./orders.js";
import { jobs } from "./jobs.js";
import { job } from "./job.js";
import { host } from "./host.js";
import { hosts } from "./hosts.js";
import { running, slots } from "./tables.js";

const VIEWS = [
  ["jobs", "Jobs"],
  ["running", "Running"],
  ["slots", "Slots"],
  ["hosts", "Hosts"],
];

const state = { ns: null, path: null, view: null, updated: 0, unready: [] };

// #/ns/default/jobs/17?host=web1
function address() {
  const [path, search] = location.hash.replace(/^#\/?/, "").split("?");
  const parts = path.split("/").map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
  const [, ns, name = "jobs", id] = parts[0] === "ns" ? parts : ["ns", null, "jobs"];
  return { ns, name: name || "jobs", id, params: Object.fromEntries(new URLSearchParams(search || "")) };
}

export function link(name, id, params) {
  const parts = ["ns", state.ns || "default", name, id].filter(
    (part) => part !== undefined && part !== null && part !== "",
  );
  const given = Object.entries(params || {}).filter(
    ([, value]) => value !== undefined && value !== null && value !== "",
  );
  const search = given.length ? `?${new URLSearchParams(given)}` : "";
  return `#/${parts.map((part) => encodeURIComponent(part)).join("/")}${search}`;
}
export const go = (name, id, params) => {
  location.hash = link(name, id, params);
};

function open() {
  const at = address();
  if (!at.ns) {
    location.replace(link("jobs"));
    return;
  }
  if (at.ns !== state.ns) {
    state.ns = at.ns;
    follow(at.ns);
    banners();
  }
  const path = JSON.stringify([at.ns, at.name, at.id]);
  if (path === state.path && state.view && state.view.update) {
    state.view.update(at.params);
    return;
  }
  if (state.view && state.view.close) state.view.close();
  Object.assign(state, { path, ended: false });
  const view = $("view");
  // Until the view has something to show: empty is told from slow.
  show(view, el("p.empty", { role: "status" }, "Asking the server…"));
  view.className = `v-${at.id && at.name === "jobs" ? "job" : at.name}`;
  window.scrollTo(0, 0);
  const context = {
    ns: at.ns,
    id: at.id,
    params: at.params,
    view,
    link,
    go,
    // What is looked at is in the address, and does not fill the history.
    setParams: (params) => {
      history.replaceState(null, "", link(at.name, at.id, params));
      context.params = params;
      state.view.update && state.view.update(params);
    },
    command: (text) => {
      $("command").textContent = text;
    },
    title: (text) => {
      document.title = `${text} · pogo`;
    },
    // A job that is over: what is shown does not change any more.
    ended: (is) => {
      state.ended = is;
      tick();
    },
    updated: () => {
      state.updated = Date.now();
      tick();
    },
  };
  const opens =
    at.name === "jobs"
      ? at.id
        ? job
        : jobs
      : at.name === "hosts"
        ? at.id
          ? host
          : hosts
        : { running, slots }[at.name] || jobs;
  state.view = opens(context) || {};
  setViewKeys(state.view.keys);
  navigation(at.name);
}

function navigation(name) {
  show(
    $("nav"),
    VIEWS.map(([view, title]) => el("a", { href: link(view), "aria-current": view === name ? "page" : false }, title)),
    el(
      "button.plain.freeze",
      { key: "freeze", onclick: () => ask(state.ns, freezeOrder()) },
      "Freeze…",
    ),
  );
}

function tick() {
  const since = Date.now() - health.since;
  const slow = health.state === "reconnecting" || health.state === "connecting";
  const is = state.ended && health.state === "live" ? "ended" : health.state;
  const said = is === "refused" ? "not allowed" : is;
  const behind = health.behind ? ` (${plural(health.behind, "record")})` : "";
  const text = slow && since > 3000 ? `${said} for ${lasted(since)}` : said + behind;
  const place = $("health");
  place.className = `health h-${is}`;
  const label = place.querySelector("b");
  if (label.textContent !== text) label.textContent = text;
  $("updated").textContent = state.updated
    ? `updated ${ago(state.updated - Date.now() + now())} · ${clock(now())}`
    : clock(now());
  $("zone").textContent = zone();
}

// What stops everybody.
let summaryWatch = null;
function banners() {
  if (summaryWatch) summaryWatch.stop();
  summaryWatch = new Watch(
    async (signal) => {
      const ns = state.ns;
      const [answer, status] = await Promise.all([
        get(inNamespace(ns), signal),
        get(inNamespace(ns, "/status"), signal),
      ]);
      state.unready = (answer.view.unready || []).map(({ job }) => job);
      showBanners(answer.view, status.status, status.standby);
    },
    // A host of theirs that starts needs nobody any more.
    { matters: (news) => news.namespace || news.unready || state.unready.some((job) => news.jobs.includes(job)), every: 1000 },
  );
}

function showBanners(summary, status, standby) {
  const lines = [];
  if (standby) {
    const where = standby.owner_url && !standby.owner.includes(standby.owner_url) ? ` at ${standby.owner_url}` : "";
    const behind = (standby.behind_ms / 1000).toFixed(1);
    lines.push([
      "warn",
      `This server stands by: ${standby.owner} dispatches${where}, and takes orders. What is shown here is up to ${behind} s old.`,
    ]);
  }
  if (status.journal === "away")
    lines.push([
      "bad",
      `The journal cannot be reached since ${clock(status.since)}: ${status.message}. Nothing new starts; what runs goes on.`,
    ]);
  // An append takes milliseconds; what takes longer is worth a word.
  else if (status.not_durable_since && now() - status.not_durable_since > 5000)
    lines.push(["bad", `What happened since ${clock(status.not_durable_since)} is not durable yet.`]);
  if (Math.abs(status.clock_skew || 0) > 10000) {
    const side = status.clock_skew < 0 ? "behind" : "ahead of";
    const seconds = Math.round(Math.abs(status.clock_skew) / 1000);
    lines.push(["warn", `The dispatcher's clock is ${seconds} s ${side} that of the journal's store.`]);
  }
  for (const { job, user, hosts } of summary.unready || [])
    lines.push([
      "warn",
      `Job ${job} needs ${user || "somebody"}’s agent, or an answer: ${plural(hosts, "host")} cannot be connected to. From a login that has it: pogo attach ${job}`,
    ]);
  for (const freeze of summary.freezes || []) {
    const what = freeze.hosts === "*" ? "Everything is frozen" : `${freeze.hosts} is frozen`;
    lines.push([
      "warn",
      `${what}${freeze.by ? ` by ${freeze.by}` : ""} since ${clock(freeze.since, false)}: ${freeze.reason}`,
      freeze,
    ]);
  }
  const key = JSON.stringify(lines);
  const place = $("banners");
  if (place.dataset.key === key) return;
  place.dataset.key = key;
  show(
    place,
    lines
      .slice(0, 4)
      .map(([kind, text, freeze]) =>
        el(
          `p.banner.${kind}`,
          text,
          freeze && el("button", { onclick: () => ask(state.ns, thawOrder(freeze)) }, "Thaw…"),
        ),
      ),
    lines.length > 4 && el("p.banner.warn", `and ${lines.length - 4} more`),
  );
}

async function namespaces() {
  try {
    const { namespaces: found } = await get("namespaces");
    const names = found.map((entry) => entry.name || entry);
    show(
      $("namespace"),
      names.map((name) => el("option", { value: name, selected: name === address().ns }, name)),
    );
    $("namespace").disabled = names.length < 2;
    if (!names.length) {
      show($("view"), el("div.empty", el("h2", "There is nothing that you may see"), notAllowed()));
      showWho();
      return false;
    }
    if (!address().ns) {
      state.ns = null;
      location.replace(`#/ns/${encodeURIComponent(names[0] || "default")}/jobs`);
    }
    return true;
  } catch (problem) {
    if (problem.status === 401) {
      askWho(problem, start);
      return false;
    }
    show($("view"), el("div.empty", el("h2", "The server does not answer"), el("p", problem.message)));
    setTimeout(start, 2000);
    return false;
  }
}

// A host of this name, or else the jobs of somebody of this name.
async function hostOrPerson(text) {
  try {
    await get(inNamespace(state.ns, `/hosts/${encodeURIComponent(text)}`));
    go("hosts", text);
  } catch {
    const { entries = [] } = await get(inNamespace(state.ns, `/history?limit=1&by=${encodeURIComponent(text)}`)).catch(
      () => ({}),
    );
    if (entries.length) go("jobs", undefined, { user: text });
    else go("hosts", undefined, { hosts: text });
  }
}

const THEMES = ["auto", "light", "dark"];
function theme() {
  const name = read("theme") || "auto";
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  $("theme").title = `Colours: ${name === "auto" ? "as the system" : name}`;
  dispatchEvent(new Event("pogo-theme"));
}

async function start() {
  if (!(await namespaces())) return;
  showWho();
  open();
}

// A menu closes by a click elsewhere.
addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]"))
    if (!menu.contains(event.target) || event.target.tagName === "BUTTON") menu.open = false;
});
// A login ends while the page is open.
addEventListener("pogo-unknown", ({ detail }) => {
  if (!$("dialog").open) askWho(detail, start);
});
addEventListener("hashchange", open);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => dispatchEvent(new Event("pogo-theme")));
$("skip").addEventListener("click", (event) => {
  event.preventDefault();
  $("view").focus();
});
$("namespace").addEventListener("change", (event) => {
  location.hash = `#/ns/${encodeURIComponent(event.target.value)}/jobs`;
});
$("search").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("query").value.trim();
  if (!text) return;
  $("query").value = "";
  $("query").blur();
  const number = /^(?:job-?\s?|#)?(\d+)$/i.exec(text);
  if (number) go("jobs", number[1]);
  else if (/^[\w.-]+$/.test(text)) hostOrPerson(text);
  else go("hosts", undefined, { hosts: text });
});
$("theme").addEventListener("click", () => {
  write("theme", THEMES[(THEMES.indexOf(read("theme") || "auto") + 1) % 3]);
  theme();
});
$("help").addEventListener("click", help);
$("zone").addEventListener("click", () => {
  switchZone();
  tick();
  state.path = null;
  open();
});
$("copy").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText($("command").textContent);
    tell("copied");
    $("copy").textContent = "copied";
  } catch {
    getSelection().selectAllChildren($("command"));
  }
  setTimeout(() => {
    $("copy").textContent = "copy";
  }, 1500);
});
listen((message) => {
  if (message.kind !== "health") return;
  tick();
  // A login has expired.
  if (health.state === "refused" && !$("dialog").open)
    namespaces().then((known) => {
      if (known) follow(state.ns);
    });
});
startKeys(
  (name) => go(name),
  () => {
    const at = address();
    if (at.id) go(at.name);
  },
);
setInterval(tick, 1000);
theme();
tick();
start();
