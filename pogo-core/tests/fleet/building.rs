//! A fleet says what its builder was given.

use pogo_core::fleet::{Connection, Fleet, FleetBuilder, FleetError, HostId, HostName, TagPath};

fn name(name: &str) -> HostName {
    name.parse().unwrap()
}

fn refused(builder: FleetBuilder) -> String {
    builder.build().unwrap_err().to_string()
}

/// The host's connection.
fn of(fleet: &Fleet, host: &str) -> Connection {
    fleet.connection(fleet.id(host).unwrap()).cloned().unwrap_or_default()
}

fn resolved(fleet: &Fleet, selector: &str) -> Vec<String> {
    let hosts = fleet.resolve(&selector.parse().unwrap()).unwrap();
    hosts.iter().map(|&host| fleet.name(host).to_string()).collect()
}

#[test]
fn settings_belong_to_the_host_before_them() {
    let builder = Fleet::builder().host("a").address("10.0.0.1").port(2201).user("joe");
    let fleet = builder.var("rack", "r1").host("b").var("rack", "r2").build().unwrap();
    let first = of(&fleet, "a");
    assert_eq!(first.address.as_deref(), Some("10.0.0.1"));
    assert_eq!((first.port, first.user.as_deref()), (Some(2201), Some("joe")));
    assert_eq!(first.vars["rack"], "r1");
    assert_eq!(of(&fleet, "b").vars["rack"], "r2");
}

#[test]
fn two_values_of_one_setting_are_refused_and_one_twice_is_not() {
    let builder = Fleet::builder().host("a").var("rack", "r1").port(22);
    assert!(builder.clone().host("a").var("rack", "r1").port(22).build().is_ok());
    let says = "host `a` has two values for rack: `r1` and `r2`; take one out";
    assert_eq!(refused(builder.clone().var("rack", "r2")), says);
    let says = "host `a` has two values for port: `22` and `23`; take one out";
    assert_eq!(refused(builder.port(23)), says);
}

#[test]
fn what_comes_before_any_host_is_refused() {
    for builder in [
        Fleet::builder().var("rack", "r1"),
        Fleet::builder().user("joe"),
        Fleet::builder().tag("web"),
    ] {
        assert_eq!(builder.build(), Err(FleetError::NoHost));
    }
}

#[test]
fn only_the_first_mistake_is_told() {
    let says = refused(Fleet::builder().host("a b").var("rack", "r1").tag("web"));
    assert!(says.contains("`a b`"), "{says}");
}

#[test]
fn names_and_ranges_can_be_listed_and_nothing_else() {
    let fleet = Fleet::builder().hosts("a,b[1-2]").build().unwrap();
    assert_eq!(resolved(&fleet, "*"), ["a", "b1", "b2"]);
    assert!(refused(Fleet::builder().hosts("a,$web")).contains("only host names and ranges"));
    assert!(refused(Fleet::builder().hosts("a,b*")).contains("`b*` has wildcards"));
}

#[test]
fn hosts_that_are_only_named_in_targets_are_added() {
    let targets = "new[1-2],($web&!old)".parse().unwrap();
    let fleet = Fleet::builder().tagged("web", "a").unlisted(&targets).build().unwrap();
    // A slip in what is left out would let a host run that was to be spared.
    assert_eq!(resolved(&fleet, "*"), ["a", "new1", "new2"]);
}

#[test]
fn a_fleet_of_nobody_is_empty() {
    assert!(Fleet::builder().build().unwrap().is_empty());
    assert!(!Fleet::builder().hosts("a").build().unwrap().is_empty());
}

#[test]
fn a_builder_knows_what_it_was_told() {
    let mut builder = Fleet::builder();
    assert!(builder.is_empty());
    assert_eq!(builder.len(), 0);
    assert_eq!(builder.insert(name("a")), Some(HostId::new(0)));
    assert_eq!(builder.insert(name("b")), Some(HostId::new(1)));
    assert_eq!(builder.insert(name("a")), Some(HostId::new(0)));
    assert_eq!((builder.len(), builder.is_empty()), (2, false));
    assert_eq!((builder.contains("b"), builder.contains("c")), (true, false));
}

