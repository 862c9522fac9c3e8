//! The timeline as an HTML page.

use super::data::TimelineData;
use super::heading::heading;
use super::rows::Layout;
use super::sheet::SvgTarget;
use super::{style, svg};
use crate::markup::Markup;

const PAGE_STYLE: &str = "\
:root{color-scheme:light dark}body{margin:0;background:#fff}svg.pogo{display:block;width:100%;max-width:1400px;height:auto;margin:0 auto}
.bar,.trail,.chart,.mark{outline:none}.bar:hover,.trail:hover{filter:brightness(1.12)}.band:hover{filter:none}.bar:focus-visible>*{stroke:currentColor;stroke-width:1}
.wait{outline:none}.wait:hover rect,.wait:focus-visible rect{fill:#cfd8e0}.band[data-hosts]{cursor:pointer}.opened text{font-size:9px}.opened rect.lane{fill-opacity:.6}
#blocked{box-sizing:border-box;max-width:1400px;margin:0 auto;padding:12px 16px;border-left:5px solid #b26b00;background:#fff6e5;color:#1f2933;font:13px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;overflow-wrap:anywhere}
#blocked h2{margin:0;font-size:15px}#blocked ul,#orders ul{margin:4px 0 0;padding-left:18px}
#orders{box-sizing:border-box;max-width:1400px;margin:0 auto;padding:8px 16px;color:#1f2933;font:13px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;overflow-wrap:anywhere}
.cursor{stroke:#66727f;stroke-width:.8;fill:none;pointer-events:none}
#tip{position:fixed;z-index:1;max-width:440px;padding:8px 11px;border-radius:6px;background:#1f2933;color:#f4f6f8;font:12px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;box-shadow:0 3px 14px rgba(0,0,0,.3);pointer-events:none;overflow-wrap:anywhere}
#tip[hidden]{display:none}#tip strong{display:block}#tip div:last-child{color:#aab6c2}
@media (prefers-color-scheme:dark){body{background:#10151b}.wait:hover rect,.wait:focus-visible rect{fill:#3a4653}#blocked{background:#2b2110;color:#f1e4cf;border-color:#ffb347}#orders{color:#d5dbe1}#tip{background:#e4e9ee;color:#10151b}#tip div:last-child{color:#55616d}}
";

/// Replaces SVG's tooltips by ones that appear at once and show the time under the pointer, and opens bands into
/// their hosts. It leaves the number of bars in the page for tests.
const SCRIPT: &str = include_str!("page.js");
/// Allows a browser to run this script and no other.
const ALLOWED: &str = "\
default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-4hWNCMVlRngDfNlSXVVdACCGoJT0YcmKjW7n23f9Uhs='";

pub(super) fn page(data: &TimelineData, layout: &Layout) -> String {
    let mut page = Markup::default();
    page.constant("<!DOCTYPE html>\n");
    page.element("html").attr("lang", "en").begin();
    page.element("head").begin();
    page.element("meta").attr("charset", "utf-8").empty();
    let policy = page.element("meta").attr("http-equiv", "Content-Security-Policy");
    policy.attr("content", ALLOWED).empty();
    let viewport = page.element("meta").attr("name", "viewport");
    viewport.attr("content", "width=device-width, initial-scale=1").empty();
    page.element("title").text(heading(data));
    page.constant("<style>\n");
    page.constant(style::SHEET);
    page.constant(PAGE_STYLE);
    page.constant("</style>\n");
    page.end();
    page.element("body").begin();
    blocked(&mut page, &data.waits.blocked);
    orders(&mut page, &data.orders);
    page.raw(&svg::draw(data, layout, SvgTarget::Page));
    page.element("div")
        .attr("id", "tip")
        .attr("role", "status")
        .attr("hidden", "hidden")
        .text("");
    page.constant("<script>");
    // Inline, so that the page is one file that can be mailed. A browser runs it only while its
    // hash above is right.
    page.constant(SCRIPT);
    page.constant("</script>\n");
    page.finish()
}

/// Lists what blocks the job.
fn blocked(page: &mut Markup, sentences: &[String]) {
    if sentences.is_empty() {
        return;
    }
    page.element("section").attr("id", "blocked").begin();
    page.element("h2").text("\u{25b2} Blocked");
    page.element("ul").begin();
    sentences.iter().for_each(|sentence| page.element("li").text(sentence));
    page.end();
    page.end();
}

/// Lists who ordered what.
fn orders(page: &mut Markup, orders: &[String]) {
    if orders.is_empty() {
        return;
    }
    page.element("section").attr("id", "orders").begin();
    page.element("ul").begin();
    orders.iter().for_each(|order| page.element("li").text(order));
    page.end();
    page.end();
}
