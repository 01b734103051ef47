//! The reader of saved plan files: what `terraform plan -out` wrote and `terraform apply` will do. All of it is borrowed from the inflated `tfplan`;
//! values stay msgpack until a rule asks. Facts about every byte: docs/plan-format.md.

mod backend;
mod change;
pub(crate) mod config;
mod exact;
pub(crate) mod msgpack;
pub(crate) mod paths;
pub(crate) mod protobuf;
mod state;
mod zip;

use std::collections::{BTreeMap, HashSet};
use std::fmt;

pub(crate) use backend::Backend;
use change::InstanceKeys;
pub(crate) use change::provider_address;
pub(crate) use state::{Object, State, read as read_state};
pub(super) use zip::ends_like_zip;
pub(crate) use zip::swells;

use self::config::Config;
use self::protobuf::{Content, dynamic, fields, singular};
use self::zip::Container;
use super::{
    Action, Configuration, Gone, Invocation, Plan, PriorState, ReadError, ResourceChange,
    UnknownWork, Value, Variables, Writer,
};
use crate::address;
use crate::ui::refusal::{Refusal, Why};

/// The version of the encoding that every release from 0.12 on writes.
const VERSION: u64 = 3;
/// What the model may take whatever the file's size, in bytes.
const FREE: usize = 16 << 20;
/// And how many times the inflated plan beyond that: far above what real changes need, so that a file of empty ones does not become many times its size.
const TIMES: usize = 2;

/// The fields of a plan that are there once at most (docs/plan-format.md).
const ONCE: &[u32] = &[1, 13, 14, 17, 20, 21, 25, 26, 29];

const TWO_PLACES: ReadError = ReadError("it names two places for its state");

/// Fields of the plan that are known and not read (docs/plan-format.md): no work is in them.
const KNOWN: &[u32] = &[
    1,
    2,
    15,
    21,
    22,
    32,
    // Whether OpenTofu's experimental graph (500,000,000) is one of a destroy. The graph itself is work that is not read: who uses it does what it says.
    500_000_001,
];
/// More unknown fields than this are not named one by one.
const MOST_UNKNOWN: usize = 20;

/// How the plan was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlanMode {
    /// As usual.
    #[default]
    Normal,
    /// `plan -destroy`.
    Destroy,
    /// `plan -refresh-only`.
    RefreshOnly,
}

/// What only a saved plan file tells.
pub struct Saved<'p> {
    /// How the plan was made.
    pub mode: PlanMode,
    /// The addresses of `-target`.
    pub targets: Vec<&'p str>,
    /// The addresses of `-exclude`: OpenTofu 1.9+.
    pub(crate) excludes: Vec<&'p str>,
    /// The addresses of `-replace`: only Terraform 0.15.4 to 1.0 writes them; later the reason of the change says it.
    pub(crate) force_replace: Vec<&'p str>,
    /// Where the state is kept.
    pub backend: Option<Backend>,
    /// The type of the state store that keeps the state instead of a backend: Terraform 1.13+.
    pub(crate) state_store: Option<&'p str>,
    /// The workspace.
    pub workspace: &'p str,
    /// The lineage of the state; empty when there was none.
    pub(crate) lineage: &'p str,
    /// The serial of the state; 0 when there was none.
    pub serial: u64,
    /// Whether the plan can be applied at all (Terraform 1.8+).
    pub(crate) applyable: Option<bool>,
    /// The root variables whose values are given anew at apply: Terraform 1.10+, OpenTofu 1.11+.
    pub(crate) ephemeral: Vec<&'p str>,
    /// The managed objects of the prior state, deposed ones left out.
    pub objects: &'p [Object],
    /// The configuration within the file.
    pub config: &'p Config<'p>,
}

impl fmt::Debug for Saved<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Saved({:?}, serial {}, {} objects)",
            self.mode,
            self.serial,
            self.objects.len()
        )
    }
}

