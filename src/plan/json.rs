//! The reader of JSON plans (`terraform show -json`, `tofu show -json`), formats 0.1 to 1.x. Nothing of the whole is built as a tree:
//! typed structs borrow from the text, and values stay raw until a rule asks for them.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::fmt;

use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use super::{
    Action, Configuration, Detail, Invocation, Mask, Mode, Plan, PriorState, Raw, Reason,
    ReplacePaths, ResourceChange, Text, Value, Variables, Writer, work::Top,
};
use crate::address::is_deep;
use crate::config::Planned;
use crate::ui::position as place;
use crate::ui::refusal::{Refusal, Why};

/// Reads the JSON object that `text` starts with as a plan, and tells how many bytes it takes.
///
/// # Errors
/// When it is not provably a plan.
pub(crate) fn read(text: &str) -> Result<(Plan<'_>, usize), Refusal> {
    let mut documents = serde_json::Deserializer::from_str(text).into_iter::<Top<Document<'_>>>();
    match documents.next() {
        None => Err(Refusal::new(Why::Empty)),
        Some(Ok(top)) => {
            let mut plan = top.document.into_plan()?;
            plan.unknown_work = top.unknown;
            Ok((plan, documents.byte_offset()))
        }
        Some(Err(error)) => Err(refuse(text, &error)),
    }
}

/// The message of `serde_json` is never used: it quotes values.
fn refuse(text: &str, error: &serde_json::Error) -> Refusal {
    use serde_json::error::Category;
    let why = match error.classify() {
        Category::Eof => Why::Truncated,
        Category::Data => Why::WrongShape,
        Category::Syntax | Category::Io => Why::Malformed,
    };
    Refusal::new(why).at(place::find(text, error.line(), error.column()))
}

/// An address in more modules than anybody nests: it would be looked at module by module, again and again.
fn deep() -> Refusal {
    Refusal::new(Why::WrongShape).with("an address is nested too deep")
}

/// A key of the document: absent and null are not the same.
#[derive(Default)]
enum Field<T> {
    #[default]
    Absent,
    Null,
    Here(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Here))
    }
}

impl<T> Field<T> {
    const fn is_here(&self) -> bool {
        matches!(self, Self::Here(_))
    }

    const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl<T: Default> Field<T> {
    /// What is there; nothing when the key is absent, a refusal when it is null.
    fn or_empty(self) -> Result<T, Refusal> {
        match self {
            Self::Absent => Ok(T::default()),
            Self::Null => Err(Refusal::new(Why::NullList)),
            Self::Here(value) => Ok(value),
        }
    }
}

/// Everything that a JSON file of Terraform or OpenTofu may have at its top (docs/plan-format.md); what tells a plan from its look-alikes is in here too.
#[derive(Deserialize)]
struct Document<'p> {
    #[serde(borrow, default)]
    format_version: Option<Text<'p>>,
    #[serde(borrow, default)]
    terraform_version: Option<Text<'p>>,
    #[serde(default)]
    planned_values: Field<IgnoredAny>,
    #[serde(borrow, default)]
    resource_changes: Field<Changes<'p>>,
    #[serde(borrow, default)]
    resource_drift: Field<Vec<ResourceChange<'p>>>,
    #[serde(borrow, default)]
    deferred_changes: Field<Vec<Deferred<'p>>>,
    #[serde(borrow, default)]
    action_invocations: Field<Vec<Invoked<'p>>>,
    #[serde(borrow, default)]
    deferred_action_invocations: Field<Vec<DeferredInvoked<'p>>>,
    #[serde(default)]
    output_changes: Field<OutputChanges>,
    #[serde(default)]
    prior_state: Field<StateDocument>,
    #[serde(borrow, default)]
    configuration: Option<&'p RawValue>,
    #[serde(borrow, default)]
    variables: Option<&'p RawValue>,
    #[serde(default)]
    checks: Option<Vec<Check>>,
    #[serde(default)]
    errored: Option<bool>,
    #[serde(default)]
    complete: Option<bool>,
    // Marks of other files.
    #[serde(default)]
    values: Field<IgnoredAny>,
    #[serde(default)]
    version: Field<IgnoredAny>,
    #[serde(default)]
    lineage: Field<IgnoredAny>,
    #[serde(default)]
    encryption_version: Field<IgnoredAny>,
    #[serde(default)]
    encrypted_data: Field<IgnoredAny>,
    #[serde(default)]
    remote_plan_format: Field<IgnoredAny>,
    #[serde(default, rename = "@message")]
    message: Field<IgnoredAny>,
}

