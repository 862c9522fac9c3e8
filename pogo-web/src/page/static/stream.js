// The stream of a namespace, read once for all tabs of a browser where it has shared workers, and otherwise once for each tab.
//
// What it passes on is no more than where something happened, four times a second at most: whoever shows it asks for what is shown.

// A heartbeat comes every 15 seconds: longer silence is a dead connection, as after sleep.
const SILENT = 35000;
// Within so many characters a record says what it is, of which job and host.
const HEAD = 400;
const UPDATE = 'data: {"version":1,"update":{"';
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
        const response = await ask(`${base}/events?after=${encodeURIComponent(id)}`);
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

  // One buffer for all that comes, and nothing is parsed: objects for thousands of records a second, which nobody sees, would be most of what a tab takes.
  async read(ns, body, signal, seen) {
    let reader;
    try {
      reader = body.getReader({ mode: "byob" });
    } catch {
      reader = body.getReader();
    }
    const decoder = new TextDecoder();
    let buffer = new ArrayBuffer(1 << 16);
    let text = "";
    this.inside = "";
    for (;;) {
      this.heard = Date.now();
      const { value, done } = await reader.read(new Uint8Array(buffer));
      if (done || signal.aborted) return;
      text = this.scan(ns, text + decoder.decode(value, { stream: true }), seen);
      buffer = value.buffer;
    }
  }

  // Line by line, and a long line as it comes; what may go on in the next piece is given back.
  scan(ns, text, seen) {
    let at = 0;
    for (;;) {
      const end = text.indexOf("\n", at);
      const upto = end < 0 ? Math.max(at, text.length - HEAD) : end;
      if (this.inside) {
        if (this.inside === "records") this.records(ns, text, at, upto);
        if (end < 0) return text.slice(upto);
        this.inside = "";
      } else {
        const is = (begin) => text.startsWith(begin, at);
        if (end < 0 && text.length - at < HEAD) return text.slice(at);
        if (is(UPDATE)) {
          this.inside = text.slice(at + UPDATE.length, text.indexOf('"', at + UPDATE.length));
          // Of a snapshot only its id matters.
          if (this.inside === "snapshot") this.collect(ns, { all: true });
          if (this.inside === "heartbeat") this.collect(ns, { at: Number(/"at":(\d+)/.exec(text.slice(at, end))[1]) });
          continue;
        }
        if (is("id: ") && end > at + 4) seen(text.slice(at + 4, end));
        if (end < 0) this.inside = "other";
      }
      if (end >= 0) at = end + 1;
    }
  }

  records(ns, text, from, upto) {
    const event = '"event":"';
    const { news } = this.collect(ns, {});
    let i = text.indexOf(event, from);
    for (; i >= 0 && i < upto; i = text.indexOf(event, i + event.length)) {
      news.count++;
      const name = i + event.length;
      const rest = text.indexOf('"', name) + 1;
      const isTask = text.startsWith("task_", name);
      let after = rest;
      let job = NaN;
      if (text.startsWith(',"job":', rest)) {
        after = rest + 7;
        for (job = 0; text.charCodeAt(after) - 48 <= 9 && text.charCodeAt(after) >= 48; after++)
          job = job * 10 + text.charCodeAt(after) - 48;
      } else if (!isTask) job = Number((/"job":(\d+)/.exec(text.slice(rest, rest + HEAD)) || [])[1]);
      if (!Number.isNaN(job)) this.jobs.add(job);
      if (this.hosts.size < 500 && text.startsWith(',"host":"', after))
        this.hosts.add(text.slice(after + 9, text.indexOf('"', after + 9)));
      if (isTask || news.told.length >= 20) continue;
      news.at = Number((/"at":(\d+),$/.exec(text.slice(Math.max(0, i - 30), i)) || [])[1]) || news.at;
      news.told.push({ event: text.slice(name, rest - 1), at: news.at, job: Number.isNaN(job) ? undefined : job });
    }
  }

  collect(ns, { all, at }) {
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
    if (all) this.news.all = true;
    if (at) this.news.at = at;
    return this;
  }
}

// What a tab has not taken yet is one message, however long it sleeps.
function merged(one, other) {
  if (!one) return other;
  const union = (name, most) => [...new Set([...one[name], ...other[name]])].slice(0, most);
  return {
    ...other,
    all: one.all || other.all,
    count: one.count + other.count,
    at: other.at || one.at,
    jobs: union("jobs"),
    hosts: union("hosts", 500),
    told: union("told", 20),
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
