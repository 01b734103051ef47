//! Policy documents of AWS: whom they let in. A statement is for everybody when it allows, names everybody, and no condition narrows it.
//! Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html> ("The meaning of public")

use std::collections::HashSet;

use serde_json::Value as Json;

use crate::plan::{ReadError, Shape, Value};

/// Keys of conditions, without the service before the colon, that tie a statement to an account, a network or a person.
const NARROWING: &[&str] = &[
    "accesspointnetworkorigin",
    "calledvia",
    "calledviafirst",
    "calledvialast",
    "calleraccount",
    "dataaccesspointaccount",
    "dataaccesspointarn",
    "principalaccount",
    "principalarn",
    "principalorgid",
    "principalorgpaths",
    "principaltag",
    "referer",
    "resourceorgid",
    "sourceaccount",
    "sourcearn",
    "sourceip",
    "sourceorgid",
    "sourceorgpaths",
    "sourceowner",
    "sourcevpc",
    "sourcevpce",
    "userid",
    "username",
    "viaservice",
    "vpcsourceip",
];

/// As much of an action's name is held against names that end in a star: no service has a longer one.
const LONGEST: usize = 128;

/// What everybody may do by a document: the actions of its open statements. `None` when it is no document that can be read.
pub(super) fn allowed(document: Value<'_>) -> Result<Option<Vec<String>>, ReadError> {
    let Shape::Text(text) = document.shape()? else {
        return Ok(None);
    };
    let Ok(Json::Object(document)) = serde_json::from_str(&text) else {
        return Ok(None);
    };
    let mut actions = Vec::new();
    for statement in several(document.get("Statement")) {
        if !is_open(statement) {
            continue;
        }
        if statement.get("NotAction").is_some() {
            actions.push("*".to_owned());
        }
        let words = several(statement.get("Action")).filter_map(Json::as_str);
        actions.extend(words.map(str::to_lowercase));
    }
    Ok(Some(actions))
}

/// Whether a document lets everybody do something.
///
/// # Errors
/// See [`Value::shape`].
pub(crate) fn lets_everybody_in(document: Value<'_>) -> Result<bool, ReadError> {
    Ok(allowed(document)?.is_some_and(|actions| !actions.is_empty()))
}

/// Whether these actions reach further than those: one that is not among them, nor within one of them that ends in a star.
pub(super) fn reach_further(now: &[String], before: &[String]) -> bool {
    let same: HashSet<&str> = before.iter().map(String::as_str).collect();
    let stars: HashSet<&str> = before
        .iter()
        .filter_map(|action| action.strip_suffix('*'))
        .collect();
    let within = |action: &str| {
        let starts = (0..=action.len().min(LONGEST)).filter_map(|end| action.get(..end));
        starts.into_iter().any(|start| stars.contains(start))
    };
    let mut now = now.iter().map(String::as_str);
    now.any(|action| !same.contains(action) && !within(action))
}

/// One or several, as a document may have either.
fn several(value: Option<&Json>) -> impl Iterator<Item = &Json> {
    let list = match value {
        Some(Json::Array(items)) => items.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    list.iter()
}

fn is_open(statement: &Json) -> bool {
    let allows = statement.get("Effect").and_then(Json::as_str) == Some("Allow");
    let everybody = |value: &Json| several(Some(value)).any(|name| name.as_str() == Some("*"));
    let named = match statement.get("Principal") {
        Some(Json::Object(kinds)) => kinds.values().any(everybody),
        Some(principal) => everybody(principal),
        // Everybody but some.
        None => statement.get("NotPrincipal").is_some(),
    };
    allows && named && !statement.get("Condition").is_some_and(narrows)
}

fn narrows(condition: &Json) -> bool {
    let Json::Object(operators) = condition else {
        return false;
    };
    operators.iter().any(|(operator, keys)| {
        let Json::Object(keys) = keys else {
            return false;
        };
        is_positive(operator)
            && keys.iter().any(|(key, values)| {
                let name = key.split_once(':').map_or(key.as_str(), |(_, name)| name);
                let name = name.split_once('/').map_or(name, |(name, _)| name);
                let all = |value: &Json| {
                    value
                        .as_str()
                        .is_some_and(|text| matches!(text, "*" | "0.0.0.0/0" | "::/0"))
                };
                NARROWING.contains(&name.to_lowercase().as_str())
                    && several(Some(values)).next().is_some()
                    && !several(Some(values)).any(all)
            })
    })
}

/// Whether an operator asks for a value: what only excludes some lets everybody else in.
fn is_positive(operator: &str) -> bool {
    let operator = operator.rsplit(':').next().unwrap_or(operator);
    let operator = operator.strip_suffix("IfExists").unwrap_or(operator);
    matches!(
        operator,
        "StringEquals"
            | "StringEqualsIgnoreCase"
            | "StringLike"
            | "ArnEquals"
            | "ArnLike"
            | "IpAddress"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(statement: &str) -> bool {
        is_open(&serde_json::from_str(statement).expect("a statement"))
    }

    #[test]
    fn who_is_everybody() {
        assert!(open(r#"{"Effect":"Allow","Principal":"*"}"#));
        assert!(open(
            r#"{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::1:root","*"]}}"#
        ));
        assert!(open(r#"{"Effect":"Allow","NotPrincipal":{"AWS":"1"}}"#));
        assert!(!open(r#"{"Effect":"Deny","Principal":"*"}"#));
        assert!(!open(
            r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::1:root"}}"#
        ));
        assert!(!open(r#"{"Effect":"Allow"}"#));
        assert!(!open(r#""Allow""#));
    }

    #[test]
    fn what_narrows() {
        let narrowed = |condition: &str| {
            !open(&format!(
                r#"{{"Effect":"Allow","Principal":"*","Condition":{condition}}}"#
            ))
        };
        assert!(narrowed(
            r#"{"StringEquals":{"AWS:SourceOwner":"123456789012"}}"#
        ));
        assert!(narrowed(
            r#"{"StringEquals":{"aws:SourceVpce":["vpce-1"]}}"#
        ));
        assert!(narrowed(
            r#"{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-1/*"}}"#
        ));
        assert!(narrowed(r#"{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}"#));
        assert!(narrowed(
            r#"{"StringEquals":{"aws:PrincipalTag/team":"a"}}"#
        ));
        assert!(!narrowed(r#"{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}"#));
        assert!(!narrowed(r#"{"Bool":{"aws:SecureTransport":"true"}}"#));
        assert!(!narrowed(
            r#"{"StringNotEquals":{"aws:SourceVpc":"vpc-1"}}"#
        ));
        assert!(!narrowed(r#"{"StringLike":{"aws:PrincipalArn":"*"}}"#));
        assert!(!narrowed(r#"{"StringEquals":{"aws:SourceVpc":[]}}"#));
    }

    #[test]
    fn which_actions_are_more() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(reach_further(
            &words("s3:putobject"),
            &words("s3:getobject")
        ));
        assert!(reach_further(&words("s3:*"), &words("s3:getobject")));
        assert!(!reach_further(&words("s3:getobject"), &words("s3:get*")));
        assert!(!reach_further(&words("s3:getobject"), &words("*")));
        assert!(!reach_further(&[], &[]));
    }
}
