//! What a person sees of every room: escaped text, words, problems, streams, exit codes.

pub(crate) mod alike;
pub(crate) mod escape;
pub(crate) mod exit;
pub(crate) mod markup;
pub(crate) mod mistaken;
pub(crate) mod near;
pub(crate) mod position;
pub(crate) mod problem;
pub(crate) mod progress;
pub(crate) mod refusal;
pub(crate) mod streams;
pub(crate) mod style;
pub(crate) mod words;
mod wrap;
