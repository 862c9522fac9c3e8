// What the stream brings to this tab, and who wants to know.
import { ROOT, credentials } from "./api.js";
import { Following } from "./stream.js";
import { adjust, now } from "./time.js";

const listeners = new Set();
export const health = { state: "connecting", since: Date.now() };
let namespace = null;
let send = null;

// Since when the server was not heard, and how long that was before which takeover.
let lost = null;
const away = new Map();
export const awayBefore = (at) => away.get(at);

function noteTakeover({ takeover }) {
  if (!takeover || lost === null) return;
  away.set(takeover, Math.max(0, takeover - lost - (now() - Date.now())));
  lost = null;
}

export const listen = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

function take(message) {
  if (message.ns !== namespace) return;
  if (message.kind === "health") {
    Object.assign(health, { behind: 0 }, message.health);
    if (health.state === "reconnecting" && lost === null) lost = health.since;
    // A server that goes on with the same dispatcher has been reached again.
    if (health.state === "live" && lost !== null)
      setTimeout(() => {
        if (health.state === "live") lost = null;
      }, 10000);
  }
  if (message.kind === "news") noteTakeover(message);
  if (message.kind === "news" && message.at && !message.all) adjust(message.at, !message.count);
  for (const listener of [...listeners]) listener(message);
}

function connect() {
  try {
    const worker = new SharedWorker(new URL("stream.js", import.meta.url), { type: "module", name: "pogo" });
    worker.port.onmessage = ({ data }) => {
      take(data);
      worker.port.postMessage({ took: true });
    };
    worker.port.start();
    // Without modules in shared workers there is an error, and a stream of this tab's own.
    worker.onerror = alone;
    addEventListener("pagehide", () => worker.port.postMessage({ leave: true }));
    setInterval(() => worker.port.postMessage({}), 50000);
    return (message) => worker.port.postMessage(message);
  } catch {
    return null;
  }
}

function alone() {
  const following = new Following(take);
  send = ({ root, ns, token }) => following.follow(root, ns, token);
  if (namespace) follow(namespace);
}

export function follow(ns) {
  namespace = ns;
  if (!send) send = connect();
  if (!send) {
    alone();
    return;
  }
  send({ root: ROOT, ns, token: credentials() });
}

// A page that wakes asks how things stand: it was hidden, frozen, without a network, or its machine slept.
function wake() {
  if (document.hidden || !namespace) return;
  follow(namespace);
  for (const listener of [...listeners]) listener({ kind: "wake" });
}
addEventListener("pageshow", (event) => {
  if (event.persisted) wake();
});
addEventListener("online", wake);
document.addEventListener("resume", wake);
document.addEventListener("visibilitychange", wake);
let ticked = Date.now();
setInterval(() => {
  if (Date.now() - ticked > 15000) wake();
  ticked = Date.now();
}, 1000);

// Asks again and again, soon after something happened that matters, never faster than answers come, and not at all while nobody looks.
export class Watch {
  // ask(signal) fetches and shows; matters(news) says what it is about.
  constructor(ask, { matters = () => true, every = 700, idle = 15000 } = {}) {
    Object.assign(this, { ask, matters, every, idle });
    this.stopped = new AbortController();
    this.due = false;
    this.running = false;
    this.unlisten = listen((message) => {
      if (message.kind === "wake") this.wake();
      if (message.kind === "news" && (message.all || (message.count && this.matters(message)))) this.soon();
    });
    this.soon(0);
  }

  // What was asked for before a sleep may never be answered.
  wake() {
    if (this.running && Date.now() - this.began > 2000) this.turn.abort();
    this.soon(0);
  }

  soon(wait = this.every) {
    this.due = true;
    if (this.running || this.stopped.signal.aborted || (document.hidden && wait)) return;
    clearTimeout(this.timer);
    const since = Date.now() - (this.last || 0);
    this.timer = setTimeout(() => this.run(), Math.max(0, wait - since));
  }

  async run() {
    if (this.running || this.stopped.signal.aborted) return;
    this.running = true;
    this.due = false;
    this.began = Date.now();
    this.turn = new AbortController();
    const began = performance.now();
    let idle = this.idle;
    try {
      await this.ask(AbortSignal.any([this.stopped.signal, this.turn.signal]));
    } catch (error) {
      // What the server says is shown where it belongs; anything else is a defect of the page.
      if (error.name !== "AbortError" && error.status === undefined) console.error(`${error}`, error.stack);
      // A server that cannot be reached may be back soon, and says nothing by itself to a tab that was cut off.
      if (!error.status) idle = Math.min(idle, 2000);
    }
    this.last = Date.now();
    this.running = false;
    if (this.stopped.signal.aborted) return;
    // What takes long is asked for less often.
    const took = this.turn.signal.aborted ? 0 : performance.now() - began;
    if (this.due) this.soon(Math.max(this.every, took * 4));
    else {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => {
        if (!document.hidden) this.run();
      }, idle);
    }
  }

  stop() {
    this.stopped.abort();
    clearTimeout(this.timer);
    this.unlisten();
  }
}
