//! The cases.

use std::collections::BTreeSet;

use super::super::case::{Case, EarlyEnd, fail, hold, same, skip};
use super::InventoryFixture;
use crate::fleet::{Fleet, FleetBuilder};
use crate::inventory::{Diagnostic, Inventory, InventoryError};

async fn load(inventory: &dyn Inventory) -> Result<FleetBuilder, EarlyEnd> {
    match inventory.load().await {
        Ok(listing) => Ok(listing.fleet),
        Err(error) => fail(format_args!("a source that is in order gives an error: {error}")),
    }
}

fn build(loaded: FleetBuilder) -> Result<Fleet, EarlyEnd> {
    match loaded.build() {
        Ok(fleet) => Ok(fleet),
        Err(error) => fail(format_args!("what it loads is no fleet: {error}")),
    }
}

pub(super) async fn it_has_a_name_for_messages(fixture: InventoryFixture) -> Case {
    let name = fixture.inventory.name();
    hold(
        !name.trim().is_empty() && !name.contains(char::is_control),
        format_args!("its name is {name:?}, which cannot stand in a message"),
    )?;
    same("its name, asked again,", &fixture.inventory.name(), &name)
}

pub(super) async fn what_it_loads_is_a_fleet(fixture: InventoryFixture) -> Case {
    build(load(&*fixture.inventory).await?).map(drop)
}

pub(super) async fn all_of_it_is_loaded(fixture: InventoryFixture) -> Case {
    let Some(wanted) = fixture.hosts else {
        return skip("the fixture does not say which hosts there are");
    };
    let fleet = build(load(&*fixture.inventory).await?)?;
    let loaded: BTreeSet<String> = fleet.ids().map(|host| fleet.name(host).to_string()).collect();
    same("the hosts", &loaded, &wanted.into_iter().collect())
}

pub(super) async fn every_load_gives_the_same(fixture: InventoryFixture) -> Case {
    let first = load(&*fixture.inventory).await?;
    let second = load(&*fixture.inventory).await?;
    hold(
        first == second,
        "two loads of the same source differ, in hosts, tags, settings or their order",
    )
}

pub(super) async fn loads_at_once_do_not_disturb_each_other(fixture: InventoryFixture) -> Case {
    let inventory = &*fixture.inventory;
    let alone = load(inventory).await?;
    let (one, two, three) = futures::join!(load(inventory), load(inventory), load(inventory));
    hold(
        one? == alone && two? == alone && three? == alone,
        "loads at the same time differ from one alone",
    )
}

pub(super) async fn a_fleet_that_was_loaded_can_be_stored(fixture: InventoryFixture) -> Case {
    let fleet = build(load(&*fixture.inventory).await?)?;
    let stored = serde_json::to_string(&fleet).map_err(|error| EarlyEnd::Fail(error.to_string()))?;
    let read: Fleet = match serde_json::from_str(&stored) {
        Ok(read) => read,
        Err(error) => return fail(format_args!("the stored fleet cannot be read again: {error}")),
    };
    hold(read == fleet, "the stored fleet is another when it is read again")
}

pub(super) async fn a_change_is_seen_by_the_next_load(fixture: InventoryFixture) -> Case {
    let Some(change) = &fixture.change else {
        return skip("the fixture cannot change its source");
    };
    let before = load(&*fixture.inventory).await?;
    change();
    let after = load(&*fixture.inventory).await?;
    hold(
        // Only that it differs: the fixture changes the source as it likes.
        before != after,
        "the source has changed, and the next load gives what it gave before",
    )
}

pub(super) async fn a_source_out_of_reach_is_unavailable(fixture: InventoryFixture) -> Case {
    let Some(gone) = &fixture.unavailable else {
        return skip("the fixture has no source out of reach");
    };
    match gone.load().await {
        Err(InventoryError::Unavailable(problem)) => names(&gone.name(), &problem),
        Err(other) => fail(format_args!("a source out of reach is reported as invalid: {other}")),
        Ok(listing) => fail(format_args!(
            "a source out of reach gives {} hosts",
            listing.fleet.len()
        )),
    }
}

pub(super) async fn a_source_without_sense_is_invalid(fixture: InventoryFixture) -> Case {
    let Some(odd) = &fixture.invalid else {
        return skip("the fixture has no invalid source");
    };
    match odd.load().await {
        Err(InventoryError::Invalid(problems)) => {
            let Some(first) = problems.first() else {
                return fail("the error lists no problem");
            };
            names(&odd.name(), first)
        }
        Err(other) => fail(format_args!(
            "a source that is invalid is reported as out of reach: {other}"
        )),
        Ok(listing) => fail(format_args!("an invalid source gives {} hosts", listing.fleet.len())),
    }
}

fn names(name: &str, problem: &Diagnostic) -> Case {
    // With several sources, nobody would know which one to mend.
    same("the name of the source in the error", &&*problem.source, &name)?;
    hold(
        !problem.message.trim().is_empty(),
        "the error says nothing of what was seen",
    )
}

pub(super) async fn no_secret_is_shown(fixture: InventoryFixture) -> Case {
    let Some(secret) = &fixture.secret else {
        return skip("the fixture has no secret");
    };
    // Those that fail above all: messages of errors quote addresses and commands.
    let all = [
        Some(&fixture.inventory),
        fixture.unavailable.as_ref(),
        fixture.invalid.as_ref(),
    ];
    for inventory in all.into_iter().flatten() {
        hold(!inventory.name().contains(secret), "its name holds the secret")?;
        let shown = match inventory.load().await {
            Ok(listing) => format!("{:?}", listing.warnings),
            Err(error) => format!("{error} {error:?}"),
        };
        hold(!shown.contains(secret), "a warning or an error holds the secret")?;
    }
    Ok(())
}
