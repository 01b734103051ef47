//! One change of a saved plan: from the message to the entry that rules see (docs/plan-format.md). Nothing of `private` is looked at.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::msgpack;
use super::paths::{Paths, Side};
use super::protobuf::{dynamic, fields, singular};
use crate::address::{self, Address};
use crate::plan::{
    Action, Detail, Invocation, Mode, Raw, ReadError, Reason, ReplacePaths, ResourceChange, Value,
    Writer,
};

/// Which keys the instances of an address may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum InstanceKeys {
    /// Those of the configuration.
    Known,
    /// Also `[*]`: of a change that is put off it may not be known yet how many instances there are.
    MayBeOpen,
}

/// The parts of an entry, in the order in which they may come.
#[derive(Default)]
struct Entry<'p> {
    address: &'p str,
    previous: &'p str,
    provider: &'p str,
    deposed: &'p str,
    change: Option<&'p [u8]>,
    reason: u64,
    // Terraform 0.12 to 1.0.
    module: &'p str,
    data: bool,
    kind: &'p str,
    name: &'p str,
    key: Option<Key<'p>>,
}

enum Key<'p> {
    Text(&'p str),
    Number(u64),
}

impl<'p> Entry<'p> {
    fn read(message: &'p [u8]) -> Result<Self, ReadError> {
        let mut entry = Self::default();
        for field in singular(message, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14]) {
            let (number, content) = field?;
            match number {
                1 => entry.module = content.text()?,
                2 => {
                    entry.data = match content.choice()? {
                        0 => false,
                        1 => true,
                        _ => return Err(ReadError("a change has a mode that is not known")),
                    }
                }
                3 => entry.kind = content.text()?,
                4 => entry.name = content.text()?,
                5 | 6 if entry.key.is_some() => return Err(ADDRESS),
                5 => entry.key = Some(Key::Text(content.text()?)),
                6 => entry.key = Some(Key::Number(content.number()?)),
                7 => entry.deposed = content.text()?,
                8 => entry.provider = content.text()?,
                9 => entry.change = Some(content.bytes()?),
                12 => entry.reason = content.choice()?,
                13 => entry.address = content.text()?,
                14 => entry.previous = content.text()?,
                _ => {}
            }
        }
        Ok(entry)
    }

    /// Address, type and mode: since Terraform 1.1 the address says it all.
    fn place(&self, keys: InstanceKeys) -> Result<(Cow<'p, str>, Cow<'p, str>, Mode), ReadError> {
        let old = !self.module.is_empty()
            || self.data
            || !self.kind.is_empty()
            || !self.name.is_empty()
            || self.key.is_some();
        if !self.address.is_empty() {
            // Terraform 1.0 reads the parts, 1.1 the whole.
            if old {
                return Err(ADDRESS);
            }
            let address = parsed(self.address, keys)?;
            return Ok((
                Cow::Borrowed(self.address),
                Cow::Borrowed(address.kind),
                mode(&address),
            ));
        }
        if !old {
            return Err(ReadError("a change has no address"));
        }
        let whole = self.old_address();
        let address = parsed(&whole, InstanceKeys::Known)?;
        // The parts must be what they are called: a type that holds a dot would be another address.
        if address.kind != self.kind || address.name != self.name || address.data != self.data {
            return Err(ADDRESS);
        }
        let mode = mode(&address);
        Ok((Cow::Owned(whole), Cow::Borrowed(self.kind), mode))
    }

    fn old_address(&self) -> String {
        let mut address = String::new();
        if !self.module.is_empty() {
            let _ = write!(address, "{}.", self.module);
        }
        let _ = write!(
            address,
            "{}{}.{}",
            if self.data { "data." } else { "" },
            self.kind,
            self.name
        );
        match self.key {
            Some(Key::Number(number)) => {
                let _ = write!(address, "[{number}]");
            }
            Some(Key::Text(text)) => {
                let _ = write!(address, "[\"{}\"]", address::quoted(text));
            }
            None => {}
        }
        address
    }
}

