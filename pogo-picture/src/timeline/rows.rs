//! Blocks of hosts as rows: one for each host, or bands of many.

use super::blocks::blocks;
use super::data::TimelineData;

/// The rows of a picture.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) sections: Vec<Section>,
    /// Hosts per band; `None` if each host has its own row.
    pub(super) band: Option<usize>,
}

/// A block and its rows.
#[derive(Debug, Clone)]
pub(super) struct Section {
    pub(super) label: String,
    pub(super) hosts: usize,
    /// The hosts of each row, by index.
    pub(super) rows: Vec<Vec<usize>>,
}

/// Limits on the number of rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowLimits {
    /// If each host has its own row.
    pub(super) hosts: usize,
    /// If hosts are folded into bands.
    pub(super) bands: usize,
}

impl Layout {
    pub(super) fn of(data: &TimelineData, limits: RowLimits) -> Self {
        let blocks = blocks(data);
        let hosts = data.hosts.len();
        let band = (hosts > limits.hosts).then(|| {
            let bands = |size: usize| {
                blocks
                    .iter()
                    .map(|block| block.hosts.len().div_ceil(size))
                    .sum::<usize>()
            };
            // Round numbers, so that "50 hosts each" is understood at a glance; the last band of a
            // block may have fewer.
            round_sizes()
                .find(|&size| size >= hosts || bands(size) <= limits.bands)
                .unwrap_or(hosts)
        });
        let sections = blocks.into_iter().map(|block| Section {
            label: block.label,
            hosts: block.hosts.len(),
            rows: block.hosts.chunks(band.unwrap_or(1)).map(<[usize]>::to_vec).collect(),
        });
        Self {
            sections: sections.collect(),
            band,
        }
    }

    pub(super) fn is_folded(&self) -> bool {
        self.band.is_some()
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &Vec<usize>> {
        self.sections.iter().flat_map(|section| &section.rows)
    }
}

/// 2, 5, 10, 20, 25, 50, 100, 200, 250, 500 and so on.
fn round_sizes() -> impl Iterator<Item = usize> {
    let tens = (1..).map_while(|power| 10_usize.checked_pow(power));
    [2, 5].into_iter().chain(tens.flat_map(|ten| {
        [
            Some(ten),
            ten.checked_mul(2),
            ten.checked_mul(5).map(|n| n / 2),
            ten.checked_mul(5),
        ]
        .into_iter()
        .flatten()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_have_round_sizes() {
        let sizes: Vec<usize> = round_sizes().take(10).collect();
        assert_eq!(sizes, [2, 5, 10, 20, 25, 50, 100, 200, 250, 500]);
    }
}
