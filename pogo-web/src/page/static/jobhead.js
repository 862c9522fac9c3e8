// The head of a job: how far it is, and the orders that steer it.
import { el, menu, number, patch, tell } from "./dom.js";
import { get, query } from "./api.js";
import { about, clock, full, lasted, now } from "./time.js";
import {
  abortOrder,
  ask,
  noteOrder,
  parallelOrder,
  pauseOrder,
  promoteOrder,
  rerunOrder,
  resumeOrder,
  stopOrder,
} from "./orders.js";
import { awayBefore } from "./live.js";
import { copy } from "./keys.js";
import { ORDER, actor, commandText, jobState, sign, tallyBar, tallyText, total, word } from "./words.js";

export function jobHead(head, { ns, id, number: number_, base, link, go, order }) {
  // After how long is known to whoever was here.
  function takeoverLine({ at, text }) {
    const away = awayBefore(at);
    const after = away === undefined ? "" : `after ${(away / 1000).toFixed(1)} s: `;
    return el(
      "p.by",
      sign("in_doubt", ""),
      " ",
      el("time", { title: full(at) }, clock(at)),
      ` ${after}${text}`,
    );
  }

  // What the next one has to know, as text.
  let shown = null;
  function handover() {
    const { job, reason, blockers, causes } = shown;
    const lines = [
      `pogo job ${id}: ${commandText(job.command)} on ${job.targets}, by ${actor(job)}${reason ? ` “${reason}”` : ""}, ${word(job.status)}`,
      tallyText(job.tally),
      ...blockers.map((reason) => `- ${reason.text}`),
      ...causes.map((cause) => `- ${cause.count} x ${cause.text} (${cause.folded})`),
      ...(job.notes || []).map((note) => `- note by ${note.actor ? note.actor.name : "somebody"}: ${note.text}`),
      location.href,
    ];
    copy(lines.join("\n"));
  }

  function showHead(found) {
    const { job, reason, outlook, retired, takeover } = (shown = found);
    const { tally } = job;
    const all = total(tally);
    const facts = [
      el("b", `${number(tally.succeeded)} of ${number(all)}`),
      " succeeded",
      ORDER.slice(1)
        .filter((name) => tally[name])
        .map((name) => [" · ", el(`span.s-${name}`, `${number(tally[name])} ${word(name)}`)]),
      outlook.left !== undefined && [" · about ", el("b", about(outlook.left)), " left"],
      outlook.slowest &&
        outlook.typical &&
        now() - outlook.slowest.started > 2 * outlook.typical && [
          " · slowest ",
          el("a", { href: link("jobs", id, { host: outlook.slowest.host }) }, outlook.slowest.host),
          ` ${lasted(now() - outlook.slowest.started)}`,
        ],
      job.finished && [` · took ${lasted(job.finished - job.submitted)}`],
    ].filter(Boolean);
    const note = el("button", { key: "note", onclick: () => order(noteOrder(number_)) }, "Note…");
    const over = el("button", { key: "handover", onclick: handover }, "Copy handover");
    const buttons = [...(retired ? [again_()] : headButtons(job)), note, over];
    patch(
      head,
      el(
        "div.title",
        el("h1", sign(jobState(job)), ` Job ${id} `),
        el("code.cmd", commandText(job.command)),
        el("div.buttons", buttons),
      ),
      el(
        "p.by",
        el("code.targets", job.targets),
        " by ",
        el("b", actor(job)),
        " ",
        el("time", { title: full(job.submitted) }, clock(job.submitted)),
        reason && ` “${reason}”`,
        ` · ${word(job.status)}`,
        retired && " · retired",
        job.steered && job.steered.reason && [` · “${job.steered.reason}”`],
        job.override_constraints && el("span.s-blocked", ` · without regard to limits: ${job.override_constraints}`),
      ),
      ...(job.notes || []).map((note) =>
        el("p.by", el("b", note.actor ? note.actor.name : "somebody"), " ", el("time", { title: full(note.at) }, clock(note.at)), `: ${note.text}`),
      ),
      takeover && takeoverLine(takeover),
      el("p.facts", facts),
      tallyBar(tally),
    );
  }

  function headButtons(job) {
    const { status } = job;
    const button = (text, what, kind = "") =>
      el(`button${kind}`, { key: text, onclick: () => order(what) }, text);
    const live = !["finished", "halted"].includes(status);
    return [
      job.next_wave !== undefined &&
        button(`Begin wave ${job.next_wave}`, promoteOrder(number_, job.next_wave), ".primary"),
      ["paused", "halting", "halted"].includes(status) && button("Resume", resumeOrder(number_), ".primary"),
      !live && again_(),
      live && status !== "paused" && status !== "halting" && button("Pause", pauseOrder(number_)),
      live &&
        menu(
          "more",
          "Stop ▾",
          button("Stop: let what runs end", stopOrder(number_, job.tally)),
          button("Stop now: interrupt what runs", abortOrder(number_, job.tally)),
          button(
            "How many at once…",
            parallelOrder(number_, job.settings && job.settings.max_parallel && job.settings.max_parallel.limit),
          ),
        ),
    ];
  }

  const again_ = () => el("button", { key: "rerun", onclick: rerun }, "Run again…");

  // What was submitted is in the records of the job.
  async function rerun() {
    try {
      const { records } = await get(`${base}/events${query({ limit: 20 })}`);
      const first = records.find((record) => record.event === "job_submitted");
      if (!first) throw new Error(`what job ${id} was is not kept any more; submit it with pogo run`);
      ask(ns, rerunOrder(number_, first.spec), ([answer]) => {
        if (answer && answer.job) go("jobs", answer.job);
      });
    } catch (problem) {
      head.append(el("p.problem", problem.message));
      tell(problem.message);
    }
  }
  return showHead;
}
