//! Whether a destroy comes from the change: a saved plan carries its configuration, and a revision has the one before. *Not explained* is only what
//! everything that it depends on says: its block, and through references locals, variables with their values, inputs of modules, providers and the
//! lock file are the same in both. Then something else has changed: the world, the state, or the branch.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::address::Address;
use crate::catalog::ChangeRule;
use crate::config::written::{Body, Expr, Folder, Past, Placed};
use crate::facts::source::local;
use crate::facts::summary::{Explanation, Untold};
use crate::facts::{Alter, Destroy, is_helper};
use crate::plan::saved::Saved;
use crate::plan::{Plan, ReadError, Shape, Value, Variables, saved};

/// What can be said of one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Told {
    /// Everything that it depends on is the same.
    NotExplained,
    /// Why nobody can tell from the text.
    Unknown(&'static str),
    /// Something that it depends on is another.
    Explained,
}

/// What can be said of the destroys of a plan, and of what it lowers.
pub(crate) struct Explained {
    /// The revision, as it was named.
    pub(crate) name: String,
    pub(crate) objects: BTreeMap<String, Told>,
    /// Files of the revision of which only the blocks were found.
    pub(crate) in_part: BTreeSet<String>,
}

impl Explained {
    /// `None` for the JSON of a plan, which has no expressions to compare.
    ///
    /// # Errors
    /// When the value of a variable cannot be read.
    pub(super) fn of(
        plan: &Plan<'_>,
        past: &Arc<Past>,
        destroys: &[Destroy<'_, '_>],
        alters: &[Alter<'_, '_>],
    ) -> Result<Option<Self>, ReadError> {
        let Some(explain) = Explain::new(plan, past) else {
            return Ok(None);
        };
        let lowers = |rule| {
            matches!(
                rule,
                ChangeRule::ProtectionLowered | ChangeRule::RetentionCut
            )
        };
        let destroys = destroys.iter().map(|destroy| destroy.change);
        let alters = alters.iter().filter(|alter| lowers(alter.row.rule));
        // A deposed object is left over from an earlier apply: no change asks for it.
        let asked: BTreeSet<&str> = destroys
            .chain(alters.map(|alter| alter.change))
            .filter(|change| change.deposed().is_none() && !is_helper(&change.kind))
            .map(|change| change.address.as_ref())
            .collect();
        Ok(Some(Self {
            name: past.name.clone(),
            in_part: explain
                .then
                .values()
                .flat_map(|folder| folder.in_part.iter().cloned())
                .collect(),
            objects: explain.tell(asked.into_iter())?,
        }))
    }

    /// For the report.
    pub(crate) fn told(&self) -> Explanation {
        let of = |wanted: Told| {
            let all = self.objects.iter().filter(|(_, told)| **told == wanted);
            all.map(|(address, _)| address.clone()).collect()
        };
        let unknown = self
            .objects
            .iter()
            .filter_map(|(address, told)| match told {
                Told::Unknown(why) => Some(Untold {
                    address: address.clone(),
                    why,
                }),
                _ => None,
            });
        Explanation {
            revision: self.name.clone(),
            explained: of(Told::Explained),
            not_explained: of(Told::NotExplained),
            cannot_be_told: unknown.collect(),
        }
    }
}

/// The most things that are compared.
const MOST: usize = 1_000_000;

/// Functions that look at something else than the configuration.
const LOOKING: [&str; 17] = [
    "abspath",
    "bcrypt",
    "file",
    "filebase64",
    "filebase64sha256",
    "filebase64sha512",
    "fileexists",
    "filemd5",
    "fileset",
    "filesha1",
    "filesha256",
    "filesha512",
    "pathexpand",
    "plantimestamp",
    "templatefile",
    "timestamp",
    "uuid",
];

/// The configuration of a plan beside the one of a revision.
pub(crate) struct Explain<'p> {
    now: BTreeMap<String, Arc<Folder>>,
    then: BTreeMap<String, Arc<Folder>>,
    past: Arc<Past>,
    variables: Variables<'p>,
    lock: Option<&'static str>,
    lock_differs: bool,
}

/// Something that a configuration has by a name, within a module.
type Node = (String, String);

/// What was compared, each thing once however many refer to it.
#[derive(Default)]
struct Graph {
    places: HashMap<Node, usize>,
    /// What each says of itself.
    own: Vec<Told>,
    /// What refers to each.
    users: Vec<Vec<usize>>,
}

