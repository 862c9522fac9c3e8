//! Quoting for the POSIX shell.

/// Quotes a text as one word of a POSIX shell.
///
/// Inside single quotes a POSIX shell interprets no character but the closing quote.
pub(crate) fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Quotes each text and joins them with spaces.
pub(crate) fn quote_all<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    texts.into_iter().map(quote).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    fn echoed_by_sh(words: &[String]) -> Vec<u8> {
        let script = format!("printf '%s\\n' {}", quote_all(words.iter().map(String::as_str)));
        Command::new("sh").arg("-c").arg(script).output().unwrap().stdout
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_shell_reads_back_exactly_what_was_quoted(
            words in proptest::collection::vec("[^\\x00]{0,12}|[ '\"$`\\\\!*;&|<>()\n\t~#-]{0,8}", 1..5)
        ) {
            let expected: String = words.iter().map(|word| format!("{word}\n")).collect();
            let echoed = echoed_by_sh(&words);
            prop_assert_eq!(String::from_utf8_lossy(&echoed), expected);
        }
    }

    #[test]
    fn an_empty_text_is_still_a_word() {
        assert_eq!(quote(""), "''");
    }
}