impl<'p> Document<'p> {
    fn into_plan(self) -> Result<Plan<'p>, Refusal> {
        if self.encryption_version.is_here() || self.encrypted_data.is_here() {
            return Err(Refusal::new(Why::Encrypted));
        }
        if self.remote_plan_format.is_here() {
            return Err(Refusal::new(Why::Bookmark));
        }
        if self.message.is_here() {
            return Err(Refusal::new(Why::Stream));
        }
        let Some(Text(format_version)) = self.format_version else {
            let state = self.version.is_here() && self.lineage.is_here();
            return Err(Refusal::new(if state {
                Why::RawState
            } else {
                Why::NotAPlan
            }));
        };
        if !matches!(format_version.split('.').next(), Some("0" | "1")) {
            return Err(Refusal::new(Why::UnknownFormat));
        }
        let provably = self.planned_values.is_here() || self.configuration.is_some();
        if self.resource_changes.is_absent() && !provably {
            return Err(Refusal::new(if self.values.is_here() {
                Why::StateShown
            } else {
                Why::NotAPlan
            }));
        }
        if self.values.is_here() {
            return Err(Refusal::new(Why::StateShown));
        }
        let prior = match self.prior_state {
            Field::Here(StateDocument {
                values: Some(values),
            }) => Some(PriorState {
                managed: values.root_module.0,
            }),
            Field::Here(StateDocument { values: None }) => Some(PriorState::default()),
            Field::Null | Field::Absent => None,
        };
        let now = self.action_invocations.or_empty()?.into_iter();
        let later = self.deferred_action_invocations.or_empty()?.into_iter();
        let invocations: Vec<_> = now
            .map(|invoked| invoked.read(false))
            .chain(later.map(|later| later.action_invocation.read(true)))
            .collect();
        let addresses = invocations
            .iter()
            .flat_map(|invoked| [Some(&invoked.address), invoked.trigger.as_ref()]);
        if addresses.flatten().any(|address| is_deep(address)) {
            return Err(deep());
        }
        let mut changes = self.resource_changes.or_empty()?.0;
        changes.shrink_to_fit();
        let drift = self.resource_drift.or_empty()?;
        let deferred: Vec<_> = self
            .deferred_changes
            .or_empty()?
            .into_iter()
            .map(|deferred| deferred.resource_change)
            .collect();
        let all = changes.iter().chain(&drift).chain(&deferred);
        if all
            .flat_map(|change| [Some(&*change.address), change.previous_address()])
            .flatten()
            .any(is_deep)
        {
            return Err(deep());
        }
        let terraform_version = self
            .terraform_version
            .map(|Text(version)| version.into_owned());
        let providers = changes.iter().filter_map(|change| change.provider());
        let writer = Writer::of_json(
            terraform_version.as_deref(),
            self.complete.is_some(),
            providers,
        );
        Ok(Plan {
            format_version: format_version.into_owned(),
            terraform_version,
            writer,
            changes,
            drift,
            deferred,
            invocations,
            gone: None,
            unknown_work: Vec::new(),
            output_changes: self.output_changes.or_empty()?.0,
            prior,
            errored: self.errored.unwrap_or(false),
            complete: self.complete,
            failed_checks: self
                .checks
                .unwrap_or_default()
                .iter()
                .filter(|check| check.failed())
                .count(),
            configuration: self.configuration.map_or(Configuration::Nowhere, |raw| {
                Configuration::Json(Planned::new(raw.get()))
            }),
            variables: self
                .variables
                .map_or(Variables::Nowhere, |raw| Variables::Json(raw.get())),
            saved: None,
            pulled: None,
        })
    }
}

