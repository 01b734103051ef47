//! How bad one destroy is: the catalogue's grade of the type, moved by what the plan shows of its guards.

use crate::catalog::{
    Carried, Catalog, Category, Condition, Effect, Grade, Guard, Host, Scalar, TypeRow, When,
    carried,
};
use crate::finding::{Evidence, Severity, Shown, brief};
use crate::plan::{Action, Opened, ReadError, ResourceChange, Show};

use crate::facts::going::Going;
use crate::facts::providers::Providers;
use crate::facts::{StateStore, condition, copy, unlisted};

/// A destroy or replace of one object, judged.
pub(crate) struct Destroy<'a, 'p> {
    /// The change.
    pub(crate) change: &'a ResourceChange<'p>,
    /// What is known about its type, or about what it carries.
    pub(crate) row: Option<&'a TypeRow>,
    /// What it stands for, where its type is a generic one.
    pub(crate) carried: Option<Carried>,
    /// Why no recovery is one: what goes or is taken in the same plan.
    pub(crate) no_way_back: Option<String>,
    /// The setting that would keep the object.
    pub(crate) keeps: Option<String>,
    /// The command that takes a copy first.
    pub(crate) copy_first: Option<String>,
    /// What it comes to, guards included.
    pub(crate) grade: Grade,
    /// The service or the provider will refuse it.
    pub(crate) refused: bool,
    /// By its own setting the delete destroys nothing.
    pub(crate) kept: bool,
    /// What in the plan it rests on.
    pub(crate) evidence: Vec<Evidence>,
    /// The ways back.
    pub(crate) recovery: Vec<String>,
    /// The way back in this plan, instead of the one that the row knows.
    instead: Option<String>,
    /// A final copy that will be made: how the report says it, and its name where it may be shown.
    pub(crate) copy: Option<(String, Option<String>)>,
    /// For a backup: what became of its source.
    pub(crate) source: super::Source,
    /// What of Terraform's own it keeps.
    pub(crate) state_store: Option<StateStore>,
}

impl<'a, 'p> Destroy<'a, 'p> {
    /// The category, if the type is in the catalogue.
    #[must_use]
    pub(crate) fn category(&self) -> Option<Category> {
        self.row.map(|row| row.category)
    }

    /// The severity, if anything is lost at all.
    #[must_use]
    pub(crate) fn severity(&self) -> Option<Severity> {
        self.grade.severity()
    }

    pub(super) fn judge(
        catalog: &'a Catalog,
        change: &'a ResourceChange<'p>,
        providers: &mut Providers<'a, 'p>,
        going: &Going<'a, 'p>,
    ) -> Result<Self, ReadError> {
        let row = catalog.of(change);
        let mut destroy = Self {
            change,
            row,
            carried: carried(change),
            no_way_back: None,
            keeps: None,
            copy_first: None,
            grade: row.map_or(Grade::None, |row| row.destroy),
            refused: false,
            kept: false,
            evidence: Vec::new(),
            recovery: Vec::new(),
            instead: None,
            copy: None,
            source: super::Source::NotAsked,
            state_store: None,
        };
        destroy.note_carried();
        let Some(row) = row else {
            destroy.weigh_unlisted()?;
            return Ok(destroy);
        };
        if !row.guard.is_empty() || !row.recovery_needs.is_empty() || row.recovery_needs_name {
            let value = Opened::new(change.before())?;
            destroy.no_way_back = destroy.lost_way_back(row, &value, going)?;
            destroy.weigh_all(row, &value, providers, going)?;
            destroy.keeps = destroy.keeping(row, &value)?;
        }
        if let (Action::CreateDelete, Some(grade)) = (change.action, row.new_first) {
            destroy.grade = destroy.grade.min(grade);
        }
        if destroy.grade > Grade::Medium && destroy.copy.is_none() && !destroy.kept {
            destroy.copy_first = copy::command(row, change.before())?;
        }
        if destroy.grade > Grade::Medium {
            destroy.say_recovery(row);
        }
        Ok(destroy)
    }

