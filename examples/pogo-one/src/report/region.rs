//! Redrawn lines at the bottom of a terminal.

use super::width::width;

/// How large a terminal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TerminalSize {
    pub(super) columns: usize,
    pub(super) rows: usize,
}

impl TerminalSize {
    /// The default for a terminal that does not report its size.
    const USUAL: Self = Self { columns: 80, rows: 24 };

    /// That of the terminal behind standard error.
    pub(super) fn of_terminal() -> Self {
        let size_or = |size: u16, usual| if size > 0 { size.into() } else { usual };
        match rustix::termios::tcgetwinsize(std::io::stderr()) {
            Ok(size) => Self {
                columns: size_or(size.ws_col, Self::USUAL.columns),
                rows: size_or(size.ws_row, Self::USUAL.rows),
            },
            Err(_) => Self::USUAL,
        }
    }
}

/// The lines, as they are on the terminal. What steers the terminal is returned as text, to be written in one piece.
#[derive(Debug, Default)]
pub(super) struct Region {
    /// The width of each line that stands there.
    drawn: Vec<usize>,
}

/// Terminals that know it show what comes between these at once; others ignore it.
const TOGETHER: (&str, &str) = ("\x1b[?2026h", "\x1b[?2026l");
/// Without wrapping, a line that a terminal takes for wider than we do is cut and does not scroll.
const WRAP: (&str, &str) = ("\x1b[?7l", "\x1b[?7h");

impl Region {
    /// The text that makes room for something to be printed above the lines, which are drawn again after it.
    pub(super) fn begin_above(&mut self, size: TerminalSize) -> Vec<u8> {
        let text = [TOGETHER.0, &self.to_start(size), "\x1b[J"].concat();
        self.drawn.clear();
        text.into_bytes()
    }

    /// The text that puts these lines in the place of those that stand there. Lines are written over: nothing is blank
    /// in between.
    pub(super) fn draw(&mut self, lines: &[String], size: TerminalSize) -> Vec<u8> {
        let mut text = [TOGETHER.0, &self.to_start(size), WRAP.0].concat();
        for (at, line) in lines.iter().enumerate() {
            if at > 0 {
                text.push_str("\r\n");
            }
            text.push_str(line);
            text.push_str("\x1b[K");
        }
        text.push_str("\x1b[J");
        text.push_str(WRAP.1);
        text.push_str(TOGETHER.1);
        self.drawn = lines.iter().map(|line| width(line)).collect();
        text.into_bytes()
    }

    /// The text that takes the lines away, and leaves the cursor where they began.
    pub(super) fn erase(&mut self, size: TerminalSize) -> Vec<u8> {
        if self.drawn.is_empty() {
            return Vec::new();
        }
        let text = self.to_start(size) + "\x1b[J";
        self.drawn.clear();
        text.into_bytes()
    }

    /// Moves to the start of the first line. A terminal that became narrower has wrapped the lines.
    fn to_start(&self, size: TerminalSize) -> String {
        let rows = |width: &usize| width.div_ceil(size.columns.max(1)).max(1);
        let rows: usize = self.drawn.iter().map(rows).sum();
        match rows {
            0 | 1 => "\r".to_owned(),
            rows => format!("\r\x1b[{}A", rows - 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WIDE: TerminalSize = TerminalSize { columns: 40, rows: 400 };
    const USUAL: TerminalSize = TerminalSize { columns: 40, rows: 24 };

    /// A real terminal's behaviour, in memory.
    fn terminal(size: TerminalSize) -> vt100::Parser {
        let count = |count: usize| u16::try_from(count).unwrap().try_into().unwrap();
        vt100::Parser::new(count(size.rows), count(size.columns), 1000)
    }

    fn lines(text: &[&str]) -> Vec<String> {
        text.iter().map(|&line| line.to_owned()).collect()
    }

    fn above(terminal: &mut vt100::Parser, region: &mut Region, text: &str, lines: &[String], size: TerminalSize) {
        terminal.process(&region.begin_above(size));
        terminal.process(text.as_bytes());
        terminal.process(&region.draw(lines, size));
    }

    fn shown(terminal: &vt100::Parser) -> Vec<String> {
        let text = terminal.screen().contents();
        text.lines().map(|line| line.trim_end().to_owned()).collect()
    }

    #[test]
    fn text_stands_above_lines_that_are_always_the_last() {
        let (mut terminal, mut region) = (terminal(USUAL), Region::default());
        terminal.process(&region.draw(&lines(&["db 1/3", "all 1/3"]), USUAL));
        above(
            &mut terminal,
            &mut region,
            "db1 | ok\r\n",
            &lines(&["db 2/3", "all 2/3"]),
            USUAL,
        );
        terminal.process(&region.draw(&lines(&["all 3/3"]), USUAL));
        assert_eq!(shown(&terminal), ["db1 | ok", "all 3/3"]);
        terminal.process(&region.erase(USUAL));
        terminal.process(b"3 hosts\r\n");
        assert_eq!(shown(&terminal), ["db1 | ok", "3 hosts"]);
    }

    #[test]
    fn drawing_again_never_scrolls() {
        let (mut terminal, mut region) = (terminal(USUAL), Region::default());
        let full: String = (0..24).map(|line| format!("line {line}\r\n")).collect();
        terminal.process(full.as_bytes());
        let status = lines(&["x".repeat(39).as_str(), "two", "three"]);
        terminal.process(&region.draw(&status, USUAL));
        // Where the region was drawn first, text made room for it.
        let before = shown(&terminal);
        (0..50).for_each(|_| terminal.process(&region.draw(&status, USUAL)));
        assert_eq!(shown(&terminal), before);
        assert_eq!(
            before[before.len() - 4..],
            [
                "line 23".to_owned(),
                status[0].clone(),
                "two".to_owned(),
                "three".to_owned()
            ]
        );
    }

    #[test]
    fn lines_that_a_narrower_terminal_has_wrapped_are_written_over() {
        let mut region = Region::default();
        region.draw(&lines(&["x".repeat(30).as_str(), "short"]), USUAL);
        let narrow = TerminalSize { columns: 10, rows: 24 };
        assert_eq!(region.to_start(narrow), "\r\x1b[3A", "three rows, and one below");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn nothing_is_lost_and_nothing_is_left_over(
            steps in prop::collection::vec((0_usize..4, 0_usize..5), 1..40),
        ) {
            let (mut terminal, mut region) = (terminal(WIDE), Region::default());
            let (mut texts, mut last): (Vec<String>, Vec<String>) = (vec![], vec![]);
            for (step, (printed, count)) in steps.into_iter().enumerate() {
                last = (0..count).map(|line| format!("{step}:{line}{}", "=".repeat(step * line % 30))).collect();
                let more: Vec<String> = (0..printed).map(|line| format!("text {step} {line}")).collect();
                match more.is_empty() {
                    true => terminal.process(&region.draw(&last, WIDE)),
                    false => above(&mut terminal, &mut region, &(more.join("\r\n") + "\r\n"), &last, WIDE),
                }
                texts.extend(more);
            }
            prop_assert_eq!(shown(&terminal), [texts, last].concat());
        }
    }
}
