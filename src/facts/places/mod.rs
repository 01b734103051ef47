//! Which accounts and regions a plan touches: from the ids and ARNs of its objects and, for what has none yet, from the provider block that a change uses.
//! Worked out only when an expectation asks.
//!
//! Only what has the form of an account, a project, a subscription or a region is taken for one, so nothing else of a value can come into a report;
//! what is marked as sensitive is compared and never named.

mod form;
mod object;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use self::form::{Arn, aws_account, aws_region, guid, place_word, project};
use self::object::{Told, account, account_in_id, first, region};
use crate::plan::configured::{Block, Configured, Setting};
use crate::plan::{Action, Plan, ReadError, ResourceChange, Shape, Value};

/// A cloud whose accounts and regions are known by their form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Cloud {
    /// Amazon Web Services.
    Aws,
    /// Google Cloud.
    Google,
    /// Microsoft Azure.
    Azure,
}

impl Cloud {
    const ALL: [Self; 3] = [Self::Aws, Self::Google, Self::Azure];

    fn of(kind: &str) -> Option<Self> {
        match kind.split_once('_')?.0 {
            "aws" | "awscc" => Some(Self::Aws),
            "google" => Some(Self::Google),
            "azurerm" | "azapi" => Some(Self::Azure),
            _ => None,
        }
    }

    /// Its name.
    #[must_use]
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Aws => "AWS",
            Self::Google => "Google Cloud",
            Self::Azure => "Azure",
        }
    }
}

/// An account or a region, and what of the plan is in it.
#[derive(Clone)]
pub(crate) struct Place {
    /// Whose it is.
    pub(crate) cloud: Cloud,
    /// Its name, for comparing; see [`Place::shown`].
    name: String,
    /// Whether nothing but sensitive values tell it.
    marked: bool,
    /// Whether anything tells it for certain.
    sure: bool,
    /// Objects in it.
    pub(crate) objects: usize,
    /// Those of them that the plan changes.
    pub(crate) changing: usize,
    /// One of them, a changing one if there is any, and what tells it if that is not the object itself.
    pub(crate) example: String,
}

impl std::fmt::Debug for Place {
    /// Shows no more than a report may.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} {}: {}",
            self.cloud.word(),
            self.shown(),
            self.objects
        )
    }
}

impl Place {
    /// The name for comparing it with what is expected.
    #[must_use]
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The name as it may be printed.
    #[must_use]
    pub(crate) fn shown(&self) -> &str {
        if self.marked {
            "(marked as sensitive)"
        } else {
            &self.name
        }
    }
}

/// Where a plan acts.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// Accounts, projects and subscriptions of everything in the state and of every change.
    pub(crate) accounts: Vec<Place>,
    /// Regions of what the plan changes; what is global has none.
    pub(crate) regions: Vec<Place>,
    /// A change of each cloud whose account nothing in the plan tells.
    pub(crate) accounts_unshown: Vec<String>,
    /// A change of each cloud whose region nothing in the plan tells.
    pub(crate) regions_unshown: Vec<String>,
    /// A change of a provider whose places are not known by their form.
    pub(crate) elsewhere: Option<String>,
}

type Found = BTreeMap<(Cloud, String), Place>;

/// Provider blocks with an alias: they are there to act elsewhere, so what other blocks show does not answer for them.
#[derive(Default)]
struct Aliases {
    /// Those of which an object tells where it is.
    shown: BTreeSet<String>,
    /// Those that say it in a way that cannot be read, with a change that needs it.
    hidden: BTreeMap<String, String>,
}

impl Aliases {
    fn note(&mut self, block: &str, told: &Told, address: &str) {
        match told {
            _ if !block.contains('.') => {}
            Told::Here(..) => {
                self.shown.insert(block.to_owned());
            }
            Told::Hidden | Told::Perhaps(..) => {
                self.hidden
                    .entry(block.to_owned())
                    .or_insert_with(|| address.to_owned());
            }
            Told::Nowhere | Told::Unknown => {}
        }
    }

