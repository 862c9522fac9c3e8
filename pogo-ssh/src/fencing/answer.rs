//! The state of an attempt, as its host reports it.

use pogo_core::scheduler::Phase;

use crate::exec::{ExitReport, phase_name, signal_of};

/// The state of an attempt, by its host's record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HostAnswer {
    /// It never began, and never will.
    NeverBegan,
    /// It has ended, in this phase.
    Ended(Phase, ExitReport),
    /// Nothing of it runs any more, nor ever will, and how it ended is not known: nobody has written it down, or a
    /// later attempt, which began only when nothing of it ran, has taken its place in the record.
    Gone,
    /// It runs, or waits for the word to go.
    Running,
    /// Another command runs, so that it cannot be kept from beginning; or the host has no record.
    Unknown(String),
}

/// Reads the words of a host.
pub(super) fn read_answer(words: &str) -> HostAnswer {
    let mut all = words.split(' ');
    let unknown = |message: String| HostAnswer::Unknown(message);
    match all.next().unwrap_or_default() {
        "never" => HostAnswer::NeverBegan,
        // A later attempt began only once nothing of this one ran, so both free the host, and
        // neither says how it ended.
        "gone" | "other" => HostAnswer::Gone,
        "running" | "waits" => HostAnswer::Running,
        "ended" => read_end(&mut all).unwrap_or_else(|| unknown("the host's record of it is malformed".to_owned())),
        "busy" => unknown("the host is busy with another attempt".to_owned()),
        "none" => unknown(format!(
            "the host keeps no record of it: {}",
            all.collect::<Vec<_>>().join(" ")
        )),
        _ => unknown("the host's answer is malformed".to_owned()),
    }
}

fn read_end<'a>(words: &mut impl Iterator<Item = &'a str>) -> Option<HostAnswer> {
    let (phase, kind, value) = (words.next()?, words.next()?, words.next()?);
    let phases = [Phase::PreHook, Phase::Command, Phase::PostHook];
    let phase = phases.into_iter().find(|known| phase_name(*known) == phase)?;
    let report = match (kind, value.parse::<u32>()) {
        ("ended", Ok(status)) => ExitReport::Exited { status, hook: None },
        // Some shells know only the numbers of real-time signals.
        ("killed", Ok(number)) => {
            let status = if number > 128 { number } else { 128 + number };
            let signal = signal_of(status).map_or_else(|| value.to_owned(), str::to_owned);
            ExitReport::Killed { signal }
        }
        ("killed", Err(_))
            if value.len() <= 16
                && value
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"+-".contains(&byte)) =>
        {
            let signal = value.strip_prefix("SIG").unwrap_or(value).to_owned();
            ExitReport::Killed { signal }
        }
        _ => return None,
    };
    Some(HostAnswer::Ended(phase, report))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_s_words_have_one_meaning_each_and_nonsense_is_unknown() {
        let exited = |status| ExitReport::Exited { status, hook: None };
        let killed = |signal: &str| ExitReport::Killed {
            signal: signal.to_owned(),
        };
        for (words, wanted) in [
            ("never", HostAnswer::NeverBegan),
            ("gone", HostAnswer::Gone),
            ("other 18", HostAnswer::Gone),
            ("running", HostAnswer::Running),
            ("waits", HostAnswer::Running),
            ("ended command ended 3", HostAnswer::Ended(Phase::Command, exited(3))),
            ("ended post_hook ended 0", HostAnswer::Ended(Phase::PostHook, exited(0))),
            (
                "ended command killed SIGTERM",
                HostAnswer::Ended(Phase::Command, killed("TERM")),
            ),
            (
                "ended command killed 9",
                HostAnswer::Ended(Phase::Command, killed("KILL")),
            ),
        ] {
            assert_eq!(read_answer(words), wanted, "{words}");
        }
        for words in [
            "",
            "ended",
            "ended command ended x",
            "ended connect ended 0",
            "ended command killed \u{1b}[2J",
            "what",
        ] {
            assert!(matches!(read_answer(words), HostAnswer::Unknown(_)), "{words}");
        }
    }
}
