//! Conditions of the catalogue against the values of a plan. Unknown is never taken as good: a condition on something unknown does not hold.

use crate::catalog::{Condition, Path, Scalar, provider};
use crate::finding::Shown;
use crate::plan::{Opened, ReadError, ResourceChange, Shape, Show, Value};

use crate::facts::providers::Providers;

/// What came of looking at one place.
#[derive(Debug)]
pub(super) struct Look {
    /// Whether the condition holds.
    pub(super) holds: bool,
    /// The value, as far as it may be shown.
    pub(super) shown: Shown,
    /// Whether the provider's default was taken, since nothing is set.
    pub(super) by_default: bool,
    /// The number there, for windows.
    pub(super) number: Option<f64>,
}

/// Looks at an attribute of `value`, or at the block of the change's provider.
pub(super) fn look<'a, 'p>(
    condition: &Condition,
    value: &Opened<'p>,
    change: &'a ResourceChange<'p>,
    providers: &mut Providers<'a, 'p>,
) -> Result<Look, ReadError> {
    if let Some(path) = &condition.attribute {
        return test(condition, &value.at(path.steps())?);
    }
    let Some(path) = &condition.provider else {
        return Err(ReadError("a condition of the catalogue looks nowhere"));
    };
    let mut last = None;
    for block in providers.blocks(change.provider(), provider(&change.kind))? {
        let mut found = Vec::new();
        for value in block.at(path.steps())? {
            found.push(value.expression()?);
        }
        let look = test(condition, &found)?;
        // With several blocks it is not known which one the object uses: all must agree.
        if !look.holds {
            return Ok(look);
        }
        last = Some(look);
    }
    last.map_or_else(|| test(condition, &[Value::ABSENT]), Ok)
}

/// Looks at an attribute, whatever object it is of.
pub(super) fn look_at(condition: &Condition, value: &Opened<'_>) -> Result<Look, ReadError> {
    match &condition.attribute {
        Some(path) => test(condition, &value.at(path.steps())?),
        None => Err(ReadError("a condition of the catalogue looks nowhere")),
    }
}

/// Tests what was found at one place.
fn test(condition: &Condition, found: &[Value<'_>]) -> Result<Look, ReadError> {
    let words = condition
        .when
        .as_ref()
        .map(crate::catalog::When::words)
        .unwrap_or_default();
    let mut first = None;
    for value in found {
        let shape = value.shape()?;
        let nothing = match &shape {
            Shape::Absent | Shape::Null => true,
            Shape::Text(text) => text.is_empty(),
            _ => false,
        };
        let shown = value.shown(Show::Words(&words))?;
        let look = if nothing && let Some(default) = &condition.default {
            Look {
                holds: scalar_holds(condition, default),
                shown,
                by_default: true,
                number: number_of(default),
            }
        } else {
            let set = value.is_set()?;
            let holds = match condition.set {
                Some(wanted) => wanted == set && !matches!(shape, Shape::Unknown),
                None => shape_scalar(&shape).is_some_and(|scalar| scalar_holds(condition, &scalar)),
            };
            Look {
                holds,
                shown,
                by_default: false,
                number: value.number()?,
            }
        };
        if look.holds {
            return Ok(look);
        }
        first.get_or_insert(look);
    }
    Ok(first.unwrap_or(Look {
        holds: false,
        shown: Shown::Absent,
        by_default: false,
        number: None,
    }))
}

fn shape_scalar(shape: &Shape<'_>) -> Option<Scalar> {
    Some(match shape {
        Shape::Bool(value) => Scalar::Bool(*value),
        Shape::Number(text) => Scalar::Number(text.parse().ok()?),
        Shape::Text(text) => Scalar::Text(text.to_string()),
        _ => return None,
    })
}

/// A plain value as a number; words that are numbers count, as providers keep many numbers as strings. A duration ("7d", "604800s") is its seconds.
pub(crate) fn number_of(scalar: &Scalar) -> Option<f64> {
    match scalar {
        Scalar::Number(number) => Some(*number),
        Scalar::Text(text) => text
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
            .or_else(|| duration(text)),
        Scalar::Bool(_) => None,
    }
}

/// Seconds of a duration: "7d", "168h0m0s", or as ISO 8601 writes it ("P14D", "PT1H30M"). A month has 30 days, a year 365.
fn duration(text: &str) -> Option<f64> {
    let iso = text.strip_prefix('P');
    let mut in_day = iso.is_none();
    let mut digits = String::new();
    let mut seconds = None;
    for letter in iso.unwrap_or(text).chars() {
        if letter.is_ascii_digit() || letter == '.' {
            digits.push(letter);
            continue;
        }
        if letter == 'T' && iso.is_some() && digits.is_empty() && !in_day {
            in_day = true;
            continue;
        }
        let unit = match (letter, iso.is_some(), in_day) {
            ('s', false, _) | ('S', true, true) => 1.0,
            ('m', false, _) | ('M', true, true) => 60.0,
            ('h', false, _) | ('H', true, true) => 3600.0,
            ('d', false, _) | ('D', true, false) => 86_400.0,
            ('W', true, false) => 604_800.0,
            ('M', true, false) => 2_592_000.0,
            ('Y', true, false) => 31_536_000.0,
            _ => return None,
        };
        let count: f64 = digits.parse().ok()?;
        seconds = Some(seconds.unwrap_or(0.0) + count * unit);
        digits.clear();
    }
    seconds.filter(|_| digits.is_empty())
}

/// Whether two plain values are the same; words without case, `"true"` like true, `"7"` like 7.
#[expect(
    clippy::float_cmp,
    reason = "values of rows are small whole numbers, compared as written"
)]
pub(super) fn same(a: &Scalar, b: &Scalar) -> bool {
    match (a, b) {
        (Scalar::Bool(a), Scalar::Bool(b)) => a == b,
        (Scalar::Text(a), Scalar::Text(b)) => a.eq_ignore_ascii_case(b),
        (Scalar::Bool(flag), Scalar::Text(text)) | (Scalar::Text(text), Scalar::Bool(flag)) => {
            text.eq_ignore_ascii_case(if *flag { "true" } else { "false" })
        }
        _ => matches!((number_of(a), number_of(b)), (Some(a), Some(b)) if a == b),
    }
}

