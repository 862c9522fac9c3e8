// What holds the hosts of a job back, and failures by their cause, each with what helps.
import { el, number, plural, renew, tell } from "./dom.js";
import { clock } from "./time.js";
import { cureOrder, retryOrder, skipOrder } from "./orders.js";
import { ORDER, actor, commandText, sign, word } from "./words.js";

// order(what) asks about an order, pick(host) shows a host.
export function holdsPanel(holds, { id, number: number_, order, pick }) {
  let overview = null;
  // The first cure stands in front; what is dangerous stands last.
  function cures(list) {
    const usable = list.filter((cure) => cure.orders);
    const only = list.filter((cure) => !cure.orders);
    const label = (cure) => {
      const text = cure.command.replace(/^pogo /, "");
      return text.length > 44 ? `${text.slice(0, 43)}…` : text;
    };
    const button = (cure) =>
      el("button", { type: "button", "data-key": cure.command, onclick: () => order(cureOrder(cure)) }, label(cure));
    const [first, ...rest] = usable;
    return el(
      "span.cures",
      first && button(first),
      (rest.length > 0 || only.length > 0) &&
        el(
          "details.menu",
          el("summary", { "data-key": `m-${(first || only[0]).command}` }, "more ▾"),
          el(
            "div",
            rest.map(button),
            only.map((cure) => el("code", cure.command)),
          ),
        ),
    );
  }

  function showHolds({ blockers, causes, job }) {
    holds.hidden = !causes.length && blockers.every((reason) => reason.passes);
    // Without the hosts of each, of which there may be thousands.
    const key = [
      blockers.map(({ text, passes, cures }) => [text, passes, (cures || []).map((cure) => cure.command)]),
      causes.map(({ state, text, count, folded, last }) => [state, text, count, folded, last]),
      job.finished,
    ];
    renew(holds, JSON.stringify(key), () => holdLines({ blockers, causes, job }));
  }

  function holdLines({ blockers, causes, job }) {
    const lines = [];
    for (const reason of blockers.filter((reason) => !reason.passes)) {
      lines.push(el("li", sign("blocked", ""), el("p", reason.text), cures(reason.cures || [])));
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
            el(
              "button",
              { type: "button", "data-key": `o-${cause.text}`, onclick: () => pick(cause.hosts[0]) },
              "Output",
            ),
            cause.state !== "waiting" &&
              el(
                "button",
                {
                  type: "button",
                  "data-key": `r-${cause.text}`,
                  onclick: () =>
                    order(
                      retryOrder(
                        number_,
                        cause.hosts,
                        cause.count > cause.hosts.length ? ` Others of the ${cause.count} are not asked for yet.` : "",
                        cause.folded,
                      ),
                    ),
                },
                cause.hosts.length === 1 ? "Retry" : `Retry ${number(cause.hosts.length)}`,
              ),
            el(
              "details.menu",
              el("summary", { "data-key": `s-${cause.text}` }, "more ▾"),
              el(
                "div",
                el(
                  "button",
                  { type: "button", onclick: () => order(skipOrder(number_, cause.hosts, cause.folded)) },
                  `Skip ${cause.hosts.length === 1 ? cause.hosts[0] : plural(cause.hosts.length, "host")}…`,
                ),
                el("button", { type: "button", onclick: () => handover() }, "Copy handover"),
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

  async function handover() {
    const { job, blockers, causes } = overview;
    const text = [
      `pogo job ${id}: ${commandText(job.command)} on ${job.targets}, by ${actor(job)}, ${word(job.status)}`,
      ORDER.filter((name) => job.tally[name])
        .map((name) => `${job.tally[name]} ${word(name)}`)
        .join(", "),
      ...blockers.map((reason) => `- ${reason.text}`),
      ...causes.map((cause) => `- ${cause.count} x ${cause.text} (${cause.folded})`),
      ...(job.notes || []).map((note) => `- note by ${note.actor ? note.actor.name : "somebody"}: ${note.text}`),
      location.href,
    ].join("\n");
    try {
      await navigator.clipboard.writeText(text);
      tell("copied");
    } catch {
      /* not allowed */
    }
  }
  return (found) => {
    overview = found;
    showHolds(found);
  };
}