/// Reads an action that the apply runs. Its configuration is not looked at: it may hold secrets.
pub(super) fn invocation(message: &[u8], deferred: bool) -> Result<Invocation<'_>, ReadError> {
    let (mut address, mut trigger, mut triggers) = ("", None, 0);
    for field in singular(message, &[1, 2, 4, 6, 7]) {
        match field? {
            (1, content) => address = content.text()?,
            (6, content) => {
                triggers += 1;
                for part in singular(content.bytes()?, &[1, 2, 3, 4, 5]) {
                    if let (1, content) = part? {
                        trigger = Some(Cow::Borrowed(content.text()?));
                    }
                }
            }
            (7, _) => triggers += 1,
            _ => {}
        }
    }
    // Of two kinds of triggers Terraform takes the last.
    if triggers > 1 {
        return Err(ReadError("an action has two triggers"));
    }
    if address::is_deep(address) {
        return Err(DEEP);
    }
    let plain = address::of_action(address).ok_or(ACTION)?;
    let parsed = Address::parse(&plain)
        .filter(|address| address.to_string() == plain)
        .ok_or(ACTION)?;
    let kind = parsed.kind.to_owned();
    Ok(Invocation {
        address: Cow::Borrowed(address),
        kind: Cow::Owned(kind),
        trigger,
        deferred,
    })
}

const ACTION: ReadError = ReadError("an action has an address that cannot be read");
const DEEP: ReadError = ReadError("an address is nested too deep");
const ADDRESS: ReadError = ReadError("a change has an address that cannot be read");

/// An address of the plan. Terraform reads it as an expression, in which blanks and comments do not count: all but its own spelling is refused.
fn parsed(text: &str, keys: InstanceKeys) -> Result<Address<'_>, ReadError> {
    if address::is_deep(text) {
        return Err(DEEP);
    }
    Address::parse(text)
        .filter(|address| keys == InstanceKeys::MayBeOpen || !address.is_open())
        .filter(|address| address.to_string() == text)
        .ok_or(ADDRESS)
}

fn mode(address: &Address<'_>) -> Mode {
    if address.data {
        Mode::Data
    } else {
        Mode::Managed
    }
}

/// The name of the provider in `module.x.provider["registry.terraform.io/hashicorp/aws"].alias`, or in the `provider.aws.alias` of 0.12.
fn provider(text: &str) -> Result<Option<&str>, ReadError> {
    if text.is_empty() {
        return Ok(None);
    }
    address::provider(text)
        .map(Some)
        .ok_or(ReadError("a change has a provider that cannot be read"))
}

/// The whole text that [`provider`] takes apart, of an entry.
pub(crate) fn provider_address(entry: &[u8]) -> Option<&str> {
    fields(entry).find_map(|field| match field {
        Ok((8, content)) => content.text().ok().filter(|text| !text.is_empty()),
        _ => None,
    })
}

/// The change within an entry.
struct Change<'p> {
    message: &'p [u8],
    action: u64,
    values: [Option<&'p [u8]>; 2],
    /// Whether the first value or a part of it is unknown.
    unknown: bool,
    count: usize,
    importing: bool,
    marked: bool,
}

impl<'p> Change<'p> {
    fn read(message: &'p [u8]) -> Result<Self, ReadError> {
        let mut change = Self {
            message,
            action: 0,
            values: [None, None],
            unknown: false,
            count: 0,
            importing: false,
            marked: false,
        };
        for field in singular(message, &[1, 5, 6, 7, 8]) {
            match field? {
                (1, content) => change.action = content.choice()?,
                (2, content) => {
                    let value = dynamic(content.bytes()?)?;
                    let unknown = msgpack::check(value)?;
                    if change.count == 0 {
                        change.unknown = unknown;
                    }
                    if let Some(slot) = change.values.get_mut(change.count) {
                        *slot = Some(value);
                    }
                    change.count += 1;
                }
                (3, _) => change.marked = true,
                (5, content) => {
                    content.bytes()?;
                    change.importing = true;
                }
                _ => {}
            }
        }
        Ok(change)
    }

