//! How bad one destroy is: the catalogue's grade of the type, moved by what the plan shows of its guards.

use crate::catalog::{Catalog, Category, Effect, Grade, Guard, TypeRow};
use crate::finding::{Evidence, Severity, Shown};
use crate::plan::{Opened, ReadError, ResourceChange, Show};

use crate::facts::providers::Providers;
use crate::facts::{condition, looks_like_state_store};

/// A destroy or replace of one object, judged.
pub(crate) struct Destroy<'a, 'p> {
    /// The change.
    pub(crate) change: &'a ResourceChange<'p>,
    /// What is known about its type.
    pub(crate) row: Option<&'a TypeRow>,
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
    /// A final copy that will be made: how the report says it, and its name where it may be shown.
    pub(crate) copy: Option<(String, Option<String>)>,
    /// For a backup: what became of its source.
    pub(crate) source: super::Source,
    /// For a store whose name says that Terraform keeps its state in there: the name.
    pub(crate) state_store: Option<String>,
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
    ) -> Result<Self, ReadError> {
        let row = catalog.get(&change.kind);
        let mut destroy = Self {
            change,
            row,
            grade: row.map_or(Grade::None, |row| row.destroy),
            refused: false,
            kept: false,
            evidence: Vec::new(),
            recovery: Vec::new(),
            copy: None,
            source: super::Source::NotAsked,
            state_store: None,
        };
        let Some(row) = row else { return Ok(destroy) };
        let store = matches!(
            row.category,
            Category::State | Category::ObjectStore | Category::Database
        ) && !row.identity.is_empty();
        if store || !row.guard.is_empty() {
            let value = Opened::new(change.before())?;
            if store {
                let names = condition::texts(&row.identity, &value)?.unwrap_or_default();
                destroy.state_store = names.into_iter().find(|name| looks_like_state_store(name));
            }
            destroy.weigh_all(row, &value, providers)?;
        }
        if let Some(recovery) = &row.recovery
            && destroy.grade > Grade::Medium
        {
            let copies = row.guard.iter().any(|guard| guard.effect == Effect::Copy);
            destroy.recovery.push(if copies && destroy.copy.is_none() {
                format!("{recovery}; this plan takes no such copy")
            } else {
                recovery.clone()
            });
        }
        Ok(destroy)
    }

    /// Looks at all guards: those that set the grade first, then those that lower it.
    fn weigh_all(
        &mut self,
        row: &TypeRow,
        value: &Opened<'p>,
        providers: &mut Providers<'a, 'p>,
    ) -> Result<(), ReadError> {
        for guard in row
            .guard
            .iter()
            .filter(|guard| guard.effect == Effect::Grade)
        {
            self.weigh(row, guard, value, providers)?;
        }
        let base = self.grade;
        let mut lowest = base;
        for guard in row
            .guard
            .iter()
            .filter(|guard| guard.effect != Effect::Grade)
        {
            if let Some(grade) = self.weigh(row, guard, value, providers)? {
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
    ) -> Result<Option<Grade>, ReadError> {
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
        let look = condition::look(&guard.condition, value, self.change, providers)?;
        let mut holds = look.holds;
        for also in &guard.and {
            holds = holds && condition::look(also, value, self.change, providers)?.holds;
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
            // What is set and does not guard is the evidence that it is as bad as it looks.
            if !look.by_default
                && !matches!(look.shown, Shown::Absent | Shown::Hidden)
                && guard.effect != Effect::Grade
                && guard.effect != Effect::Empty
            {
                self.note(path, look.shown, None);
            }
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
        let says = match (&guard.says, &name) {
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
                let says = guard
                    .says
                    .clone()
                    .unwrap_or_else(|| "a copy remains".to_owned());
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
