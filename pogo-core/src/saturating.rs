//! Counting in 32 bits.

/// The number as a `u32`, or the largest `u32` where it is larger.
// No count gets there: a fleet holds at most `u32::MAX` hosts, and the groups of one are fewer than its memberships.
pub(crate) fn saturating_u32(number: impl TryInto<u32>) -> u32 {
    number.try_into().unwrap_or(u32::MAX)
}
