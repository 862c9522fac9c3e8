//! Random numbers that a seed gives again.

/// Numbers that are the same for one seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `sides`.
    pub(crate) fn throw(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    pub(crate) fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.throw(of.len())]
    }
}

/// How many inputs are compared, and from which seed: `POGO_SEED=… POGO_ROUNDS=…`, which each test prints.
pub(crate) struct Rounds {
    pub(crate) seed: u64,
    pub(crate) count: u64,
}

impl Rounds {
    /// So many, unless the environment says otherwise.
    pub(crate) fn new(default: u64) -> Self {
        let setting = |name: &str, default| std::env::var(name).map_or(default, |text| text.parse().unwrap());
        let rounds = Self {
            seed: setting("POGO_SEED", 20_261_128),
            count: setting("POGO_ROUNDS", default),
        };
        eprintln!("POGO_SEED={} POGO_ROUNDS={}", rounds.seed, rounds.count);
        rounds
    }

    /// The dice of each round, which do not depend on the rounds before.
    pub(crate) fn dice(&self) -> impl Iterator<Item = (u64, Dice)> {
        let seed = self.seed;
        (0..self.count).map(move |round| {
            let mut dice = Dice::new(seed.wrapping_add(round.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
            dice.throw(1);
            (round, dice)
        })
    }
}
