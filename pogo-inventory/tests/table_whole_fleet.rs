//! Documents that look like hosts and are none, or hold a part of them.
#![cfg(all(feature = "json", feature = "csv"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use pogo_inventory::table::{Format, Mapping, TableFile};
use pogo_inventory::{Inventory, InventoryError, Listing};

fn read(text: &str, mapping: &Mapping) -> Result<usize, InventoryError> {
    TableFile::parse("hosts", text, Format::Json, mapping).map(|fleet| fleet.fleet.len())
}

fn refusal(text: &str, mapping: &Mapping) -> String {
    match read(text, mapping) {
        Ok(hosts) => panic!("{text} is taken for {hosts} hosts"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_row_none_of_whose_fields_the_mapping_knows_is_no_host() {
    for text in [
        r#"{"error": {"code": 401}}"#,
        r#"{"error": {"name": "Unauthorized", "status": 401}}"#,
        r#"{"hosts": {"web1": {"address": "10.0.0.1"}}}"#,
        r#"{"web1": {"address": "10.0.0.1"}, "meta": {"generated": "today"}}"#,
        // `terraform output -json`
        r#"{"web_ips": {"sensitive": false, "type": ["list", "string"], "value": ["10.0.0.1"]}}"#,
        // `terraform show -json`
        r#"{"format_version": "1.0", "values": {"root_module": {"resources": []}}}"#,
        // `ansible-inventory --list`
        r#"{"_meta": {"hostvars": {"web1": {}}}, "all": {"children": ["web"]}, "web": {"hosts": ["web1"]}}"#,
    ] {
        refusal(text, &Mapping::default());
    }
    for (text, hosts) in [
        (r#"{"web1": {"address": "10.0.0.1"}, "web2": {}, "web3": null}"#, 3),
        (r#"{"web1": {"tags": []}}"#, 1),
    ] {
        assert_eq!(read(text, &Mapping::default()).unwrap(), hosts, "{text}");
    }
    let mapping = Mapping::default().var("rack");
    assert_eq!(read(r#"{"web1": {"rack": "r1"}}"#, &mapping).unwrap(), 1);
}

#[test]
fn an_answer_that_says_that_there_are_more_is_refused() {
    let pages = [
        r#"{"count": 200, "next": "https://a/?offset=50", "previous": null, "results": ["web1"]}"#,
        r#"{"metadata": {"continue": "eyJ2", "remainingItemCount": 4}, "results": ["web1"]}"#,
        r#"{"results": ["web1"], "NextToken": "x"}"#,
        r#"{"results": ["web1"], "nextToken": "x"}"#,
        r#"{"results": ["web1"], "nextLink": "https://a/"}"#,
        r#"{"results": ["web1"], "@odata.nextLink": "https://a/"}"#,
        r#"{"results": ["web1"], "nextPageToken": "x"}"#,
        r#"{"results": ["web1"], "links": {"pages": {"next": "https://a/"}}}"#,
        r#"{"results": ["web1"], "_links": {"next": {"href": "/p2"}}}"#,
        r#"{"results": ["web1"], "meta": {"pagination": {"page": 1, "next_page": 2}}}"#,
        r#"{"results": ["web1"], "IsTruncated": true}"#,
        r#"{"results": ["web1"], "pageInfo": {"hasNextPage": true}}"#,
        r#"{"total": 50, "subtotal": 50, "page": 1, "per_page": 1, "results": ["web1"]}"#,
        r#"{"startAt": 0, "maxResults": 1, "total": 7, "results": ["web1"]}"#,
        r#"{"current_page": 1, "last_page": 3, "results": ["web1"]}"#,
        r#"{"total_pages": 3, "page": 2, "results": {"web1": {}}}"#,
    ];
    for text in pages {
        let found = refusal(text, &Mapping::default().rows("results"));
        assert!(
            found.contains("more hosts than these") && found.contains("`command`"),
            "{text}: {found}"
        );
        // Wherever on the way it says so.
        let nested = format!(r#"{{"data": {text}}}"#);
        refusal(&nested, &Mapping::default().rows("data.results"));
    }
}

#[test]
fn the_last_page_and_a_whole_answer_are_read() {
    for text in [
        r#"{"count": 1, "next": null, "results": ["web1"]}"#,
        r#"{"metadata": {"resourceVersion": "7", "continue": ""}, "results": ["web1"]}"#,
        r#"{"results": ["web1"], "NextToken": null, "IsTruncated": false}"#,
        r#"{"results": ["web1"], "_links": {"next": null, "self": {"href": "/"}}}"#,
        r#"{"total": 1, "subtotal": 1, "page": 1, "per_page": 20, "results": ["web1"]}"#,
        r#"{"total": 900, "results": ["web1"]}"#,
        r#"{"current_page": 1, "last_page": 1, "results": ["web1"]}"#,
        r#"{"results": [{"name": "web1", "next": "x"}]}"#,
    ] {
        assert_eq!(read(text, &Mapping::default().rows("results")).unwrap(), 1, "{text}");
    }
    let nested = r#"{"total": 2, "limit": 5, "data": {"hosts": ["web1", "web2"]}}"#;
    assert_eq!(read(nested, &Mapping::default().rows("data.hosts")).unwrap(), 2);
    // Without rows below a key, it is a host's name.
    assert_eq!(
        read(r#"{"next": {"address": "10.0.0.1"}}"#, &Mapping::default()).unwrap(),
        1
    );
}

fn listing(text: &str, format: Format, mapping: Mapping) -> Listing {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hosts");
    std::fs::write(&path, text).unwrap();
    futures::executor::block_on(TableFile::new(path, format, mapping).load()).unwrap()
}

#[test]
fn a_row_without_a_name_is_left_out_with_a_warning_at_its_place() {
    let json = "[{\"id\": \"i-1\", \"name\": \"web1\"},\n {\"id\": \"i-2\"},\n {\"id\": \"i-3\", \"name\": \"\"}]";
    let csv = "id,name\ni-1,web1\ni-2,\ni-3,\n";
    for (text, format, positions) in [
        (json, Format::Json, [(2, 2), (3, 24)]),
        (csv, Format::Csv, [(3, 1), (4, 1)]),
    ] {
        let found = listing(text, format, Mapping::default());
        assert_eq!(found.fleet.len(), 1);
        let found: Vec<(u32, u32)> = found
            .warnings
            .iter()
            .filter_map(|one| Some((one.position?.line, one.position?.column)))
            .collect();
        assert_eq!(found, positions, "{text}");
        let all = listing(text, format, Mapping::default().or_named_by("id"));
        assert_eq!((all.fleet.len(), all.warnings.len()), (3, 0));
    }
    // Where nobody has a name, the mapping is wrong.
    let none = refusal(r#"[{"id": "i-1"}, {"id": "i-2"}]"#, &Mapping::default());
    assert_eq!(none.matches("this host has no field `name`").count(), 2, "{none}");
    let mapping: Mapping = serde_json::from_str(r#"{"name": "label", "name_fallback": ["id"]}"#).unwrap();
    assert_eq!(read(r#"[{"id": "i-1"}]"#, &mapping).unwrap(), 1);
}
