// What holds the hosts of a job back, and failures by their cause, each with what helps.
import { el, menu, number, plural, renew } from "./dom.js";
import { get, inNamespace, query } from "./api.js";
import { clock } from "./time.js";
import { cureOrder, probeOrder, retryOrder, skipOrder } from "./orders.js";
import { sign } from "./words.js";

const button = (key, text, onclick) => el("button", { key, onclick }, text);

// The first cure stands in front, then what else helps; what is dangerous stands last.
export function cureButtons(cures, order, ...others) {
  const only = cures.filter((cure) => !cure.orders);
  const [first, ...rest] = cures.filter((cure) => cure.orders).sort((one, other) => Boolean(one.dangerous) - Boolean(other.dangerous));
  const cureButton = (cure) => button(cure.command, cure.label, () => order(cureOrder(cure)));
  const isSafe = first && !first.dangerous;
  return [
    isSafe && cureButton(first),
    others,
    (rest.length > 0 || only.length > 0 || (first && !isSafe)) &&
      menu(
        `m-${(first || only[0]).command}`,
        "more ▾",
        (isSafe || !first ? rest : [first, ...rest]).map(cureButton),
        only.map((cure) => el("code", cure.command)),
      ),
  ];
}

// order(what) asks about an order, pick(host) shows a host, list(state) lists those in a state.
export function holdsPanel(holds, { ns, number: number_, order, pick, list, go }) {
  // What said the hosts that are in the way, and what helps.
  function cures({ cures: list = [], hosts = [] }) {
    const [of] = hosts;
    const names = hosts.map(({ host }) => host);
    return el(
      "span.cures",
      of && button(`o-${of.host}`, "Output", () => (of.job === number_ ? pick(of.host) : go("jobs", of.job, { host: of.host }))),
      names.length > 1 && button(`s-${of.host}`, "Show", () => go("slots", undefined, { hosts: names.join(",") })),
      cureButtons(list, order, of && button(`p-${of.host}`, "Probe…", () => probe(of.job, names))),
    );
  }

  // The check logs in as the job did.
  async function probe(job, hosts) {
    const { records } = await get(inNamespace(ns, `/jobs/${job}/events${query({ limit: 20 })}`)).catch(() => ({}));
    const submitted = (records || []).find((record) => record.event === "job_submitted");
    order(probeOrder(job, hosts, submitted && submitted.spec));
  }

  function showHolds({ blockers, causes, job }) {
    holds.hidden = !causes.length && blockers.every((reason) => reason.passes);
    // Without the hosts of each, of which there may be thousands.
    const key = [
      blockers.map(({ text, passes, hosts, cures }) => [text, passes, hosts, (cures || []).map((cure) => [cure.command, cure.label])]),
      causes.map(({ state, text, count, folded, last }) => [state, text, count, folded, last]),
      job.finished,
    ];
    renew(holds, JSON.stringify(key), () => holdLines({ blockers, causes, job }));
  }

  function holdLines({ blockers, causes, job }) {
    const lines = [];
    for (const reason of blockers.filter((reason) => !reason.passes)) {
      lines.push(el("li", sign("blocked", ""), el("p", reason.text), cures(reason)));
    }
    for (const cause of causes) {
      const since =
        cause.count > 1
          ? ` since ${clock(cause.since, false)}, last ${clock(cause.last, false)}`
          : ` at ${clock(cause.since)}`;
      lines.push(
        el(
          "li",
          { class: cause.state },
          sign(cause.state),
          el(
            "p",
            el("b", `${number(cause.count)} × `),
            cause.text,
            el(
              "small",
              cause.state === "waiting" ? `${since}, ${cause.count === 1 ? "is" : "are"} tried again` : since,
            ),
            el("code.folded", { title: cause.folded }, cause.folded),
          ),
          el(
            "span.cures",
            button(`o-${cause.text}`, "Output", () => pick(cause.hosts[0])),
            cause.state !== "waiting" && [
              button(`show-${cause.text}`, "Show", () => list(cause.state)),
              button(`r-${cause.text}`, cause.hosts.length === 1 ? "Retry" : `Retry ${number(cause.hosts.length)}`, () =>
                order(
                  retryOrder(
                    number_,
                    cause.hosts,
                    cause.count > cause.hosts.length ? ` Others of the ${cause.count} are not asked for yet.` : "",
                    cause.folded,
                  ),
                ),
              ),
            ],
            menu(
              `s-${cause.text}`,
              "more ▾",
              cause.state !== "waiting" && button(`p-${cause.text}`, "Probe…", () => probe(number_, cause.hosts)),
              button(
                "skip",
                `Skip ${cause.hosts.length === 1 ? cause.hosts[0] : plural(cause.hosts.length, "host")}…`,
                () => order(skipOrder(number_, cause.hosts, cause.folded)),
              ),
            ),
          ),
        ),
      );
    }
    const stuck = blockers.filter((reason) => !reason.passes).length;
    const failures = causes.some((cause) => cause.state !== "waiting");
    const title = stuck
      ? `${plural(stuck, "thing")} hold${stuck === 1 ? "s" : ""} hosts back`
      : job.finished
        ? "Failures by cause"
        : failures
          ? "Failures so far"
          : "What came to nothing so far";
    return [el("h2", title), el("ul", lines)];
  }

  return showHolds;
}