fn scalar_holds(condition: &Condition, scalar: &Scalar) -> bool {
    let number = number_of(scalar);
    if let Some(when) = &condition.when {
        return when.values().iter().any(|value| same(value, scalar));
    }
    if let Some(least) = condition.at_least {
        return number.is_some_and(|number| number >= least);
    }
    if let Some(below) = condition.below {
        return number.is_some_and(|number| number < below);
    }
    // A window: any number of days above none.
    condition.set.is_none() && number.is_some_and(|number| number > 0.0)
}

/// A value of an update as a plain one: the default where nothing is set; `None` when it is unknown or no plain value.
pub(super) fn plain(
    value: Value<'_>,
    default: Option<&Scalar>,
) -> Result<Option<Scalar>, ReadError> {
    let shape = value.shape()?;
    Ok(match shape {
        Shape::Absent | Shape::Null => default.cloned(),
        shape => shape_scalar(&shape),
    })
}

/// The texts (or numbers) at these paths, all known and set.
pub(super) fn texts(paths: &[Path], value: &Opened<'_>) -> Result<Option<Vec<String>>, ReadError> {
    let mut found = Vec::with_capacity(paths.len());
    for path in paths {
        for value in value.at(path.steps())? {
            match value.shape()? {
                Shape::Text(text) if !text.is_empty() => found.push(text.into_owned()),
                Shape::Number(text) => found.push(text.into_owned()),
                _ => return Ok(None),
            }
        }
    }
    Ok((!found.is_empty()).then_some(found))
}

/// Whether one element of the list that all of these look into holds them all. What is no list is the one element.
pub(super) fn in_one_element(
    one: &Condition,
    others: &[&Condition],
    value: &Opened<'_>,
) -> Result<bool, ReadError> {
    let Some((first, _)) = one
        .attribute
        .as_ref()
        .and_then(|path| path.steps().split_first())
    else {
        return Ok(false);
    };
    for list in value.at(std::slice::from_ref(first))? {
        let elements = match list.shape()? {
            Shape::List(items) => items,
            _ => vec![list],
        };
        for element in elements {
            let mut all = true;
            for condition in std::iter::once(&one).chain(others) {
                let rest = condition
                    .attribute
                    .as_ref()
                    .and_then(|path| path.steps().get(1..))
                    .unwrap_or_default();
                all = all && test(condition, &element.at(rest)?)?.holds;
            }
            if all {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Whether a condition holds for the new values of an object; what is unknown may be the worst.
pub(crate) fn condition_holds(condition: &Condition, after: Value<'_>) -> Result<bool, ReadError> {
    let Some(path) = &condition.attribute else {
        return Ok(false);
    };
    let found = after.at(path.steps())?;
    for value in &found {
        if matches!(value.shape()?, Shape::Unknown) {
            return Ok(true);
        }
    }
    Ok(test(condition, &found)?.holds)
}

/// Whether a condition holds for one value.
pub(super) fn holds(condition: &Condition, value: Value<'_>) -> Result<bool, ReadError> {
    Ok(test(condition, &[value])?.holds)
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_are_seconds() {
        for (text, seconds) in [
            ("7d", Some(604_800.0)),
            ("168h0m0s", Some(604_800.0)),
            ("604800s", Some(604_800.0)),
            ("P7D", Some(604_800.0)),
            ("P1W", Some(604_800.0)),
            ("PT1H30M", Some(5_400.0)),
            ("P1DT1S", Some(86_401.0)),
            ("P1M", Some(2_592_000.0)),
            ("P", None),
            ("PT", None),
            ("P7", None),
            ("7", None),
            ("d", None),
            ("PDT", None),
            ("1.2.3d", None),
            ("standard", None),
        ] {
            assert_eq!(duration(text), seconds, "{text}");
        }
    }
}
