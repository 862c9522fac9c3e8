//! Reads several sources and merges them into one fleet.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use pogo_core::fleet::{Connection, Fleet, FleetBuilder, HostId, HostName};
use pogo_core::inventory::{Diagnostic, Inventory, InventoryError, Listing, Origins};
use pogo_core::policy::Policy;

use super::conflict::{Conflict, SettingClaim};
use super::rules::{MergeRules, OnConflict};
use super::settings::{self, Setting};
use crate::diagnostic::with_line;

/// The most conflicts that are reported: two inventories that disagree throughout must not fill the memory.
const MOST: usize = 1_000;

/// Several sources that are merged into one fleet.
///
/// Hosts are listed in the order of the sources. A host of several sources has the tags of all of them. Settings for
/// which they give different values are [`Conflict`]s, to which the [`MergeRules`] apply.
///
/// ```
/// # #[cfg(feature = "csv")] {
/// use std::sync::Arc;
/// use pogo_inventory::merge::{MergeRules, OnConflict, Sources};
/// use pogo_inventory::table::{Format, Mapping, TableFile};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let (a, b) = (folder.path().join("a.csv"), folder.path().join("b.csv"));
/// std::fs::write(&a, "name,tags,address\nweb1,web,10.0.0.1\n").unwrap();
/// std::fs::write(&b, "name,tags,address\nweb1,canary,10.0.0.2\n").unwrap();
/// let table = |path| Arc::new(TableFile::new(path, Format::Csv, Mapping::default()));
/// let sources = Sources::new().with(table(a)).with(table(b));
///
/// # futures::executor::block_on(async {
/// let refused = sources.gather().await.unwrap_err().to_string();
/// assert!(refused.contains("`web1` has two values for address: `10.0.0.1`"));
///
/// let rules = MergeRules::default().setting("address", OnConflict::LastWins);
/// let gathered = sources.rules(rules).gather().await.unwrap();
/// let web1 = gathered.fleet.id("web1").unwrap();
/// assert_eq!(gathered.fleet.connection(web1).unwrap().address.as_deref(), Some("10.0.0.2"));
/// assert_eq!(gathered.fleet.tags_of(web1).count(), 2);
/// assert_eq!(gathered.conflicts.len(), 1);
/// # });
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Sources {
    sources: Vec<Arc<dyn Inventory>>,
    rules: MergeRules,
}

/// The merged content of several sources.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Gathered {
    /// All hosts, tags and settings.
    pub fleet: Arc<Fleet>,
    /// The content of each source, in order.
    pub listings: Vec<SourceListing>,
    /// Conflicting settings, and the value that counts; sorted by host.
    pub conflicts: Vec<Conflict>,
}

impl Gathered {
    /// The fleet, with the line of each host and tag, which `Query::Host` shows.
    ///
    /// ```
    /// # #[cfg(feature = "csv")] {
    /// use std::sync::Arc;
    /// use pogo_inventory::merge::Sources;
    /// use pogo_inventory::table::{Format, Mapping, TableFile};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let file = folder.path().join("hosts.csv");
    /// std::fs::write(&file, "name,tags\ndb1,db\nweb1,web\n").unwrap();
    /// let table = TableFile::new(file, Format::Csv, Mapping::default());
    /// # futures::executor::block_on(async {
    /// let gathered = Sources::new().with(Arc::new(table)).gather().await.unwrap();
    /// let fleet = gathered.fleet_with_origins();
    /// let web1 = fleet.id("web1").unwrap();
    /// assert!(fleet.origins_of(web1).all(|(_, origin)| origin.line == 3));
    /// assert_eq!(fleet.origins_of(web1).count(), 2);
    /// # });
    /// # }
    /// ```
    pub fn fleet_with_origins(&self) -> Arc<Fleet> {
        let mut builder = FleetBuilder::from(&*self.fleet);
        for listing in &self.listings {
            let names = listing.fleet.ids().map(|id| listing.fleet.name(id));
            let merged: Vec<Option<HostId>> = names.map(|name| self.fleet.id(name.as_str())).collect();
            listing.origins.each(&mut |tag, host, origin| {
                if let Some(host) = merged.get(host.index()).copied().flatten() {
                    builder.add_origin(tag, host, origin);
                }
            });
        }
        // What was built before is built again.
        builder.build().map_or_else(|_| Arc::clone(&self.fleet), Arc::new)
    }

