//! Becoming the owner of a namespace.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{Duration, Instant};

use sqlx::{PgConnection, Row};

use pogo_core::journal::{Acquire, Epoch, JournalError, Nonce, Owner, OwnerId};

use super::clock::skew;
use super::fence::{Fence, number, stored};
use super::formats::stored_format;
use super::holder::{NamespaceRow, stand_by, stand_down};
use super::pool::before;
use super::server_identity::ServerIdentity;
use super::session::connect_to_write;
use super::watch::{Pulse, Watch};
use super::within::within;
use super::{Heartbeat, PostgresAddress};
use crate::remote::{Failed, FailedStage, NEWEST, check_format};

/// How often it is looked whether a namespace is free.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// A namespace that somebody asks for.
pub(super) struct Asking<'a> {
    pub(super) address: &'a PostgresAddress,
    pub(super) name: &'a str,
    pub(super) heartbeat: Heartbeat,
    pub(super) owner: &'a Owner,
    pub(super) machine: &'a str,
}

/// A namespace that was taken, by the connection that took it.
pub(super) struct TakenNamespace {
    pub(super) connection: PgConnection,
    pub(super) server: ServerIdentity,
    pub(super) fence: Fence,
    pub(super) previous: Option<OwnerId>,
    /// As it was before.
    pub(super) row: NamespaceRow,
}

/// What the list of sessions shows of an owner's connections, so that whoever takes over finds and ends them.
pub(super) fn session_name(nonce: Nonce) -> String {
    format!("pogo owner {:016x}", nonce.0)
}

impl Asking<'_> {
    pub(super) async fn take(&self, how: Acquire) -> Result<TakenNamespace, JournalError> {
        let connected = connect_to_write(self.address, &session_name(self.owner.nonce)).await;
        let (connection, server) = connected.map_err(|error| before(error).unavailable())?;
        let mut claim = Claiming {
            asking: self,
            connection,
            server,
        };
        claim.create().await.map_err(Failed::unavailable)?;
        let mut watch = Watch::new(self.heartbeat.timeout, Instant::now());
        loop {
            let row = claim.row().await?;
            // Of records that it does not read it would be no owner, and the one that is has to know who else is alive.
            if let Err(too_old) = check_format(row.format) {
                let _ = stand_down(&mut claim.connection, row.id, self.owner.nonce).await;
                return Err(too_old);
            }
            let Some(holder) = row.holder.clone() else {
                match claim.raise(&row).await? {
                    Some(taken) => return Ok(claim.taken(taken, row)),
                    // Somebody was faster.
                    None => continue,
                }
            };
            if holder.nonce == self.owner.nonce {
                // It was taken by an earlier try, of which the answer was lost.
                let taken = (row.epoch, row.previous.clone());
                return Ok(claim.taken(taken, row));
            }
            // Judged by this machine's monotonic clock and the owner's count, not by times that two
            // machines wrote.
            let pulse = watch.note(&row, Instant::now());
            if how == Acquire::Force || (pulse == Pulse::Dead && claim.may_judge().await?) {
                if let Some(taken) = claim.take_over(&row, holder.nonce).await? {
                    return Ok(claim.taken(taken, row));
                }
                continue;
            }
            // Only once it has counted while we looked: an owner that died looks the same until then, and is taken over
            // from.
            if how == Acquire::IfFree && pulse == Pulse::Alive {
                // The next owner removes it otherwise.
                let _ = stand_down(&mut claim.connection, row.id, self.owner.nonce).await;
                return Err(row.held(&holder));
            }
            tokio::time::sleep(LOOK_EVERY.min(self.heartbeat.every() / 2)).await;
        }
    }
}

/// Somebody who asks, connected.
struct Claiming<'a> {
    asking: &'a Asking<'a>,
    connection: PgConnection,
    server: ServerIdentity,
}

const CREATE: &str = "INSERT INTO namespaces (name, number, place) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING";

const RAISE: &str = "
    UPDATE namespaces SET epoch = epoch + 1, nonce = $4, previous_owner = owner, owner = $5, machine = $6, process = $7, since = $8,
           reads = $10
     WHERE id = $1 AND epoch = $2 AND nonce IS NOT DISTINCT FROM $3 AND tableoid = $9::bigint::oid AND format <= $10
    RETURNING epoch, previous_owner";

const BEGIN_TO_COUNT: &str = "
    INSERT INTO heartbeats (namespace, epoch, nonce, beat, every, at)
    SELECT id, epoch, nonce, 0, $4, clock_timestamp() FROM namespaces WHERE id = $1 AND epoch = $2 AND nonce = $3
    ON CONFLICT (namespace) DO UPDATE SET epoch = excluded.epoch, nonce = excluded.nonce, beat = 0, every = excluded.every,
        at = excluded.at";

