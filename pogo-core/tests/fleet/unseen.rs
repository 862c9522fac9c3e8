//! Names that look like others, because they hold characters that show nothing.

use pogo_core::fleet::{Connection, Fleet, FleetError, HostName, HostRange, Selector, TagPath, is_invisible};
use proptest::prelude::*;
use proptest::sample::select;

/// Zero width, direction, fillers that count as letters, variation, tags, blanks.
const HIDDEN: [char; 24] = [
    '\u{ad}',
    '\u{34f}',
    '\u{61c}',
    '\u{115f}',
    '\u{1160}',
    '\u{17b4}',
    '\u{180e}',
    '\u{200b}',
    '\u{200d}',
    '\u{200e}',
    '\u{202a}',
    '\u{202e}',
    '\u{2060}',
    '\u{2066}',
    '\u{2069}',
    '\u{2800}',
    '\u{3164}',
    '\u{fe0f}',
    '\u{feff}',
    '\u{ffa0}',
    '\u{fff9}',
    '\u{1d173}',
    '\u{e0041}',
    '\u{e0100}',
];

proptest! {
    #[test]
    fn no_name_holds_a_character_that_shows_nothing(
        before in "[a-z]{0,4}",
        hidden in select(&HIDDEN[..]),
        after in "[a-z0-9]{0,4}",
    ) {
        prop_assert!(is_invisible(hidden));
        let text = format!("{before}{hidden}{after}");
        let shown = format!("{}", hidden.escape_unicode());
        let host = HostName::new(&text).unwrap_err().to_string();
        let position = format!("the character {}, which shows nothing", before.len() + 1);
        prop_assert!(host.contains(&position) && host.contains(&shown), "{}", host);
        let tag = TagPath::new(&text).unwrap_err().to_string();
        prop_assert!(tag.contains("shows nothing") && tag.contains(&shown), "{}", tag);
        for selector in [text.clone(), format!("${text}"), format!("web[1-2], {text}"), format!("{{{text},x}}")] {
            let error = selector.parse::<Selector>().unwrap_err();
            prop_assert_eq!(error.offset(), selector.find(hidden).unwrap());
            prop_assert!(error.to_string().contains(&shown));
        }
        prop_assert!(text.parse::<HostRange>().is_err());
        let fleets = [
            Fleet::builder().host("web1").address(&text),
            Fleet::builder().host("web1").user(&text),
            Fleet::builder().host("web1").connection(&Connection::new().user(text.clone())),
            Fleet::builder().tagged("web", &text),
            Fleet::builder().tagged(&text, "web1"),
        ];
        for fleet in fleets {
            let error = fleet.build().unwrap_err().to_string();
            prop_assert!(error.contains(&shown) && !error.contains(hidden), "{}", error);
        }
    }

    #[test]
    fn names_in_any_script_are_names(name in "[a-zéß東д0-9]{1,8}") {
        prop_assert!(HostName::new(&name).is_ok());
        prop_assert!(TagPath::new(&name).is_ok());
    }
}

#[test]
fn a_setting_that_looks_like_another_is_refused_by_name() {
    let error = Fleet::builder().host("web1").user("ro\u{200b}ot").build().unwrap_err();
    assert!(matches!(&error, FleetError::Unseen { setting, .. } if setting == "user"));
    let expected = "the user of the host `web1` holds a character that shows nothing: `ro\\u{200b}ot`; take it out";
    assert_eq!(error.to_string(), expected);
}