    /// Warnings of all sources, in order.
    pub fn warnings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.listings.iter().flat_map(|listing| &listing.warnings)
    }
}

/// The content of one source.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SourceListing {
    /// The source's name.
    pub name: String,
    /// Its hosts.
    pub fleet: Arc<Fleet>,
    /// Its policy, if it has one.
    pub policy: Option<Policy>,
    /// The origins of its hosts, tags and settings.
    pub origins: Arc<dyn Origins>,
    /// Warnings about content that was not used.
    pub warnings: Vec<Diagnostic>,
    /// The files and folders that it was read from.
    pub files: Vec<PathBuf>,
}

/// The result of reading several sources in spite of errors.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Survey {
    /// The merged content of the sources that could be read. The first of conflicting values counts.
    pub gathered: Gathered,
    /// Sources that could not be read, by their position.
    pub failed: Vec<(usize, InventoryError)>,
    /// Conflicts without a rule.
    pub conflicts: Vec<Diagnostic>,
}

impl Sources {
    /// Creates an empty list of sources.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a source.
    pub fn with(mut self, source: Arc<dyn Inventory>) -> Self {
        self.sources.push(source);
        self
    }

    /// Sets the rules for conflicts. By default, every conflict is an error.
    pub fn rules(mut self, rules: MergeRules) -> Self {
        self.rules = rules;
        self
    }

    /// The sources, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Inventory>> {
        self.sources.iter()
    }

    /// Reads every source, one after the other, and merges them.
    ///
    /// # Errors
    ///
    /// All problems of all sources; if there are none, every conflict without a rule.
    pub async fn gather(&self) -> Result<Gathered, InventoryError> {
        let Survey {
            gathered,
            failed,
            conflicts,
        } = self.survey().await;
        let mut errors: Vec<InventoryError> = failed.into_iter().map(|(_, error)| error).collect();
        match (errors.pop(), conflicts.is_empty()) {
            (None, true) => Ok(gathered),
            (None, false) => Err(InventoryError::Invalid(conflicts)),
            // As it is: whether it is worth trying again depends on its kind.
            (Some(only), _) if errors.is_empty() => Err(only),
            (Some(last), _) => {
                errors.push(last);
                let all = errors.iter().flat_map(InventoryError::diagnostics);
                Err(InventoryError::Invalid(all.cloned().collect()))
            }
        }
    }

    /// Reads every source as [`gather`](Self::gather) does, but continues after errors: for inspection, not for jobs.
    pub async fn survey(&self) -> Survey {
        let (mut listings, mut failed) = (Vec::new(), Vec::new());
        // One after the other: they may ask the same service, and which problem comes first stays
        // the same.
        for (at, source) in self.sources.iter().enumerate() {
            match source
                .load()
                .await
                .and_then(|listing| source_listing(source.name(), listing))
            {
                Ok(listing) => listings.push(listing),
                Err(error) => failed.push((at, error)),
            }
        }
        let (gathered, conflicts) = merged(listings, &self.rules);
        Survey {
            gathered,
            failed,
            conflicts,
        }
    }
}

fn source_listing(name: String, listing: Listing) -> Result<SourceListing, InventoryError> {
    let wrong = |error: pogo_core::fleet::FleetError| {
        InventoryError::Invalid(vec![Diagnostic::new(name.as_str(), error.to_string())])
    };
    let fleet = Arc::new(listing.fleet.build().map_err(wrong)?);
    Ok(SourceListing {
        name,
        fleet,
        policy: listing.policy,
        origins: listing.origins,
        warnings: listing.warnings,
        files: listing.files,
    })
}

