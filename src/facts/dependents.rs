//! What hangs on an object that is destroyed: which others refer to it in the configuration, directly or through local values, data sources, and the inputs
//! and outputs of modules. By names alone; where the configuration does not tell (the JSON of a plan has no local values), nothing is said.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use crate::address::Address;
use crate::config::links::{Name, Which};
use crate::config::{Tree, joined};
use crate::finding::{Dependent, Dependents, Referring};
use crate::plan::{Plan, ResourceChange};

/// Names that are kept of what refers to one object.
const KEPT: usize = 20;
/// Steps that are followed from one block.
const MOST_STEPS: usize = 1_000;
/// Steps that are followed in all: after them nothing more is told.
const MOST_IN_ALL: usize = 300_000;
/// Names that are said of the way from one to the other.
const MOST_BETWEEN: usize = 3;

/// Finds what refers to the objects at these addresses, which the plan destroys. What nothing refers to is not in it.
pub(crate) fn find(plan: &Plan<'_>, destroyed: &HashSet<&str>) -> HashMap<String, Arc<Dependents>> {
    let mut found = HashMap::new();
    let Some(tree) = plan.configured().filter(|_| !destroyed.is_empty()) else {
        return found;
    };
    let graph = Graph::of(tree);
    let mut left = MOST_IN_ALL;
    // The instances of a block are reached in the same ways, but for those that name a key.
    let mut ways: HashMap<(usize, Option<String>), Ways<'_>> = HashMap::new();
    let mut asked = Vec::new();
    let mut sorted: Vec<&str> = destroyed.iter().copied().collect();
    sorted.sort_unstable();
    for address in sorted {
        let Some(parsed) = Address::parse(address) else {
            continue;
        };
        let Some(block) = graph.block(&parsed) else {
            continue;
        };
        let place = Place::of(&parsed);
        let key = (!place.key.is_empty()).then(|| place.key.clone());
        for key in [None, key] {
            ways.entry((block, key.clone()))
                .or_insert_with(|| graph.follow(block, key.as_deref(), &mut left));
        }
        asked.push((address, place, block));
    }
    let ends = ways.values().flat_map(|ways| &ways.ends);
    let objects = Objects::of(plan, &graph, &ends.map(|way| way.end).collect());
    for (address, place, block) in asked {
        let of = |key: Option<String>| ways.get(&(block, key));
        let keyed = (!place.key.is_empty()).then(|| of(Some(place.key.clone())));
        let all: Vec<&Ways<'_>> = of(None).into_iter().chain(keyed.flatten()).collect();
        let dependents = objects.referring(&place, &all, &graph, &mut left);
        if dependents.stay.count + dependents.go.count > 0 {
            found.insert(address.to_owned(), Arc::new(dependents));
        }
    }
    found
}

/// Where an instance is.
struct Place {
    /// The addresses of the modules above it, each longer by one step; the first is the root.
    modules: Vec<String>,
    /// The keys of these modules; none for the root.
    keys: Vec<String>,
    /// Its own key, empty when it has none.
    key: String,
}

impl Place {
    fn of(address: &Address<'_>) -> Self {
        let text = |key: &Option<crate::address::Key<'_>>| {
            key.as_ref().map(ToString::to_string).unwrap_or_default()
        };
        let (mut modules, mut keys) = (vec![String::new()], vec![String::new()]);
        for step in &address.module {
            let above = modules.last().map_or("", String::as_str);
            let key = text(&step.key);
            modules.push(below(above, step.name, &key));
            keys.push(key);
        }
        Self {
            modules,
            keys,
            key: text(&address.key),
        }
    }

    /// The address of the module at this depth.
    fn module(&self, depth: usize) -> &str {
        self.modules.get(depth).map_or("", String::as_str)
    }
}

/// The address of an instance of a module that is called.
fn below(above: &str, call: &str, key: &str) -> String {
    let dot = if above.is_empty() { "" } else { "." };
    format!("{above}{dot}module.{call}{key}")
}

/// How deep the module of a path is.
fn depth(path: &str) -> usize {
    path.split('.').filter(|step| !step.is_empty()).count()
}