const END_SESSIONS: &str = "
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = $1 AND pid <> pg_backend_pid()";

impl Claiming<'_> {
    /// A namespace begins with the first who asks for it.
    async fn create(&mut self) -> Result<(), Failed> {
        create(&mut self.connection, self.asking.name, &self.server).await
    }

    /// What there is; and that it can be written.
    async fn row(&mut self) -> Result<NamespaceRow, JournalError> {
        let found = NamespaceRow::find(&mut self.connection, self.asking.name).await;
        let row = found
            .map_err(Failed::unavailable)?
            .ok_or_else(|| JournalError::Unavailable {
                message: "the namespace was removed just now".to_owned(),
            })?;
        if row.holder.is_some() {
            let Owner { id, nonce, .. } = self.asking.owner;
            let waits = stand_by(&mut self.connection, row.id, (*nonce, id)).await;
            waits.map_err(Failed::unavailable)?;
        }
        Ok(row)
    }

    /// Whether this clock is close enough to that of the store to find somebody dead.
    async fn may_judge(&mut self) -> Result<bool, JournalError> {
        let skew = skew(&mut self.connection).await.map_err(Failed::unavailable)?;
        if !skew.is_too_large() {
            return Ok(true);
        }
        Err(JournalError::Unavailable {
            message: format!(
                "its owner is dead, and the clock of this machine is {skew}; set the clock right, or take over by force"
            ),
        })
    }

    /// Takes over from an owner: its sessions end first, so that none of its statements waits for a lock or a standby;
    /// then it is fenced.
    async fn take_over(
        &mut self,
        row: &NamespaceRow,
        nonce: Nonce,
    ) -> Result<Option<(Epoch, Option<OwnerId>)>, JournalError> {
        let ending = sqlx::query(END_SESSIONS).bind(session_name(nonce));
        match within(ending.fetch_all(&mut self.connection)).await {
            // Whoever may not end them fences them all the same.
            Err(failed) if failed.stage != FailedStage::Refused => return Err(failed.unavailable()),
            _ => {}
        }
        self.raise(row).await
    }

    /// Raises the epoch, if the namespace is as it was seen.
    async fn raise(&mut self, row: &NamespaceRow) -> Result<Option<(Epoch, Option<OwnerId>)>, JournalError> {
        let Owner { id, nonce, since, .. } = self.asking.owner;
        // Epoch and nonce as they were seen: of two who take over at once the second finds others, and looks again.
        let before = row.holder.as_ref().map(|holder| stored(holder.nonce.0));
        let statement = sqlx::query(RAISE)
            .bind(row.id)
            .bind(stored(row.epoch.0))
            .bind(before)
            .bind(stored(nonce.0))
            .bind(id.to_string())
            .bind(self.asking.machine)
            .bind(i64::from(std::process::id()))
            .bind(stored(since.as_millis()))
            .bind(self.server.table)
            .bind(stored_format(NEWEST));
        let raised = within(statement.fetch_optional(&mut self.connection)).await;
        let Some(raised) = raised.map_err(Failed::unavailable)? else {
            return Ok(None);
        };
        let epoch = number(&raised, "epoch").map(Epoch).map_err(Failed::unavailable)?;
        let previous: Result<Option<String>, sqlx::Error> = raised.try_get("previous_owner");
        let previous = previous.map_err(|error| Failed::from(error).unavailable())?;
        let counting = sqlx::query(BEGIN_TO_COUNT)
            .bind(row.id)
            .bind(stored(epoch.0))
            .bind(stored(nonce.0))
            .bind(stored(millis(self.asking.heartbeat.every())));
        within(counting.execute(&mut self.connection))
            .await
            .map_err(Failed::unavailable)?;
        let _ = stand_down(&mut self.connection, row.id, *nonce).await;
        Ok(Some((epoch, previous.map(|owner| OwnerId(owner.into())))))
    }

    fn taken(self, (epoch, previous): (Epoch, Option<OwnerId>), row: NamespaceRow) -> TakenNamespace {
        TakenNamespace {
            fence: Fence {
                namespace: row.id,
                epoch,
                nonce: self.asking.owner.nonce,
                table: self.server.table,
            },
            connection: self.connection,
            server: self.server,
            previous,
            row,
        }
    }
}

/// Makes a namespace, if it is not there.
pub(super) async fn create(connection: &mut PgConnection, name: &str, server: &ServerIdentity) -> Result<(), Failed> {
    // The standard library keys its hashers from the system's randomness.
    let number = format!("{:016x}", RandomState::new().build_hasher().finish());
    let statement = sqlx::query(CREATE).bind(name).bind(number).bind(server.stored());
    within(statement.execute(connection)).await.map(drop)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
