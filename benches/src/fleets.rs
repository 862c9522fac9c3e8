//! Fleets and policies to measure with.

use pogo_core::fleet::{Fleet, Selector};
use pogo_core::policy::{Constraint, Policy, Rule, Sequence};

/// Parses what the benchmark itself wrote.
fn selector(text: &str) -> Selector {
    text.parse().expect("a selector")
}

fn limit(rule: fn(pogo_core::policy::Limit) -> Rule, text: &str) -> Rule {
    rule(text.parse().expect("a limit"))
}

/// A fleet of `hosts` hosts with 1,000 tag values: 10 colos, 20 roles, and 97 racks in each colo.
pub fn estate(hosts: u32) -> Fleet {
    let mut builder = Fleet::builder();
    for host in 0..hosts {
        let (colo, rack, role) = (host % 10, (host / 10) % 97, mixed(host) % 20);
        builder = builder
            .host(&format!("h{host}"))
            .tag(&format!("colo.c{colo}"))
            .tag(&format!("rack.c{colo}r{rack}"))
            .tag(&format!("role.r{role}"));
    }
    builder.build().expect("a fleet")
}

/// Limits on colos, on roles in each colo and on roles in each rack of each colo, and three sequences.
pub fn estate_policy() -> Policy {
    let sequence = |name: &str, stages: &[&str]| {
        Sequence::new(name, stages.iter().map(|stage| selector(stage))).allow_failures("100%".parse().expect("a limit"))
    };
    Policy::new()
        .sequence(sequence("roles", &["$role.r0", "$role.r1", "$role.r2"]).each("colo".parse().expect("a tag")))
        .sequence(sequence(
            "colos",
            &["$colo.c0 & $role.r5", "$colo.c1 & $role.r5", "$colo.c2 & $role.r5"],
        ))
        .sequence(sequence("canaries", &["h[0-9]", "$role.r9", "$role.r8"]))
        .constraint(Constraint::new(selector("$colo"), limit(Rule::MaxParallel, "25%")))
        .constraint(Constraint::new(selector("$role"), limit(Rule::MinAvailable, "70%")))
        .constraint(Constraint::new(selector("$colo"), limit(Rule::MaxParallel, "20%")).within(selector("$role")))
        .constraint(
            Constraint::new(selector("$colo"), limit(Rule::MaxParallel, "50%"))
                .within(selector("$role"))
                .within(selector("$rack")),
        )
}

/// All hosts in one bucket of one slot.
pub fn one_place(hosts: u32) -> (Fleet, Policy) {
    let fleet = Fleet::builder()
        .tagged("web", &format!("h[0-{}]", hosts - 1))
        .build()
        .expect("a fleet");
    let constraints = vec![Constraint::new(selector("$web"), limit(Rule::MaxParallel, "1"))];
    (fleet, Policy::new().constraints(constraints))
}

/// Every host in 20 random buckets of different sizes; hosts are of so many kinds, and those of one kind are in the
/// same.
pub fn twenty_buckets(hosts: u32, kinds: u32) -> (Fleet, Policy) {
    let mut builder = Fleet::builder();
    for host in 0..hosts {
        builder = builder.host(&format!("h{host}"));
        for tag in 0..20 {
            builder = builder.tag(&format!(
                "t{tag}.v{}",
                mixed((host % kinds).wrapping_mul(31).wrapping_add(tag)) % (tag + 2)
            ));
        }
    }
    let constraint = |tag: u32| Constraint::new(selector(&format!("$t{tag}")), limit(Rule::MaxParallel, "10%"));
    let policy = Policy::new().constraints((0..20).map(constraint));
    (builder.build().expect("a fleet"), policy)
}

/// How an overlapping fleet is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Hosts.
    pub hosts: u32,
    /// What differs between two fleets of one shape.
    pub seed: u32,
}

/// A random colo × role × rack fleet whose limits overlap: every colo, every role and every rack has its own.
pub fn overlapping(shape: Shape) -> (Fleet, Policy) {
    let draw = |question: u32, below: u32| mixed(question.wrapping_add(shape.seed.wrapping_mul(0x9e37_79b9))) % below;
    let (colos, roles, racks) = (2 + draw(1, 5), 3 + draw(2, 8), 10 + draw(3, 40));
    let mut builder = Fleet::builder();
    for host in 0..shape.hosts {
        // Skewed: some colos, roles and racks are far larger than others.
        let skewed = |question: u32, below: u32| draw(question, below).min(draw(question.wrapping_add(7), below));
        builder = builder
            .host(&format!("h{host}"))
            .tag(&format!("colo.c{}", skewed(1_000 + host * 13, colos)))
            .tag(&format!("role.r{}", skewed(500_000_000 + host * 17, roles)))
            .tag(&format!("rack.k{}", draw(900_000_000 + host * 19, racks)));
    }
    let percent = |question: u32, from: u32, to: u32| format!("{}%", from + draw(question, to - from));
    let constraints = vec![
        Constraint::new(selector("$colo"), limit(Rule::MaxParallel, &percent(11, 5, 20))),
        Constraint::new(selector("$role"), limit(Rule::MaxParallel, &percent(12, 5, 20))),
        Constraint::new(selector("$rack"), limit(Rule::MaxParallel, &percent(13, 10, 30))),
    ];
    (
        builder.build().expect("a fleet"),
        Policy::new().constraints(constraints),
    )
}

/// A random colo × role × rack fleet of 4 to 39 hosts, where each kind of group has a limit of a few hosts.
pub fn small_overlapping(seed: u32) -> (Fleet, Policy) {
    let draw = |question: u32, below: u32| drawn(question.wrapping_add(seed.wrapping_mul(0x9e37_79b9)), below);
    let hosts = 4 + draw(1, 36);
    let mut builder = Fleet::builder();
    for host in 0..hosts {
        let group = |kind: u32, below: u32| draw(1_000 * kind + host, below);
        builder = builder
            .host(&format!("h{host}"))
            .tag(&format!("colo.c{}", group(1, 3)))
            .tag(&format!("role.r{}", group(2, 3)))
            .tag(&format!("rack.k{}", group(3, 6)));
    }
    let constraint = |(group, kind, most): (&str, u32, u32)| {
        let slots = (1 + draw(10 + kind, most)).to_string();
        Constraint::new(selector(group), limit(Rule::MaxParallel, &slots))
    };
    let kinds = [("$colo", 1, 3), ("$role", 2, 3), ("$rack", 3, 2)];
    let policy = Policy::new().constraints(kinds.into_iter().map(constraint));
    (builder.build().expect("a fleet"), policy)
}

/// A number below this one, the same for the same question.
pub fn drawn(question: u32, below: u32) -> u32 {
    mixed(question) % below
}

/// Scatters numbers, the same way every time.
fn mixed(number: u32) -> u32 {
    let mut mixed = number.wrapping_mul(0x85eb_ca6b) ^ 0x27d4_eb2f;
    mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0xc2b2_ae35);
    mixed ^ (mixed >> 16)
}
