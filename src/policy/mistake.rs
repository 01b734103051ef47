//! Mistakes in a policy file, all of them, shown where they are. A policy is written by the team and holds nothing of a plan, so its lines may be quoted;
//! they are escaped like everything else, since a pull request can bring any text.

use std::io::{self, Write};
use std::ops::Range;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode,
};

use crate::ui::escape::line;

/// Mistakes that are shown; the rest are counted.
const SHOWN: usize = 20;
/// Characters of a line that are shown.
const WIDE: usize = 160;

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub(crate) help: Option<String>,
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

    /// Writes them for people.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write(&self, width: usize, out: &mut dyn Write) -> io::Result<()> {
        let count = crate::ui::words::plural(self.list.len(), "mistake");
        writeln!(
            out,
            "error: the policy {} has {count}, so nothing is judged by it",
            line(&self.file)
        )?;
        let shown = Shown::new(&self.text);
        let source = NamedSource::new(line(&self.file), shown.text.clone());
        let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode())
            .with_links(false)
            .with_context_lines(1)
            .with_width(width);
        for mistake in self.list.iter().take(SHOWN) {
            let drawn = Drawn {
                mistake,
                shown: &shown,
                source: &source,
            };
            let mut text = String::new();
            match handler.render_report(&mut text, &drawn) {
                Ok(()) => write!(out, "{text}")?,
                Err(_) => writeln!(out, "  {}", line(&mistake.message))?,
            }
        }
        if self.list.len() > SHOWN {
            writeln!(out, "  and {} more", self.list.len() - SHOWN)?;
        }
        Ok(())
    }
}

/// The file as it may be shown: each line escaped and cut, tabs as spaces.
struct Shown {
    text: String,
    /// Where each line starts in the file and in what is shown, and how much of it is shown.
    starts: Vec<(usize, usize, usize)>,
    file: String,
}

impl Shown {
    fn new(file: &str) -> Self {
        let (mut text, mut starts, mut at) = (String::with_capacity(file.len()), Vec::new(), 0);
        for row in file.split_inclusive('\n') {
            let whole = shown(row.trim_end_matches(['\r', '\n']));
            let cut = whole
                .char_indices()
                .nth(WIDE)
                .map_or(whole.len(), |(at, _)| at);
            starts.push((at, text.len(), cut));
            at += row.len();
            text.push_str(whole.get(..cut).unwrap_or_default());
            text.push_str(if cut < whole.len() { "…\n" } else { "\n" });
        }
        Self {
            text,
            starts,
            file: file.to_owned(),
        }
    }

    /// A place of the file in what is shown: within one line, and never outside.
    fn place(&self, place: &Range<usize>) -> Range<usize> {
        let row = self
            .starts
            .partition_point(|(start, ..)| *start <= place.start)
            .saturating_sub(1);
        let Some((from, to, cut)) = self.starts.get(row).copied() else {
            return 0..0;
        };
        let end = self
            .starts
            .get(row + 1)
            .map_or(self.file.len(), |(next, ..)| *next);
        let content = self
            .file
            .get(from..end)
            .unwrap_or_default()
            .trim_end_matches(['\r', '\n']);
        let column = |at: usize| {
            let at = at.saturating_sub(from).min(content.len());
            to + content
                .get(..at)
                .map_or(0, |before| shown(before).len().min(cut))
        };
        let (start, end) = (column(place.start), column(place.end));
        start..end.max(start)
    }
}

fn shown(row: &str) -> String {
    line(&row.replace('\t', "    ")).into_owned()
}

/// A mistake as miette draws it.
struct Drawn<'a> {
    mistake: &'a Mistake,
    shown: &'a Shown,
    source: &'a NamedSource<String>,
}

impl std::fmt::Debug for Drawn<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.mistake.fmt(f)
    }
}

impl std::fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&line(&self.mistake.message))
    }
}

impl std::error::Error for Drawn<'_> {}

impl Diagnostic for Drawn<'_> {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        let help = self.mistake.help.as_deref()?;
        Some(Box::new(line(help)))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        (!self.mistake.places.is_empty()).then_some(self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = |(place, word): &(Range<usize>, String)| {
            let place = self.shown.place(place);
            LabeledSpan::new(
                (!word.is_empty()).then(|| line(word).into_owned()),
                place.start,
                place.len(),
            )
        };
        Some(Box::new(self.mistake.places.iter().map(label)))
    }
}

/// The known word that was most likely meant; whether it is written in capitals makes no difference.
#[must_use]
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = (word.chars().count() / 3).clamp(1, 4);
    if word.len() > 64 {
        return None;
    }
    let word = word.to_lowercase();
    let near = known.into_iter().map(|known| {
        (
            strsim::damerau_levenshtein(&word, &known.to_lowercase()),
            known,
        )
    });
    near.filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(text: &str, place: Range<usize>) -> String {
        let mistake = Mistake {
            message: "wrong\u{1b}".to_owned(),
            help: None,
            places: vec![(place, "here".to_owned())],
        };
        let mut out = Vec::new();
        Mistakes::within("a.toml", text, vec![mistake])
            .write(80, &mut out)
            .unwrap_or_else(|error| panic!("{error}"));
        anstream::adapter::strip_str(&String::from_utf8_lossy(&out)).to_string()
    }

    /// Whatever the text and the place: it is drawn, and nothing in it acts on the terminal or the CI system.
    #[test]
    fn any_place_in_any_text() {
        let text = &format!(
            "{}a = 1\r\n\tb = \"\u{202e}::error::x ##[x\"\n\u{fc}\u{1b}[31m\n\nlast",
            "\u{fc}".repeat(WIDE - 2)
        );
        for start in (0..text.len() + 3).filter(|start| !(9..300).contains(start)) {
            for end in (start..text.len() + 4).filter(|end| !(9..300).contains(end)) {
                let told = drawn(text, start..end);
                assert!(
                    told.contains("here") && told.contains("a.toml:"),
                    "{start}..{end}: {told}"
                );
                assert!(
                    !told.contains("::error")
                        && !told.contains("##[")
                        && !told.contains(['\u{1b}', '\u{202e}', '\t']),
                    "{told}"
                );
            }
        }
        assert!(drawn("", 0..0).contains("wrong"));
    }

    #[test]
    fn the_nearest_word() {
        assert_eq!(nearest("blok_at", ["block_at", "env"]), Some("block_at"));
        assert_eq!(
            nearest("statefull-destroy", ["stateful-destroy", "stateful-forget"]),
            Some("stateful-destroy")
        );
        assert_eq!(
            (
                nearest("OFF", ["off", "low"]),
                nearest("prod", ["PROD", "dev"])
            ),
            (Some("off"), Some("PROD"))
        );
        assert_eq!(nearest("zzz", ["env"]), None);
    }
}