/// Merges all listings; also returns the conflicts without a rule.
fn merged(listings: Vec<SourceListing>, rules: &MergeRules) -> (Gathered, Vec<Diagnostic>) {
    // Nearly always: building one fleet of many hosts a second time would double the time of a
    // start.
    if let [only] = listings.as_slice() {
        let fleet = Arc::clone(&only.fleet);
        let conflicts = vec![];
        return (
            Gathered {
                fleet,
                listings,
                conflicts,
            },
            vec![],
        );
    }
    let mut merge = Merge {
        listings: &listings,
        rules,
        fleet: FleetBuilder::default(),
        settings: BTreeMap::new(),
        conflicts: Vec::new(),
    };
    for at in 0..listings.len() {
        merge.add(at);
    }
    let (fleet, mut conflicts) = merge.finish();
    // A stable sort: conflicts of one host stay in the order of the sources.
    conflicts.sort_by(|one, other| one.host.cmp(&other.host));
    let undecided = conflicts.iter().filter(|conflict| conflict.kept.is_none());
    // A line is read from its file again for this, so only those have one that are shown.
    let shown = |(at, conflict): (usize, &Conflict)| match at < InventoryError::SHOWN {
        true => with_line(conflict.diagnostic()),
        false => conflict.diagnostic(),
    };
    let mut open: Vec<Diagnostic> = undecided.take(MOST).enumerate().map(shown).collect();
    let fleet = fleet.build().unwrap_or_else(|error| {
        open.push(Diagnostic::new("merged inventory", error.to_string()));
        Fleet::default()
    });
    let fleet = Arc::new(fleet);
    (
        Gathered {
            fleet,
            listings,
            conflicts,
        },
        open,
    )
}

struct Merge<'m> {
    listings: &'m [SourceListing],
    rules: &'m MergeRules,
    fleet: FleetBuilder,
    /// The values, each with the index of its listing.
    settings: BTreeMap<HostName, BTreeMap<Setting, (String, usize)>>,
    conflicts: Vec<Conflict>,
}

impl Merge<'_> {
    fn add(&mut self, at: usize) {
        let Some(listing) = self.listings.get(at) else { return };
        // Hosts of a tag are numbers in their own fleet: looking names up for each tag would cost
        // more than all else.
        let mut merged_ids = Vec::with_capacity(listing.fleet.len());
        for id in listing.fleet.ids() {
            merged_ids.push(self.fleet.insert(listing.fleet.name(id).clone()));
            if let Some(connection) = listing.fleet.connection(id) {
                self.connect(at, listing.fleet.name(id), connection);
            }
        }
        for tag in listing.fleet.tags() {
            let carriers = listing.fleet.carriers(tag).iter();
            let carriers = carriers.filter_map(|host| merged_ids.get(host.index()).copied().flatten());
            self.fleet.add_tag(listing.fleet.tag_path(tag), carriers);
        }
    }

    fn connect(&mut self, at: usize, host: &HostName, connection: &Connection) {
        let Some(listing) = self.listings.get(at) else { return };
        let known = self.settings.entry(host.clone()).or_default();
        for (setting, value) in settings::of(connection) {
            let Some((first, from)) = known.get_mut(&setting) else {
                known.insert(setting, (value, at));
                continue;
            };
            if *first == value {
                continue;
            }
            let name = setting.name();
            let earlier = self.listings.get(*from).unwrap_or(listing);
            let claims = [earlier.says(host, name, first), listing.says(host, name, &value)];
            let kept = match self.rules.of(name) {
                OnConflict::Error => None,
                OnConflict::FirstWins => Some(0),
                OnConflict::LastWins => Some(1),
            };
            // The value that counts is what a third source is held against.
            if kept == Some(1) {
                (*first, *from) = (value, at);
            }
            self.conflicts.push(Conflict {
                host: host.clone(),
                setting: name.to_owned(),
                claims,
                kept,
            });
        }
    }

    fn finish(self) -> (FleetBuilder, Vec<Conflict>) {
        let mut fleet = self.fleet;
        // In order of their names: the hosts are all there already, in the order of the sources.
        for (name, settings) in self.settings {
            let settings = settings.into_iter().map(|(setting, (value, _))| (setting, value));
            fleet = fleet
                .host(name.as_str())
                .connection(&settings::connection(settings.collect()));
        }
        (fleet, self.conflicts)
    }
}

impl SourceListing {
    fn says(&self, host: &HostName, setting: &str, value: &str) -> SettingClaim {
        SettingClaim {
            value: value.to_owned(),
            source: self.name.clone(),
            origin: self
                .fleet
                .id(host.as_str())
                .and_then(|host| self.origins.setting(host, setting)),
        }
    }
}