/// One step from what is referred to.
struct Edge<'t> {
    user: usize,
    which: &'t Which,
}

/// Everything that refers to something, from the other end.
struct Graph<'t> {
    numbers: HashMap<(&'t str, Name), usize>,
    nodes: Vec<(&'t str, Name)>,
    users: Vec<Vec<Edge<'t>>>,
    /// Whether the configuration has more than was read.
    cut: bool,
}

/// How managed blocks are reached from another one.
struct Ways<'t> {
    ends: Vec<Way<'t>>,
    /// Whether there may be more.
    more: bool,
}

#[derive(Clone)]
struct Way<'t> {
    /// The block, or on the way what was reached last.
    end: usize,
    /// How many of the modules above both are the same instance.
    within: usize,
    /// Which instances refer to it.
    same: Same,
    /// A key that the module instance at a depth must have.
    module: Option<(usize, &'t str)>,
    /// What is between the two.
    between: Arc<Vec<usize>>,
}

/// Which instances of what refers to an object do so.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Same {
    /// All.
    No,
    /// That of the same key.
    Key,
    /// That with the key of the module instance at this depth, which the object is in.
    Module(usize),
    /// Those in the module instance of that key.
    Input(usize),
}

impl<'t> Graph<'t> {
    fn of(tree: &'t Tree<'_>) -> Self {
        let mut graph = Self {
            numbers: HashMap::new(),
            nodes: Vec::new(),
            users: Vec::new(),
            cut: false,
        };
        for (path, module) in &tree.modules {
            // The JSON of a plan names local values and does not have them.
            let mut all = module.links.iter();
            let locals = all.any(|link| matches!(link.to, Name::Local(_)))
                && !module
                    .links
                    .iter()
                    .any(|link| matches!(link.user, Name::Local(_)));
            graph.cut |= module.links.cut || !module.whole || locals;
            for link in module.links.iter() {
                let user = graph.number(tree, path, &link.user, Name::Variable);
                let to = graph.number(tree, path, &link.to, Name::Output);
                if let (Some(user), Some(to)) = (user, to)
                    && let Some(users) = graph.users.get_mut(to)
                {
                    let which = &link.which;
                    users.push(Edge { user, which });
                }
            }
        }
        graph
    }

    /// The number of a name; what is in a module that is called is that module's own.
    fn number(
        &mut self,
        tree: &'t Tree<'_>,
        path: &'t str,
        name: &Name,
        inner: fn(String) -> Name,
    ) -> Option<usize> {
        let key = match name {
            Name::Called { call, name } => {
                let (below, _) = tree.modules.get_key_value(&joined(path, call))?;
                // All outputs at once have no name.
                (below.as_str(), inner(name.clone().unwrap_or_default()))
            }
            name => (path, name.clone()),
        };
        if let Some(number) = self.numbers.get(&key) {
            return Some(*number);
        }
        let number = self.nodes.len();
        self.nodes.push(key.clone());
        self.users.push(Vec::new());
        self.numbers.insert(key, number);
        Some(number)
    }

    /// The number of the block that an address is an instance of; `None` when nothing refers to it and it refers to nothing.
    fn block(&self, address: &Address<'_>) -> Option<usize> {
        let steps: Vec<&str> = address.module.iter().map(|step| step.name).collect();
        let block = Name::Managed(format!("{}.{}", address.kind, address.name));
        let path = steps.join(".");
        self.numbers.get(&(path.as_str(), block)).copied()
    }