impl Saved<'_> {
    /// Whether the backend had no state at all when the plan was made; an emptied state has a lineage (docs/plan-format.md).
    #[must_use]
    pub const fn no_state(&self) -> bool {
        self.lineage.is_empty() && self.serial == 0
    }

    /// The workspace; unsaid it is this one.
    #[must_use]
    pub(crate) const fn workspace_name(&self) -> &str {
        if self.workspace.is_empty() {
            "default"
        } else {
            self.workspace
        }
    }
}

/// Whether the bytes are meant as a saved plan.
#[must_use]
pub(crate) fn is_saved(bytes: &[u8]) -> bool {
    matches!(bytes, [b'P', b'K', 3 | 5, 4 | 6, ..])
}

/// An unpacked saved plan: it owns what a [`Plan`] borrows.
pub(super) struct Opened<'b> {
    plan: Vec<u8>,
    state: State,
    /// What the state held before refresh and no longer holds after it; `None` where the file does not say (before Terraform 0.15.4).
    gone: Option<Vec<Gone>>,
    config: Config<'b>,
    writer: Writer,
}

impl fmt::Debug for Opened<'_> {
    /// Shows nothing of the content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opened({} bytes)", self.plan.len())
    }
}

fn broken(error: ReadError) -> Refusal {
    Refusal::new(Why::BrokenPlan).with(error.0)
}

impl<'b> Opened<'b> {
    /// Unpacks a saved plan.
    ///
    /// # Errors
    /// When it is no saved plan, or damaged, or could be read in two ways.
    pub(super) fn new(bytes: &'b [u8]) -> Result<Self, Refusal> {
        let container = Container::open(bytes)?;
        if !container.has("tfplan") {
            return Err(Refusal::new(Why::OtherZip));
        }
        let Some(stream) = container.stream("tfstate") else {
            return Err(Refusal::new(Why::BrokenPlan).with("it has no state in it"));
        };
        let state = state::read(stream)?;
        let gone = match container.stream("tfstate-prev") {
            Some(stream) => Some(state.gone_since(&state::read(stream)?)),
            None => None,
        };
        container.check_others()?;
        let plan = container
            .read("tfplan")?
            .ok_or_else(|| Refusal::new(Why::OtherZip))?;
        let lock = container
            .size(".terraform.lock.hcl")
            .is_some_and(|size| size <= crate::config::MAX_SOURCE);
        let lock = if lock {
            container.read(".terraform.lock.hcl")?
        } else {
            None
        };
        let writer = writer(lock.as_deref().unwrap_or_default(), &plan)?;
        config::check(&container, writer)?;
        Ok(Self {
            plan,
            state,
            gone,
            config: Config::new(container),
            writer,
        })
    }

    /// The plan.
    ///
    /// # Errors
    /// When it is not a plan that can be read.
    pub(super) fn plan(&self) -> Result<Plan<'_>, Refusal> {
        let mut draft = Draft::new(self)?;
        for field in singular(&self.plan, ONCE) {
            let (number, content) = field.map_err(broken)?;
            draft.take(number, content).map_err(broken)?;
            draft.spend(0)?;
        }
        draft.finish()
    }
}