    /// The way back in a sentence: what the plan shows of it, else what the row knows.
    fn say_recovery(&mut self, row: &TypeRow) {
        if let Some(why) = &self.no_way_back {
            self.recovery = vec![format!("none: {why}")];
        } else if self.recovery.is_empty() {
            let copies = row
                .guard
                .iter()
                .filter(|guard| guard.effect == Effect::Copy)
                .any(|guard| guard.host.is_none() && guard.condition.at_least.is_none());
            self.recovery.extend(match (&self.instead, &row.recovery) {
                (None, Some(recovery)) if copies => {
                    Some(format!("{recovery}; this plan makes no such copy"))
                }
                (instead, recovery) => instead.clone().or(recovery.clone()),
            });
        }
    }

    /// Says what a generic resource stands for.
    fn note_carried(&mut self) {
        let Some(carried) = &self.carried else { return };
        let text = match (&carried.name, self.row) {
            (Some(name), Some(row)) => format!("it is {name}, judged as {}", row.name),
            (None, Some(row)) if row.name != self.change.kind => format!("judged as {}", row.name),
            (Some(name), None) => format!("it is {name}"),
            (None, _) => return,
        };
        self.evidence.push(Evidence::Note(text));
    }

    /// Judges a type that is in no catalogue.
    fn weigh_unlisted(&mut self) -> Result<(), ReadError> {
        let kind = match &self.carried {
            // The plan does not say what it is.
            Some(Carried { kind: None, .. }) => "unknown",
            Some(Carried {
                kind: Some(kind), ..
            }) => kind,
            None => &self.change.kind,
        };
        let judged = unlisted::weigh(kind, self.change.before())?;
        self.grade = judged.grade;
        self.evidence.extend(judged.because.map(Evidence::Note));
        Ok(())
    }

    /// Why nothing brings it back, whatever its guards say: what the recovery hangs on goes too, or its name is taken.
    fn lost_way_back(
        &self,
        row: &TypeRow,
        value: &Opened<'p>,
        going: &Going<'a, 'p>,
    ) -> Result<Option<String>, ReadError> {
        for path in &row.recovery_needs {
            for value in value.at(path.steps())? {
                if let Some(address) = value
                    .text()?
                    .and_then(|name| going.named(&name, self.change))
                {
                    return Ok(Some(format!(
                        "the same plan destroys what it would be restored from: {}",
                        brief(address)
                    )));
                }
            }
        }
        if row.recovery_needs_name && self.change.action.replaces() {
            let before = condition::texts(&row.identity, value)?;
            let after = condition::texts(&row.identity, &Opened::new(self.change.after())?)?;
            if before.is_some() && before == after {
                return Ok(Some(
                    "the new one takes its name, and a restore needs that name".to_owned(),
                ));
            }
        }
        Ok(None)
    }

    /// The setting of a guard that would leave the object in place, and that does not hold.
    fn keeping(&self, row: &TypeRow, value: &Opened<'p>) -> Result<Option<String>, ReadError> {
        if self.kept || self.refused || self.grade == Grade::None {
            return Ok(None);
        }
        for guard in row
            .guard
            .iter()
            .filter(|guard| guard.effect == Effect::Kept && guard.and.is_empty())
        {
            let Condition {
                attribute: Some(path),
                when: Some(when),
                ..
            } = &guard.condition
            else {
                continue;
            };
            // Older providers lack it.
            let there = |first: &String| value.members().iter().any(|(name, _)| name == first);
            if path.steps().len() == 1
                && path.steps().first().is_some_and(there)
                && let Some(setting) = wanted(when)
            {
                return Ok(Some(format!("{} = {setting}", path.text())));
            }
        }
        Ok(None)
    }

    /// Whether a guard's place exists in a generic resource's own shape, in which most attributes have other names.
    fn has_place(&self, condition: &Condition, value: &Opened<'p>) -> bool {
        condition
            .attribute
            .as_ref()
            .and_then(|path| path.steps().first())
            .is_some_and(|first| value.members().iter().any(|(name, _)| name == first))
    }

