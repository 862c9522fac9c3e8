//! Reads the sources of the arguments.

use std::path::Path;
use std::sync::Arc;

use pogo_core::dispatcher::{ResolverQueries, Resolvers};
use pogo_core::fleet::{Fleet, FleetBuilder, Selector};
use pogo_core::inventory::InventoryError;
use pogo_core::policy::Policy;
use pogo_inventory::merge::{Gathered, MergeRules, Sources};
use pogo_inventory::{Inventory, PolicyFile, SourceSpec, SourcesFile};

use crate::cli::SourceArgs;
use crate::exit::CliError;
use crate::report;

impl SourceArgs {
    /// Whether there is no source, so that targets are plain hosts.
    pub(crate) fn is_empty(&self) -> bool {
        self.policy.is_none() && self.sources.is_none() && self.inventory.is_empty()
    }

    /// The sources: the policy file comes first.
    pub(crate) fn sources(&self) -> Result<Sources, CliError> {
        let mut sources = Sources::new().rules(self.rules()?);
        if let Some(config) = self.config()? {
            sources = sources.with(config);
        }
        sources = self.named()?.sources.into_iter().fold(sources, Sources::with);
        Ok(self
            .inventory
            .iter()
            .fold(sources, |sources, spec| sources.with(spec.open())))
    }

    /// The hosts and tags, without warnings; `None` if they cannot be read.
    pub(crate) fn quiet_fleet(&self) -> Option<Arc<Fleet>> {
        let gathered = now(self.sources().ok()?.gather()).ok()?.ok()?;
        Some(gathered.fleet)
    }

    /// Reads all sources, and prints their warnings.
    pub(crate) fn gather(&self) -> Result<Gathered, CliError> {
        let gathered = now(self.sources()?.gather())?.map_err(|error| self.unread(&error))?;
        report::warn(gathered.warnings());
        Ok(gathered)
    }

    /// The error of sources; a missing file is named with its flag.
    fn unread(&self, error: &InventoryError) -> CliError {
        let policy = self.policy.iter().map(|path| ("-c", path.display().to_string()));
        let inventories = self.inventory.iter().map(|spec| {
            let spec = spec.to_string();
            (
                "-i",
                spec.split_once(':').map_or(spec.clone(), |(_, path)| path.to_owned()),
            )
        });
        let mut named = policy.chain(inventories);
        let source = error.diagnostics().first().map(|problem| &*problem.source);
        match named.find(|(_, path)| source == Some(path.as_str()) && !Path::new(path).exists()) {
            Some((flag, _)) => CliError::Usage(format!("{flag} {error}")),
            None => CliError::usage(error),
        }
    }

    /// The resolvers of the sources file, if there is one.
    pub(crate) fn resolvers(&self) -> Result<Option<Resolvers>, CliError> {
        match self.sources {
            Some(_) => Ok(Some(self.named()?.resolvers)),
            None => Ok(None),
        }
    }

    fn named(&self) -> Result<SourcesFile, CliError> {
        let Some(path) = &self.sources else {
            return Ok(SourcesFile::default());
        };
        SourcesFile::read(path).map_err(|error| match path.exists() {
            true => CliError::usage(error),
            false => CliError::Usage(format!("--sources {error}")),
        })
    }

    /// Whether the policy file could be read, although the sources at these positions could not.
    pub(crate) fn has_rules_despite(&self, failed: &[usize]) -> bool {
        self.policy.is_none() || !failed.contains(&0)
    }

    /// The rules of the policy file. Rules in other sources are refused rather than ignored.
    pub(crate) fn policy(&self, gathered: &Gathered) -> Result<Policy, CliError> {
        let mut parts = gathered.listings.iter();
        let config = self.policy.is_some().then(|| parts.next()).flatten();
        for part in parts {
            if part.policy.as_ref().is_some_and(|policy| *policy != Policy::default()) {
                let name = &part.name;
                return Err(CliError::usage(format!(
                    "{name} has rules, and of a source named with -i only the hosts count; name it with -c"
                )));
            }
        }
        Ok(config.and_then(|part| part.policy.clone()).unwrap_or_default())
    }

    /// The arguments for each namespace of the policy file, if none is chosen.
    pub(crate) fn each_namespace(&self) -> Vec<Self> {
        let names = match (&self.policy, &self.namespace) {
            (Some(path), None) => PolicyFile::namespaces(path).unwrap_or_default(),
            _ => vec![],
        };
        if names.is_empty() {
            return vec![self.clone()];
        }
        let chosen = |name| Self {
            namespace: Some(name),
            ..self.clone()
        };
        names.into_iter().map(chosen).collect()
    }

    fn config(&self) -> Result<Option<Arc<dyn Inventory>>, CliError> {
        let Some(path) = &self.policy else { return Ok(None) };
        if let Some(location) = path.to_str().and_then(|text| text.strip_prefix("pogo4:")) {
            if self.namespace.is_some() {
                return Err(CliError::usage("files of Pogo 4.0 have no namespaces; leave -n out"));
            }
            return Ok(Some(Arc::new(pogo_inventory::Pogo4File::new(location))));
        }
        let file = PolicyFile::new(path);
        Ok(Some(Arc::new(match &self.namespace {
            Some(name) => file.namespace(name.as_str()),
            None => file,
        })))
    }

    fn rules(&self) -> Result<MergeRules, CliError> {
        let and = |rules: MergeRules, text: &String| rules.and(text);
        self.merge
            .iter()
            .try_fold(MergeRules::default(), and)
            .map_err(CliError::usage)
    }
}

/// The fleet, with the resolved tags of these rules and targets. Without resolvers, the plan
/// reports unknown tags with their lines.
pub(crate) fn answered(
    resolvers: Option<&Resolvers>,
    fleet: FleetBuilder,
    (policy, targets): (&Policy, &Selector),
) -> Result<FleetBuilder, CliError> {
    let queries = ResolverQueries::of(policy).and(targets);
    match resolvers {
        Some(resolvers) if !queries.is_empty() => now(resolvers.answer(&queries, fleet))?.map_err(CliError::usage),
        _ => Ok(fleet),
    }
}

/// Reads one source.
pub(crate) fn read(spec: &SourceSpec) -> Result<Gathered, CliError> {
    let gathered = now(Sources::new().with(spec.open()).gather())?.map_err(CliError::usage)?;
    report::warn(gathered.warnings());
    Ok(gathered)
}

/// Blocks on a future of sources or resolvers.
pub(crate) fn now<T>(work: impl Future<Output = T>) -> Result<T, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    Ok(runtime.map_err(CliError::broken)?.block_on(work))
}
