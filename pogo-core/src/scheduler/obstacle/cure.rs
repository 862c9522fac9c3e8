//! Cures: orders that clear obstacles.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::brief::within;
use crate::fleet::{HostName, Selector};
use crate::plan::HoldOwner;
use crate::policy::{JobSettings, Limit};
use crate::policy::{Origin, Rule};
use crate::scheduler::{JobId, Order};

/// Who gives the orders of a cure, as long as nobody says who.
const OPERATOR: &str = "an operator";

/// One way to clear an obstacle: these orders, in this order. Displays as the commands of the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
#[non_exhaustive]
pub struct Cure {
    /// What to order; never empty.
    pub orders: Vec<CureOrder>,
}

/// One order of an operator that helps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "order", rename_all = "snake_case")]
#[non_exhaustive]
pub enum CureOrder {
    /// Try these hosts again.
    Retry {
        /// In this job.
        job: JobId,
        /// The hosts.
        #[serde(with = "crate::fleet::host_list")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
        hosts: Vec<HostName>,
        /// By force, with a reason, since a host could not be asked whether its attempt in doubt is over.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        force: bool,
    },
    /// Count these hosts as done without running them.
    Skip {
        /// In this job.
        job: JobId,
        /// The hosts.
        #[serde(with = "crate::fleet::host_list")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
        hosts: Vec<HostName>,
        /// By force, with a reason, since a host could not be asked whether its attempt in doubt is over.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        force: bool,
    },
    /// Mark these hosts as available.
    MarkUp {
        /// The hosts.
        #[serde(with = "crate::fleet::host_list")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
        hosts: Vec<HostName>,
        /// By force, with a reason, since a host could not be asked whether its attempt in doubt is over.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        force: bool,
    },
    /// End all holds of these hosts by force, and all waits for them.
    Release {
        /// The hosts.
        #[serde(with = "crate::fleet::host_list")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
        hosts: Vec<HostName>,
    },
    /// Let the job go on.
    Resume {
        /// The job.
        job: JobId,
    },
    /// Let the next wave of the job begin.
    Promote {
        /// The job.
        job: JobId,
    },
    /// End a freeze.
    Thaw {
        /// The selector it was ordered with.
        hosts: Selector,
    },
    /// Let the job run more hosts at once.
    MaxParallel {
        /// The job.
        job: JobId,
        /// The new limit.
        limit: u32,
    },
    /// Apply a policy in which this rule leaves the group a slot.
    Relax {
        /// The group.
        group: String,
        /// The rule as it is.
        rule: Rule,
        /// Where it was written.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        origin: Option<Origin>,
    },
}

#[cfg(feature = "openapi")]
crate::openapi::schema_as!(Cure as Vec<CureOrder>, "Cure");

impl Cure {
    pub(in crate::scheduler) fn of(order: CureOrder) -> Self {
        Self { orders: vec![order] }
    }
}

impl CureOrder {
    /// What to order, one after the other; nothing for a policy, which only its author can change. What is done by
    /// force, such as ending holds, needs a [reason](Order::because).
    pub fn orders(&self) -> Vec<Order> {
        match self {
            Self::Retry { job, hosts, force } => vec![Order::Retry {
                job: *job,
                hosts: hosts.clone(),
                force: *force,
            }],
            Self::Skip { job, hosts, force } => vec![Order::Skip {
                job: *job,
                hosts: hosts.clone(),
                force: *force,
            }],
            Self::MarkUp { hosts, force } => {
                let up = |host: &HostName| Order::MarkUp {
                    host: host.clone(),
                    force: *force,
                };
                hosts.iter().map(up).collect()
            }
            // "an operator" is a name that an owner can have.
            Self::Release { hosts } => HoldOwner::new(OPERATOR).map_or(vec![], |by| {
                vec![Order::Release {
                    hosts: hosts.clone(),
                    by,
                    force: true,
                }]
            }),
            Self::Resume { job } => vec![Order::Resume { job: *job }],
            Self::Promote { job } => vec![Order::Promote { job: *job }],
            Self::Thaw { hosts } => vec![Order::Thaw { hosts: hosts.clone() }],
            Self::MaxParallel { job, limit } => {
                let change = JobSettings::new().max_parallel(Limit::Count(*limit)).into();
                vec![Order::Alter { job: *job, change }]
            }
            Self::Relax { .. } => vec![],
        }
    }
}

/// The options of an order by force; its reason is for whoever gives it.
fn force_options(force: bool) -> &'static str {
    if force { "--force --reason WHY " } else { "" }
}

impl fmt::Display for Cure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, order) in self.orders.iter().enumerate() {
            let between = if at == 0 { "" } else { " && " };
            write!(f, "{between}{order}")?;
        }
        Ok(())
    }
}

impl fmt::Display for CureOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Retry { job, hosts, force } => {
                write!(
                    f,
                    "pogo retry {}{} {}",
                    force_options(*force),
                    job.number(),
                    HostsWord(hosts)
                )
            }
            Self::Skip { job, hosts, force } => {
                write!(
                    f,
                    "pogo skip {}{} {}",
                    force_options(*force),
                    job.number(),
                    HostsWord(hosts)
                )
            }
            Self::MarkUp { hosts, force } => write!(f, "pogo mark up {}{}", force_options(*force), HostsWord(hosts)),
            Self::Release { hosts } => write!(f, "pogo release --force --reason WHY {}", HostsWord(hosts)),
            Self::Resume { job } => write!(f, "pogo resume {}", job.number()),
            Self::Promote { job } => write!(f, "pogo promote {}", job.number()),
            // What resolvers are asked may hold quotes; in a shell's word each is closed, escaped and opened again.
            Self::Thaw { hosts } => write!(f, "pogo thaw '{}'", hosts.to_string().replace('\'', r"'\''")),
            Self::MaxParallel { job, limit } => write!(f, "pogo update {} --max-parallel {limit}", job.number()),
            Self::Relax { group, rule, origin } => {
                let way = if matches!(rule, Rule::MinAvailable(_)) {
                    "lower"
                } else {
                    "raise"
                };
                write!(f, "{way} {} of {group}", rule.key())?;
                match origin {
                    Some(origin) => write!(f, " in {origin}"),
                    None => f.write_str(" in the policy"),
                }?;
                f.write_str(" and apply it")
            }
        }
    }
}

/// Hosts as one word of a command line, and all of them where that is at all possible: what is shown is typed as it
/// stands.
struct HostsWord<'a>(&'a [HostName]);

impl fmt::Display for HostsWord<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A terminal takes a line of 4,096 bytes.
        const LONGEST: usize = 3_500;
        let (text, more) = within(self.0, LONGEST);
        // What no shell looks into: brackets of a range are a pattern for files, and zsh refuses
        // one that matches none.
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._,:@%+/=".contains(c);
        // A name may begin so, and would be an option.
        if text.starts_with('-') {
            f.write_str("-- ")?;
        }
        // Names and ranges have no quotes, so quotes keep a shell from looking into them.
        match text.chars().all(plain) {
            true => f.write_str(&text)?,
            false => write!(f, "'{text}'")?,
        }
        match more {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}
