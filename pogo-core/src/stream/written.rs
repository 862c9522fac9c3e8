//! The JSON of updates: `{"version":1,"update":{"heartbeat":{"id":"0-12","at":5}}}`.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::version::Version;
use super::{ResyncReason, StreamId, StreamRecord, Update};
use crate::Timestamp;
use crate::journal::Snapshot;
use crate::scheduler::JobDetails;

/// What follows the version. The compiler keeps it the same as [`Update`].
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(remote = "Update", rename_all = "snake_case")]
enum UpdateBody {
    Snapshot {
        id: StreamId,
        state: Arc<Snapshot>,
    },
    Job {
        id: StreamId,
        job: Box<JobDetails>,
    },
    Records {
        after: StreamId,
        id: StreamId,
        records: Vec<StreamRecord>,
    },
    Resync {
        reason: ResyncReason,
    },
    Heartbeat {
        id: StreamId,
        at: Timestamp,
    },
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename = "Update")]
struct WrittenUpdate<'a> {
    #[cfg_attr(feature = "openapi", schema(value_type = u32))]
    version: Version,
    #[serde(with = "UpdateBody")]
    #[cfg_attr(feature = "openapi", schema(value_type = UpdateBody))]
    update: &'a Update,
}

#[derive(Deserialize)]
#[serde(rename = "Update")]
struct ReadUpdate {
    #[serde(rename = "version")]
    _version: Version,
    #[serde(with = "UpdateBody")]
    update: Update,
}

#[cfg(feature = "openapi")]
crate::openapi::schema_as!(Update as WrittenUpdate<'_>, "Update");

impl Serialize for Update {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (version, update) = (Version, self);
        WrittenUpdate { version, update }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Update {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(ReadUpdate::deserialize(deserializer)?.update)
    }
}
