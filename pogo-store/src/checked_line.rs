//! Lines of JSON that say their own checksum: `{"crc":"1a2b3c4d","seq":17,…}`.

use std::io::Write;

/// What a line begins with; then eight digits.
const BEGIN: &[u8] = b"{\"crc\":\"";
const DIGITS: usize = 8;
/// What stands between the checksum and what it is of.
const REST: &[u8] = b"\",";

/// How many bytes a line is longer than the object that it was made of, its end included.
pub(crate) const OVERHEAD: usize = BEGIN.len() + DIGITS + REST.len();

/// Appends an object, which is not empty, as a line with the checksum of its text.
pub(crate) fn push_line(lines: &mut Vec<u8>, object: &[u8]) {
    push_fields(lines, |lines| {
        lines.extend_from_slice(object.get(1..).unwrap_or_default());
    });
}

/// Appends a line of an object whose text, without the brace in front, this appends.
pub(crate) fn push_fields(lines: &mut Vec<u8>, push: impl FnOnce(&mut Vec<u8>)) {
    // The checksum stands inside the object, so that each line is JSON by itself and can be read
    // with `jq`.
    lines.extend_from_slice(BEGIN);
    let digits = lines.len()..lines.len() + DIGITS;
    lines.extend_from_slice(&[b'0'; DIGITS]);
    lines.extend_from_slice(REST);
    let begin = lines.len();
    push(lines);
    // CRC-32 and no digest: it is for bits that a disk lost. Nobody who may write to the directory
    // has to be kept from forging it.
    let checksum = crc32fast::hash(lines.get(begin..).unwrap_or_default());
    let digits = lines.get_mut(digits).unwrap_or_default();
    // A slice takes as much as it has room for, which is all.
    let _ = write!(&mut *digits, "{checksum:08x}");
    lines.push(b'\n');
}

/// The fields behind the checksum up to the closing brace, if the checksum is right. The line is without its end.
pub(crate) fn checked(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(BEGIN)?;
    let (digits, rest) = rest.split_at_checked(DIGITS)?;
    let fields = rest.strip_prefix(REST)?;
    let said = format!("{:08x}", crc32fast::hash(fields));
    (digits == said.as_bytes()).then_some(fields)
}

/// The object that a line was made of.
pub(crate) fn object(fields: &[u8]) -> Vec<u8> {
    let mut object = Vec::with_capacity(fields.len() + 1);
    object.push(b'{');
    object.extend_from_slice(fields);
    object
}

#[cfg(test)]
mod tests {
    use super::{OVERHEAD, checked, object, push_line};

    #[test]
    fn a_bit_that_is_flipped_anywhere_in_a_line_is_found() {
        let mut line = vec![];
        let text = br#"{"seq":17,"event":"job_paused"}"#;
        push_line(&mut line, text);
        assert_eq!(line.len(), text.len() + OVERHEAD);
        assert_eq!(line.pop(), Some(b'\n'));
        assert_eq!(checked(&line).map(object).as_deref(), Some(&text[..]));
        for bit in 0..line.len() * 8 {
            let mut flipped = line.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(checked(&flipped), None, "bit {bit}");
        }
    }

    #[test]
    fn the_form_of_a_checked_line_is_for_ever() {
        let mut line = vec![];
        push_line(&mut line, br#"{"seq":17}"#);
        assert_eq!(String::from_utf8(line).unwrap(), "{\"crc\":\"ceacd36d\",\"seq\":17}\n");
    }
}