    fn unshown(self) -> impl Iterator<Item = String> {
        self.hidden
            .into_iter()
            .filter(move |(block, _)| !self.shown.contains(block))
            .map(|(_, address)| address)
    }
}

impl Places {
    /// Works it out; `files` are the sources of the root module, for a plan that does not have them.
    ///
    /// # Errors
    /// When a value that is needed cannot be read.
    pub(super) fn read(
        plan: &Plan<'_>,
        files: &BTreeMap<String, String>,
    ) -> Result<Self, ReadError> {
        let mut reader = Reader {
            configured: Configured::new(plan, files)?,
            answers: HashMap::new(),
            accounts: Found::new(),
            regions: Found::new(),
            no_account: BTreeMap::new(),
            no_region: BTreeMap::new(),
            accounts_of: Aliases::default(),
            regions_of: Aliases::default(),
            elsewhere: None,
        };
        for change in plan.managed() {
            let Some(cloud) = Cloud::of(&change.kind) else {
                if acts(change) && !super::is_helper(&change.kind) {
                    reader
                        .elsewhere
                        .get_or_insert_with(|| change.address.to_string());
                }
                continue;
            };
            reader.change(cloud, change)?;
        }
        reader.rest_of_state(plan);
        Ok(reader.finish())
    }
}

/// Whether the plan does something to the object itself.
fn acts(change: &ResourceChange<'_>) -> bool {
    !matches!(change.action, Action::NoOp | Action::Read | Action::Open)
}

/// More provider blocks than this are not looked at.
const MOST_BLOCKS: usize = 1024;

/// What a provider block says.
#[derive(Default)]
struct Answer {
    name: String,
    account: Told,
    region: Told,
}

impl Answer {
    /// That the block tells it, in words.
    fn by(&self) -> String {
        if self.name.is_empty() {
            String::new()
        } else {
            format!(" by provider {}", self.name)
        }
    }
}

struct Reader<'p> {
    configured: Configured<'p>,
    answers: HashMap<(Cloud, String), Rc<Answer>>,
    accounts: Found,
    regions: Found,
    /// Changes that tell nothing, one for each cloud.
    no_account: BTreeMap<Cloud, String>,
    no_region: BTreeMap<Cloud, String>,
    accounts_of: Aliases,
    regions_of: Aliases,
    /// A change of a provider whose places are not known.
    elsewhere: Option<String>,
}

impl<'p> Reader<'p> {
    /// Looks at both sides of a change; of what is left as it is, only at its account.
    fn change(&mut self, cloud: Cloud, change: &ResourceChange<'p>) -> Result<(), ReadError> {
        let live = acts(change);
        let (mut account_told, mut region_told) = (false, false);
        let before = change.before_to_name();
        let after = if live && !matches!(change.action, Action::Delete | Action::Forget) {
            change.after()
        } else {
            Value::ABSENT
        };
        let mut counted = (HashSet::new(), HashSet::new());
        for (value, new) in [(before, false), (after, true)] {
            if value.is_nothing() {
                continue;
            }
            let members = value.members()?;
            let (mut account, mut region) = (
                account(cloud, &change.kind, &members)?,
                region(cloud, &change.kind, &members)?,
            );
            let mut from = (String::new(), String::new());
            // What is changed in place stays where it was; only a new object can come to be where its provider points.
            let asks = live && (!new || change.action != Action::Update);
            if live || matches!(account, Told::Here(..)) {
                let answer = self.answer(cloud, change)?;
                if asks && matches!(account, Told::Unknown) {
                    account = answer.account.clone();
                    from.0 = answer.by();
                }
                if asks && matches!(region, Told::Unknown) {
                    region = answer.region.clone();
                    from.1 = answer.by();
                }
                self.accounts_of
                    .note(&answer.name, &account, &change.address);
                self.regions_of.note(&answer.name, &region, &change.address);
            }
            let sure = (
                matches!(account, Told::Here(..)),
                matches!(region, Told::Here(..)),
            );
            if let Told::Here(name, marked) | Told::Perhaps(name, marked) = account {
                account_told |= sure.0;
                let seen = Seen {
                    first: counted.0.insert(name.clone()),
                    name,
                    marked,
                    sure: sure.0,
                    live,
                    example: &format!("{}{}", change.address, from.0),
                };
                seen.add(cloud, &mut self.accounts);
            }
            match region {
                Told::Here(name, marked) | Told::Perhaps(name, marked) if live => {
                    region_told |= sure.1;
                    let seen = Seen {
                        first: counted.1.insert(name.clone()),
                        name,
                        marked,
                        sure: sure.1,
                        live,
                        example: &format!("{}{}", change.address, from.1),
                    };
                    seen.add(cloud, &mut self.regions);
                }
                Told::Nowhere => region_told = true,
                _ => {}
            }
        }
        if live && !account_told {
            self.no_account
                .entry(cloud)
                .or_insert_with(|| change.address.to_string());
        }
        if live && !region_told {
            self.no_region
                .entry(cloud)
                .or_insert_with(|| change.address.to_string());
        }
        Ok(())
    }