    /// What is done; 9 means two things, and OpenTofu took its own meaning back.
    fn action(&self, writer: Writer) -> Action {
        match self.action {
            0 => Action::NoOp,
            1 => Action::Create,
            2 => Action::Read,
            3 => Action::Update,
            5 => Action::Delete,
            6 => Action::DeleteCreate,
            7 => Action::CreateDelete,
            8 => Action::Forget,
            9 if writer != Writer::OpenTofu && self.count == 2 => Action::CreateForget,
            9 if writer != Writer::Terraform && self.count == 0 => Action::Open,
            10 if writer != Writer::Terraform => Action::ForgetCreate,
            _ => Action::Other,
        }
    }

    /// The values before and after; another number of them than the action has is a broken file.
    fn sides(&self, action: Action) -> Result<(Raw<'p>, Raw<'p>), ReadError> {
        if self.unknown && action.has_before() {
            return Err(ReadError("a value before a change is unknown"));
        }
        let [first, second] = self
            .values
            .map(|value| value.map_or(Raw::Absent, Raw::Pack));
        match (action, self.count) {
            (Action::NoOp, 1) => Ok((first, first)),
            (Action::Create, 1) => Ok((Raw::Absent, first)),
            (Action::Delete | Action::Forget, 1) => Ok((first, Raw::Absent)),
            (Action::Open, 0) | (Action::Other, _) => Ok((Raw::Absent, Raw::Absent)),
            (
                Action::Read
                | Action::Update
                | Action::DeleteCreate
                | Action::CreateDelete
                | Action::CreateForget
                | Action::ForgetCreate,
                2,
            ) => Ok((first, second)),
            _ => Err(ReadError(
                "a change has another number of values than its action needs",
            )),
        }
    }
}

/// The action of the change in an output's message.
pub(super) fn acts(message: &[u8]) -> Result<bool, ReadError> {
    Change::read(message).map(|change| change.action != 0)
}

/// A string that is there: protobuf leaves out what is empty.
fn set(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// Reads one entry.
pub(super) fn read(
    message: &[u8],
    writer: Writer,
    keys: InstanceKeys,
) -> Result<ResourceChange<'_>, ReadError> {
    let entry = Entry::read(message)?;
    let (address, kind, mode) = entry.place(keys)?;
    let provider = provider(entry.provider)?;
    let change = Change::read(entry.change.ok_or(ReadError("an entry has no change"))?)?;
    let action = change.action(writer);
    let (before, after) = change.sides(action)?;
    if let Some(previous) = set(entry.previous) {
        parsed(previous, keys)?;
    }
    let previous = set(entry.previous).filter(|previous| *previous != entry.address);
    let idle = action == Action::NoOp
        && entry.deposed.is_empty()
        && previous.is_none()
        && !change.importing;
    let detail = (!idle).then(|| {
        Box::new(Detail {
            deposed: set(entry.deposed).map(Cow::Borrowed),
            previous_address: previous.map(Cow::Borrowed),
            reason: Reason::of_number(entry.reason),
            provider: provider.map(Cow::Borrowed),
            importing: change.importing,
            before: Some(Value::pack(
                before,
                Paths::mask(change.message, Side::Before),
            )),
            after: Some(Value::pack(after, Paths::mask(change.message, Side::After))),
            replace_paths: ReplacePaths::Wire(message),
        })
    });
    Ok(
        ResourceChange::new(address, kind, mode, action, before, detail)
            .with_unmarked(!change.marked),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_providers() {
        for (text, name) in [
            (
                "provider[\"registry.terraform.io/hashicorp/aws\"]",
                Some("registry.terraform.io/hashicorp/aws"),
            ),
            (
                "module.a.provider[\"registry.terraform.io/hashicorp/aws\"].east",
                Some("registry.terraform.io/hashicorp/aws"),
            ),
            ("provider.aws", Some("aws")),
            ("module.x.provider.aws.east", Some("aws")),
            ("", None),
        ] {
            assert_eq!(provider(text).ok(), Some(name), "{text}");
        }
    }
}
