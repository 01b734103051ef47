//! What the user typed, made whole by defaults: the one place where precedence is decided.

use crate::cli::JudgeArgs;
use crate::judge::Limits;
use crate::state::Where;
use crate::verdict::Line;

/// Everything that judging needs to know from the user.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Numbers and expectations for the rules.
    pub limits: Limits,
    /// Where the line is drawn and what is let through.
    pub line: Line,
    /// Which directory to look into for the state.
    pub place: Where,
}

impl Settings {
    /// From the command line over the defaults.
    #[must_use]
    pub fn resolve(args: &JudgeArgs) -> Self {
        let defaults = Line::default();
        Self {
            limits: Limits { first_apply: args.first_apply, ..Limits::default() },
            line: Line { block_at: args.block_at.map_or(defaults.block_at, Into::into), allow: args.allow.clone() },
            place: match (&args.dir, args.no_dir) {
                (_, true) => Where::Nowhere,
                (Some(dir), false) => Where::Dir(dir.clone()),
                (None, false) => Where::Here,
            },
        }
    }
}
