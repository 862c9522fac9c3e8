//! A fleet is stored as a short text, and is the same when it is read.

use pogo_core::fleet::{Fleet, FleetBuilder, HostName};

#[test]
fn a_fleet_is_read_as_it_was_stored() {
    let other: HostName = "db".parse().unwrap();
    let builder = Fleet::builder()
        .tagged("web.front", "web[08-11],db")
        .hosts("x1,x2,x4,y5,z[1-2].east");
    let builder = builder.external("db", "x", [&other]).declare_tag("empty");
    let fleet = builder.host("db").port(22).var("rack", "r1").build().unwrap();
    let text = serde_json::to_string(&fleet).unwrap();
    let hosts = r#"{"hosts":["web[08-11]","db","x[1-2,4]","y5","z[1-2].east"],"#;
    assert!(text.starts_with(hosts), "{text}");
    assert_eq!(serde_json::from_str::<Fleet>(&text).unwrap(), fleet);
    assert_eq!(FleetBuilder::from(&fleet).build().unwrap(), fleet);
    // As it was written before numbers with gaps shared a bracket.
    let former = text.replace(r#""x[1-2,4]""#, r#""x[1-2]","x4""#);
    assert_ne!(former, text);
    assert_eq!(serde_json::from_str::<Fleet>(&former).unwrap(), fleet);
}

#[test]
fn a_stored_fleet_with_a_damaged_answer_of_a_resolver_is_refused() {
    let fleet =
        |hosts: &str| format!(r#"{{"hosts":["db"],"externals":[{{"resolver":"r","args":"x","hosts":["{hosts}"]}}]}}"#);
    assert!(serde_json::from_str::<Fleet>(&fleet("db")).is_ok());
    let error = serde_json::from_str::<Fleet>(&fleet("db[")).unwrap_err();
    assert!(error.to_string().contains("in the host range `db[`"), "{error}");
}
