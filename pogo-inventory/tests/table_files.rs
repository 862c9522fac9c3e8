//! Tables of hosts in every format.
#![cfg(all(feature = "csv", feature = "json", feature = "toml"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod short_problems;

use std::path::Path;

use pogo_core::fleet::{Connection, Fleet};
use pogo_inventory::table::{Format, Mapping, TableFile};

use short_problems::short_problems;

const FORMATS: [Format; 4] = [Format::Csv, Format::Json, Format::JsonLines, Format::Toml];

fn fleet(text: &str, format: Format, mapping: &Mapping) -> Fleet {
    let read = TableFile::parse("hosts", text, format, mapping);
    read.unwrap_or_else(|error| panic!("{error}")).fleet.build().unwrap()
}

fn problems(text: &str, format: Format, mapping: &Mapping) -> Vec<String> {
    let error = TableFile::parse("hosts", text, format, mapping).unwrap_err();
    short_problems(&error)
}

fn shape(fleet: &Fleet) -> Vec<String> {
    let tags = |host| -> Vec<&str> { fleet.tags_of(host).map(|tag| fleet.tag_path(tag).as_str()).collect() };
    fleet
        .ids()
        .map(|host| format!("{} {}", fleet.name(host), tags(host).join(" ")))
        .collect()
}

#[test]
fn every_format_says_the_same() {
    let table = Mapping::named_by("hostname")
        .tag_values("site", "colo")
        .tags("roles")
        .var("identity");
    let mapping = table.clone().rows("hosts");
    let texts = [
        "hostname,site,roles,address,port,user,identity,rack\n\
         web1,east,\"frontend, cache\",10.0.0.1,2222,deploy,~/.ssh/id,r1\n\
         # a comment\n\
         'web[2-3]',west,frontend,,,,,r2\n"
            .replace('\'', ""),
        r#"{"hosts": [
            {"hostname": "web1", "site": "east", "roles": ["frontend", "cache"],
             "address": "10.0.0.1", "port": 2222, "user": "deploy", "identity": "~/.ssh/id", "rack": {"row": 1}},
            {"hostname": "web[2-3]", "site": "west", "roles": "frontend", "port": null}
        ]}"#
            .to_owned(),
        "{\"hostname\": \"web1\", \"site\": \"east\", \"roles\": [\"frontend\", \"cache\"], \"address\": \"10.0.0.1\", \
         \"port\": 2222, \"user\": \"deploy\", \"identity\": \"~/.ssh/id\"}\n\n\
         {\"hostname\": \"web[2-3]\", \"site\": \"west\", \"roles\": \"frontend\"}\n"
            .to_owned(),
        "[[hosts]]\nhostname = 'web1'\nsite = 'east'\nroles = ['frontend', 'cache']\naddress = '10.0.0.1'\n\
         port = 2222\nuser = 'deploy'\nidentity = '~/.ssh/id'\n\n[[hosts]]\nhostname = 'web[2-3]'\nsite = 'west'\n\
         roles = 'frontend'\n"
            .to_owned(),
    ];
    for (format, text) in FORMATS.into_iter().zip(&texts) {
        let flat = matches!(format, Format::Csv | Format::JsonLines);
        let fleet = fleet(text, format, if flat { &table } else { &mapping });
        let expected = [
            "web1 cache colo.east frontend",
            "web2 colo.west frontend",
            "web3 colo.west frontend",
        ];
        assert_eq!(shape(&fleet), expected, "{format:?}");
        let connection = Connection::new()
            .address("10.0.0.1")
            .port(2222)
            .user("deploy")
            .var("identity", "~/.ssh/id");
        assert_eq!(
            fleet.connection(fleet.id("web1").unwrap()),
            Some(&connection),
            "{format:?}"
        );
        assert_eq!(fleet.connection(fleet.id("web2").unwrap()), None, "{format:?}");
    }
}

