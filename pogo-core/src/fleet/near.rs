//! Names that are nearly the same, for messages.

/// At most three of the known names that may have been meant, nearest first. Bounded in time: of a very large
/// inventory only the first part is looked at.
pub(crate) fn near<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    const LOOKED_AT: usize = 50_000;
    const MOST: usize = 3;
    let tolerated = (name.chars().count() / 3).clamp(1, 3);
    let mut near: Vec<(usize, &str)> = known
        .take(LOOKED_AT)
        // First, since it costs nothing: a distance takes the product of both lengths.
        .filter(|known| known.len().abs_diff(name.len()) <= tolerated)
        .map(|known| match known.eq_ignore_ascii_case(name) {
            // Host names differ by case, and people mistype it.
            true => (0, known),
            false => (strsim::osa_distance(name, known), known),
        })
        .filter(|(distance, _)| *distance <= tolerated)
        .collect();
    near.sort_unstable();
    near.into_iter().take(MOST).map(|(_, known)| known.to_owned()).collect()
}
