// The stream of a namespace, read once for all tabs of a browser where it has shared workers, and otherwise once for each tab.
//
// It is one of digests: no more than what something happened to. Whoever shows that asks for it, four times a second at most.

// A heartbeat comes every 15 seconds: longer silence is a dead connection, as after sleep.
const SILENT = 35000;
const MOST_HOSTS = 500;
const seqOf = (id) => Number(String(id).split("-")[1]);

export class Following {
  // send({kind: "health" | "news", …})
  constructor(send) {
    this.send = send;
    this.stop = null;
    this.key = "";
    this.health = { state: "connecting", since: Date.now() };
    this.news = null;
    this.heard = Date.now();
    // By the clock on the wall: timers stand still while a machine sleeps.
    this.clock = setInterval(() => this.check(SILENT), 1000);
  }

  follow(root, ns, token) {
    const key = `${root} ${ns} ${token}`;
    if (key === this.key && this.health.state !== "refused") {
      this.send({ kind: "health", ns, health: this.health });
      this.wake();
      return;
    }
    this.key = key;
    if (this.stop) this.stop.abort();
    this.stop = new AbortController();
    this.run(root, ns, token, this.stop.signal);
  }

  // Ends a connection from which nothing has come for so long, also one that is only being made.
  check(silent) {
    if (this.turn && Date.now() - this.heard > silent) this.turn.abort();
  }

  close() {
    this.stop.abort();
    clearInterval(this.clock);
  }

  // Somebody looks again, or the network is back: what waits does not wait any longer.
  wake() {
    if (this.again) this.again();
    this.check(16000);
  }

  say(ns, state, more) {
    const since = state === this.health.state ? this.health.since : Date.now();
    this.health = { state, since, ...more };
    this.send({ kind: "health", ns, health: this.health });
  }

  async run(root, ns, token, signal) {
    let id = null;
    let wait = 500;
    while (!signal.aborted) {
      this.turn = new AbortController();
      this.heard = Date.now();
      try {
        const headers = token ? { authorization: `Bearer ${token}` } : {};
        const base = `${root}namespaces/${encodeURIComponent(ns)}`;
        const either = AbortSignal.any([signal, this.turn.signal]);
        const ask = async (address) => {
          const response = await fetch(address, { headers, signal: either, credentials: "same-origin", cache: "no-store" });
          this.heard = Date.now();
          if (!response.ok) throw new Error(String(response.status));
          return response;
        };
        const end = (await (await ask(base)).json()).as_of;
        id = id || end;
        const response = await ask(`${base}/events?digest=true&after=${encodeURIComponent(id)}`);
        this.end = seqOf(end);
        this.reach(ns, id);
        wait = 500;
        // What happened while nobody listened is not known in detail.
        this.collect(ns, { all: true });
        await this.read(ns, response.body, signal, (next) => {
          id = next;
          this.reach(ns, id);
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
      this.turn = null;
      this.say(ns, "reconnecting");
      await new Promise((done) => {
        this.again = done;
        setTimeout(done, wait);
      });
      this.again = null;
      wait = Math.min(wait * 1.4, 2000);
    }
  }

  // How far behind it is what was there when it connected.
  reach(ns, id) {
    const behind = this.end - seqOf(id);
    if (behind > 0) this.say(ns, "catching up", { behind });
    else if (this.health.state !== "live") this.say(ns, "live");
  }

  async read(ns, body, signal, seen) {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    let text = "";
    for (;;) {
      this.heard = Date.now();
      const { value, done } = await reader.read();
      if (done || signal.aborted) return;
      const events = (text + decoder.decode(value, { stream: true })).split("\n\n");
      text = events.pop();
      for (const event of events) {
        const field = (name) => (new RegExp(`^${name}: (.+)`, "m").exec(event) || [])[1];
        if (field("event") === "digest") this.collect(ns, JSON.parse(field("data")));
        const id = field("id");
        if (id) seen(id);
      }
    }
  }

  collect(ns, { at, all, records = 0, namespace, takeover, unready, jobs = [], hosts = [] }) {
    if (!this.news) {
      this.news = { kind: "news", ns, count: 0, jobs: new Set(), hosts: new Set() };
      setTimeout(() => {
        const { news } = this;
        this.news = null;
        this.send({ ...news, jobs: [...news.jobs], hosts: [...news.hosts].slice(0, MOST_HOSTS) });
      }, 250);
    }
    const { news } = this;
    news.count += records;
    if (all) news.all = true;
    if (namespace) news.namespace = true;
    if (at) news.at = at;
    if (takeover) news.takeover = takeover;
    if (unready) news.unready = true;
    jobs.forEach((job) => news.jobs.add(job));
    if (news.hosts.size < MOST_HOSTS) hosts.forEach((host) => news.hosts.add(host));
  }
}

// What a tab has not taken yet is one message, however long it sleeps.
function merged(one, other) {
  if (!one) return other;
  const union = (name, most) => [...new Set([...one[name], ...other[name]])].slice(0, most);
  return {
    ...one,
    ...other,
    count: one.count + other.count,
    jobs: union("jobs"),
    hosts: union("hosts", MOST_HOSTS),
  };
}

// In a shared worker: a stream for each namespace, which ends when its last tab has gone.
const ports = new Map();
const followings = new Map();

// Tabs say what they have taken: messages to one that is frozen would be kept for it by the thousand.
function pass(port, of, message) {
  if (of.busy) {
    const { kind } = message;
    of.missed[kind] = kind === "news" ? merged(of.missed.news, message) : message;
    return;
  }
  of.busy = true;
  port.postMessage(message);
}

function taken(port, of) {
  of.busy = false;
  const { health, news } = of.missed;
  of.missed = {};
  if (health) pass(port, of, health);
  if (news) pass(port, of, news);
}

function start(root, ns, token) {
  const key = `${root} ${ns} ${token}`;
  if (!followings.has(key)) {
    const following = new Following((message) => {
      for (const [port, of] of ports) if (of.key === key) pass(port, of, message);
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
    following.close();
    followings.delete(key);
  }
}

if (typeof SharedWorkerGlobalScope !== "undefined" && self instanceof SharedWorkerGlobalScope) {
  setInterval(sweep, 20000);
  self.ononline = () => followings.forEach((following) => following.wake());
  self.onconnect = ({ ports: [port] }) => {
    const of = { key: "", alive: Date.now(), busy: false, missed: {} };
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
      if (data.took) taken(port, of);
      if (!data.ns) return;
      of.key = start(data.root, data.ns, data.token);
      const { health } = followings.get(of.key);
      pass(port, of, { kind: "health", ns: data.ns, health });
    };
  };
}
