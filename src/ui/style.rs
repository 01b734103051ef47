//! Colours: plain by default, coloured once in `main`. Who writes for people is handed them and asks nobody else.

use owo_colors::Style;

/// How each kind of text looks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Styles {
    /// Severities, from the worst.
    pub(crate) critical: Style,
    pub(crate) high: Style,
    pub(crate) medium: Style,
    pub(crate) low: Style,
    /// Verdicts.
    pub(crate) block: Style,
    pub(crate) warn: Style,
    pub(crate) pass: Style,
    /// What is looked for first.
    pub(crate) bold: Style,
    /// What is looked for last.
    pub(crate) dim: Style,
    /// The labels of a problem.
    pub(crate) error: Style,
    pub(crate) help: Style,
    /// Whether there are colours at all.
    pub(crate) coloured: bool,
}

impl Styles {
    /// With colours.
    #[must_use]
    pub fn coloured() -> Self {
        Self {
            critical: Style::new().red().bold(),
            high: Style::new().red(),
            medium: Style::new().yellow(),
            low: Style::new().cyan(),
            block: Style::new().red().bold(),
            warn: Style::new().yellow().bold(),
            pass: Style::new().green().bold(),
            bold: Style::new().bold(),
            dim: Style::new().dimmed(),
            error: Style::new().red().bold(),
            help: Style::new().cyan(),
            coloured: true,
        }
    }
}