#[test]
fn only_hosts_of_the_builder_can_carry_and_be_connected() {
    let (web, at): (TagPath, _) = ("web".parse().unwrap(), Connection::default);
    let mut builder = Fleet::builder();
    let host = builder.insert(name("a")).unwrap();
    builder.add_tag(&web, [host, HostId::new(1)]);
    builder.add_tag(&web, [HostId::new(1)]);
    builder.connect(host, at().port(22));
    builder.connect(host, at().user("joe"));
    builder.connect(HostId::new(1), at().port(23));
    let fleet = builder.build().unwrap();
    assert_eq!(resolved(&fleet, "$web"), ["a"]);
    let connection = of(&fleet, "a");
    assert_eq!((connection.port, connection.user.as_deref()), (Some(22), Some("joe")));
}

#[test]
fn connecting_one_host_does_not_turn_to_it() {
    let mut builder = Fleet::builder().host("a").port(22).host("b");
    builder.connect(HostId::new(0), Connection::new().user("joe"));
    let fleet = builder.tag("web").build().unwrap();
    assert_eq!(resolved(&fleet, "$web"), ["b"]);
}

#[test]
fn what_is_merged_comes_behind_with_all_that_is_known_of_it() {
    let first = Fleet::builder().tagged("web", "b").external("db", "x", [&name("b")]);
    let second = Fleet::builder()
        .tagged("web", "a,b")
        .tagged("new", "c")
        .host("c")
        .port(22);
    let second = second
        .external("db", "x", [&name("c")])
        .external("db", "y", [&name("a")]);
    let fleet = first.clone().merge(second).build().unwrap();
    assert_eq!(resolved(&fleet, "*"), ["b", "a", "c"]);
    assert_eq!(resolved(&fleet, "$web"), ["b", "a"]);
    assert_eq!(resolved(&fleet, "$new"), ["c"]);
    assert_eq!(resolved(&fleet, "$db(x)"), ["b", "c"]);
    assert_eq!(resolved(&fleet, "$db(y)"), ["a"]);
    assert_eq!(of(&fleet, "c").port, Some(22));
    assert!(first.merge(Fleet::builder().host("a b")).build().is_err());
}

#[test]
fn names_sort_by_their_numbers_where_they_do_not_fold() {
    let names = [name("web10-y"), name("web2-x"), name("db")];
    assert_eq!(pogo_core::fleet::fold(&names).to_string(), "db,web2-x,web10-y");
}

#[test]
fn the_largest_number_folds() {
    let names = [name("a18446744073709551614"), name("a18446744073709551615")];
    let folded = "a[18446744073709551614-18446744073709551615]";
    assert_eq!(pogo_core::fleet::fold(&names).to_string(), folded);
}

#[test]
fn saying_nothing_of_how_a_host_is_reached_is_saying_nothing() {
    let mut builder = Fleet::builder().hosts("a,b");
    let a = builder.find("a").unwrap();
    builder.connect(a, Connection::default());
    assert_eq!(builder.name(a).map(HostName::as_str), Some("a"));
    assert_eq!(
        (builder.known_connection(a), builder.name(HostId::new(9))),
        (None, None)
    );
    let at = |port| Connection::new().port(port);
    builder.connect(HostId::new(9), at(22));
    assert_eq!(builder.clone().build(), Fleet::builder().hosts("a,b").build());
    builder.connect(a, at(22));
    assert_eq!(builder.known_connection(a), Some(&at(22)));
    assert_eq!(of(&builder.clone().build().unwrap(), "a"), at(22));
    let mut other = Fleet::builder().hosts("a,b");
    other.connect(a, at(23));
    assert_ne!(builder.build(), other.build());
}
