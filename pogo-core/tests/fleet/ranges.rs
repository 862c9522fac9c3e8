//! Host ranges: what they name, how they print, and what is refused.

use pogo_core::fleet::{Fleet, HostName, HostRange, Selector};

fn expanded(range: &str) -> Vec<String> {
    range.parse::<HostRange>().unwrap().expand().collect()
}

fn refusal(range: &str) -> String {
    range.parse::<HostRange>().unwrap_err().to_string()
}

#[test]
fn the_leftmost_part_varies_fastest() {
    assert_eq!(expanded("a[1-2]b{x,y}"), ["a1bx", "a2bx", "a1by", "a2by"]);
    assert_eq!(expanded("web{east}"), ["webeast"]);
}

#[test]
fn a_range_of_one_number_prints_as_that_number() {
    assert_eq!("web[1-1,3-4]".parse::<HostRange>().unwrap().to_string(), "web[1,3-4]");
}

#[test]
fn a_leading_zero_asks_for_padding() {
    assert_eq!(expanded("w[08-10]"), ["w08", "w09", "w10"]);
    assert_eq!(expanded("w[0-1]"), ["w0", "w1"]);
}

#[test]
fn the_largest_range_is_accepted_and_one_more_refused() {
    let most = HostRange::MAX_HOSTS;
    assert_eq!(format!("h[1-{most}]").parse::<HostRange>().unwrap().count(), most);
    assert!(refusal(&format!("h[0-{most}]")).contains("the most is"));
}

#[test]
fn a_number_may_be_as_long_as_a_name_and_no_longer() {
    let digits = |count: usize| format!("[{}1]", "0".repeat(count - 1));
    assert!(digits(HostName::MAX_LEN).parse::<HostRange>().is_ok());
    for too_long in [HostName::MAX_LEN + 1, HostName::MAX_LEN + 2] {
        assert!(refusal(&digits(too_long)).contains("longer than a host name"));
    }
}

#[test]
fn only_digits_are_numbers() {
    for odd in ["w[+5]", "w[]", "w[1-]", "w[a]"] {
        assert!(refusal(odd).contains("is no number or range of numbers"), "{odd}");
    }
    assert!(refusal("w{}").contains("these braces are empty"));
}

#[test]
fn names_of_many_groups_side_by_side_do_not_nest() {
    let wide = vec!["(a)"; 5_000].join(",");
    assert!(wide.parse::<Selector>().is_ok());
    let deep = format!("{}a{}", "(".repeat(5_000), ")".repeat(5_000));
    assert!(
        deep.parse::<Selector>()
            .unwrap_err()
            .to_string()
            .contains("nests too deeply")
    );
}

#[test]
fn a_star_takes_as_much_as_it_must() {
    let fleet = Fleet::builder().hosts("abbbc,abbbd,ac,xc").build().unwrap();
    let named = |selector: &str| {
        let hosts = fleet.resolve(&selector.parse().unwrap()).unwrap();
        let names: Vec<&str> = hosts.iter().map(|&host| fleet.name(host).as_str()).collect();
        names.join(" ")
    };
    assert_eq!(named("a*c"), "abbbc ac");
    assert_eq!(named("a*b?"), "abbbc abbbd");
    assert_eq!(named("*c*"), "abbbc ac xc");
}

/// A list of hosts in no order is stored as such a bracket: going through its items for each name took the square of
/// them.
#[test]
fn a_bracket_of_very_many_numbers_is_expanded_in_one_pass() {
    let numbers: Vec<String> = (0..200_000_u32).map(|at| (at * 3 % 600_001).to_string()).collect();
    let range: HostRange = format!("h[{}].{{east,west}}", numbers.join(",")).parse().unwrap();
    let names: Vec<String> = range.expand().collect();
    assert_eq!(names.len(), 400_000);
    let east = numbers.iter().map(|number| format!("h{number}.east"));
    let west = numbers.iter().map(|number| format!("h{number}.west"));
    assert!(names.into_iter().eq(east.chain(west)));
}
