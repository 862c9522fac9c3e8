// Orders: one sentence that says what will happen, the reason, and the command that does the same.
import { $, el, plural, show, tell } from "./dom.js";
import { order, plan, preview } from "./api.js";
import { openDialog } from "./keys.js";

const quote = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`);
// Folded by the server where it did, so that the command can be run as it stands.
const hostsWord = (hosts, folded) =>
  folded && !folded.endsWith("…")
    ? quote(folded)
    : hosts.length <= 4
      ? quote(hosts.join(","))
      : `${quote(hosts.slice(0, 3).join(","))}… (${hosts.length} hosts)`;
const few = (hosts) => (hosts.length <= 3 ? hosts.join(", ") : plural(hosts.length, "host"));

// An order to ask about: {title, text, command, orders, forced, danger}
export const pauseOrder = (job) => ({
  title: `Pause job ${job}`,
  text: `Job ${job} starts no more hosts until it is resumed. What runs goes on.`,
  command: `pogo pause ${job}`,
  orders: [{ pause: { job } }],
});
export const resumeOrder = (job) => ({
  title: `Resume job ${job}`,
  text: `Job ${job} goes on: waiting hosts start as soon as there are slots.`,
  command: `pogo resume ${job}`,
  orders: [{ resume: { job } }],
});
export const stopOrder = (job, tally) => ({
  title: `Stop job ${job}`,
  text: `Job ${job} starts no more: ${plural(tally.waiting, "host")} will not run, and ${plural(tally.running, "host")} run${tally.running === 1 ? "s" : ""} to the end.`,
  command: `pogo stop ${job}`,
  orders: [{ halt: { job } }],
  danger: true,
});
export const abortOrder = (job, tally) => ({
  title: `Stop job ${job} now`,
  text: `${plural(tally.running, "running host")} will be interrupted, and ${plural(tally.waiting, "waiting host")} will not run. What was interrupted counts as failed or in doubt.`,
  command: `pogo stop ${job} --now`,
  orders: [{ abort: { job } }],
  danger: true,
  forced: true,
});
export const noteOrder = (job) => ({
  title: `Note on job ${job}`,
  text: "Whoever looks at this job next reads it. It changes nothing.",
  why: "Note",
  command: `pogo note ${job}`,
  orders: [{ note: { job } }],
  forced: true,
});
export const releaseOrder = ({ host, owner }) => ({
  title: `Release ${host}`,
  text: `${host} is held for ${owner} no longer, and may start again.`,
  command: `pogo release ${quote(host)} --as ${quote(owner)}`,
  orders: [{ release: { hosts: [host], by: owner } }],
  danger: true,
});
export const promoteOrder = (job, wave) => ({
  title: `Begin wave ${wave} of job ${job}`,
  text: "The next wave begins now, whether or not its bake time has passed.",
  command: `pogo promote ${job}`,
  orders: [{ promote: { job } }],
});
export const retryOrder = (job, hosts, more, folded) => ({
  title: `Retry ${few(hosts)}`,
  text: `${few(hosts)} of job ${job} ${hosts.length === 1 ? "is" : "are"} tried again as soon as there are slots.${more || ""}`,
  command: `pogo retry ${job} ${hostsWord(hosts, folded)}`,
  orders: [{ retry: { job, hosts } }],
});
export const skipOrder = (job, hosts, folded) => ({
  title: `Skip ${few(hosts)}`,
  text: `${few(hosts)} of job ${job} count${hosts.length === 1 ? "s" : ""} as done without being run, and the slots are free for others.`,
  command: `pogo skip ${job} ${hostsWord(hosts, folded)}`,
  orders: [{ skip: { job, hosts } }],
  danger: true,
  forced: true,
});
export const markOrder = (host, up) =>
  up
    ? {
        title: `Mark ${host} up`,
        text: `${host} counts as available, whatever jobs say of it: others may take the slot that it holds.`,
        command: `pogo mark up ${quote(host)}`,
        orders: [{ mark_up: { host } }],
        danger: true,
        forced: true,
      }
    : {
        title: `Mark ${host} down`,
        text: `${host} counts as unavailable in all jobs, and holds a slot of each of its groups until it is marked up.`,
        command: `pogo mark down ${quote(host)}`,
        orders: [{ mark_down: { host } }],
        forced: true,
      };
export const freezeOrder = (hosts) => ({
  title: "Freeze",
  hosts: hosts || "*",
  forced: true,
  danger: true,
  text: "Nothing more is started on these hosts, in any job, until they are thawed. What runs goes on. * is the whole namespace.",
  make: (hosts) => [{ freeze: { hosts } }],
  say: (hosts) => `pogo freeze ${quote(hosts)}`,
});
export const thawOrder = (freeze) => ({
  title: `Thaw ${freeze.hosts}`,
  text: `Hosts start again on ${freeze.hosts}, as soon as there are slots. It was frozen${freeze.by ? ` by ${freeze.by}` : ""}: ${freeze.reason}`,
  command: `pogo thaw ${quote(freeze.hosts)}`,
  orders: [{ thaw: { hosts: freeze.hosts } }],
});
export const parallelOrder = (job, limit) => ({
  title: `Change how many hosts job ${job} runs at once`,
  hosts: String(limit || ""),
  field: "At once, as a number or a share such as 30%",
  text: "More start at once if it is raised; if it is lowered, what runs goes on.",
  make: (limit) => [{ alter: { job, change: { max_parallel: limit } } }],
  say: (limit) => `pogo update ${job} --max-parallel ${quote(limit)}`,
});
// A new job like one that was; of its spec, what is shown to anybody. Refuses what cannot be submitted so, in words.
export function rerunOrder(job, spec) {
  const { user, ...again } = spec;
  const { environment = {}, secret_environment = [] } = again.exec_options || {};
  const hidden = [...Object.keys(environment).filter((name) => !environment[name]), ...secret_environment];
  const command = `pogo rerun ${job}${hidden.map((name) => ` --env ${name}=VALUE`).join("")}`;
  const missing = hidden.length
    ? `The values of ${hidden.join(", ")} are shown to nobody, so this page cannot give them again: use the command below.`
    : "";
  return {
    title: `Run job ${job} again`,
    text: missing || "A new job with the same command, hosts and settings is submitted, under your name.",
    command,
    ...(missing
      ? { orders: [], blocked: true }
      : {
          hosts: spec.targets,
          plan: (targets) => ({ ...again, targets }),
          make: (targets) => [{ submit: { spec: { ...again, targets } } }],
          say: (targets) => command + (targets === spec.targets ? "" : ` ${quote(targets)}`),
        }),
  };
}
// A check of hosts, as a job of its own. Of the job whose hosts they are it has the login, and how many it runs at once.
export const probeOrder = (job, hosts, spec = {}) => {
  const most = String(hosts.length);
  const { max_parallel, under_hold, transport, exec_options: { run_as, directory, forced_command } = {} } = spec;
  const check_ = {
    targets: hosts.join(","),
    max_parallel,
    attempt_timeout: 60000,
    max_failures: most,
    allow_failures: most,
    on_doubt: "fail",
    retries: 0,
    settle: 0,
    hooks: { pre: "", post: "" },
    under_hold,
    transport,
    exec_options: { run_as, directory, forced_command },
  };
  return {
    title: `Probe ${few(hosts)}`,
    text: `The check runs on ${few(hosts)} as a job of its own. Where it succeeds, the host gives back its slots, and may be skipped in job ${job}; the command below does that too.`,
    field: "Check",
    hosts: "true",
    make: (check) => [{ submit: { spec: { ...check_, command: { shell: check } } } }],
    say: (check) => `pogo probe ${job} ${hostsWord(hosts)} -- ${quote(check)}`,
  };
};
// What the server offers as a cure of an obstacle.
export const cureOrder = (cure) => ({
  title: cure.label,
  text: "The server says that this clears what is in the way, if the hosts that it starts succeed.",
  command: cure.command,
  orders: cure.orders,
  forced: cure.forced || cure.dangerous,
  danger: cure.dangerous,
});

const reasons = new Map();

export function ask(ns, what, done) {
  const dialog = $("dialog");
  const scope = JSON.stringify(Object.values((what.orders && what.orders[0]) || {})[0]?.job ?? "ns");
  const reason = el("input", {
    id: "reason",
    type: "text",
    autocomplete: "off",
    maxlength: 500,
    required: Boolean(what.forced),
    value: reasons.get(scope) || "",
  });
  const hosts =
    what.make &&
    el("input", {
      id: "hosts",
      type: "text",
      autocomplete: "off",
      spellcheck: "false",
      required: true,
      value: what.hosts,
    });
  const command = el("code.command");
  const problem = el("p.problem", { role: "alert" });
  const button = el(
    what.danger ? "button.danger" : "button.primary",
    { type: "submit" },
    what.title.length < 40 ? what.title : "Do it",
  );
  const line = () => {
    const text = what.say
      ? what.say(hosts.value.trim() || "HOSTS")
      : what.command.replace(" --force --reason WHY", " --force");
    const why = reason.value ? `${what.why ? "" : " --reason"} ${quote(reason.value)}` : "";
    // What a program reads behind -- is not pogo's.
    const [own, rest = ""] = text.split(/(?= -- )/);
    command.textContent = `$ ${own}${why}${rest}`;
  };
  // What it leads to is worked out by the server; where it would refuse, it says so beforehand.
  const foreseen = el("p.foreseen", { role: "status" });
  let asked = null;
  const foresee = async () => {
    if (asked) asked.abort();
    asked = new AbortController();
    try {
      const said = [];
      for (const one of what.make ? what.make(hosts.value.trim()) : what.orders.slice(0, 3))
        said.push((await preview(ns, one, asked.signal)).text);
      foreseen.textContent = said.join(" ");
      foreseen.classList.remove("problem");
    } catch (error) {
      if (error.name === "AbortError") return;
      foreseen.textContent = error.status ? error.message : "";
      foreseen.classList.add("problem");
    }
  };
  // The whole plan, for whoever wants to read it.
  const text = el("pre");
  const planned = async () => {
    if (!planOf || !planOf.open) return;
    try {
      text.textContent = (await plan(ns, what.plan(hosts.value.trim()))).text;
    } catch (error) {
      text.textContent = error.message;
    }
  };
  const planOf = what.plan && el("details.plan", { ontoggle: planned }, el("summary", "Plan"), text);
  let later;
  const submit = async (event) => {
    event.preventDefault();
    button.disabled = true;
    problem.textContent = "";
    const because = reason.value.trim();
    reasons.set(scope, because);
    try {
      const answers = [];
      for (const one of what.make ? what.make(hosts.value.trim()) : what.orders)
        answers.push((await order(ns, one, because)).answer);
      dialog.close();
      tell(`done: ${what.title}`);
      if (done) done(answers);
    } catch (error) {
      problem.textContent = error.message;
      button.disabled = false;
    }
  };
  show(
    dialog,
    el(
      "form",
      {
        onsubmit: submit,
        oninput: (event) => {
          line();
          if (event.target === hosts) {
            clearTimeout(later);
            later = setTimeout(() => {
              foresee();
              planned();
            }, 400);
          }
        },
      },
      el("h2", what.title),
      el("p", what.text),
      foreseen,
      hosts && el("label", what.field || "Hosts", hosts),
      planOf,
      el("label", what.why || (what.forced ? "Why (must be given)" : "Why"), reason),
      command,
      problem,
      el("p.buttons", el("button", { onclick: () => dialog.close() }, "Cancel"), button),
    ),
  );
  button.disabled = Boolean(what.blocked);
  line();
  foresee();
  openDialog();
  (hosts || reason).focus();
}
