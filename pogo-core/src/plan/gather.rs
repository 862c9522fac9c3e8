//! Sorting by small whole numbers in linear time.

/// What belongs to each of the numbers from 0 on: values one after another, and where those of each number begin.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Gathered {
    begins: Vec<u32>,
    values: Vec<u32>,
}

impl Gathered {
    /// Values by the number they come with; those of one number stay in the order in which they come.
    pub(super) fn new(numbers: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut begins = vec![0_u32; numbers + 1];
        for (number, _) in pairs.clone() {
            begins[number as usize] += 1;
        }
        let mut sum = 0;
        for begin in &mut begins {
            sum += std::mem::replace(begin, sum);
        }
        let mut values = vec![0; sum as usize];
        for (number, value) in pairs {
            let at = &mut begins[number as usize];
            values[*at as usize] = value;
            *at += 1;
        }
        // Each beginning has moved on to where the next number begins.
        begins.rotate_right(1);
        begins[0] = 0;
        Self { begins, values }
    }

    /// What belongs to this number.
    pub(super) fn of(&self, number: usize) -> &[u32] {
        &self.values[self.begins[number] as usize..self.begins[number + 1] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::Gathered;

    #[test]
    fn values_are_gathered_in_the_order_in_which_they_come() {
        let pairs = [(3, 7), (0, 5), (3, 1), (1, 9), (3, 7)];
        let gathered = Gathered::new(5, pairs.into_iter());
        let all: Vec<&[u32]> = (0..5).map(|number| gathered.of(number)).collect();
        assert_eq!(all, [&[5][..], &[9], &[], &[7, 1, 7], &[]]);
    }

    #[test]
    fn nothing_is_gathered_from_nothing() {
        assert_eq!(Gathered::new(0, std::iter::empty()).begins, [0]);
        assert!(Gathered::new(1, std::iter::empty()).of(0).is_empty());
    }
}
