// The stream of a namespace, read once for all tabs of a browser where it has shared workers, and otherwise once for each tab.
//
// What it passes on is no more than where something happened, four times a second at most: whoever shows it asks for what is shown.

export class Following {
  // send({kind: "health" | "news", …})
  constructor(send) {
    this.send = send;
    this.stop = null;
    this.key = "";
    this.health = { state: "connecting", since: Date.now() };
    this.news = null;
  }

  follow(root, ns, token) {
    const key = `${root} ${ns} ${token}`;
    if (key === this.key && this.health.state !== "refused") {
      this.send({ kind: "health", ns, health: this.health });
      return;
    }
    this.key = key;
    if (this.stop) this.stop.abort();
    this.stop = new AbortController();
    this.run(root, ns, token, this.stop.signal);
  }

  say(ns, state, more) {
    if (state !== this.health.state) this.health = { state, since: Date.now(), ...more };
    this.send({ kind: "health", ns, health: this.health });
  }

  async run(root, ns, token, signal) {
    let id = null;
    let wait = 500;
    while (!signal.aborted) {
      try {
        const headers = token ? { authorization: `Bearer ${token}` } : {};
        const base = `${root}namespaces/${encodeURIComponent(ns)}`;
        const options = { headers, signal, credentials: "same-origin", cache: "no-store" };
        if (!id) {
          const response = await fetch(base, options);
          if (!response.ok) throw new Error(String(response.status));
          id = (await response.json()).as_of;
        }
        const response = await fetch(`${base}/events?after=${encodeURIComponent(id)}`, options);
        if (!response.ok) throw new Error(String(response.status));
        this.say(ns, "live");
        wait = 500;
        // What happened while nobody listened is not known in detail.
        this.collect(ns, { all: true });
        await this.read(ns, response.body, signal, (next) => {
          id = next;
        });
      } catch (error) {
        if (signal.aborted) return;
        if (error.message === "401" || error.message === "403") {
          this.say(ns, "refused");
          return;
        }
        if (error.message === "404" || error.message === "410") id = null;
      }
      if (signal.aborted) return;
      this.say(ns, "reconnecting");
      await new Promise((done) => setTimeout(done, wait));
      wait = Math.min(wait * 1.4, 2000);
    }
  }

  async read(ns, body, signal, seen) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      // A heartbeat comes every 15 seconds: silence is a dead connection, as after sleep.
      const silent = setTimeout(() => reader.cancel(), 40000);
      let part;
      try {
        part = await reader.read();
      } finally {
        clearTimeout(silent);
      }
      if (part.done || signal.aborted) return;
      text += part.value;
      let end;
      while ((end = text.indexOf("\n\n")) >= 0) {
        const event = text.slice(0, end);
        text = text.slice(end + 2);
        this.event(ns, event, seen);
      }
    }
  }

  event(ns, text, seen) {
    let name = "",
      data = "";
    for (const line of text.split("\n")) {
      if (line.startsWith("event: ")) name = line.slice(7);
      else if (line.startsWith("data: ")) data = line.slice(6);
      else if (line.startsWith("id: ") && line.length > 4) seen(line.slice(4));
    }
    if (name || !data) return;
    // Of a snapshot only its id matters: nothing of it is kept.
    if (data.startsWith('{"version":1,"update":{"snapshot"')) {
      this.collect(ns, { all: true });
      return;
    }
    const { update } = JSON.parse(data);
    if (update.records) this.collect(ns, { records: update.records.records });
    else if (update.heartbeat) this.collect(ns, { at: update.heartbeat.at });
  }

  collect(ns, { all, records, at }) {
    if (!this.news) {
      this.news = { kind: "news", ns, all: false, count: 0, jobs: [], hosts: [], at: null, told: [] };
      this.jobs = new Set();
      this.hosts = new Set();
      setTimeout(() => {
        const news = this.news;
        this.news = null;
        news.jobs = [...this.jobs];
        news.hosts = [...this.hosts];
        this.send(news);
      }, 250);
    }
    const news = this.news;
    if (all) news.all = true;
    if (at) news.at = at;
    for (const record of records || []) {
      news.count++;
      news.at = record.at;
      if (record.job !== undefined) this.jobs.add(record.job);
      if (record.host && this.hosts.size < 500) this.hosts.add(record.host);
      if (!String(record.event).startsWith("task_") && news.told.length < 20) {
        news.told.push({ event: record.event, job: record.job, host: record.host });
      }
    }
  }
}

// In a shared worker: a stream for each namespace, which ends when its last tab has gone.
const ports = new Map();
const followings = new Map();

function start(root, ns, token) {
  const key = `${root} ${ns} ${token}`;
  if (!followings.has(key)) {
    const following = new Following((message) => {
      for (const [port, of] of ports) if (of.key === key) port.postMessage(message);
    });
    followings.set(key, following);
  }
  // One that was refused tries again.
  followings.get(key).follow(root, ns, token);
  return key;
}

function sweep() {
  const now = Date.now();
  for (const [port, of] of ports) if (now - of.alive > 150000) ports.delete(port);
  for (const [key, following] of followings) {
    if ([...ports.values()].some((of) => of.key === key)) continue;
    following.stop.abort();
    followings.delete(key);
  }
}

if (typeof SharedWorkerGlobalScope !== "undefined" && self instanceof SharedWorkerGlobalScope) {
  setInterval(sweep, 20000);
  self.onconnect = ({ ports: [port] }) => {
    const of = { key: "", alive: Date.now() };
    ports.set(port, of);
    port.onmessage = ({ data }) => {
      of.alive = Date.now();
      // A tab that slept for long was taken for gone.
      ports.set(port, of);
      if (data.leave) {
        ports.delete(port);
        sweep();
        return;
      }
      if (!data.ns) return;
      of.key = start(data.root, data.ns, data.token);
      const { health } = followings.get(of.key);
      port.postMessage({ kind: "health", ns: data.ns, health });
    };
  };
}
