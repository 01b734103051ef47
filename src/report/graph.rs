//! What is destroyed and what hangs on it, as the nodes and edges of a picture. As much as its place holds, the worst first.

use std::collections::{HashMap, HashSet};

use super::PlanReport;
use crate::finding::{Finding, Referring, Severity};

/// An object in the picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'r> {
    pub(super) address: &'r str,
    pub(super) kind: Kind,
}

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It is destroyed, and that is a finding.
    Lost(Severity),
    /// It is destroyed, and nothing is found in that.
    Goes,
    /// It stays.
    Stays,
}

/// The picture.
#[derive(Debug, Default)]
pub(super) struct Graph<'r> {
    pub(super) nodes: Vec<Node<'r>>,
    /// From what is referred to, to what refers to it, as places in the list of nodes.
    pub(super) edges: Vec<(usize, usize)>,
    /// How many, or more, have no place in it.
    pub(super) left_out: usize,
}

/// Of one plan: what is destroyed and referred to by something, with that. Empty where nothing is.
pub(super) fn of(plan: &PlanReport, most: usize) -> Graph<'_> {
    let mut lost: HashMap<&str, Severity> = HashMap::new();
    for weighed in &plan.decision.findings {
        if let Some(address) = destroyed(&weighed.finding) {
            let worst = lost.entry(address).or_insert(weighed.severity);
            *worst = (*worst).max(weighed.severity);
        }
    }
    let mut graph = Graph::default();
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let mut left_out: HashSet<&str> = HashSet::new();
    let mut uncounted = 0;
    let mut told: HashSet<&str> = HashSet::new();
    for weighed in &plan.decision.findings {
        let finding = &weighed.finding;
        let (Some(address), Some(dependents)) = (destroyed(finding), &finding.dependents) else {
            continue;
        };
        if !told.insert(address) {
            continue;
        }
        let hidden = |side: &Referring| side.count.saturating_sub(side.shown.len());
        uncounted = uncounted.max(hidden(&dependents.stay) + hidden(&dependents.go));
        let mut room = Room {
            most,
            lost: &lost,
            numbers: &mut numbers,
            left_out: &mut left_out,
        };
        let from = room.put(address, Kind::Goes, &mut graph);
        let stay = dependents.stay.shown.iter().map(|one| (one, Kind::Stays));
        let go = dependents.go.shown.iter().map(|one| (one, Kind::Goes));
        for (one, kind) in stay.chain(go) {
            let to = room.put(&one.address, kind, &mut graph);
            if let (Some(from), Some(to)) = (from, to) {
                graph.edges.push((from, to));
            }
        }
    }
    graph.left_out = left_out.len() + uncounted;
    graph
}

/// What has a place in the picture so far.
struct Room<'m, 'r> {
    most: usize,
    lost: &'m HashMap<&'r str, Severity>,
    numbers: &'m mut HashMap<&'r str, usize>,
    left_out: &'m mut HashSet<&'r str>,
}

impl<'r> Room<'_, 'r> {
    /// The number of an object, which gets a place if there is one.
    fn put(&mut self, address: &'r str, kind: Kind, graph: &mut Graph<'r>) -> Option<usize> {
        if let Some(number) = self.numbers.get(address) {
            return Some(*number);
        }
        let number = graph.nodes.len();
        if number >= self.most {
            self.left_out.insert(address);
            return None;
        }
        let lost = self.lost.get(address);
        let kind = lost.map_or(kind, |severity| Kind::Lost(*severity));
        graph.nodes.push(Node { address, kind });
        self.numbers.insert(address, number);
        Some(number)
    }
}

fn destroyed(finding: &Finding) -> Option<&str> {
    let destroys = finding.deposed.is_none() && finding.actions.contains(&"delete");
    finding.address.as_deref().filter(|_| destroys)
}

impl Graph<'_> {
    /// In which column each node stands: after all that it refers to. What refers to itself in a circle comes last.
    pub(super) fn columns(&self) -> Vec<Vec<usize>> {
        let mut before = vec![0_usize; self.nodes.len()];
        let mut next: Vec<Vec<usize>> = vec![Vec::new(); self.nodes.len()];
        for (from, to) in &self.edges {
            if let (Some(list), Some(count)) = (next.get_mut(*from), before.get_mut(*to)) {
                list.push(*to);
                *count += 1;
            }
        }
        let mut columns = Vec::new();
        let mut open: Vec<usize> = (0..self.nodes.len())
            .filter(|node| before.get(*node) == Some(&0))
            .collect();
        let mut placed: HashSet<usize> = HashSet::new();
        while !open.is_empty() {
            placed.extend(&open);
            let mut later = Vec::new();
            for node in &open {
                for to in next.get(*node).into_iter().flatten() {
                    if let Some(count) = before.get_mut(*to) {
                        *count -= 1;
                        if *count == 0 {
                            later.push(*to);
                        }
                    }
                }
            }
            columns.push(std::mem::replace(&mut open, later));
        }
        let left: Vec<usize> = (0..self.nodes.len())
            .filter(|node| !placed.contains(node))
            .collect();
        if !left.is_empty() {
            columns.push(left);
        }
        columns
    }
}
