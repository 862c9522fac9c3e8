//! The README lists what there is.

use pogo_web::routes;

#[test]
fn the_readme_lists_every_route() {
    let readme = include_str!("../../README.md");
    for route in routes() {
        let row = format!(
            "| `{} {}",
            route.method,
            route.path.replace("/v1/namespaces/{namespace}", "…")
        );
        assert!(readme.contains(&row), "the README of pogo-web has no row {row}");
    }
}
