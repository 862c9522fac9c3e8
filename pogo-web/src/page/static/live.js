// What the stream brings to this tab, and who wants to know.
import { ROOT, credentials } from "./api.js";
import { Following } from "./stream.js";
import { adjust } from "./time.js";

const listeners = new Set();
export let health = { state: "connecting", since: Date.now() };
let namespace = null;
let send = null;

export const listen = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

function take(message) {
  if (message.ns !== namespace) return;
  if (message.kind === "health") health = message.health;
  if (message.kind === "news" && message.at && !message.all) adjust(message.at, !message.count);
  for (const listener of [...listeners]) listener(message);
}

function connect() {
  try {
    const worker = new SharedWorker(new URL("stream.js", import.meta.url), { type: "module", name: "pogo" });
    worker.port.onmessage = ({ data }) => take(data);
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

// A page that wakes asks how things stand.
addEventListener("pageshow", (event) => {
  if (event.persisted && namespace) follow(namespace);
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && namespace) follow(namespace);
});

// Asks again and again, soon after something happened that matters, never faster than answers come, and not at all while nobody looks.
export class Watch {
  // ask(signal) fetches and shows; matters(news) says what it is about.
  constructor(ask, { matters = () => true, every = 700, idle = 15000 } = {}) {
    Object.assign(this, { ask, matters, every, idle });
    this.stopped = new AbortController();
    this.due = false;
    this.running = false;
    this.unlisten = listen((message) => {
      if (message.kind === "news" && (message.all || (message.count && this.matters(message)))) this.soon();
    });
    this.visible = () => {
      if (!document.hidden) this.soon(0);
    };
    document.addEventListener("visibilitychange", this.visible);
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
    const began = performance.now();
    try {
      await this.ask(this.stopped.signal);
    } catch (error) {
      // What the server says is shown where it belongs; anything else is a defect of the page.
      if (error.name !== "AbortError" && error.status === undefined) console.error(`${error}`, error.stack);
    }
    this.last = Date.now();
    this.running = false;
    if (this.stopped.signal.aborted) return;
    // What takes long is asked for less often.
    const took = performance.now() - began;
    if (this.due) this.soon(Math.max(this.every, took * 4));
    else {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => {
        if (!document.hidden) this.run();
      }, this.idle);
    }
  }

  stop() {
    this.stopped.abort();
    clearTimeout(this.timer);
    this.unlisten();
    document.removeEventListener("visibilitychange", this.visible);
  }
}