    /// What the provider block of a change says, each block asked once.
    fn answer(
        &mut self,
        cloud: Cloud,
        change: &ResourceChange<'p>,
    ) -> Result<Rc<Answer>, ReadError> {
        let Some(used) = self.configured.used(change) else {
            return Ok(Rc::default());
        };
        let key = (cloud, used.to_owned());
        if let Some(answer) = self.answers.get(&key) {
            return Ok(Rc::clone(answer));
        }
        let mut answer = Answer {
            name: used.to_owned(),
            account: Told::Hidden,
            region: Told::Hidden,
        };
        if self.answers.len() < MOST_BLOCKS {
            let blocks = self.configured.blocks(used);
            answer.account = any(&blocks, |block| self.account_of(cloud, block))?;
            answer.region = any(&blocks, |block| self.region_of(cloud, block))?;
            answer.name = blocks
                .first()
                .map_or_else(String::new, |block| block.name.clone());
        }
        let answer = Rc::new(answer);
        self.answers.insert(key, Rc::clone(&answer));
        Ok(answer)
    }

    fn account_of(&self, cloud: Cloud, block: &Block<'p>) -> Result<Told, ReadError> {
        match cloud {
            Cloud::Aws => {
                for path in [
                    &["assume_role", "role_arn"][..],
                    &["assume_role_with_web_identity", "role_arn"],
                ] {
                    // Of a chain of roles the last one acts.
                    let mut roles = self.configured.setting(block, path)?;
                    if let Some(role) = roles
                        .values
                        .last()
                        .copied()
                        .filter(|role| !matches!(role.shape(), Ok(Shape::Absent | Shape::Null)))
                    {
                        roles.values = vec![role];
                        return setting(&roles, |text| Arn::parse(text)?.account);
                    }
                }
                // A list of one says which account it is: the provider refuses every other.
                let mut allowed = self.configured.setting(block, &["allowed_account_ids"])?;
                let [only] = allowed.values.as_slice() else {
                    return Ok(Told::Unknown);
                };
                match only.shape()? {
                    Shape::List(ids) if ids.len() == 1 => allowed.values = ids,
                    Shape::List(_) => return Ok(Told::Unknown),
                    _ => {}
                }
                setting(&allowed, aws_account)
            }
            Cloud::Google => setting(&self.configured.setting(block, &["project"])?, project),
            Cloud::Azure => setting(&self.configured.setting(block, &["subscription_id"])?, guid),
        }
    }

    fn region_of(&self, cloud: Cloud, block: &Block<'p>) -> Result<Told, ReadError> {
        match cloud {
            Cloud::Aws => setting(&self.configured.setting(block, &["region"])?, aws_region),
            Cloud::Google => {
                let region = setting(&self.configured.setting(block, &["region"])?, place_word)?;
                region.or_else(|| setting(&self.configured.setting(block, &["zone"])?, place_word))
            }
            Cloud::Azure => Ok(Told::Unknown),
        }
    }

