//! The one error of the program: what is wrong, what to do instead, the exit code that it comes to, and where the text is ours (a policy), places in it.
//! It takes text as it is and escapes it where it is written. Bytes of a plan never get here.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode,
};

use super::escape::line;
use super::exit::Exit;
use super::style::Styles;
use super::wrap::folded;

/// Parts that are shown; the rest are counted.
const SHOWN: usize = 20;
/// Characters of a line that are shown.
const WIDE: usize = 160;

/// What is wrong, and what to do instead.
#[derive(Debug, Clone)]
pub struct Problem {
    what: String,
    help: Option<String>,
    exit: Exit,
    /// Where it is.
    marks: Option<Marks>,
    /// What it is made of, each with places of its own.
    parts: Vec<Self>,
}

impl Problem {
    /// What is wrong, and what to do or type instead.
    #[must_use]
    pub(crate) fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..Self::bare(what)
        }
    }

    /// What is wrong, where nothing is to be done.
    #[must_use]
    pub(crate) fn bare(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            help: None,
            exit: Exit::CouldNotJudge,
            marks: None,
            parts: Vec::new(),
        }
    }

    /// With the exit code that it comes to, where that is not 2.
    #[must_use]
    pub(crate) fn ends(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// With words before it: what it is about.
    #[must_use]
    pub(crate) fn about(mut self, what: impl fmt::Display) -> Self {
        self.what = format!("{what} {}", self.what);
        self
    }

    /// With places in a text, and a word on each.
    #[must_use]
    pub(crate) fn marked(mut self, text: &Arc<Text>, places: Vec<(Range<usize>, String)>) -> Self {
        self.marks = Some(Marks {
            text: Arc::clone(text),
            places,
        });
        self
    }

    /// With what it is made of.
    #[must_use]
    pub(crate) fn made_of(mut self, parts: Vec<Self>) -> Self {
        self.parts = parts;
        self
    }

    /// With its help in other words.
    #[must_use]
    pub(crate) fn spelled(mut self, spell: fn(&str) -> Cow<'_, str>) -> Self {
        self.help = self.help.map(|help| spell(&help).into_owned());
        self
    }

    /// The exit code that it comes to.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        self.exit
    }

    /// What is wrong, and what to do instead, as they are.
    #[must_use]
    pub(crate) fn words(self) -> (String, Option<String>) {
        (self.what, self.help)
    }

    /// Writes it for people: the head folded at a width, unless it goes to where a message is found by its line; the parts as they are drawn.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write(
        &self,
        width: usize,
        fold: Option<usize>,
        styles: &Styles,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        folded("error: ", styles.error, &line(&self.what), fold, out)?;
        if let Some(help) = &self.help {
            folded("  help: ", styles.help, &line(help), fold, out)?;
        }
        let theme = if styles.coloured {
            GraphicalTheme::unicode()
        } else {
            GraphicalTheme::unicode_nocolor()
        };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_links(false)
            .with_context_lines(1)
            .with_width(width);
        for part in self.parts.iter().take(SHOWN) {
            let mut text = String::new();
            match handler.render_report(&mut text, part) {
                Ok(()) => write!(out, "{text}")?,
                Err(_) => writeln!(out, "  {part}")?,
            }
        }
        if self.parts.len() > SHOWN {
            writeln!(out, "  and {} more", self.parts.len() - SHOWN)?;
        }
        Ok(())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&line(&self.what))
    }
}

impl std::error::Error for Problem {}

impl From<io::Error> for Problem {
    /// Commands write reports and nothing else by `?`.
    fn from(error: io::Error) -> Self {
        Self::bare(format!("the report cannot be written: {}", error.kind()))
    }
}

impl Diagnostic for Problem {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.help.as_deref()?;
        Some(Box::new(line(help)))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        let marks = self.marks.as_ref()?;
        Some(&marks.text.shown)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let marks = self.marks.as_ref()?;
        let label = |(place, word): &(Range<usize>, String)| {
            let place = marks.text.place(place);
            LabeledSpan::new(
                (!word.is_empty()).then(|| line(word).into_owned()),
                place.start,
                place.len(),
            )
        };
        Some(Box::new(marks.places.iter().map(label)))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        let parts = self.parts.iter().map(|part| -> &dyn Diagnostic { part });
        (!self.parts.is_empty()).then(|| -> Box<dyn Iterator<Item = _>> { Box::new(parts) })
    }
}

/// Places in a text, in bytes of it, with a word on each.
#[derive(Debug, Clone)]
struct Marks {
    text: Arc<Text>,
    places: Vec<(Range<usize>, String)>,
}

/// A text that is ours, as it may be shown: each line escaped and cut, tabs as spaces.
pub(crate) struct Text {
    shown: NamedSource<String>,
    /// Where each line starts in the file and in what is shown, and how much of it is shown.
    starts: Vec<(usize, usize, usize)>,
    file: String,
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.file.len())
    }
}

impl Text {
    /// A file of this name.
    pub(crate) fn new(name: &str, file: &str) -> Self {
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
            shown: NamedSource::new(line(name), text),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn written(problem: &Problem) -> String {
        let mut out = Vec::new();
        problem
            .write(80, None, &Styles::default(), &mut out)
            .unwrap_or_else(|error| panic!("{error}"));
        String::from_utf8_lossy(&out).into_owned()
    }

    fn drawn(text: &str, place: Range<usize>) -> String {
        let text = Arc::new(Text::new("a.toml", text));
        let part = Problem::bare("wrong\u{1b}").marked(&text, vec![(place, "here".to_owned())]);
        written(&Problem::bare("x").made_of(vec![part]))
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

    /// Whoever makes one hands the words over as they are.
    #[test]
    fn its_words_are_escaped() {
        let problem = Problem::new("a\u{1b}b\nc", "::error::x").about("d\u{202e}");
        assert_eq!(
            written(&problem),
            "error: d\\u{202e} a\\u{1b}b\\nc\n  help: :\\u{3a}error:\\u{3a}x\n"
        );
        assert_eq!(problem.exit(), Exit::CouldNotJudge);
        assert_eq!(problem.ends(Exit::Blocked).exit(), Exit::Blocked);
    }

    #[test]
    fn no_more_than_a_screen_of_parts() {
        let parts = (0..SHOWN + 2).map(|at| Problem::bare(format!("part {at}")));
        let told = written(&Problem::bare("x").made_of(parts.collect()));
        assert!(
            told.contains("part 19") && !told.contains("part 20"),
            "{told}"
        );
        assert!(told.ends_with("  and 2 more\n"), "{told}");
    }
}