#[test]
fn names_alone_and_objects_by_name_are_rows_too() {
    let mapping = Mapping::default();
    let expected = ["a x", "b "];
    let json = |text| shape(&fleet(text, Format::Json, &mapping));
    assert_eq!(json(r#"[{"name": "a", "tags": ["x"]}, "b"]"#), expected);
    assert_eq!(json(r#"{"a": {"tags": "x"}, "b": null}"#), expected);
    assert_eq!(
        shape(&fleet("[a]\ntags = ['x']\n[b]\n", Format::Toml, &mapping)),
        expected
    );
    assert_eq!(
        shape(&fleet(
            "{\"name\":\"a\",\"tags\":\"x\"}\n\"b\"\n",
            Format::JsonLines,
            &mapping
        )),
        expected
    );
    assert_eq!(shape(&fleet("name,tags\na,x\nb,\n", Format::Csv, &mapping)), expected);
}

#[test]
fn tabs_and_byte_order_marks_do_no_harm() {
    let mapping = Mapping::default();
    assert_eq!(
        shape(&fleet("[\n\t{\n\t\t\"name\": \"a\"\n\t}\n]", Format::Json, &mapping)),
        ["a "]
    );
    assert_eq!(
        shape(&fleet("\u{feff}name,tags\r\na,x\r\n", Format::Csv, &mapping)),
        ["a x"]
    );
}

#[test]
fn formats_are_known_by_their_extensions() {
    let of = |name: &str| Format::of(Path::new(name));
    assert_eq!(["a.csv", "a.json", "a.jsonl", "a.toml"].map(of), FORMATS.map(Some));
    assert_eq!(["a", "a.yaml", ".csv"].map(of), [None; 3]);
}

/// A broken table, and each of its problems.
const BROKEN: &[(Format, &str, &[&str])] = &[
    (
        Format::Csv,
        "",
        &["1:1 the file says nothing (the first line names the columns: name,tags)"],
    ),
    (
        Format::Csv,
        "host,name,host\na,b,c\n",
        &["1:1 there are two columns `host`"],
    ),
    (
        Format::Csv,
        "host,tags\nweb1,x\n",
        &["1:1 there is no column `name` (columns here: host, tags; the mapping says which column is which)"],
    ),
    (
        Format::Csv,
        "name,tags\na,x\nb,x,y\n",
        &["3:1 this row has 3 columns, but the first line names 2 (quote values that hold a `,`: \"a,b\")"],
    ),
    (
        Format::Csv,
        "name,port\nweb 1,ssh\n,1\n",
        &[
            "2:1 `1` does not belong here; join selectors with `,` or `&`",
            "2:1 `ssh` is not a port from 1 to 65535",
            "3:1 the host's name in `name` is missing",
        ],
    ),
    (Format::Json, "", &["1:1 broken JSON: EOF while parsing a value"]),
    (
        Format::Json,
        "[\n  {\"name\": \"é\",}\n]",
        &["2:16 broken JSON: key must be a string"],
    ),
    (
        Format::Json,
        r#"[{"host": "a"}]"#,
        &["1:2 this host has no field `name` with its name (found here: host; the mapping says which field is which)"],
    ),
    (
        Format::Json,
        r#"[{"name": null}, 7, {"name": "a", "tags": {"x": 1}}]"#,
        &[
            "1:11 the host's name in `name` is missing",
            "1:43 expected tags, found a map (for example `[\"frontend\", \"colo.east\"]`)",
        ],
    ),
    (
        Format::Json,
        r#"[{"name": "a", "name": "b"}]"#,
        &["1:16 the key `name` is there twice (it was first given in line 1; merge the two)"],
    ),
    (
        Format::JsonLines,
        "{\"name\": \"a\"}\n{\"name\": \"b\"\n{\"name\": \"c\", \"tags\": \"x/y\"}\n",
        &[
            "2:12 broken JSON: EOF while parsing an object",
            "3:23 `x/y` is not a tag: the tag `x/y` may only hold letters, digits, `_`, `-` and dots",
        ],
    ),
    (
        Format::Toml,
        "[a]\nb = @\nc = [\n",
        &[
            "2:5 broken TOML: string values must be quoted, expected literal string",
            "3:6 broken TOML: unclosed array, expected `]`",
        ],
    ),
    (
        Format::Toml,
        "a = 1\n",
        &["1:5 expected the fields of a host, found `1` (for example `{\"tags\": [\"frontend\"]}`)"],
    ),
];

#[test]
fn broken_tables_are_explained() {
    let mapping = Mapping::default();
    for &(format, text, expected) in BROKEN {
        assert_eq!(problems(text, format, &mapping), expected, "{format:?} {text}");
    }
}

#[test]
fn rows_stand_where_the_mapping_says() {
    let mapping = Mapping::default().rows("data.hosts");
    assert_eq!(
        shape(&fleet(r#"{"data": {"hosts": ["a"]}}"#, Format::Json, &mapping)),
        ["a "]
    );
    assert_eq!(
        problems(r#"{"data": {"host": ["a"]}}"#, Format::Json, &mapping),
        ["1:10 there is no key `hosts` here, below which the hosts should stand \
          (found here: host; the mapping says which field is which)"]
    );
    assert_eq!(
        problems("[]", Format::Json, &mapping),
        ["1:1 expected an object with the key `data`, found a list (for example `{\"data\": []}`)"]
    );
}

#[test]
fn a_host_in_two_rows_has_one_address() {
    let text = "name,address\nweb1,10.0.0.1\nweb1,10.0.0.2\n";
    assert_eq!(
        problems(text, Format::Csv, &Mapping::default()),
        ["3:1 `web1` has two values for address: `10.0.0.1` and `10.0.0.2` (the first is in hosts:2:1; take one out)"]
    );
}

mod robustness {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    const WORDS: [&str; 24] = [
        "name", "\"name\"", "tags", "\"a\"", "a", ",", ":", "{", "}", "[", "]", "[[", "]]", "=", "\n", "\"", "'", "#",
        "1", "null", "é", "\t", " ", "\\",
    ];

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(
            words in prop::collection::vec(select(&WORDS[..]), 0..30),
            format in select(&FORMATS[..]),
        ) {
            if let Err(error) = TableFile::parse("f", &words.concat(), format, &Mapping::default()) {
                prop_assert!(!error.diagnostics().is_empty());
                prop_assert!(error.diagnostics().iter().all(|problem| problem.position.is_some()));
            }
        }
    }
}

#[test]
fn a_table_without_a_header_has_the_columns_that_are_named() {
    let mapping = Mapping::named_by("host").tags("role").columns(["role", "host"]);
    let found = fleet("frontend,web1\nmysql,db1\n", Format::Csv, &mapping);
    assert_eq!(shape(&found), ["web1 frontend", "db1 mysql"]);
    let short = problems("frontend,web1,x\nmysql,db1,x\n", Format::Csv, &mapping);
    assert_eq!(short, ["1:1 this row has 3 columns, but the mapping names 2"]);
    let missing = Mapping::named_by("name").columns(["role", "host"]);
    let missing = problems("frontend,web1\n", Format::Csv, &missing);
    assert!(missing[0].starts_with("1:1 there is no column `name`"), "{missing:?}");
    let text: Mapping = serde_json::from_str(r#"{"name": "host", "columns": ["host", "tags"]}"#).unwrap();
    assert_eq!(shape(&fleet("web1,frontend\n", Format::Csv, &text)), ["web1 frontend"]);
}

#[test]
fn tables_of_spreadsheets_are_read() {
    let mapping = Mapping::named_by("name").tags("tags");
    let expected = ["web1 db web", "web2 web"];
    for text in [
        "name,tags,note\nweb1,\"web,db\",\"a;b\"\nweb2,web,\n,,\n , ,\n",
        "name;tags;note\nweb1;web,db;a\nweb2;web;1,5\n;;\n;;\n",
        "name\ttags\tnote\r\nweb1\tweb,db\ta\r\nweb2\tweb\t\r\n\t\t\r\n",
        "\u{feff}sep=;\r\nname;tags;note\r\nweb1;\"web,db\";a\r\nweb2;web;\r\n",
        "sep=|\nname|tags\nweb1|web,db\nweb2|web\n",
        "note;name;tags\n\"name,x\";web1;web,db\n;web2;web\n",
    ] {
        assert_eq!(shape(&fleet(text, Format::Csv, &mapping)), expected, "{text}");
    }
    let named = Mapping::named_by("name").tags("tags").columns(["name", "tags"]);
    assert_eq!(shape(&fleet("web1;web db\nweb2;web\n", Format::Csv, &named)), expected);
    assert_eq!(
        problems("sep=;\nname;tags\nweb1;web;x\n", Format::Csv, &mapping),
        ["3:1 this row has 3 columns, but the first line names 2 (quote values that hold a `;`: \"a;b\")"]
    );
    assert_eq!(
        problems("name;tags\n;web\n", Format::Csv, &mapping).len(),
        1,
        "a row without a name is no empty row"
    );
}
