// What is selected: a host of a job, how it went, why it waits, and what it said.
import { el, menu, show } from "./dom.js";
import { get, inNamespace, query, seg } from "./api.js";
import { Watch } from "./live.js";
import { clock, full, lasted, now } from "./time.js";
import { cureButtons } from "./holds.js";
import { markOrder, retryOrder, skipOrder } from "./orders.js";
import { sign, tagList, word } from "./words.js";
import { Output } from "./output.js";

export class Inspector {
  constructor(place, options) {
    const { ns, job, link, order, dismiss, step } = options;
    Object.assign(this, { place, ns, job, link, order, dismiss, step });
    this.host = null;
  }

  show(host) {
    if (host === this.host) return;
    this.host = host;
    if (this.watch) this.watch.stop();
    if (this.output) this.output.close();
    this.output = this.watch = null;
    this.attempt = null;
    if (!host) {
      show(this.place);
      return;
    }
    this.head = el("div");
    this.log = el("div.log");
    show(
      this.place,
      el(
        "div.title",
        el("h2", host),
        el(
          "button.plain.first",
          {
            key: "before",
            title: "The host before (p)",
            label: "The host before",
            onclick: () => this.step(-1),
          },
          "‹",
        ),
        el(
          "button.plain",
          {
            key: "next",
            title: "The next host (.)",
            label: "The next host",
            onclick: () => this.step(1),
          },
          "›",
        ),
        el(
          "button.plain",
          {
            key: "different",
            title: "The next host that ended or wrote otherwise (d)",
            onclick: () => this.step(1, true),
          },
          "next different",
        ),
        el(
          "button.plain",
          { key: "close", title: "Close (Esc)", onclick: () => this.dismiss() },
          "✕",
        ),
      ),
      this.head,
      this.log,
    );
    this.watch = new Watch((signal) => this.ask(signal), {
      matters: (news) => news.hosts.includes(host) || news.hosts.length >= 500,
      every: 600,
    });
  }

  async ask(signal) {
    const { host } = this;
    const job = inNamespace(this.ns, `/jobs/${seg(this.job)}`);
    let row = null;
    try {
      const bars = await get(`${job}/bars${query({ host })}`, signal);
      const found = bars.sections[0] && bars.sections[0].rows[0];
      row = found && { ...found, began: bars.began };
    } catch (problem) {
      if (problem.name === "AbortError") throw problem;
      show(this.head, el("p.problem", problem.message));
      return;
    }
    if (!row) {
      show(this.head, el("p.empty", `${host} is not one of the hosts of job ${this.job}.`));
      return;
    }
    let reasons = [];
    if (row.state === "waiting") reasons = (await get(`${job}/hosts/${seg(host)}/reasons`, signal)).reasons;
    const details = await get(inNamespace(this.ns, `/hosts/${seg(host)}`), signal).catch(() => null);
    if (host !== this.host) return;
    this.showHead(row, reasons, details && details.view);
    const last = row.bars[row.bars.length - 1];
    const chosen = row.bars.find((bar) => bar.id === this.attempt) || last;
    this.showOutput(chosen);
  }

  showHead(row, reasons, details) {
    const { host, job } = this;
    const bad = row.state === "failed" || row.state === "in_doubt";
    const last = row.bars[row.bars.length - 1];
    const button = (text, what, kind = "") =>
      el(`button${kind}`, { key: text, onclick: () => this.order(what) }, text);
    const down = details && (details.unavailable || []).some((reason) => reason.because === "down");
    const at = (ms) => clock(row.began + ms);
    show(
      this.head,
      el(
        "p.now",
        sign(row.state),
        el("b", ` ${word(row.state)}`),
        last &&
          (last.to !== undefined
            ? ` after ${lasted(last.to - last.from)}`
            : ` for ${lasted(now() - row.began - last.from)}`),
        row.bars.length > 1 && ` · attempt ${row.bars.length}`,
      ),
      row.why && el("p.why", row.why),
      el(
        "div.buttons",
        (bad || row.state === "skipped" || row.state === "cancelled") &&
          button("Retry", retryOrder(job, [host]), ".primary"),
        menu(
          "more",
          "more ▾",
          (bad || row.state === "waiting") && button("Skip…", skipOrder(job, [host])),
          (down || bad) && button("Mark up…", markOrder(host, true)),
          !down && button("Mark down…", markOrder(host, false)),
          el("a", { href: this.link("hosts", host) }, "all of this host"),
        ),
      ),
      reasons.length > 0 &&
        el(
          "ul.reasons",
          reasons.map((reason) =>
            el(
              "li",
              sign(reason.passes ? "waiting" : "blocked", ""),
              el("span", reason.text),
              el("span.cures", cureButtons(reason.cures || [], this.order)),
            ),
          ),
        ),
      row.bars.length > 0 &&
        el(
          "ol.attempts",
          row.bars.map((bar, i) =>
            el(
              "li",
              { "aria-current": bar.id === (this.attempt || last.id) ? "true" : false },
              el(
                "button.plain",
                {
                  key: `a-${bar.id}`,
                  title: full(row.began + bar.from),
                  onclick: () => {
                    this.attempt = bar.id;
                    this.watch.soon(0);
                  },
                },
                sign(bar.end === "never_began" ? "waiting" : bar.end || "running"),
                ` ${i + 1} `,
                el("time", at(bar.from)),
                ` ${phases(bar)}`,
              ),
            ),
          ),
        ),
      details && tagList(details),
    );
  }

  showOutput(bar) {
    if (!bar) {
      show(this.log);
      this.output = null;
      return;
    }
    const running = bar.to === undefined;
    if (this.output && this.output.attempt === bar.id) {
      if (this.output.running && !running) this.output.watch.soon(0);
      this.output.running = running;
      return;
    }
    if (this.output) this.output.close();
    this.output = new Output(this.log, { ns: this.ns, job: this.job, attempt: bar.id, running });
  }

  close() {
    if (this.watch) this.watch.stop();
    if (this.output) this.output.close();
  }
}

// connect 0.2 s · command 11 s
function phases(bar) {
  const end = bar.to;
  const list = [["connect", bar.from], ...(bar.phases || []).map(([at, name]) => [name, at])];
  const parts = list.map(([name, at], i) => {
    const until = i + 1 < list.length ? list[i + 1][1] : end;
    return until === undefined ? name : `${name} ${lasted(until - at)}`;
  });
  return parts.join(" · ");
}
