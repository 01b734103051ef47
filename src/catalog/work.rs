//! What runs beside the changes: actions that providers offer, and types whose job it is to run something. The facts are in `rules/catalog/work/`.

use std::collections::HashMap;

use serde::Deserialize;

use super::RowError;

const ACTIONS: &str = include_str!("../../rules/catalog/work/actions.toml");
const COMMANDS: &str = include_str!("../../rules/catalog/work/commands.toml");

/// What an action does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(
    missing_docs,
    reason = "rules/catalog/work/actions.toml says what each word means"
)]
pub(crate) enum Does {
    Wipes,
    Stops,
    Runs,
    Invalidates,
    Builds,
    Sends,
    BacksUp,
}

impl Does {
    /// Whether it takes nothing away and stops nothing.
    #[must_use]
    pub(crate) const fn harmless(self) -> bool {
        matches!(
            self,
            Self::Invalidates | Self::Builds | Self::Sends | Self::BacksUp
        )
    }
}

impl ActionRow {
    /// What is wrong with the row beyond its form.
    pub(crate) fn mistake(&self) -> Option<&'static str> {
        match (self.does, &self.of) {
            (Does::Wipes, None) => Some(
                "an action that wipes, without the type whose data it wipes: of = \"acme_ledger\"",
            ),
            (Does::Wipes, Some(_)) | (_, None) => None,
            (_, Some(_)) => Some("of is only for an action that wipes"),
        }
    }
}

/// What is known about an action.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActionRow {
    /// Its type.
    pub(crate) name: String,
    /// What it does.
    pub(crate) does: Does,
    /// The type whose data it wipes.
    #[serde(default)]
    pub(crate) of: Option<String>,
    /// How the report says it.
    pub(crate) says: String,
    /// The page it was read from.
    #[serde(rename = "source")]
    pub(crate) _source: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct RunsRow {
    name: String,
    says: String,
    #[serde(rename = "source")]
    _source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Actions {
    action: Vec<ActionRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Commands {
    runs: Vec<RunsRow>,
}

fn broken(file: &str, error: &toml::de::Error) -> RowError {
    RowError {
        file: format!("work/{file}.toml"),
        reason: error.message().to_owned(),
    }
}

/// The actions by their types.
///
/// # Errors
/// When a row is broken.
pub(crate) fn actions() -> Result<HashMap<String, ActionRow>, RowError> {
    let rows: Actions = toml::from_str(ACTIONS).map_err(|error| broken("actions", &error))?;
    Ok(rows
        .action
        .into_iter()
        .map(|row| (row.name.clone(), row))
        .collect())
}

/// What a type runs, of these types; the file is only read when one of them stands in it.
///
/// # Errors
/// When a row is broken.
pub(crate) fn commands<'a>(
    mut types: impl Iterator<Item = &'a str>,
) -> Result<HashMap<String, String>, RowError> {
    if !types.any(|kind| COMMANDS.contains(&format!("\"{kind}\""))) {
        return Ok(HashMap::new());
    }
    let rows: Commands = toml::from_str(COMMANDS).map_err(|error| broken("commands", &error))?;
    Ok(rows
        .runs
        .into_iter()
        .map(|row| (row.name, row.says))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_read_and_are_sorted() {
        let rows: Actions = toml::from_str(ACTIONS).unwrap_or_else(|error| panic!("{error}"));
        let names: Vec<&str> = rows.action.iter().map(|row| row.name.as_str()).collect();
        assert!(names.windows(2).all(|pair| pair[0] < pair[1]), "{names:?}");
        for row in &rows.action {
            assert_eq!(row.mistake(), None, "{}", row.name);
        }
        let rows: Commands = toml::from_str(COMMANDS).unwrap_or_else(|error| panic!("{error}"));
        let names: Vec<&str> = rows.runs.iter().map(|row| row.name.as_str()).collect();
        assert!(names.windows(2).all(|pair| pair[0] < pair[1]), "{names:?}");
    }

    #[test]
    fn what_a_type_runs() {
        let said = |kind: &str| {
            commands([kind].into_iter())
                .unwrap_or_else(|error| panic!("{error}"))
                .remove(kind)
        };
        assert_eq!(
            said("snowflake_execute").as_deref(),
            Some("runs statements")
        );
        assert_eq!(said("aws_instance"), None);
    }
}