impl Graph {
    /// The place of a thing; what is new is added to those that are still to be compared.
    fn place(&mut self, node: Node, open: &mut Vec<(usize, Node)>) -> usize {
        if let Some(at) = self.places.get(&node) {
            return *at;
        }
        let at = self.own.len();
        self.places.insert(node.clone(), at);
        self.own.push(Told::NotExplained);
        self.users.push(Vec::new());
        open.push((at, node));
        at
    }

    /// What can be said of each with all that it refers to: the highest of them.
    fn all(&self) -> Vec<Told> {
        let mut all = vec![None; self.own.len()];
        let mut order: Vec<usize> = (0..self.own.len()).collect();
        order.sort_by_key(|at| std::cmp::Reverse(self.own.get(*at)));
        for from in order {
            let Some(told) = self.own.get(from) else {
                continue;
            };
            let mut open = vec![from];
            while let Some(at) = open.pop() {
                if let Some(slot @ None) = all.get_mut(at) {
                    *slot = Some(*told);
                    open.extend(self.users.get(at).into_iter().flatten());
                }
            }
        }
        let told = all.into_iter();
        told.map(|told| told.unwrap_or(Told::NotExplained))
            .collect()
    }
}

impl<'p> Explain<'p> {
    /// For a saved plan; the JSON of a plan has no expressions to compare.
    pub(crate) fn new(plan: &Plan<'p>, past: &Arc<Past>) -> Option<Self> {
        let saved: &Saved<'_> = plan.saved.as_deref()?;
        let now: BTreeMap<String, Arc<Folder>> = saved
            .config
            .written()
            .into_iter()
            .map(|(path, folder)| (path, Arc::new(folder)))
            .collect();
        let mut explain = Self {
            now,
            then: BTreeMap::new(),
            past: Arc::clone(past),
            variables: plan.variables,
            lock: None,
            lock_differs: false,
        };
        explain.follow();
        explain.compare_locks();
        Some(explain)
    }

    /// The modules of the revision, by the paths of their calls.
    fn follow(&mut self) {
        let Some(root) = self.past.folders.get(&self.past.root) else {
            return;
        };
        let mut open = vec![(String::new(), self.past.root.clone(), Arc::clone(root))];
        while let Some((path, dir, folder)) = open.pop() {
            // Only what the plan has is asked for; a module that calls itself has no end.
            if !path.is_empty() && !self.now.contains_key(&path) {
                continue;
            }
            for (name, call) in &folder.calls {
                let below = join(&path, name);
                let source = call.block.body.text(&["source"]);
                let next = source.and_then(|source| local(&dir, source));
                if let Some((at, module)) = next.and_then(|at| {
                    let module = Arc::clone(self.past.folders.get(&at)?);
                    Some((at, module))
                }) {
                    open.push((below, at, module));
                } else if let Some(module) = self.same_release(&path, name, call) {
                    // Its own modules are the same as well.
                    let start = format!("{below}.");
                    let from = self.now.range(start.clone()..);
                    let inner: Vec<(String, Arc<Folder>)> = from
                        .take_while(|(path, _)| path.starts_with(&start))
                        .map(|(path, folder)| (path.clone(), Arc::clone(folder)))
                        .collect();
                    self.then.extend(inner);
                    self.then.insert(below, module);
                }
            }
            self.then.insert(path, folder);
        }
    }

    /// The module of a call that both have from the same release.
    fn same_release(&self, path: &str, name: &str, then: &Placed) -> Option<Arc<Folder>> {
        let now = self.now.get(path)?.calls.get(name)?;
        let of = |placed: &Placed| {
            let body = &placed.block.body;
            (
                body.text(&["source"]).map(str::to_owned),
                body.text(&["version"]).map(str::to_owned),
            )
        };
        let (source, version) = of(now);
        let exact = |text: &str| {
            let text = text.trim_start_matches(['=', ' ', 'v']);
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        };
        let released = version.as_deref().is_some_and(exact)
            || source
                .as_deref()
                .and_then(|source| source.split_once("ref="))
                .is_some_and(|(_, at)| exact(at));
        if (source, version) == of(then) && released {
            return self.now.get(&join(path, name)).map(Arc::clone);
        }
        None
    }

