//! `pogo demo`: a rollout over servers in this process, which needs no preparation.

use std::sync::Arc;
use std::time::Duration;

use pogo_core::fleet::FleetBuilder;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_inventory::PolicyFile;
use pogo_ssh::loopback::{Fault, LoopbackFleet};

use super::dispatch::{Operator, dispatch};
use crate::cli::{DemoArgs, LogFormat, Verbosity};
use crate::exit::{CliError, Exit};

const POLICY: &str = "\
tag:
  cache: [\"cache[1-4]\"]
  front:
    east: [\"front[01-12]\"]
    west: [\"front[13-24]\"]
sequence:
  - $cache
  - $front
constraint:
  $cache: { max_parallel: 1 }
  $front: { max_parallel: 25% }
";

const COMMAND: &str = "sleep 0.5; echo \"$POGO_HOST restarted, pid $$\"";
const FAILING: &str = "front07";
/// No command of the demo takes longer.
const STOP_GRACE: Duration = Duration::from_secs(5);

pub(crate) fn demo(args: &DemoArgs) -> Result<Exit, CliError> {
    let runtime = tokio::runtime::Runtime::new().map_err(CliError::broken)?;
    runtime.block_on(async {
        let (listed, policy) = PolicyFile::parse("demo.yaml", POLICY)
            .map_err(CliError::usage)?
            .into_parts();
        let names = listed.clone().build().map_err(CliError::usage)?;
        let servers = LoopbackFleet::start(names.ids().map(|host| names.name(host).clone()))
            .await
            .map_err(CliError::broken)?;
        servers.inject(FAILING, Fault::FailWith(3)).map_err(CliError::broken)?;

        let screen = Arc::new(super::screen::screen(args.format, args.events.as_deref())?);
        if args.format == LogFormat::Text && !Verbosity::chosen().quiet {
            screen.say(&format!(
                "{} SSH servers are up inside this process, under this policy:\n",
                names.len()
            ));
            screen.say(&POLICY.lines().map(|line| format!("    {line}\n")).collect::<String>());
            screen.say(&format!("running on all of them: {COMMAND}\n"));
        }
        let fleet = connected(listed, &servers)?.build().map_err(CliError::usage)?;
        let spec = JobSpec::new("*".parse().map_err(CliError::broken)?, RemoteCommand::shell(COMMAND))
            .pre_hooks(LoopbackFleet::PRE_HOOKS.to_owned())
            .post_hooks(LoopbackFleet::POST_HOOKS.to_owned());
        let transport = servers.transport().build().map_err(CliError::broken)?;
        let namespace = (Arc::new(fleet), Arc::new(policy));
        let operator = Operator {
            screen: Arc::clone(&screen),
            terminal: Arc::default(),
            follow: None,
            resolvers: None,
            reason: None,
            down: vec![],
            stop_grace: STOP_GRACE,
        };
        let exit = dispatch(namespace, spec, Arc::new(transport), operator).await?;
        if args.format == LogFormat::Text {
            screen.say(&format!(
                "\n{FAILING} was made to fail, so this demo ends with exit code {}.",
                exit.code()
            ));
        }
        Ok(exit)
    })
}

/// Sets the addresses of the servers in a fleet.
fn connected(mut fleet: FleetBuilder, servers: &LoopbackFleet) -> Result<FleetBuilder, CliError> {
    for server in servers.hosts() {
        fleet = fleet.host(server.name().as_str()).connection(&server.connection());
    }
    Ok(fleet)
}
