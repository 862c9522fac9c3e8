//! Sorting by small whole numbers in linear time.

/// What belongs to each of the keys from 0 on: values one after another, and where those of each key begin.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SortedByKey {
    begins: Vec<u32>,
    values: Vec<u32>,
}

impl SortedByKey {
    /// Values by the key they come with; those of one key stay in the order in which they come.
    pub(super) fn new(keys: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut begins = vec![0_u32; keys + 1];
        for (key, _) in pairs.clone() {
            begins[key as usize] += 1;
        }
        let mut sum = 0;
        for begin in &mut begins {
            sum += std::mem::replace(begin, sum);
        }
        let mut values = vec![0; sum as usize];
        for (key, value) in pairs {
            let at = &mut begins[key as usize];
            values[*at as usize] = value;
            *at += 1;
        }
        // Each beginning has moved on to where the next key begins.
        begins.rotate_right(1);
        begins[0] = 0;
        Self { begins, values }
    }

    /// What belongs to this key.
    pub(super) fn of(&self, key: usize) -> &[u32] {
        &self.values[self.begins[key] as usize..self.begins[key + 1] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::SortedByKey;

    #[test]
    fn values_are_gathered_in_the_order_in_which_they_come() {
        let pairs = [(3, 7), (0, 5), (3, 1), (1, 9), (3, 7)];
        let gathered = SortedByKey::new(5, pairs.into_iter());
        let all: Vec<&[u32]> = (0..5).map(|key| gathered.of(key)).collect();
        assert_eq!(all, [&[5][..], &[9], &[], &[7, 1, 7], &[]]);
    }

    #[test]
    fn nothing_is_gathered_from_nothing() {
        assert_eq!(SortedByKey::new(0, std::iter::empty()).begins, [0]);
        assert!(SortedByKey::new(1, std::iter::empty()).of(0).is_empty());
    }
}