/// The list of changes. Neighbours of one type share its text, so that whoever looks at every type reads no more of a big file again.
#[derive(Default)]
struct Changes<'p>(Vec<ResourceChange<'p>>);

impl<'de: 'p, 'p> Deserialize<'de> for Changes<'p> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Changes<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of changes")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Changes<'de>, A::Error> {
                let mut changes: Vec<ResourceChange<'de>> = Vec::new();
                while let Some(mut change) = list.next_element::<ResourceChange<'de>>()? {
                    if let Some(last) = changes.last()
                        && last.kind == change.kind
                    {
                        change.kind.clone_from(&last.kind);
                    }
                    changes.push(change);
                }
                Ok(Changes(changes))
            }
        }
        deserializer.deserialize_seq(Each)
    }
}

#[derive(Deserialize)]
struct Deferred<'p> {
    #[serde(borrow)]
    resource_change: ResourceChange<'p>,
}

#[derive(Deserialize)]
struct Invoked<'p> {
    #[serde(borrow)]
    address: Text<'p>,
    #[serde(borrow, rename = "type")]
    kind: Text<'p>,
    #[serde(borrow, default)]
    lifecycle_action_trigger: Option<Trigger<'p>>,
}

#[derive(Deserialize)]
struct Trigger<'p> {
    #[serde(borrow, default)]
    triggering_resource_address: Option<Text<'p>>,
}

#[derive(Deserialize)]
struct DeferredInvoked<'p> {
    #[serde(borrow)]
    action_invocation: Invoked<'p>,
}

impl<'p> Invoked<'p> {
    fn read(self, deferred: bool) -> Invocation<'p> {
        let trigger = self
            .lifecycle_action_trigger
            .and_then(|trigger| trigger.triggering_resource_address);
        Invocation {
            address: self.address.0,
            kind: self.kind.0,
            trigger: trigger.map(|Text(address)| address),
            deferred,
        }
    }
}

#[derive(Deserialize)]
struct Check {
    #[serde(default)]
    status: Option<String>,
}

impl Check {
    fn failed(&self) -> bool {
        matches!(self.status.as_deref(), Some("fail" | "error"))
    }
}

#[derive(Deserialize)]
struct StateDocument {
    #[serde(default)]
    values: Option<StateValues>,
}

#[derive(Deserialize)]
struct StateValues {
    #[serde(default)]
    root_module: Counted,
}

type Counts = BTreeMap<String, usize>;

/// Managed objects of a module and all below it, counted by type while reading: a list of them would be as long as the state.
#[derive(Default)]
struct Counted(Counts);

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut counts = Counts::new();
        Module(&mut counts).deserialize(deserializer)?;
        Ok(Self(counts))
    }
}

/// A module, whose objects are added to the one count of all modules: a count of each would be moved through all the modules above it.
struct Module<'c>(&'c mut Counts);

impl<'de> DeserializeSeed<'de> for Module<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Module<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a module")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (mut resources, mut modules) = (false, false);
        while let Some(Text(key)) = map.next_key::<Text<'de>>()? {
            let twice = match key.as_ref() {
                "resources" => {
                    map.next_value_seed(Resources(self.0))?;
                    std::mem::replace(&mut resources, true)
                }
                "child_modules" => {
                    map.next_value_seed(Modules(self.0))?;
                    std::mem::replace(&mut modules, true)
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    false
                }
            };
            if twice {
                return Err(A::Error::custom("a key twice"));
            }
        }
        Ok(())
    }
}

