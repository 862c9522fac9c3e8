//! Kubernetes, Consul and a cloud: replies in the form that their programs and services give, and the mapping for each.
#![cfg(all(feature = "json", feature = "command"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use pogo_core::fleet::Fleet;
use pogo_inventory::table::{Format, Mapping, TableFile};

fn fleet(name: &str, reply: &str, mapping: &Mapping) -> Fleet {
    let read = TableFile::parse(name, reply, Format::Json, mapping);
    read.unwrap_or_else(|error| panic!("{error}")).fleet.build().unwrap()
}

/// Each host with its address and tags.
fn picture(fleet: &Fleet) -> Vec<String> {
    let line = |host| {
        let address = fleet.connection(host).and_then(|connection| connection.address.clone());
        let mut tags: Vec<String> = fleet.tags_of(host).map(|tag| fleet.tag_path(tag).to_string()).collect();
        tags.sort();
        format!(
            "{} {} {}",
            fleet.name(host),
            address.unwrap_or_default(),
            tags.join(" ")
        )
    };
    fleet.ids().map(line).collect()
}

#[test]
fn nodes_of_kubernetes() {
    let mapping = Mapping::named_by("metadata.name")
        .rows("items")
        .address("status.addresses[type=InternalIP].address")
        .tag_values("metadata.labels.topology.kubernetes.io/zone", "zone")
        .tag_values("metadata.labels.kubernetes.io/arch", "arch")
        .tag_if(
            "metadata.labels.node-role.kubernetes.io/control-plane",
            "role.control-plane",
        )
        .tag_if("metadata.labels.node-role.kubernetes.io/worker", "role.worker");
    let fleet = fleet("kubectl", include_str!("replies/kubectl-get-nodes.json"), &mapping);
    assert_eq!(
        picture(&fleet),
        [
            "ip-10-0-1-11.eu-central-1.compute.internal 10.0.1.11 arch.amd64 role.control-plane zone.eu-central-1a",
            "ip-10-0-2-7.eu-central-1.compute.internal 10.0.2.7 arch.arm64 role.worker zone.eu-central-1b",
        ]
    );
}

#[test]
fn nodes_of_consul() {
    let mapping = Mapping::named_by("Node")
        .address("Address")
        .tag_values("Datacenter", "dc")
        .tag_values("Meta.role", "role")
        .optional();
    let fleet = fleet("consul", include_str!("replies/consul-catalog-nodes.json"), &mapping);
    assert_eq!(
        picture(&fleet),
        [
            "web1 10.1.10.12 dc.dc1 role.frontend",
            "db1 10.1.10.11 dc.dc1 role.mysql",
            "spare1 10.1.10.13 dc.dc1",
        ]
    );
}

#[test]
fn instances_of_a_cloud() {
    let mapping = Mapping::named_by("Tags[Key=Name].Value")
        .rows("Reservations.Instances")
        .address("PrivateIpAddress")
        .tag_values("Placement.AvailabilityZone", "zone")
        .tag_values("Tags[Key=Role].Value", "role")
        .optional();
    let fleet = fleet("aws", include_str!("replies/aws-describe-instances.json"), &mapping);
    assert_eq!(
        picture(&fleet),
        [
            "web1 10.0.0.157 role.frontend zone.us-east-1a",
            "web2 10.0.1.158 role.frontend zone.us-east-1b",
            "db1 10.0.0.9 zone.us-east-1a",
        ]
    );
}

#[test]
fn what_a_reply_lacks_is_named() {
    let reply = include_str!("replies/aws-describe-instances.json");
    let parse = |mapping: &Mapping| {
        TableFile::parse("aws", reply, Format::Json, mapping)
            .unwrap_err()
            .to_string()
    };
    let found = parse(&Mapping::named_by("Tags[Key=Name].Value").rows("Reservations.Machines"));
    assert!(found.starts_with("aws:3:9: there is no key `Machines` here"), "{found}");
    let found = parse(&Mapping::named_by("Tags[Key=Nom].Value").rows("Reservations.Instances"));
    assert!(
        found.starts_with("aws:8:17: this host has no field `Tags[Key=Nom].Value` with its name"),
        "{found}"
    );
    let mapping = Mapping::named_by("InstanceId").rows("Reservations.Instances");
    let found = parse(&mapping.tag_values("Tags[Key=Role].Value", "role"));
    assert!(
        found.contains("the host `i-0598c7d356eba48d9` has no field `Tags[Key=Role].Value`"),
        "{found}"
    );
}