    fn compare_locks(&mut self) {
        let (Some(now), Some(then)) = (self.now.get(""), self.then.get("")) else {
            self.lock = Some("the revision does not have this module");
            return;
        };
        if now.locked.is_empty() != then.locked.is_empty() {
            self.lock = Some("the lock file is not in both");
        }
        let versions = |folder: &Folder| -> BTreeMap<String, Option<Expr>> {
            let all = folder.locked.iter();
            all.map(|(source, there)| (source.clone(), there.version.clone()))
                .collect()
        };
        self.lock_differs = !then.locked.is_empty() && versions(now) != versions(then);
    }

    /// What can be said of the objects at these addresses.
    ///
    /// # Errors
    /// When the value of a variable cannot be read.
    fn tell<'a>(
        &self,
        addresses: impl Iterator<Item = &'a str>,
    ) -> Result<BTreeMap<String, Told>, ReadError> {
        let mut starts: Vec<(&str, Option<usize>)> = Vec::new();
        let (mut graph, mut open) = (Graph::default(), Vec::new());
        for address in addresses {
            let start = Address::parse(address).map(|parsed| {
                let steps = parsed.module.iter().map(|step| step.name);
                let path = steps.collect::<Vec<_>>().join(".");
                let node = (path, format!("{}.{}", parsed.kind, parsed.name));
                graph.place(node, &mut open)
            });
            starts.push((address, start));
        }
        let mut whole = true;
        while let Some((at, node)) = open.pop().filter(|_| !self.lock_differs) {
            if at >= MOST {
                whole = false;
                break;
            }
            let mut refers = Vec::new();
            let told = self.look(&node, &mut refers)?;
            if let Some(own) = graph.own.get_mut(at) {
                *own = told;
            }
            for node in refers {
                let to = graph.place(node, &mut open);
                if let Some(users) = graph.users.get_mut(to) {
                    users.push(at);
                }
            }
        }
        let all = graph.all();
        let least = self.lock.map_or(Told::NotExplained, Told::Unknown);
        let told = |start: Option<usize>| match start {
            None => Told::Unknown("an address that is not understood"),
            Some(_) if self.lock_differs => Told::Explained,
            Some(_) if !whole => Told::Unknown("too many references"),
            Some(at) => all.get(at).map_or(least, |told| least.max(*told)),
        };
        let starts = starts.into_iter();
        Ok(starts
            .map(|(address, start)| (address.to_owned(), told(start)))
            .collect())
    }

    /// Compares one thing, and adds what it refers to.
    fn look(&self, (path, name): &Node, open: &mut Vec<Node>) -> Result<Told, ReadError> {
        let (now, then) = (self.now.get(path), self.then.get(path));
        let (now, then) = match (now, then) {
            (Some(now), Some(then)) => (now, then),
            (None, None) => return Ok(Told::NotExplained),
            _ if self.is_called(path) => {
                return Ok(Told::Unknown("a module from another repository"));
            }
            _ => return Ok(Told::Explained),
        };
        if !now.unread.is_empty() || !then.unread.is_empty() {
            return Ok(Told::Unknown("a file that cannot be read"));
        }
        match name.split_once('.') {
            Some(("var", variable)) => return self.variable(path, variable, now, then, open),
            Some(("data", _)) => return Ok(Told::Unknown("a data source")),
            Some(("local", local)) => {
                return Ok(same_expr(
                    path,
                    now,
                    now.locals.get(local),
                    then.locals.get(local),
                    open,
                ));
            }
            Some(("output", output)) => {
                let value = |folder: &Folder| {
                    let placed = folder.outputs.get(output)?;
                    Some(placed.block.body.attribute("value")?.value.clone())
                };
                let (one, other) = (value(now), value(then));
                return Ok(same_expr(path, now, one.as_ref(), other.as_ref(), open));
            }
            Some(("call", input)) => {
                let value = |folder: &Folder| {
                    let (call, name) = input.split_once('.')?;
                    let body = &folder.calls.get(call)?.block.body;
                    Some(body.attribute(name)?.value.clone())
                };
                let (one, other) = (value(now), value(then));
                return Ok(same_expr(path, now, one.as_ref(), other.as_ref(), open));
            }
            Some(("provider", key)) => {
                let body = |folder: &Folder| {
                    folder
                        .providers
                        .get(key)
                        .map(|placed| placed.block.body.clone())
                };
                let (one, other) = (body(now), body(then));
                return Ok(same_body(path, now, one.as_ref(), other.as_ref(), open));
            }
            _ => {}
        }
        let body = |folder: &Folder| {
            folder
                .resources
                .get(name)
                .map(|placed| placed.block.body.clone())
        };
        let (one, other) = (body(now), body(then));
        if let Some(body) = &one {
            let provider = match body.attribute("provider").map(|there| &there.value) {
                Some(Expr::Other(text) | Expr::Text(text)) => text.clone(),
                _ => name.split('_').next().unwrap_or_default().to_owned(),
            };
            // A module without one of its own has that of the module that calls it.
            let mut at = path.as_str();
            loop {
                let has = self
                    .now
                    .get(at)
                    .is_some_and(|folder| folder.providers.contains_key(&provider));
                if has || at.is_empty() {
                    open.push((at.to_owned(), format!("provider.{provider}")));
                    break;
                }
                at = at.rsplit_once('.').map_or("", |(above, _)| above);
            }
        }
        // How often its module is called, and whether at all.
        if let Some((above, call)) = split(path) {
            for repeated in ["count", "for_each"] {
                open.push((above.to_owned(), format!("call.{call}.{repeated}")));
            }
        }
        Ok(same_body(path, now, one.as_ref(), other.as_ref(), open))
    }

    /// Whether the plan's configuration calls the module of a path.
    fn is_called(&self, path: &str) -> bool {
        split(path).is_some_and(|(above, call)| {
            [&self.now, &self.then].iter().all(|side| {
                side.get(above)
                    .is_some_and(|folder| folder.calls.contains_key(call))
            })
        })
    }

    fn variable(
        &self,
        path: &str,
        name: &str,
        now: &Folder,
        then: &Folder,
        open: &mut Vec<Node>,
    ) -> Result<Told, ReadError> {
        let default = |folder: &Folder| {
            let placed = folder.variables.get(name)?;
            Some(placed.block.body.attribute("default")?.value.clone())
        };
        let (one, other) = (default(now), default(then));
        if let Some((above, call)) = split(path) {
            let value = |side: &BTreeMap<String, Arc<Folder>>| {
                let body: &Body = &side.get(above)?.calls.get(call)?.block.body;
                Some(body.attribute(name)?.value.clone())
            };
            return Ok(match (value(&self.now), value(&self.then)) {
                (None, None) => same_expr(path, now, one.as_ref(), other.as_ref(), open),
                (one, other) => {
                    let above_now = self.now.get(above);
                    match above_now {
                        Some(folder) => {
                            same_expr(above, folder, one.as_ref(), other.as_ref(), open)
                        }
                        None => Told::Unknown("a module from another repository"),
                    }
                }
            });
        }
        let set = match self.variables {
            Variables::Wire(plan) => saved::variable(plan, name)?,
            _ => None,
        };
        if self.past.values_unread {
            return Ok(Told::Unknown("values of variables that cannot be read"));
        }
        let old = self.past.values.get(name);
        Ok(match (set, old) {
            (None, None) if one == other => Told::NotExplained,
            (None, None) => Told::Explained,
            (Some(set), old) => match old.or(other.as_ref()) {
                Some(old) if is_value(set, old)? => Told::NotExplained,
                _ => Told::Unknown("a variable whose old value is not in the revision"),
            },
            (None, Some(_)) => Told::Unknown("a variable whose old value is not in the revision"),
        })
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// The module that calls, and the name of the call.
fn split(path: &str) -> Option<(&str, &str)> {
    (!path.is_empty()).then(|| path.rsplit_once('.').unwrap_or(("", path)))
}

/// Whether the value of a plan is what a literal says.
fn is_value(value: Value<'_>, literal: &Expr) -> Result<bool, ReadError> {
    Ok(match (value.shape()?, literal) {
        (Shape::Null, Expr::Null) => true,
        (Shape::Bool(one), Expr::Bool(other)) => one == *other,
        (Shape::Number(one), Expr::Number(other) | Expr::Text(other)) => one == *other,
        (Shape::Text(one), Expr::Text(other) | Expr::Number(other)) => one == *other,
        (Shape::Text(one), Expr::Bool(other)) => one == if *other { "true" } else { "false" },
        _ => false,
    })
}

fn same_body(
    path: &str,
    folder: &Folder,
    one: Option<&Body>,
    other: Option<&Body>,
    open: &mut Vec<Node>,
) -> Told {
    match (one, other) {
        (None, None) => Told::NotExplained,
        (Some(one), Some(other)) if one == other => {
            let mut told = Told::NotExplained;
            refer_body(path, folder, one, open, &mut told);
            told
        }
        _ => Told::Explained,
    }
}

fn same_expr(
    path: &str,
    folder: &Folder,
    one: Option<&Expr>,
    other: Option<&Expr>,
    open: &mut Vec<Node>,
) -> Told {
    if one != other {
        return Told::Explained;
    }
    let mut told = Told::NotExplained;
    if let Some(one) = one {
        refer(path, folder, one, open, &mut told);
    }
    told
}

fn refer_body(path: &str, folder: &Folder, body: &Body, open: &mut Vec<Node>, told: &mut Told) {
    for attribute in &body.attributes {
        refer(path, folder, &attribute.value, open, told);
    }
    for block in &body.blocks {
        refer_body(path, folder, &block.body, open, told);
    }
}

/// Adds what an expression refers to. Words in a text are taken for references as well: that errs on the side of not telling.
fn refer(path: &str, folder: &Folder, value: &Expr, open: &mut Vec<Node>, told: &mut Told) {
    match value {
        Expr::List(items) => {
            for item in items {
                refer(path, folder, item, open, told);
            }
        }
        Expr::Object(members) => {
            for (_, member) in members {
                refer(path, folder, member, open, told);
            }
        }
        Expr::Other(text) => {
            let is_name = |c: char| c == '_' || c == '-' || c == '.' || c.is_alphanumeric();
            let mut rest = text.as_str();
            while let Some(start) = rest.find(|c: char| c == '_' || c.is_alphabetic()) {
                let (_, from) = rest.split_at_checked(start).unwrap_or((rest, ""));
                let end = from.find(|c: char| !is_name(c)).unwrap_or(from.len());
                let (run, after) = from.split_at_checked(end).unwrap_or((from, ""));
                refer_run(path, folder, run, after, open, told);
                rest = after;
            }
        }
        _ => {}
    }
}

fn refer_run(
    path: &str,
    folder: &Folder,
    run: &str,
    after: &str,
    open: &mut Vec<Node>,
    told: &mut Told,
) {
    let mut steps = run.split('.');
    let (first, second, third) = (
        steps.next().unwrap_or_default(),
        steps.next().unwrap_or_default(),
        steps.next().unwrap_or_default(),
    );
    if after.starts_with('(') && LOOKING.contains(&run) {
        *told = (*told).max(Told::Unknown("a function that reads files or the clock"));
    } else if after.starts_with("::") {
        *told = (*told).max(Told::Unknown("a function of a provider"));
    } else if matches!(first, "var" | "local") && !second.is_empty() {
        open.push((path.to_owned(), format!("{first}.{second}")));
    } else if first == "data" && !second.is_empty() {
        open.push((path.to_owned(), format!("data.{second}")));
    } else if first == "module" && folder.calls.contains_key(second) {
        let below = join(path, second);
        if third.is_empty() {
            *told = (*told).max(Told::Unknown("an output that is chosen by an expression"));
        } else {
            open.push((below, format!("output.{third}")));
        }
    } else {
        let key = format!("{first}.{second}");
        if folder.resources.contains_key(&key) {
            open.push((path.to_owned(), key));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::written::{self, Source};

    fn folder(dir: &str, text: &str) -> Arc<Folder> {
        let source = written::read("main.tf", Some(text.as_bytes()));
        assert!(matches!(source, Source::Whole(_)), "{text}");
        Arc::new(Folder::of(dir, &BTreeMap::from([("main.tf", &source)])))
    }

    /// What is told of `t_x.a` in the module `m` of the root module, with these texts of both sides.
    fn told(root: [&str; 2], module: [&str; 2], values: &[(&str, Expr)]) -> Told {
        let call = "module \"m\" {\n  source = \"./m\"\n  size = local.size\n}\n";
        let [now, then] = root.map(|text| folder("", &format!("{call}{text}")));
        let [inner_now, inner_then] = module.map(|text| folder("m", text));
        let past = Past {
            name: "main".to_owned(),
            root: String::new(),
            folders: BTreeMap::from([(String::new(), then), ("m".to_owned(), inner_then)]),
            values: values
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
            values_unread: false,
        };
        let mut explain = Explain {
            now: BTreeMap::from([(String::new(), now), ("m".to_owned(), inner_now)]),
            then: BTreeMap::new(),
            past: Arc::new(past),
            variables: Variables::Nowhere,
            lock: None,
            lock_differs: false,
        };
        explain.follow();
        explain.compare_locks();
        let address = "module.m.t_x.a[0]";
        let told = explain.tell(std::iter::once(address));
        let told = told.unwrap_or_else(|error| panic!("{error}"));
        told.get(address).copied().unwrap_or_else(|| panic!("told"))
    }

    const ROOT: &str = "locals {\n  size = var.size\n}\nvariable \"size\" {\n  default = 3\n}\nprovider \"t\" {\n  region = \"a\"\n}\n";
    const MODULE: &str = "variable \"size\" {}\nlocals {\n  n = \"x-${var.size}\"\n}\nresource \"t_x\" \"a\" {\n  count = 2\n  name  = local.n\n}\n";

    #[test]
    fn only_what_is_the_same_all_the_way_is_not_explained() {
        assert_eq!(
            told([ROOT, ROOT], [MODULE, MODULE], &[]),
            Told::NotExplained
        );
        let formatted = MODULE.replace("  name  = local.n", "  # a name\n  name = local.n");
        assert_eq!(
            told([ROOT, ROOT], [MODULE, &formatted], &[]),
            Told::NotExplained
        );
        // Anything on the way that differs.
        for (root, module) in [
            (ROOT.to_owned(), MODULE.replace("count = 2", "count = 3")),
            (ROOT.to_owned(), MODULE.replace("x-$", "y-$")),
            (
                ROOT.to_owned(),
                MODULE.replace("resource \"t_x\" \"a\"", "resource \"t_x\" \"b\""),
            ),
            (
                ROOT.replace("default = 3", "default = 4"),
                MODULE.to_owned(),
            ),
            (ROOT.replace("= var.size", "= 7"), MODULE.to_owned()),
            (ROOT.replace("\"a\"", "\"b\""), MODULE.to_owned()),
        ] {
            assert_eq!(
                told([ROOT, &root], [MODULE, &module], &[]),
                Told::Explained,
                "{root}{module}"
            );
        }
    }

    #[test]
    fn what_nobody_can_tell() {
        let unknown = |told: Told| matches!(told, Told::Unknown(_));
        for by in [
            "data.d_x.y.id",
            "file(\"x\")",
            "templatefile(\"x\", {})",
            "timestamp()",
            "module.o[0].id",
            "provider::t::f(1)",
        ] {
            let module = MODULE.replace(
                "local.n\n}",
                &format!(
                    "{by}\n}}\ndata \"d_x\" \"y\" {{}}\nmodule \"o\" {{\n  source = \"x/y/z\"\n}}"
                ),
            );
            assert!(unknown(told([ROOT, ROOT], [&module, &module], &[])), "{by}");
        }
        // A value in the revision that the plan was not given.
        let old = [("size", Expr::Number("3".to_owned()))];
        assert!(unknown(told([ROOT, ROOT], [MODULE, MODULE], &old)));
        // A difference counts more.
        let other = MODULE.replace("count = 2", "count = data.d_x.y.n");
        assert_eq!(told([ROOT, ROOT], [&other, MODULE], &[]), Told::Explained);
    }

    /// A chain of locals, a circle in it, and what is told of the start of each.
    #[test]
    fn what_many_refer_to() {
        let root = |end: &str| {
            let locals: String = (0..50)
                .map(|at| format!("  l{at} = local.l{}\n", at + 1))
                .collect();
            format!(
                "locals {{\n  size = [local.l7, local.l30]\n{locals}  l50 = [local.l3, {end}]\n}}\nvariable \"size\" {{\n  default = 3\n}}\nprovider \"t\" {{\n  region = \"a\"\n}}\n"
            )
        };
        let of = |now: &str, then: &str| told([&root(now), &root(then)], [MODULE, MODULE], &[]);
        assert_eq!(of("1", "1"), Told::NotExplained);
        assert_eq!(of("1", "2"), Told::Explained);
        assert_eq!(
            of("data.d_x.y.id", "data.d_x.y.id"),
            Told::Unknown("a data source")
        );
    }

    #[test]
    fn modules_in_a_circle_end() {
        let past = Past {
            name: "main".to_owned(),
            root: String::new(),
            folders: BTreeMap::from([(
                String::new(),
                folder(
                    "",
                    "module \"m\" {\n  source = \"./\"\n}\nmodule \"n\" {\n  source = \"./\"\n}\n",
                ),
            )]),
            values: BTreeMap::new(),
            values_unread: false,
        };
        let mut explain = Explain {
            now: BTreeMap::new(),
            then: BTreeMap::new(),
            past: Arc::new(past),
            variables: Variables::Nowhere,
            lock: None,
            lock_differs: false,
        };
        explain.follow();
        assert_eq!(explain.then.len(), 1);
    }
}