struct Modules<'c>(&'c mut Counts);

impl<'de> DeserializeSeed<'de> for Modules<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Modules<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of modules")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Module(self.0))?.is_some() {}
        Ok(())
    }
}

struct Resources<'c>(&'c mut Counts);

impl<'de> DeserializeSeed<'de> for Resources<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Resources<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of resources")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        #[derive(Deserialize)]
        struct Resource<'p> {
            #[serde(borrow, default)]
            mode: Option<Text<'p>>,
            #[serde(borrow, rename = "type")]
            kind: Text<'p>,
            #[serde(default)]
            deposed_key: Option<IgnoredAny>,
        }
        while let Some(resource) = list.next_element::<Resource<'de>>()? {
            if resource.mode.is_none_or(|mode| mode.0 == "managed")
                && resource.deposed_key.is_none()
            {
                match self.0.get_mut(resource.kind.0.as_ref()) {
                    Some(count) => *count += 1,
                    None => {
                        self.0.insert(resource.kind.0.into_owned(), 1);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Outputs that change: only counted.
#[derive(Default)]
struct OutputChanges(usize);

impl<'de> Deserialize<'de> for OutputChanges {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Output {
            #[serde(default)]
            actions: ActionList,
        }
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = OutputChanges;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of outputs")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<OutputChanges, A::Error> {
                let (mut count, mut names) = (0, HashSet::new());
                while let Some((Text(name), output)) = map.next_entry::<Text<'de>, Output>()? {
                    if !names.insert(name) {
                        return Err(A::Error::custom("a name twice"));
                    }
                    count += usize::from(output.actions.0 != Action::NoOp);
                }
                Ok(OutputChanges(count))
            }
        }
        deserializer.deserialize_map(Each)
    }
}

/// The list of actions, as one [`Action`].
struct ActionList(Action);

impl Default for ActionList {
    fn default() -> Self {
        Self(Action::NoOp)
    }
}

impl<'de> Deserialize<'de> for ActionList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = ActionList;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of actions")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<ActionList, A::Error> {
                let (first, second) = (
                    list.next_element::<Text<'de>>()?,
                    list.next_element::<Text<'de>>()?,
                );
                let mut more = false;
                while list.next_element::<IgnoredAny>()?.is_some() {
                    more = true;
                }
                let known = |action: &&Action| match (action.words(), &first, &second) {
                    ([only], Some(one), None) => one.0 == *only,
                    ([a, b], Some(one), Some(two)) => one.0 == *a && two.0 == *b,
                    _ => false,
                };
                Ok(ActionList(
                    Action::ALL
                        .iter()
                        .find(known)
                        .copied()
                        .filter(|_| !more)
                        .unwrap_or(Action::Other),
                ))
            }
        }
        deserializer.deserialize_seq(Each)
    }
}

/// One entry as the JSON has it (docs/plan-format.md).
#[derive(Deserialize)]
struct Entry<'p> {
    #[serde(borrow, default)]
    address: Option<Text<'p>>,
    #[serde(borrow, default)]
    module_address: Option<Text<'p>>,
    #[serde(borrow, default)]
    name: Option<Text<'p>>,
    #[serde(borrow, default)]
    index: Option<&'p RawValue>,
    #[serde(borrow, default)]
    previous_address: Option<Text<'p>>,
    #[serde(borrow, default)]
    mode: Option<Text<'p>>,
    #[serde(borrow, rename = "type")]
    kind: Text<'p>,
    #[serde(borrow, default)]
    deposed: Option<Text<'p>>,
    #[serde(borrow, default)]
    provider_name: Option<Text<'p>>,
    #[serde(borrow, default)]
    action_reason: Option<Text<'p>>,
    #[serde(borrow)]
    change: Change<'p>,
}