    /// Looks at all guards: those that set the grade first, then those that lower it.
    fn weigh_all(
        &mut self,
        row: &TypeRow,
        value: &Opened<'p>,
        providers: &mut Providers<'a, 'p>,
        going: &Going<'a, 'p>,
    ) -> Result<(), ReadError> {
        for guard in row
            .guard
            .iter()
            .filter(|guard| guard.effect == Effect::Grade)
        {
            self.weigh(row, guard, value, providers, going)?;
        }
        let base = self.grade;
        let mut lowest = base;
        for guard in row
            .guard
            .iter()
            .filter(|guard| guard.effect != Effect::Grade)
        {
            if let Some(grade) = self.weigh(row, guard, value, providers, going)? {
                lowest = lowest.min(grade.min(base));
            }
        }
        self.grade = lowest;
        Ok(())
    }

    /// Looks at one guard, notes what it shows, and tells the grade that it gives.
    fn weigh(
        &mut self,
        row: &TypeRow,
        guard: &Guard,
        value: &Opened<'p>,
        providers: &mut Providers<'a, 'p>,
        going: &Going<'a, 'p>,
    ) -> Result<Option<Grade>, ReadError> {
        let places = || std::iter::once(&guard.condition).chain(&guard.and);
        if self.carried.is_some()
            && row.name != self.change.kind
            && !places().all(|condition| self.has_place(condition, value))
        {
            return Ok(None);
        }
        if self.no_way_back.is_some() && matches!(guard.effect, Effect::Copy | Effect::Window) {
            return Ok(None);
        }
        if guard.present
            && let Some(first) = guard
                .condition
                .attribute
                .as_ref()
                .and_then(|path| path.steps().first())
            && !value.members().iter().any(|(name, _)| name == first)
        {
            return Ok(None);
        }
        if let Some(host) = &guard.host {
            return self.weigh_host(guard, host, value, going);
        }
        let look = condition::look(&guard.condition, value, self.change, providers)?;
        let mut holds = look.holds;
        let (within, whole): (Vec<_>, Vec<_>) = guard
            .and
            .iter()
            .partition(|also| same_list(&guard.condition, also));
        for also in whole {
            holds = holds && condition::look(also, value, self.change, providers)?.holds;
        }
        if holds && !within.is_empty() {
            holds = condition::in_one_element(&guard.condition, &within, value)?;
        }
        if look.by_default && !default_counts(row, guard, self.change, providers) {
            holds = false;
        }
        let path = guard
            .condition
            .attribute
            .as_ref()
            .or(guard.condition.provider.as_ref())
            .map_or("", |path| path.text());
        let path = if guard.condition.provider.is_some() {
            format!("provider {path}")
        } else {
            path.to_owned()
        };
        if !holds {
            let known = !matches!(look.shown, Shown::Unknown)
                && (look.by_default || !matches!(look.shown, Shown::Absent));
            if known && guard.effect != Effect::Grade && guard.recovery.is_some() {
                self.instead.clone_from(&guard.recovery);
            }
            // What is set and does not guard is the evidence that it is as bad as it looks.
            if !look.by_default
                && !matches!(look.shown, Shown::Absent | Shown::Hidden)
                && guard.effect != Effect::Grade
                && guard.effect != Effect::Empty
            {
                let says = self.said_anew(guard, &look.shown)?;
                self.note(path, look.shown, says);
            }
            return Ok(None);
        }
        if let Some(why) = self.void(row, guard, value, look.number, going)? {
            self.evidence.push(Evidence::Note(why));
            return Ok(None);
        }
        let name = match &guard.names {
            Some(names) => match value
                .at(names.steps())?
                .first()
                .map(|value| value.shown(Show::Identifier))
                .transpose()?
            {
                Some(Shown::Word(name)) => Some(name),
                _ => None,
            },
            None => None,
        };
        let said = guard
            .says
            .as_deref()
            .map(|says| with_number(says, &look.shown));
        let says = match (&said, &name) {
            (Some(says), Some(name)) => Some(format!("{says}: {name}")),
            (Some(says), None) => Some(says.clone()),
            (None, _) => None,
        };
        let says = if look.by_default {
            Some(says.map_or_else(
                || "the provider's default".to_owned(),
                |says| format!("{says}, the provider's default"),
            ))
        } else {
            says
        };
        let grade = match guard.effect {
            Effect::Grade => {
                self.grade = guard.to.unwrap_or(self.grade);
                self.instead.clone_from(&guard.recovery);
                None
            }
            Effect::Refused => {
                self.refused = true;
                Some(Grade::Medium)
            }
            Effect::Kept => {
                self.kept = true;
                Some(
                    if row.category.holds_data() && row.destroy > Grade::Medium {
                        Grade::Medium
                    } else {
                        Grade::None
                    },
                )
            }
            Effect::Copy => {
                let says = said.unwrap_or_else(|| "a copy remains".to_owned());
                self.recovery.push(
                    name.as_ref()
                        .map_or_else(|| says.clone(), |name| format!("{says}: {name}")),
                );
                self.copy.get_or_insert((says, name));
                Some(Grade::High)
            }
            Effect::Window => {
                let days = look.number.unwrap_or_default();
                let hidden = look.shown == Shown::Sensitive;
                self.recovery.push(if hidden {
                    "it can be restored for a while".to_owned()
                } else {
                    format!("it can be restored for {days} days")
                });
                Some(if days >= 7.0 && row.category != Category::Key {
                    Grade::Medium
                } else {
                    Grade::High
                })
            }
            Effect::Empty => Some(Grade::Medium),
        };
        self.note(path, look.shown, says);
        Ok(grade)
    }