    /// With `-target` a saved plan holds objects that it does not list: of them only the id is known, and not whether it is marked.
    fn rest_of_state(&mut self, plan: &Plan<'_>) {
        let Some(saved) = plan
            .saved
            .as_deref()
            .filter(|saved| !saved.targets.is_empty() || !saved.excludes.is_empty())
        else {
            return;
        };
        let listed: HashSet<&str> = plan
            .managed()
            .filter(|change| change.deposed().is_none())
            .map(|change| change.address.as_ref())
            .collect();
        for object in saved
            .objects
            .iter()
            .filter(|object| !listed.contains(object.address.as_str()))
        {
            let (Some(cloud), Some(id)) = (Cloud::of(&object.kind), object.id.as_deref()) else {
                continue;
            };
            if let Some(name) = account_in_id(cloud, id) {
                let seen = Seen {
                    name,
                    marked: true,
                    sure: true,
                    live: false,
                    example: &object.address,
                    first: true,
                };
                seen.add(cloud, &mut self.accounts);
            }
        }
    }

    fn finish(self) -> Places {
        let unshown = |missing: &BTreeMap<Cloud, String>, found: &Found| -> Vec<String> {
            let sure = found.values().filter(|place| place.sure);
            let known: BTreeSet<Cloud> = sure.map(|place| place.cloud).collect();
            Cloud::ALL
                .iter()
                .filter(|cloud| !known.contains(cloud))
                .filter_map(|cloud| missing.get(cloud))
                .cloned()
                .collect()
        };
        let mut accounts_unshown = unshown(&self.no_account, &self.accounts);
        let mut regions_unshown = unshown(&self.no_region, &self.regions);
        for (list, aliases) in [
            (&mut accounts_unshown, self.accounts_of),
            (&mut regions_unshown, self.regions_of),
        ] {
            for address in aliases.unshown() {
                if !list.contains(&address) {
                    list.push(address);
                }
            }
        }
        Places {
            accounts: self.accounts.into_values().collect(),
            regions: self.regions.into_values().collect(),
            accounts_unshown,
            regions_unshown,
            elsewhere: self.elsewhere,
        }
    }
}

/// The first block that tells it.
fn any<'p>(
    blocks: &[Block<'p>],
    ask: impl Fn(&Block<'p>) -> Result<Told, ReadError>,
) -> Result<Told, ReadError> {
    let mut hidden = false;
    for block in blocks {
        match ask(block)? {
            told @ (Told::Here(..) | Told::Perhaps(..)) => return Ok(told),
            // What cannot be read may say it.
            told => hidden |= block.partial || matches!(told, Told::Hidden),
        }
    }
    Ok(if hidden { Told::Hidden } else { Told::Unknown })
}

/// A setting of a provider block: what does not exist tells nothing, and what cannot be read hides it.
fn setting(
    setting: &Setting<'_>,
    form: impl Fn(&str) -> Option<String>,
) -> Result<Told, ReadError> {
    let told = first(&setting.values, form)?;
    let mut there = false;
    for value in &setting.values {
        there |= !matches!(value.shape()?, Shape::Absent | Shape::Null);
    }
    Ok(match told {
        Told::Unknown if there => Told::Hidden,
        Told::Here(name, marked) if setting.in_doubt => Told::Perhaps(name, marked),
        told => told,
    })
}

/// What a change tells of an account or a region.
struct Seen<'a> {
    name: String,
    marked: bool,
    sure: bool,
    live: bool,
    example: &'a str,
    /// Whether the object was not counted there yet.
    first: bool,
}

impl Seen<'_> {
    fn add(self, cloud: Cloud, found: &mut Found) {
        let place = found
            .entry((cloud, self.name.clone()))
            .or_insert_with(|| Place {
                cloud,
                name: self.name,
                marked: true,
                sure: false,
                objects: 0,
                changing: 0,
                example: self.example.to_owned(),
            });
        place.marked &= self.marked;
        place.sure |= self.sure;
        if self.live && place.changing == 0 {
            self.example.clone_into(&mut place.example);
        }
        place.objects += usize::from(self.first);
        place.changing += usize::from(self.first && self.live);
    }
}
