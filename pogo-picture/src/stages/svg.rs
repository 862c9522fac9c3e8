//! The graph as SVG.

use petgraph::visit::EdgeRef;

use super::graph::{Edge, Node, Stages};
use super::layers::{BoxPosition, positions};
use crate::markup::{Markup, Px, shorten};
use crate::timeline::STYLE;

const WIDTH: f64 = 210.0;
const HEIGHT: f64 = 62.0;
/// Space between two boxes of a lane, for the arrow.
const BETWEEN: f64 = 64.0;
const LANE: f64 = HEIGHT + 44.0;
const EDGE: f64 = 20.0;
const TOP: f64 = 76.0;
/// More sequences than this are not drawn.
const LANES: usize = 60;
/// Names in tooltips are cut after so many characters.
const NAMES: usize = 1_000;

const ARROW_HEADS: &str = "\
<defs><marker id=\"pogo-tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\"><path class=\"tip-arrow\" d=\"M0 0 8 4 0 8z\"/></marker>
<marker id=\"pogo-tip-across\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\"><path class=\"tip-across\" d=\"M0 0 8 4 0 8z\"/></marker></defs>
";

pub(super) fn draw(stages: &Stages) -> String {
    let (positions, lanes) = positions(stages);
    let layers = positions.iter().map(|position| position.layer + 1).max().unwrap_or(1);
    let shown = lanes.len().min(LANES);
    let width = (EDGE * 2.0 + count(layers) * (WIDTH + BETWEEN) - BETWEEN).max(640.0);
    let height = TOP + count(shown) * LANE + if lanes.len() > shown { 30.0 } else { 4.0 };
    let mut svg = Markup::default();
    svg.element("svg")
        .attr("xmlns", "http://www.w3.org/2000/svg")
        .class("pogo")
        .attr("viewBox", format_args!("0 0 {} {}", Px(width), Px(height)))
        .size(width, height)
        .begin();
    svg.title("Stages, and which wait for which");
    svg.constant("<style>\n");
    svg.constant(STYLE);
    svg.constant("</style>\n");
    svg.constant(ARROW_HEADS);
    svg.element("rect").class("paper").size(width, height).empty();
    heading(&mut svg, stages);
    // Arrows before boxes: what is drawn later covers what is below it.
    edges(&mut svg, stages, &positions);
    boxes(&mut svg, stages, &positions, &lanes);
    svg.finish()
}

/// The lanes by name, and the stages in them.
fn boxes(svg: &mut Markup, stages: &Stages, positions: &[BoxPosition], lanes: &[Option<String>]) {
    for (lane, name) in lanes.iter().take(LANES).enumerate() {
        let text = svg
            .element("text")
            .class("dim")
            .at(EDGE, TOP + count(lane) * LANE + 4.0);
        text.text(shorten(name.as_deref().unwrap_or("hosts in no sequence"), 90));
    }
    for (node, &position) in stages
        .node_weights()
        .zip(positions)
        .filter(|(_, position)| position.lane < LANES)
    {
        stage(svg, node, position);
    }
    if lanes.len() > LANES {
        let text = svg
            .element("text")
            .class("dim")
            .at(EDGE, TOP + count(LANES) * LANE + 16.0);
        text.text(format_args!("and {} more sequences", lanes.len() - LANES));
    }
}

fn heading(svg: &mut Markup, stages: &Stages) {
    svg.element("text")
        .class("head")
        .at(EDGE, 30.0)
        .text("Stages, and which wait for which");
    let mut kinds = stages.edge_weights();
    let about = if kinds.any(|edge| *edge == Edge::Across) {
        "Solid: next in its sequence. Dashed: cannot be complete before, for it shares hosts with a stage that waits."
    } else {
        "A stage starts when the one before it is complete."
    };
    svg.element("text").class("dim").at(EDGE, 51.0).text(about);
}

fn edges(svg: &mut Markup, stages: &Stages, positions: &[BoxPosition]) {
    for edge in stages.edge_references() {
        let ends = positions
            .get(edge.source().index())
            .zip(positions.get(edge.target().index()));
        let Some((from, to)) = ends.filter(|(from, to)| from.lane < LANES && to.lane < LANES) else {
            continue;
        };
        let (class, tip) = match edge.weight() {
            Edge::Next => ("arrow", "url(#pogo-tip)"),
            Edge::Across => ("across", "url(#pogo-tip-across)"),
        };
        let path = svg.element("path").class(class).attr("marker-end", tip);
        path.attr("d", curve(*from, *to)).empty();
    }
}

/// A path from the right side of one box to the left side of another, through the gaps between lanes and layers.
fn curve(from: BoxPosition, to: BoxPosition) -> String {
    let ((left, top), (end_x, end_y)) = (corner(from), corner(to));
    let (x, y, end_x, end_y) = (left + WIDTH, top + HEIGHT / 2.0, end_x - 2.0, end_y + HEIGHT / 2.0);
    if from.lane == to.lane {
        return format!("M{} {}H{}", Px(x), Px(y), Px(end_x));
    }
    if to.layer <= from.layer + 1 {
        return format!("M{} {}{}", Px(x), Px(y), bend((x, y), (end_x, end_y)));
    }
    // An arrow over several layers would run through the boxes between, so it goes along a gap
    // between two lanes.
    let channel = if to.lane > from.lane {
        top + HEIGHT + 11.0
    } else {
        top - 24.0
    };
    let (after, before) = (x + BETWEEN - 8.0, end_x - BETWEEN + 10.0);
    format!(
        "M{} {}{}H{}{}",
        Px(x),
        Px(y),
        bend((x, y), (after, channel)),
        Px(before),
        bend((before, channel), (end_x, end_y))
    )
}

/// A curve that leaves and arrives flat.
fn bend((x, y): (f64, f64), (end_x, end_y): (f64, f64)) -> String {
    let middle = Px(x + (end_x - x) / 2.0);
    format!("C{middle} {} {middle} {} {} {}", Px(y), Px(end_y), Px(end_x), Px(end_y))
}

fn corner(position: BoxPosition) -> (f64, f64) {
    (
        EDGE + count(position.layer) * (WIDTH + BETWEEN),
        TOP + count(position.lane) * LANE + 12.0,
    )
}

fn stage(svg: &mut Markup, node: &Node, position: BoxPosition) {
    let (x, y) = corner(position);
    let plural = if node.hosts == 1 { "" } else { "s" };
    svg.element("g").class("stage").begin();
    let names: String = node.names.chars().take(NAMES).collect();
    svg.title(&format!("{} \u{b7} {} host{plural}: {names}", node.label, node.hosts));
    let back = svg.element("rect").class("box").at(x, y).size(WIDTH, HEIGHT);
    back.attr("rx", 6).empty();
    let label = svg.element("text").class("bold").at(x + 12.0, y + 20.0);
    label.text(shorten(&node.label, 30));
    let hosts = svg.element("text").at(x + 12.0, y + 36.0);
    let mut about = vec![format!("{} host{plural}", node.hosts)];
    about.extend(node.remarks.iter().cloned());
    hosts.text(shorten(&about.join(", "), 32));
    let names = svg.element("text").class("dim").at(x + 12.0, y + 51.0);
    names.text(shorten(&node.names, 32));
    svg.end();
}

#[allow(clippy::cast_precision_loss, reason = "boxes are few")]
fn count(count: usize) -> f64 {
    count as f64
}