    /// Looks at the object in which this one stands.
    fn weigh_host(
        &mut self,
        guard: &Guard,
        host: &Host,
        value: &Opened<'p>,
        going: &Going<'a, 'p>,
    ) -> Result<Option<Grade>, ReadError> {
        let Some(object) = going.hosts.of(host, value)? else {
            return Ok(None);
        };
        let address = object.address();
        if object.goes() {
            self.no_way_back = Some(format!(
                "the same plan destroys what it would be restored from: {address}"
            ));
            return Ok(None);
        }
        let seen = object.look(&guard.condition)?;
        let says = seen.holds.then(|| {
            with_number(
                guard.says.as_deref().unwrap_or("it keeps a copy"),
                &seen.shown,
            )
        });
        match &says {
            Some(says) => self.recovery.push(says.clone()),
            None if seen.shown != Shown::Unknown => self.instead.clone_from(&guard.recovery),
            None => {}
        }
        match (seen.shown, says) {
            // That it holds may be said though its value may not be shown.
            (Shown::Sensitive | Shown::Hidden, Some(says)) => {
                self.evidence
                    .push(Evidence::Note(format!("{address}: {says}")));
            }
            (Shown::Sensitive | Shown::Hidden | Shown::Absent, _) => {}
            (shown, says) => {
                let path = guard.condition.attribute.as_ref();
                let path = path.map_or("", |path| path.text());
                self.note(format!("{address}.{path}"), shown, says);
            }
        }
        Ok(seen.holds.then_some(Grade::High))
    }

    /// What a replacement will have where the object has something else: the state guards or does not, whatever the new configuration says.
    fn said_anew(&self, guard: &Guard, before: &Shown) -> Result<Option<String>, ReadError> {
        let Some(path) = guard.condition.attribute.as_ref() else {
            return Ok(None);
        };
        if !self.change.action.replaces() {
            return Ok(None);
        }
        let words = guard
            .condition
            .when
            .as_ref()
            .map(When::words)
            .unwrap_or_default();
        let found = self.change.after().at(path.steps())?;
        let Some(after) = found.first() else {
            return Ok(None);
        };
        let after = after.shown(Show::Words(&words))?;
        let tells = !matches!(
            after,
            Shown::Absent | Shown::Hidden | Shown::Sensitive | Shown::Unknown
        );
        Ok((tells && after != *before)
            .then(|| format!("in the state; the new configuration has {after}")))
    }

