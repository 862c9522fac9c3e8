//! Examples in the help of each command.

macro_rules! examples {
    ($($name:ident: $first:literal, $second:literal, $third:literal;)*) => {
        $(
            #[cfg_attr(not(feature = "store"), allow(dead_code, reason = "a verb that this build lacks"))]
            pub(super) const $name: &str = concat!(
                "Examples:\n  ", env!("CARGO_BIN_NAME"), " ", $first,
                "\n  ", env!("CARGO_BIN_NAME"), " ", $second,
                "\n  ", env!("CARGO_BIN_NAME"), " ", $third
            );
        )*
    };
}

examples! {
    RUN:
        "run 'web[1-3]' -- uptime",
        "run -c policy.yaml @frontend -x web7 -b -- systemctl restart web",
        "run --job-file job.yaml --dry-run";
    PLAN:
        "plan -c policy.yaml @frontend",
        "plan -c policy.yaml @frontend --graph stages.svg",
        "plan --job-file job.yaml --format json";
    SIMULATE:
        "simulate -c policy.yaml @frontend --task-time 30",
        "simulate -c policy.yaml @frontend --fail web07 -v",
        "simulate -c policy.yaml @frontend --fail-rate 1% --what-if";
    TIMELINE:
        "timeline last",
        "timeline run.jsonl --html out.html",
        "timeline run.jsonl --job 3 --svg out.svg";
    REPLAY:
        "replay last",
        "replay run.jsonl --speed 10",
        "replay - --speed max";
    AUDIT:
        "audit run.jsonl",
        "audit run.jsonl -c policy.yaml",
        "audit - --format json";
    INVENTORY:
        "inventory list -c policy.yaml -t @frontend",
        "inventory host web07 -i hosts.ini",
        "inventory diff old.csv new.csv";
    ATTACH:
        "attach",
        "attach 17 -q",
        "attach last --format jsonl";
    WAIT:
        "wait last",
        "wait 17",
        "wait job-17 && echo 'all is well'";
    SERVE:
        "serve -n web --listen 127.0.0.1:8080",
        "serve status",
        "serve unit >~/.config/systemd/user/pogo.service";
    GRANTS:
        "grants check --grants grants.yaml",
        "grants check --as alice run '$db'",
        "grants check --as alice -i hosts.ini 'view output' web1";
    TOKEN:
        "token create --as ci --note deploy --for 30d --may run --targets '$web'",
        "token list",
        "token revoke deploy";
    STATUS:
        "status",
        "status last",
        "status 17 --format json";
    JOBS:
        "jobs",
        "jobs --mine --since 2h",
        "jobs --state blocked --on @web";
    LOGS:
        "logs last --failed -b",
        "logs 17 'web[1-3]' -f",
        "logs 17 web1 --raw >web1.txt";
    EVENTS:
        "events last",
        "events 17 web7 -f",
        "events 17 --format jsonl >job-17.jsonl";
    RERUN:
        "rerun last",
        "rerun 17 --failed --reason 'disk replaced'",
        "rerun 17 'web[1-3]' --env TOKEN=secret";
    EXPLAIN:
        "explain last",
        "explain 17 web7",
        "explain 17 web7 --format json";
    SLOTS:
        "slots",
        "slots @web",
        "slots --format json";
    HOST:
        "host web7",
        "host web7 -n web",
        "host web7 --format json";
    HISTORY:
        "history '$web' --since 2h",
        "history web7 --since '2026-11-30 02:00' --until '2026-11-30 03:00'",
        "history --since 02:00 --until 03:00 --format json";
    RETRY:
        "retry last --failed",
        "retry 17 'web[1-3]' --reason 'disk replaced'",
        "retry 17 web7 --in-doubt --force --reason 'power was off'";
    SKIP:
        "skip 17 web7 --reason 'is being replaced'",
        "skip last --failed",
        "skip 17 @web --not-run";
    PROBE:
        "probe last -- systemctl is-active web",
        "probe 17 'web[1-3]' --reason 'switch is back' -- curl -sf http://localhost/",
        "probe 17 --in-doubt --timeout 10s -- test -e /srv/ready";
    NOTE:
        "note last 'web7 gets a new disk at noon; do not retry before'",
        "note 17 rolled back by hand, see OPS-123",
        "note job-17 'done' --format json";
    PAUSE:
        "pause last",
        "pause 17 --reason lunch",
        "pause job-17 --format json";
    RESUME:
        "resume last",
        "resume 17 --reason 'looks good'",
        "resume job-17 --format json";
    STOP:
        "stop last",
        "stop 17 --reason 'wrong version'",
        "stop 17 --now";
    PROMOTE:
        "promote last",
        "promote 17 --reason 'canary is fine'",
        "promote job-17 --format json";
    UPDATE:
        "update last --max-parallel 30%",
        "update 17 --max-failures 5 --retries 2",
        "update 17 --timeout 10m --reason 'slow disks'";
    FREEZE:
        "freeze --reason 'change freeze'",
        "freeze @web",
        "freeze 'web[1-3],@db'";
    THAW:
        "thaw",
        "thaw @web",
        "thaw 'web[1-3],@db' --reason 'done'";
    MARK:
        "mark down web7 --reason 'disk is broken'",
        "mark up web7",
        "mark up web7 --force --reason 'power was off'";
    HOLD:
        "hold web7 --reason 'replace its disk'",
        "hold @web --wait --owner OPS-123",
        "hold 'web[1-3]' --wait --priority 5";
    RELEASE:
        "release web7",
        "release @web --owner OPS-123",
        "release web7 --force --reason 'owner has left'";
    APPLY:
        "apply -c policy.yaml",
        "apply -c policy.yaml -i hosts.ini -y",
        "apply -c policy.yaml -n web --reason 'new racks'";
    STORE:
        "store info",
        "store check --store /var/lib/pogo --format json",
        "store prune --older-than 7d";
    DEMO:
        "demo",
        "demo --format jsonl",
        "demo --format jsonl | tee demo.jsonl";
    CONFIG:
        "config",
        "config --format json",
        "config | grep -v 'not set'";
    COMPLETION:
        "completion bash >~/.local/share/bash-completion/completions/pogo",
        "completion zsh >~/.zfunc/_pogo",
        "completion fish --dynamic >~/.config/fish/completions/pogo.fish";
}
