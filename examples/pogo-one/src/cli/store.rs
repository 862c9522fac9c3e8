//! The arguments of `store`.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::{PlanFormat, StoreChoice, duration};

#[derive(Debug, Args)]
#[command(after_help = format!("{}\n\n{STORE_EXIT_CODES}", super::examples::STORE))]
pub(crate) struct StoreArgs {
    #[command(subcommand)]
    pub(crate) command: StoreCommand,
}

const STORE_EXIT_CODES: &str = "\
Exit codes:
  0   done; nothing is damaged
  1   something is damaged
  64  the command line or the store is wrong, or somebody owns it; nothing was done
  69  the database cannot be reached, or the disk is mounted read-only
  70  the disk gave an error
  77  the store is another user's";

#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Show what a store has, who owns it, and how much room it takes.
    Info(StoreInfoArgs),
    /// Read everything, and name what is not as it was written. Exit code 1 if anything is.
    Check(StoreInfoArgs),
    /// Remove what is older, or more, than is to be kept; or the output of single jobs.
    Prune(PruneArgs),
    /// Copy a store that nobody owns, to a new directory or into a database, and read the copy again.
    Copy(CopyArgs),
    /// Make the tables of a store in PostgreSQL, or bring those of an earlier version to this one.
    Migrate(MigrateArgs),
}

/// Which store.
#[derive(Debug, Args)]
pub(crate) struct StoreAt {
    /// The directory of the store, or its address [default: pogo in $XDG_STATE_HOME, or in ~/.local/state]
    #[arg(long, value_name = "STORE", value_parser = StoreChoice::parser())]
    pub(crate) store: Option<StoreChoice>,
    /// Output format.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: PlanFormat,
}

#[derive(Debug, Args)]
pub(crate) struct StoreInfoArgs {
    #[command(flatten)]
    pub(crate) at: StoreAt,
    /// Only this namespace.
    #[arg(short, long, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct PruneArgs {
    #[command(flatten)]
    pub(crate) at: StoreAt,
    /// Only this namespace.
    #[arg(short, long, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
    /// Remove output of jobs that wrote nothing for so long [default: 30d]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) older_than: Option<Duration>,
    /// Remove events that are older than this [default: 365d]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) events_older_than: Option<Duration>,
    /// Keep so much output, such as 500M [default: 10G or a tenth of the disk, whichever is less]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) max_size: Option<u64>,
    /// Remove the output of this job alone; may be given several times. The number in `job-3` is 3.
    #[arg(
        long,
        value_name = "N",
        conflicts_with_all = ["older_than", "events_older_than", "max_size"]
    )]
    pub(crate) job: Vec<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct CopyArgs {
    /// The copy: a directory, which is new or empty, or the address of a store without namespaces of these names.
    /// Before it, the store that is copied may stand [default: that of --store]
    #[arg(value_name = "[FROM] TO", num_args = 1..=2, required = true, value_parser = StoreChoice::parser())]
    pub(crate) from_to: Vec<StoreChoice>,
    #[command(flatten)]
    pub(crate) at: StoreAt,
}

#[derive(Debug, Args)]
pub(crate) struct MigrateArgs {
    /// The address of the store, as postgres://pogo@db.example.com/pogo or zookeeper://pogo@zk1,zk2,zk3/pogo. Its
    /// password is in a file that the address names with ?password_file=PATH; that of a database may be in PGPASSWORD
    /// too, or in the file that PGPASSFILE names. ZooKeeper takes ?login=sasl, ?tls_ca=FILE and, for what hosts write,
    /// ?output=s3://BUCKET/PATH, whose login is in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
    #[arg(value_name = "ADDRESS")]
    pub(crate) address: String,
    /// Output format.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: PlanFormat,
}

/// A number of bytes: `500M`, `10G`, `4096`.
fn size(text: &str) -> Result<u64, String> {
    let cure = "write bytes, or 500K, 500M, 10G, 1T";
    let text = text.trim();
    let text = text.strip_suffix(['B', 'b']).unwrap_or(text);
    let text = text.strip_suffix('i').unwrap_or(text);
    let (digits, shift) = match text.char_indices().next_back() {
        Some((at, unit)) if unit.is_ascii_alphabetic() => {
            let units = "KMGT".find(unit.to_ascii_uppercase()).ok_or(cure)?;
            (text.get(..at).unwrap_or_default(), 10 * (units + 1))
        }
        _ => (text, 0),
    };
    let number: u64 = digits.trim().parse().map_err(|_| cure)?;
    number.checked_mul(1 << shift).ok_or_else(|| cure.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [
            ("4096", 4_096),
            ("500M", 500 << 20),
            ("10GiB", 10 << 30),
            ("1 k", 1_024),
            ("2TB", 2 << 40),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "G", "ten", "1X", "-1", "99999999999T"] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
