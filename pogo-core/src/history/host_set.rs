//! Whether a host is among those that a text of ranges names.

/// Whether a folded list, such as `db,n[08-10].x,web[1-3,7]`, has this name. Nothing is expanded: a list of jobs has
/// millions of hosts.
pub(super) fn has_host(folded: &str, host: &str) -> bool {
    let mut rest = folded;
    while !rest.is_empty() {
        let (range, after) = rest.split_at(end_of_range(rest));
        if range_has(range, host) {
            return true;
        }
        rest = after.strip_prefix(',').unwrap_or_default();
    }
    false
}

/// Where a range ends: at a comma outside of brackets.
fn end_of_range(text: &str) -> usize {
    let mut is_within = false;
    let end = text.find(|character| {
        is_within = match character {
            '[' => true,
            ']' => false,
            _ => is_within,
        };
        character == ',' && !is_within
    });
    end.unwrap_or(text.len())
}

fn range_has(range: &str, host: &str) -> bool {
    let Some((before, rest)) = range.split_once('[') else {
        return range == host;
    };
    let Some((items, after)) = rest.split_once(']') else {
        return false;
    };
    let digits = host.strip_prefix(before).and_then(|host| host.strip_suffix(after));
    digits.is_some_and(|digits| items.split(',').any(|item| item_has(item, digits)))
}

fn item_has(item: &str, digits: &str) -> bool {
    let (low, high) = item.split_once('-').unwrap_or((item, item));
    let is_padded = low.len() > 1 && low.starts_with('0');
    // Without padding a range goes over widths: `8-12` has 8 and 12, and neither 08 nor 012.
    let has_width = if is_padded || low.len() == high.len() {
        digits.len() == low.len()
    } else {
        (low.len()..=high.len()).contains(&digits.len()) && (digits.len() == 1 || !digits.starts_with('0'))
    };
    let number = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| text.parse::<u64>().ok())?
    };
    let (Some(low), Some(high), Some(number)) = (number(low), number(high), number(digits)) else {
        return false;
    };
    has_width && (low..=high).contains(&number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::has_host;
    use crate::fleet::fold;

    fn names() -> impl Strategy<Value = Vec<String>> {
        let name = prop_oneof![
            (0..30_u32).prop_map(|number| format!("web{number}")),
            (0..120_u32).prop_map(|number| format!("n{number:03}.x")),
            (0..12_u32).prop_map(|number| format!("n{number:02}")),
            (0..12_u32).prop_map(|number| format!("n{number}")),
            (1..4_u32, 0..12_u32).prop_map(|(rack, number)| format!("h{number}.rack{rack}")),
            (0..3_u32, 8..12_u32).prop_map(|(a, b)| format!("10.0.{a}.{b}")),
            "[a-c]{1,2}",
        ];
        prop::collection::vec(name, 1..40)
    }

    proptest! {
        #[test]
        fn a_folded_list_has_the_names_that_it_was_made_of_and_no_other(names in names(), others in names()) {
            let folded = fold(&names).to_string();
            for name in names.iter().chain(&others) {
                prop_assert_eq!(has_host(&folded, name), names.contains(name), "{} in {}", name, folded);
            }
        }
    }
}
