//! Mistakes in a policy file, all of them, shown where they are. A policy is written by the team and holds nothing of a plan, so its lines may be quoted;
//! they are escaped like everything else, since a pull request can bring any text.

use std::ops::Range;
use std::sync::Arc;

use crate::ui::problem::{Problem, Text};
use crate::ui::words::plural;

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// Where, in bytes of the file, with a word on it; none when it is about the file as a whole.
    pub(crate) places: Vec<(Range<usize>, String)>,
}

/// What is wrong with a policy file: at least one mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistakes {
    /// The file's name in reports.
    pub(crate) file: String,
    /// The file, where a mistake points into it.
    text: String,
    /// In the order of the file.
    pub list: Vec<Mistake>,
}

impl Mistakes {
    /// A file that cannot be read at all.
    #[must_use]
    pub(crate) fn whole(file: &str, message: impl Into<String>, help: &str) -> Self {
        let mistake = Mistake {
            message: message.into(),
            help: Some(help.to_owned()),
            places: Vec::new(),
        };
        Self::one(file, mistake)
    }

    /// A file that cannot be read at all, as its source says.
    #[must_use]
    pub(crate) fn unread(file: &str, problem: Problem) -> Self {
        let (message, help) = problem.words();
        let mistake = Mistake {
            message,
            help,
            places: Vec::new(),
        };
        Self::one(file, mistake)
    }

    fn one(file: &str, mistake: Mistake) -> Self {
        Self {
            file: file.to_owned(),
            text: String::new(),
            list: vec![mistake],
        }
    }

    /// Mistakes within a file.
    #[must_use]
    pub(crate) fn within(file: &str, text: &str, mut list: Vec<Mistake>) -> Self {
        list.sort_by_key(|mistake| mistake.places.first().map_or(0, |(place, _)| place.start));
        list.dedup();
        Self {
            file: file.to_owned(),
            text: text.to_owned(),
            list,
        }
    }
}

impl From<Mistakes> for Problem {
    fn from(mistakes: Mistakes) -> Self {
        let text = Arc::new(Text::new(&mistakes.file, &mistakes.text));
        let count = plural(mistakes.list.len(), "mistake");
        let parts = mistakes.list.into_iter().map(|mistake| {
            let problem = match mistake.help {
                Some(help) => Self::new(mistake.message, help),
                None => Self::bare(mistake.message),
            };
            match mistake.places {
                places if places.is_empty() => problem,
                places => problem.marked(&text, places),
            }
        });
        let parts = parts.collect();
        Self::bare(format!(
            "the policy {} has {count}, so nothing is judged",
            mistakes.file
        ))
        .made_of(parts)
    }
}
