//! Words for people that every room may need.

/// `1 resource`, `2 resources`.
#[must_use]
pub(crate) fn plural(count: usize, one: &str) -> String {
    if count == 1 {
        format!("1 {one}")
    } else {
        format!("{count} {one}s")
    }
}