    fn path(&self, node: usize) -> &'t str {
        self.nodes.get(node).map_or("", |(path, _)| path)
    }

    /// What takes something; of an output also who takes all of them.
    fn users(&self, node: usize) -> impl Iterator<Item = &Edge<'t>> {
        let all = match self.nodes.get(node) {
            Some((path, Name::Output(_))) => {
                self.numbers.get(&(*path, Name::Output(String::new())))
            }
            _ => None,
        };
        let of = |node: usize| self.users.get(node).into_iter().flatten();
        of(node).chain(all.into_iter().flat_map(move |all| of(*all)))
    }

    /// What refers to a block: to all of its instances, or to that of a key.
    fn follow(&self, block: usize, key: Option<&str>, left: &mut usize) -> Ways<'t> {
        let mut ways = Ways {
            ends: Vec::new(),
            more: self.cut,
        };
        let mut known: HashMap<(usize, Option<(usize, &str)>), usize> = HashMap::new();
        let mut open = VecDeque::from([Way {
            end: block,
            within: depth(self.path(block)),
            same: Same::No,
            module: None,
            between: Arc::default(),
        }]);
        let mut steps = 0;
        while let Some(way) = open.pop_front() {
            let node = way.end;
            for edge in self.users(node) {
                let meant = match edge.which {
                    _ if node != block => true,
                    Which::One(one) => key == Some(one),
                    Which::All | Which::Same => key.is_none(),
                };
                if !meant || edge.user == block {
                    continue;
                }
                if steps >= MOST_STEPS || *left == 0 {
                    ways.more = true;
                    return ways;
                }
                steps += 1;
                *left -= 1;
                let Some((path, name)) = self.nodes.get(edge.user) else {
                    continue;
                };
                let mut next = way.clone();
                next.end = edge.user;
                let output = matches!(self.nodes.get(node), Some((_, Name::Output(_))));
                // Who takes an output is in the module above, or hands it on to another one.
                let above = depth(self.path(node)).saturating_sub(usize::from(output));
                next.within = way.within.min(depth(path)).min(above);
                match edge.which {
                    // Where the way goes on from an input, the module is another one.
                    _ if !output && node != block => {}
                    Which::One(one) if output => {
                        next.module = Some((depth(self.path(node)), one));
                    }
                    Which::Same if output => {
                        next.same = match name {
                            Name::Managed(_) => Same::Module(depth(self.path(node))),
                            Name::Variable(_) => Same::Input(depth(self.path(node))),
                            _ => Same::No,
                        };
                    }
                    Which::Same if matches!(name, Name::Managed(_)) => next.same = Same::Key,
                    _ => {}
                }
                match name {
                    Name::Managed(_) => ways.ends.push(next),
                    // What the root module puts out, nobody in the plan takes.
                    Name::Output(_) if path.is_empty() => {}
                    _ => {
                        let before = known.get(&(edge.user, next.module));
                        if before.is_none_or(|before| next.within < *before) {
                            known.insert((edge.user, next.module), next.within);
                            Arc::make_mut(&mut next.between).push(edge.user);
                            open.push_back(next);
                        }
                    }
                }
            }
        }
        ways
    }

    /// How a configuration writes it.
    fn shown(&self, node: usize) -> Option<String> {
        let (path, name) = self.nodes.get(node)?;
        let steps = path.split('.').filter(|step| !step.is_empty());
        let module: String = steps.map(|step| format!("module.{step}.")).collect();
        Some(match name {
            Name::Managed(name) | Name::Read(name) | Name::Output(name) => {
                format!("{module}{name}")
            }
            Name::Local(name) => format!("{module}local.{name}"),
            Name::Variable(name) => format!("{module}var.{name}"),
            Name::Called { .. } => return None,
        })
    }
}

/// Objects of one block in one module, those of all modules below it among them.
#[derive(Default)]
struct Group<'a> {
    stay: Side<'a>,
    go: Side<'a>,
}

/// Those of them that the plan destroys, or does not: how many, and the first.
#[derive(Default)]
struct Side<'a> {
    count: usize,
    first: Vec<&'a str>,
}

impl<'a> Group<'a> {
    fn add(&mut self, address: &'a str, goes: bool) {
        let side = if goes { &mut self.go } else { &mut self.stay };
        side.count += 1;
        if side.first.len() < KEPT {
            side.first.push(address);
        }
    }
}

/// The objects of the blocks that were reached, by block, module and key; without a key all of them.
struct Objects<'a>(HashMap<(usize, String, Option<String>), Group<'a>>);

