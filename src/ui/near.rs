//! The word that was most likely meant.

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