#[derive(Deserialize)]
struct Change<'p> {
    actions: ActionList,
    #[serde(borrow, default)]
    before: Option<&'p RawValue>,
    #[serde(borrow, default)]
    after: Option<&'p RawValue>,
    #[serde(borrow, default)]
    after_unknown: Option<&'p RawValue>,
    #[serde(borrow, default)]
    before_sensitive: Option<&'p RawValue>,
    #[serde(borrow, default)]
    after_sensitive: Option<&'p RawValue>,
    #[serde(borrow, default)]
    replace_paths: Option<&'p RawValue>,
    #[serde(default)]
    importing: Option<IgnoredAny>,
}

impl<'de: 'p, 'p> Deserialize<'de> for ResourceChange<'p> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entry = Entry::deserialize(deserializer)?;
        let (action, change) = (entry.change.actions.0, entry.change);
        let text = |text: Option<Text<'p>>| text.map(|Text(text)| text);
        let mode = match entry.mode.as_ref().map(|mode| mode.0.as_ref()) {
            None | Some("managed") => Mode::Managed,
            Some("data" | "ephemeral") => Mode::Data,
            // A mode that is not known may be something that can be lost.
            Some(_) => Mode::Managed,
        };
        let idle = action == Action::NoOp
            && entry.deposed.is_none()
            && entry.previous_address.is_none()
            && change.importing.is_none();
        let detail = (!idle).then(|| {
            Box::new(Detail {
                deposed: text(entry.deposed),
                previous_address: text(entry.previous_address),
                reason: entry.action_reason.map(|Text(word)| Reason::of_word(&word)),
                provider: text(entry.provider_name),
                importing: change.importing.is_some(),
                before: Some(Value::json(
                    change.before,
                    Mask::Nothing,
                    Mask::from_json(change.before_sensitive),
                )),
                after: Some(Value::json(
                    change.after,
                    Mask::from_json(change.after_unknown),
                    Mask::from_json(change.after_sensitive),
                )),
                replace_paths: change
                    .replace_paths
                    .map_or(ReplacePaths::Nowhere, |raw| ReplacePaths::Json(raw.get())),
            })
        });
        // Drift of Terraform 1.0 comes without an address.
        let address = entry.address.map(|Text(address)| address).or_else(|| {
            let module = entry
                .module_address
                .map_or_else(String::new, |Text(module)| format!("{module}."));
            let index = entry
                .index
                .map_or_else(String::new, |index| format!("[{}]", index.get()));
            entry
                .name
                .map(|Text(name)| Cow::Owned(format!("{module}{}.{name}{index}", entry.kind.0)))
        });
        let address = address.ok_or_else(|| serde::de::Error::missing_field("address"))?;
        // Only of what is idle: the others keep their masks.
        let unmarked = idle && matches!(Mask::from_json(change.before_sensitive), Mask::Nothing);
        Ok(Self::new(
            address,
            entry.kind.0,
            mode,
            action,
            change
                .before
                .map_or(Raw::Absent, |raw| Raw::Json(raw.get())),
            detail,
        )
        .with_unmarked(unmarked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_of_all_modules_are_counted_by_type() {
        let text = r#"{"format_version":"1.2","planned_values":{},"prior_state":{"values":{"root_module":{"resources":[{"type":"a_b"},
            {"type":"a_b","mode":"data"},{"type":"a_b","deposed_key":"x"}],"child_modules":[{"address":"module.m","resources":[{"type":"a_b"},{"type":"c_d"}],
            "child_modules":[{"resources":[{"type":"a_b","mode":"managed"}]},{}]}]}}}}"#;
        let (plan, _) = read(text).unwrap_or_else(|refusal| panic!("{refusal}"));
        let counts = plan.prior.unwrap_or_default().managed;
        assert_eq!(
            counts.into_iter().collect::<Vec<_>>(),
            [("a_b".to_owned(), 3), ("c_d".to_owned(), 1)]
        );
    }
}
