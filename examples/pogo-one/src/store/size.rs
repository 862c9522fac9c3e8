//! Sizes for people.

/// `312 B`, `4.0 KiB`, `1.2 GiB`.
pub(super) fn size(bytes: u64) -> String {
    let mut rest = bytes;
    let mut tenths = 0;
    let mut unit = "B";
    for next in ["KiB", "MiB", "GiB", "TiB"] {
        if rest < 1_024 {
            break;
        }
        (tenths, rest, unit) = (rest % 1_024 * 10 / 1_024, rest / 1_024, next);
    }
    match unit {
        "B" => format!("{rest} B"),
        unit => format!("{rest}.{tenths} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_short() {
        let sizes = [0, 1_023, 1_024, 1_536, 12 << 20, (5 << 30) + (1 << 29), u64::MAX].map(size);
        assert_eq!(
            sizes,
            [
                "0 B",
                "1023 B",
                "1.0 KiB",
                "1.5 KiB",
                "12.0 MiB",
                "5.5 GiB",
                "16777215.9 TiB"
            ]
        );
    }
}
