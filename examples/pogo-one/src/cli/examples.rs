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
        "timeline run.jsonl",
        "timeline run.jsonl --html out.html",
        "timeline run.jsonl --job 3 --svg out.svg";
    REPLAY:
        "replay run.jsonl",
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
    SERVE:
        "serve",
        "serve --listen",
        "serve -n web --listen 127.0.0.1:8080";
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