    /// Why a guard that holds by the object's own values does not hold in this plan.
    fn void(
        &self,
        row: &TypeRow,
        guard: &Guard,
        value: &Opened<'p>,
        number: Option<f64>,
        going: &Going<'a, 'p>,
    ) -> Result<Option<String>, ReadError> {
        if !guard.content.is_empty() {
            let count = match &guard.condition.at_least {
                Some(_) => number,
                None => None,
            };
            if going.empties(&guard.content, &going.names(row, value)?, count) {
                return Ok(Some(
                    "the same plan destroys its content, so nothing refuses the delete".to_owned(),
                ));
            }
        }
        // The only other copy: a replica of something that goes too.
        if guard.effect == Effect::Empty
            && guard.condition.set == Some(true)
            && let Some(path) = &guard.condition.attribute
        {
            for value in value.at(path.steps())? {
                if let Some(address) = value
                    .text()?
                    .and_then(|name| going.named(&name, self.change))
                {
                    return Ok(Some(format!(
                        "the same plan destroys what it is a copy of: {address}"
                    )));
                }
            }
        }
        Ok(None)
    }

    /// Notes one attribute, once.
    fn note(&mut self, path: String, value: Shown, says: Option<String>) {
        let known = |evidence: &Evidence| matches!(evidence, Evidence::Attribute { path: there, .. } if *there == path);
        match self.evidence.iter_mut().find(|evidence| known(evidence)) {
            Some(Evidence::Attribute { says: there, .. }) => *there = there.take().or(says),
            _ => self
                .evidence
                .push(Evidence::Attribute { path, value, says }),
        }
    }
}

/// A clause with the number that the plan has, for `{}`; up to there where it may not be shown.
fn with_number(says: &str, shown: &Shown) -> String {
    match shown {
        Shown::Number(number) | Shown::Word(number) => says.replace("{}", number),
        _ => says
            .split_once(" for {}")
            .map_or(says, |(before, _)| before)
            .to_owned(),
    }
}

/// Whether two conditions look into the same attribute, which may be a list: then one element must hold both.
fn same_list(one: &Condition, other: &Condition) -> bool {
    let first = |condition: &Condition| {
        let path = condition.attribute.as_ref()?;
        (path.steps().len() > 1).then(|| path.steps().first().cloned())?
    };
    first(one).is_some_and(|name| first(other) == Some(name))
}

/// The value that a guard asks for, as it is written in a configuration.
fn wanted(when: &When) -> Option<String> {
    Some(match when.values().first()? {
        Scalar::Bool(flag) => flag.to_string(),
        Scalar::Number(number) => number.to_string(),
        Scalar::Text(text) => format!("\"{text}\""),
    })
}

/// Whether null stands for the provider's default. The provider itself reads null as nothing, zero or false when it deletes, so a default other than
/// that counts only where the row says that it is filled in on read; one that came with a later version of the provider counts only from there on.
fn default_counts<'a>(
    row: &TypeRow,
    guard: &Guard,
    change: &'a ResourceChange<'_>,
    providers: &mut Providers<'a, '_>,
) -> bool {
    let worse = guard.effect == Effect::Grade && guard.to.is_some_and(|to| to > row.destroy);
    if worse {
        return true;
    }
    if let Some(since) = &guard.since
        && !providers.from(
            change.provider(),
            crate::catalog::provider(&change.kind),
            since,
        )
    {
        return false;
    }
    let zero = match &guard.condition.default {
        Some(Scalar::Bool(flag)) => !flag,
        Some(Scalar::Number(number)) => *number == 0.0,
        Some(Scalar::Text(text)) => text.is_empty(),
        None => true,
    };
    zero || guard.filled || guard.condition.provider.is_some()
}