/// A plan while it is read.
struct Draft<'p> {
    opened: &'p Opened<'p>,
    plan: Plan<'p>,
    saved: Saved<'p>,
    /// The names of variables and of outputs, each of which is there once.
    names: [HashSet<&'p str>; 2],
    /// Bytes that the model takes by now.
    cost: usize,
    /// The kinds and addresses of checks, each of which is there once.
    checks: HashSet<(u64, &'p [u8])>,
    check_twice: bool,
    /// Fields that this version does not know, by number, with how often they are there.
    unknown: BTreeMap<u32, usize>,
    /// How often others are there.
    further: usize,
}

impl<'p> Draft<'p> {
    /// Counts the entries before any is kept, so that no more is set aside than there are.
    fn new(opened: &'p Opened<'p>) -> Result<Self, Refusal> {
        let (mut changes, mut drift, mut deferred) = (0_usize, 0_usize, 0_usize);
        for field in fields(&opened.plan) {
            match field.map_err(broken)?.0 {
                3 => changes += 1,
                18 => drift += 1,
                27 => deferred += 1,
                _ => {}
            }
        }
        let mut draft = Self {
            opened,
            plan: Plan {
                format_version: "saved".to_owned(),
                terraform_version: None,
                writer: opened.writer,
                changes: Vec::new(),
                drift: Vec::new(),
                deferred: Vec::new(),
                invocations: Vec::new(),
                gone: opened.gone.clone(),
                unknown_work: Vec::new(),
                output_changes: 0,
                prior: None,
                errored: false,
                complete: None,
                failed_checks: 0,
                configuration: Configuration::Source(&opened.config),
                variables: Variables::Wire(&opened.plan),
                saved: None,
                pulled: None,
            },
            saved: Saved {
                mode: PlanMode::Normal,
                targets: Vec::new(),
                excludes: Vec::new(),
                force_replace: Vec::new(),
                backend: None,
                state_store: None,
                workspace: "",
                lineage: &opened.state.lineage,
                serial: opened.state.serial,
                applyable: None,
                ephemeral: Vec::new(),
                objects: &opened.state.objects,
                config: &opened.config,
            },
            names: [HashSet::new(), HashSet::new()],
            cost: 0,
            checks: HashSet::new(),
            check_twice: false,
            unknown: BTreeMap::new(),
            further: 0,
        };
        draft
            .spend((changes + drift + deferred).saturating_mul(size_of::<ResourceChange<'_>>()))?;
        draft.plan.changes.reserve_exact(changes);
        draft.plan.drift.reserve_exact(drift);
        draft.plan.deferred.reserve_exact(deferred);
        Ok(draft)
    }

    fn spend(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.cost = self.cost.saturating_add(bytes);
        if self.cost
            > self
                .opened
                .plan
                .len()
                .saturating_mul(TIMES)
                .saturating_add(FREE)
        {
            return Err(Refusal::new(Why::TooLarge)
                .with("it has very many entries that hold nearly nothing"));
        }
        Ok(())
    }

    fn change(
        &mut self,
        message: &'p [u8],
        keys: InstanceKeys,
    ) -> Result<ResourceChange<'p>, ReadError> {
        let change = change::read(message, self.opened.writer, keys)?;
        self.cost = self.cost.saturating_add(change.detail_size());
        Ok(change)
    }

    fn text(&mut self, content: Content<'p>) -> Result<&'p str, ReadError> {
        self.cost = self.cost.saturating_add(2 * size_of::<&str>());
        content.text()
    }

    /// An address or the path of a module, as Terraform writes it.
    fn target(&mut self, content: Content<'p>) -> Result<&'p str, ReadError> {
        let text = self.text(content)?;
        if address::is_target(text) {
            Ok(text)
        } else {
            Err(ReadError("it has a target that cannot be read"))
        }
    }

    /// A name of a list in which each is there once.
    fn name(&mut self, list: usize, name: &'p str) -> Result<(), ReadError> {
        self.cost = self.cost.saturating_add(3 * size_of::<&str>());
        if self
            .names
            .get_mut(list)
            .is_some_and(|names| names.insert(name))
        {
            Ok(())
        } else {
            Err(ReadError("a variable or an output is there twice"))
        }
    }

    fn take(&mut self, number: u32, content: Content<'p>) -> Result<(), ReadError> {
        match number {
            1 if content.number()? != VERSION => {
                return Err(ReadError("it has a version that is not known"));
            }
            3 => {
                let change = self.change(content.bytes()?, InstanceKeys::Known)?;
                self.plan.changes.push(change);
            }
            2 => {
                let (name, _) = entry(content.bytes()?)?;
                self.name(0, name)?;
            }
            4 => {
                let (name, acts) = output(content.bytes()?)?;
                self.name(1, name)?;
                self.plan.output_changes += usize::from(acts);
            }
            5 => {
                let target = self.target(content)?;
                self.saved.targets.push(target);
            }
            6 => {
                let exclude = self.target(content)?;
                self.saved.excludes.push(exclude);
            }
            13 => {
                let (kind, config, workspace) = store(content.bytes()?)?;
                if self.saved.state_store.is_some() {
                    return Err(TWO_PLACES);
                }
                self.saved.backend = Some(Backend::read(kind, config)?);
                self.saved.workspace = workspace;
            }
            14 => self.plan.terraform_version = Some(content.text()?.to_owned()),
            16 => {
                let address = self.target(content)?;
                self.saved.force_replace.push(address);
            }
            17 => {
                self.saved.mode = match content.choice()? {
                    0 => PlanMode::Normal,
                    1 => PlanMode::Destroy,
                    2 => PlanMode::RefreshOnly,
                    _ => return Err(ReadError("it has a mode that is not known")),
                }
            }
            18 => {
                let change = self.change(content.bytes()?, InstanceKeys::Known)?;
                self.plan.drift.push(change);
            }
            19 => {
                let check = Check::read(content.bytes()?)?;
                self.plan.failed_checks += usize::from(check.failed);
                self.cost = self.cost.saturating_add(size_of::<(u64, &[u8])>());
                // Of two of one name Terraform takes the last.
                self.check_twice |= !self.checks.insert((check.kind, check.address));
            }
            20 => self.plan.errored = content.flag()?,
            25 => self.saved.applyable = Some(content.flag()?),
            26 => self.plan.complete = Some(content.flag()?),
            27 => {
                let change = self.change(deferred(content.bytes()?)?, InstanceKeys::MayBeOpen)?;
                self.plan.deferred.push(change);
            }
            // Results of functions in Terraform, names in OpenTofu.
            22 if self.opened.writer == Writer::OpenTofu => {
                if let Ok(name) = self.text(content) {
                    self.saved.ephemeral.push(name);
                }
            }
            // Whoever wrote it: a name too many is asked for, one too few is not.
            28 => {
                let name = self.text(content)?;
                self.saved.ephemeral.push(name);
            }
            29 => {
                let (kind, _, workspace) = store(content.bytes()?)?;
                if self.saved.backend.is_some() {
                    return Err(TWO_PLACES);
                }
                self.saved.state_store = Some(kind);
                self.saved.workspace = workspace;
            }
            30 => self.invocation(content.bytes()?, false)?,
            31 => self.invocation(deferred(content.bytes()?)?, true)?,
            // Variables, provider hashes, relevant attributes, function results and the time: not needed, and some hold secrets.
            number if KNOWN.contains(&number) => {}
            // A number or a short text may say how something is done; a message may be something that is done.
            number => {
                if let Content::Bytes([_, ..]) = content {
                    self.unknown(number);
                }
            }
        }
        Ok(())
    }

    fn invocation(&mut self, message: &'p [u8], deferred: bool) -> Result<(), ReadError> {
        self.cost = self.cost.saturating_add(size_of::<Invocation<'_>>());
        self.plan
            .invocations
            .push(change::invocation(message, deferred)?);
        Ok(())
    }

    /// Of very many fields the first by number are named, in whatever order they stand.
    fn unknown(&mut self, number: u32) {
        *self.unknown.entry(number).or_default() += 1;
        if self.unknown.len() > MOST_UNKNOWN
            && let Some((_, entries)) = self.unknown.pop_last()
        {
            self.further += entries;
        }
    }

    fn unknown_work(&self) -> Vec<UnknownWork> {
        let fields = self.unknown.iter();
        let mut work: Vec<UnknownWork> = fields
            .map(|(number, entries)| UnknownWork {
                name: format!("field {number}"),
                entries: *entries,
            })
            .collect();
        if self.further > 0 {
            work.push(UnknownWork {
                name: "further fields".to_owned(),
                entries: self.further,
            });
        }
        work
    }

    fn finish(self) -> Result<Plan<'p>, Refusal> {
        let unknown = self.unknown_work();
        let Self {
            opened,
            mut plan,
            mut saved,
            check_twice,
            ..
        } = self;
        let version = plan.terraform_version.as_deref();
        if version.is_none() {
            return Err(broken(ReadError("it does not say which version wrote it")));
        }
        // 1.2 has other messages in the place of the checks.
        if version.is_some_and(|version| version.starts_with("1.2.")) {
            plan.failed_checks = 0;
        } else if check_twice {
            return Err(broken(ReadError("it has two results of one check")));
        }
        let says = plan.complete.is_some() || saved.applyable.is_some();
        if says || (opened.writer == Writer::Terraform && version.is_some_and(since_1_8)) {
            plan.complete.get_or_insert(false);
            saved.applyable.get_or_insert(false);
        }
        // What the caller chose stands in any order.
        for chosen in [
            &mut saved.targets,
            &mut saved.excludes,
            &mut saved.force_replace,
        ] {
            chosen.sort_unstable();
        }
        // Older versions and OpenTofu do not say so, but a target is a part by its meaning.
        if !saved.targets.is_empty() || !saved.excludes.is_empty() {
            plan.complete = Some(false);
        }
        if saved.mode != PlanMode::RefreshOnly {
            plan.drift.retain(|drift| drift.action != Action::NoOp);
        }
        let order = |a: &ResourceChange<'_>, b: &ResourceChange<'_>| {
            a.address
                .cmp(&b.address)
                .then_with(|| a.deposed().cmp(&b.deposed()))
        };
        plan.changes.sort_unstable_by(order);
        plan.drift.sort_unstable_by(order);
        plan.deferred.sort_by(order);
        let what = |run: &Invocation<'p>| (run.address.clone(), run.trigger.clone(), run.deferred);
        plan.invocations.sort_by_cached_key(what);
        plan.unknown_work = unknown;
        saved.ephemeral.sort_unstable();
        let twice = |(a, b): (&ResourceChange<'_>, &ResourceChange<'_>)| order(a, b).is_eq();
        if plan
            .changes
            .iter()
            .zip(plan.changes.iter().skip(1))
            .any(twice)
        {
            return Err(broken(TWO_CHANGES));
        }
        let spelled = |change: &&ResourceChange<'_>| change.address.contains('\\');
        if plan.changes.iter().any(|change| spelled(&change)) {
            let mut seen = HashSet::with_capacity(plan.changes.len());
            let mut all = plan.changes.iter();
            if !all.all(|change| {
                seen.insert((address::without_numbers(&change.address), change.deposed()))
            }) {
                return Err(broken(TWO_CHANGES));
            }
        }
        plan.prior = (!saved.no_state()).then(|| PriorState {
            managed: opened.state.managed.clone(),
        });
        plan.saved = Some(Box::new(saved));
        Ok(plan)
    }
}

const TWO_CHANGES: ReadError = ReadError("one object has two changes");

/// The value of a root variable that the caller set, of the message of a plan: the file says nothing of its sensitivity (docs/plan-format.md).
pub(crate) fn variable<'p>(plan: &'p [u8], name: &str) -> Result<Option<Value<'p>>, ReadError> {
    for field in fields(plan) {
        let (2, content) = field? else { continue };
        let (key, value) = entry(content.bytes()?)?;
        if key == name {
            return Ok(Some(Value::unmarked(super::Raw::Pack(value))));
        }
    }
    Ok(None)
}

/// Name and value of a variable.
fn entry(message: &[u8]) -> Result<(&str, &[u8]), ReadError> {
    let (mut key, mut value): (&str, &[u8]) = ("", &[]);
    for field in singular(message, &[1, 2]) {
        match field? {
            (1, content) => key = content.text()?,
            (2, content) => value = dynamic(content.bytes()?)?,
            _ => {}
        }
    }
    Ok((key, value))
}

/// The name of an output, and whether it changes.
fn output(message: &[u8]) -> Result<(&str, bool), ReadError> {
    let (mut name, mut acts) = ("", false);
    for field in singular(message, &[1, 2, 3]) {
        match field? {
            (1, content) => name = content.text()?,
            (2, content) => acts = change::acts(content.bytes()?)?,
            _ => {}
        }
    }
    Ok((name, acts))
}

/// Type, configuration and workspace of a backend or state store.
fn store(message: &[u8]) -> Result<(&str, &[u8], &str), ReadError> {
    let (mut kind, mut config, mut workspace): (&str, &[u8], &str) = ("", &[], "");
    for field in singular(message, &[1, 2, 3, 4]) {
        match field? {
            (1, content) => kind = content.text()?,
            (2, content) => config = dynamic(content.bytes()?)?,
            (3, content) => workspace = content.text()?,
            _ => {}
        }
    }
    Ok((kind, config, workspace))
}

/// The entry within a deferred change.
fn deferred(message: &[u8]) -> Result<&[u8], ReadError> {
    let mut found = None;
    for field in singular(message, &[1, 2]) {
        if let (2, content) = field? {
            found = Some(content.bytes()?);
        }
    }
    found.ok_or(ReadError("a deferred change is empty"))
}

/// The result of a check.
struct Check<'p> {
    kind: u64,
    address: &'p [u8],
    /// Whether it did not hold: status 2 is fail, 3 is error.
    failed: bool,
}

impl<'p> Check<'p> {
    fn read(message: &'p [u8]) -> Result<Self, ReadError> {
        let (mut kind, mut address, mut status) = (0, &[][..], 0);
        for field in singular(message, &[1, 2, 3]) {
            // Terraform 1.2 has other forms here.
            match field? {
                (1, content @ Content::Number(_)) => kind = content.choice()?,
                (2, Content::Bytes(bytes)) => address = bytes,
                (3, content @ Content::Number(_)) => status = content.choice()?,
                _ => {}
            }
        }
        Ok(Self {
            kind,
            address,
            failed: matches!(status, 2 | 3),
        })
    }
}

/// Who wrote the file: the head of the lock file says by which command, else hosts of providers and fields that only one of them has.
fn writer(lock: &[u8], plan: &[u8]) -> Result<Writer, Refusal> {
    let first = lock.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let says = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    if says(first, b"\"terraform init\"") {
        return Ok(Writer::Terraform);
    }
    // What tells is taken together, so that the order of the fields tells nothing.
    let (mut of_terraform, mut of_tofu) = (false, says(first, b"\"tofu init\""));
    let (mut terraform_host, mut tofu_host) = (false, false);
    for field in fields(plan) {
        match field.map_err(broken)? {
            (6, _) => of_tofu = true,
            (25 | 26, _) => of_terraform = true,
            // OpenTofu 1.11 lists names there, Terraform messages, which start with the tag of their first field and never with a letter.
            (22, Content::Bytes([first, ..])) if first.is_ascii_alphabetic() || *first == b'_' => {
                of_tofu = true;
            }
            (3, Content::Bytes(entry)) => {
                for part in fields(entry) {
                    if let (8, Content::Bytes(provider)) = part.map_err(broken)? {
                        tofu_host |= says(provider, b"\"registry.opentofu.org/");
                        terraform_host |= says(provider, b"\"registry.terraform.io/");
                    }
                }
            }
            _ => {}
        }
    }
    match (of_terraform, of_tofu) {
        // It would be read with the sources of one of them.
        (true, true) => Err(broken(ReadError(
            "it has parts of Terraform's and of OpenTofu's plans",
        ))),
        (true, false) => Ok(Writer::Terraform),
        (false, true) => Ok(Writer::OpenTofu),
        (false, false) => Ok(match (terraform_host, tofu_host) {
            (true, false) => Writer::Terraform,
            (false, true) => Writer::OpenTofu,
            _ => Writer::Unknown,
        }),
    }
}

/// Whether a version is 1.8 or newer.
fn since_1_8(version: &str) -> bool {
    let mut parts = version
        .split(['.', '-'])
        .map_while(|part| part.parse::<u32>().ok());
    matches!((parts.next(), parts.next()), (Some(1), Some(minor)) if minor >= 8)
        || version
            .split('.')
            .next()
            .and_then(|part| part.parse().ok())
            .is_some_and(|major: u32| major > 1)
}
