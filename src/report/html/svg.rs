//! The picture of what is destroyed and what hangs on it as SVG within a page. Its colours are classes of the page's style.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::report::PlanReport;
use crate::report::graph::{self, Graph, Kind};
use crate::ui::escape::line;
use crate::ui::markup::{middle_out, text};

/// Nodes of one picture.
const MOST: usize = 40;
/// Characters of a name in a box; the whole of it is its title.
const WIDE: usize = 36;

const BOX: (usize, usize) = (288, 48);
const GAP: (usize, usize) = (56, 14);
const EDGE: usize = 8;

/// The picture, and how many have no place in it; `None` where nothing hangs on anything.
pub(super) fn picture(plan: &PlanReport) -> Option<(String, usize)> {
    let graph = graph::of(plan, MOST);
    if graph.edges.is_empty() {
        return None;
    }
    let places = places(&graph);
    let width = places.values().map(|(x, _)| x + BOX.0).max()? + EDGE;
    let height = places.values().map(|(_, y)| y + BOX.1).max()? + EDGE;
    let mut out = format!(
        "<svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"what is destroyed, and what refers to it\">\n"
    );
    for (from, to) in &graph.edges {
        let (Some((x, y)), Some((to_x, to_y))) = (places.get(from), places.get(to)) else {
            continue;
        };
        let (x, y, to_y) = (x + BOX.0, y + BOX.1 / 2, to_y + BOX.1 / 2);
        let middle = (x + to_x) / 2;
        let stays = graph
            .nodes
            .get(*to)
            .is_some_and(|node| node.kind == Kind::Stays);
        let class = if stays { "edge stays" } else { "edge" };
        // Writing to a String cannot go wrong.
        let _ = writeln!(
            out,
            "<path class=\"{class}\" d=\"M{x} {y}C{middle} {y} {middle} {to_y} {to_x} {to_y}\"/>"
        );
    }
    for (number, node) in graph.nodes.iter().enumerate() {
        let Some((x, y)) = places.get(&number) else {
            continue;
        };
        let (class, what) = match node.kind {
            Kind::Lost(severity) => (severity.word(), format!("destroyed · {severity}")),
            Kind::Goes => ("goes", "destroyed too".to_owned()),
            Kind::Stays => ("stays", "stays".to_owned()),
        };
        let name = text(&middle_out(&line(node.address), WIDE));
        let _ = writeln!(
            out,
            "<g class=\"node {class}\"><title>{}</title><rect x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\" rx=\"6\"/><rect class=\"bar\" x=\"{x}\" y=\"{y}\" width=\"5\" height=\"{}\" rx=\"2\"/><text class=\"tag\" x=\"{}\" y=\"{}\">{what}</text><text x=\"{}\" y=\"{}\">{name}</text></g>",
            text(node.address),
            BOX.0,
            BOX.1,
            BOX.1,
            x + 16,
            y + 18,
            x + 16,
            y + 37,
        );
    }
    out.push_str("</svg>\n");
    Some((out, graph.left_out))
}

/// The left upper corner of each box: a column for each step, and in it near to what a box refers to.
fn places(graph: &Graph<'_>) -> HashMap<usize, (usize, usize)> {
    let mut places: HashMap<usize, (usize, usize)> = HashMap::new();
    for (at, column) in graph.columns().iter().enumerate() {
        let x = EDGE + at * (BOX.0 + GAP.0);
        let mut sorted: Vec<(usize, usize)> = column
            .iter()
            .map(|node| {
                let above: Vec<usize> = graph
                    .edges
                    .iter()
                    .filter(|(_, to)| to == node)
                    .filter_map(|(from, _)| places.get(from).map(|(_, y)| *y))
                    .collect();
                let mean = above.iter().sum::<usize>().checked_div(above.len());
                (mean.unwrap_or(0), *node)
            })
            .collect();
        sorted.sort_unstable();
        let mut next = EDGE;
        for (wanted, node) in sorted {
            let y = if at == 0 { next } else { next.max(wanted) };
            places.insert(node, (x, y));
            next = y + BOX.1 + GAP.1;
        }
    }
    places
}