impl<'a> Objects<'a> {
    fn of(plan: &'a Plan<'_>, graph: &Graph<'_>, blocks: &HashSet<usize>) -> Self {
        let kinds: HashSet<&str> = blocks
            .iter()
            .filter_map(|block| match graph.nodes.get(*block)? {
                (_, Name::Managed(name)) => name.split('.').next(),
                _ => None,
            })
            .collect();
        let there = |change: &&ResourceChange<'_>| {
            change.action.has_before()
                && change.deposed().is_none()
                && !change.action.forgets()
                && kinds.contains(change.kind.as_ref())
        };
        let mut groups: HashMap<_, Group<'a>> = HashMap::new();
        for change in plan.managed().filter(there) {
            let Some(parsed) = Address::parse(&change.address) else {
                continue;
            };
            let Some(block) = graph.block(&parsed).filter(|block| blocks.contains(block)) else {
                continue;
            };
            let place = Place::of(&parsed);
            let goes = change.action.destroys();
            for module in &place.modules {
                for key in [None, Some(place.key.clone())] {
                    let group = groups.entry((block, module.clone(), key)).or_default();
                    group.add(&change.address, goes);
                }
            }
        }
        Self(groups)
    }

    /// Those that refer to the object at a place.
    fn referring(
        &self,
        place: &Place,
        all: &[&Ways<'_>],
        graph: &Graph<'_>,
        left: &mut usize,
    ) -> Dependents {
        let mut dependents = Dependents::default();
        let mut more = all.iter().any(|ways| ways.more);
        // By block, the shortest way first: it tells which instances, and a wider one includes it.
        let mut ends: BTreeMap<usize, (usize, &Way<'_>)> = BTreeMap::new();
        for (at, way) in all.iter().flat_map(|ways| &ways.ends).enumerate() {
            if *left == 0 {
                more = true;
                break;
            }
            *left -= 1;
            let is_in = |(depth, key): (usize, &str)| {
                place.keys.get(depth).is_some_and(|there| there == key)
            };
            if !way.module.is_none_or(is_in) {
                continue;
            }
            let there = ends.entry(way.end).or_insert((at, way));
            let wider = |one: &Way<'_>| (one.within, one.same != Same::No);
            if wider(way) < wider(there.1) {
                there.1 = way;
            }
        }
        let mut ends: Vec<(usize, &Way<'_>)> = ends.into_values().collect();
        ends.sort_by_key(|(at, way)| (way.between.len(), *at));
        for (_, way) in ends {
            let Some(group) = self.group(place, way, graph) else {
                continue;
            };
            let between = way.between.iter().take(MOST_BETWEEN);
            let through: Vec<String> = between.filter_map(|node| graph.shown(*node)).collect();
            add(&mut dependents.stay, &group.stay, &through);
            add(&mut dependents.go, &group.go, &through);
        }
        for side in [&mut dependents.stay, &mut dependents.go] {
            side.more = more && side.count > 0;
        }
        dependents
    }

    /// The objects at the end of a way.
    fn group(&self, place: &Place, way: &Way<'_>, graph: &Graph<'_>) -> Option<&Group<'a>> {
        let module = place.module(way.within).to_owned();
        let key_at = |depth: usize| place.keys.get(depth).cloned().unwrap_or_default();
        let (module_meant, key) = match way.same {
            Same::No => (module.clone(), None),
            Same::Key => (module.clone(), Some(place.key.clone())),
            Same::Module(depth) => (module.clone(), Some(key_at(depth))),
            Same::Input(depth) => {
                let path = way.between.first().map_or("", |node| graph.path(*node));
                let call = path.rsplit('.').next().unwrap_or_default();
                (below(&module, call, &key_at(depth)), None)
            }
        };
        // Where no instance has that key, they are put together in another way.
        self.0
            .get(&(way.end, module_meant, key))
            .or_else(|| self.0.get(&(way.end, module, None)))
    }
}

fn add(to: &mut Referring, side: &Side<'_>, through: &[String]) {
    to.count += side.count;
    let room = KEPT.saturating_sub(to.shown.len());
    to.shown
        .extend(side.first.iter().take(room).map(|address| Dependent {
            address: (*address).to_owned(),
            through: through.to_vec(),
        }));
}
