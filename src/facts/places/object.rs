//! Where one object is, by its own attributes.

use std::borrow::Cow;

use crate::facts::places::Cloud;
use crate::facts::places::form::{Arn, aws_account, aws_region, guid, place_word, project};
use crate::plan::{ReadError, Shape, Value, member};

/// One thing that is asked of an object.
#[derive(Clone, Default)]
pub(super) enum Told {
    /// It is in none.
    Nowhere,
    /// Nothing tells.
    #[default]
    Unknown,
    /// A provider block says it, in a way that cannot be read.
    Hidden,
    /// Here; the flag says that the value is marked as sensitive.
    Here(String, bool),
    /// Here as far as can be seen, but something else may count: wrong if this is not expected, and not shown if it is.
    Perhaps(String, bool),
}

impl Told {
    pub(super) fn or_else(
        self,
        other: impl FnOnce() -> Result<Self, ReadError>,
    ) -> Result<Self, ReadError> {
        if matches!(self, Self::Here(..) | Self::Perhaps(..)) {
            Ok(self)
        } else {
            other()
        }
    }
}

type Members<'p> = [(Cow<'p, str>, Value<'p>)];

/// The first of several values that has the form; what is there in another form, or not known, tells nothing.
pub(super) fn first(
    values: &[Value<'_>],
    form: impl Fn(&str) -> Option<String>,
) -> Result<Told, ReadError> {
    for value in values {
        if let Shape::Text(text) = value.shape()?
            && let Some(name) = form(&text)
        {
            return Ok(Told::Here(name, value.has_sensitive()));
        }
    }
    Ok(Told::Unknown)
}

/// The account of an object, by its own attributes: what it refers to may belong to somebody else.
pub(super) fn account(cloud: Cloud, kind: &str, members: &Members<'_>) -> Result<Told, ReadError> {
    let get = |name| member(members, name);
    match cloud {
        // The owner first: a subscription has the ARN of the topic, which may be another one's.
        Cloud::Aws if borrowed(kind) => first(&[get("owner_id")], aws_account),
        Cloud::Aws => first(&[get("owner_id")], aws_account)?
            .or_else(|| first(&[get("arn"), get("id")], |text| Arn::parse(text)?.account)),
        Cloud::Google => {
            let own = get("project");
            let told = first(&[own], project)?
                .or_else(|| first(&[get("id")], |id| account_in_id(cloud, id)))?;
            let asks = members.iter().any(|(name, _)| name == "project");
            // A number is some project, and need not be the provider's.
            let numbered = matches!(own.shape()?, Shape::Text(text) if !text.is_empty());
            Ok(match told {
                Told::Unknown if numbered => Told::Hidden,
                Told::Unknown if !asks => Told::Nowhere,
                told => told,
            })
        }
        Cloud::Azure => first(&[get("id")], |id| account_in_id(cloud, id)),
    }
}

/// The account that an id names.
pub(super) fn account_in_id(cloud: Cloud, id: &str) -> Option<String> {
    let mut parts = id.trim_start_matches('/').split('/');
    match cloud {
        Cloud::Aws => Arn::parse(id)?.account,
        Cloud::Google => parts
            .next()
            .filter(|part| *part == "projects")
            .and(parts.next())
            .and_then(project),
        Cloud::Azure => parts
            .next()
            .filter(|part| part.eq_ignore_ascii_case("subscriptions"))
            .and(parts.next())
            .and_then(guid),
    }
}

/// The region of an object, by its own attributes.
pub(super) fn region(cloud: Cloud, kind: &str, members: &Members<'_>) -> Result<Told, ReadError> {
    let get = |name| member(members, name);
    match cloud {
        Cloud::Aws if global(kind) => Ok(Told::Nowhere),
        Cloud::Aws => {
            // The ARN first: a few types have a `region` that is another one's.
            let arn = if borrowed(kind) {
                [Value::ABSENT; 2]
            } else {
                [get("arn"), get("id")]
            };
            // The region of an authorization is the one that collects.
            let own = if kind == "aws_config_aggregate_authorization" {
                Value::ABSENT
            } else {
                get("region")
            };
            let told = first(&arn, |text| Arn::parse(text)?.region)?
                .or_else(|| first(&[own], aws_region))?;
            // An ARN without a region is of a global service; buckets are not, they only have none in it.
            let nowhere = matches!(told, Told::Unknown)
                && matches!(
                    first(&arn, |text| Arn::parse(text)
                        .filter(|arn| arn.region.is_none() && arn.service != "s3")
                        .map(|_| String::new()))?,
                    Told::Here(..)
                );
            Ok(if nowhere { Told::Nowhere } else { told })
        }
        Cloud::Google | Cloud::Azure => {
            let names: &[&str] = if cloud == Cloud::Google {
                &["region", "location", "zone"]
            } else {
                &["location"]
            };
            let mut unknown = false;
            for name in names {
                let value = get(name);
                match value.shape()? {
                    Shape::Text(text) if text.is_empty() => {}
                    Shape::Text(text) if text.eq_ignore_ascii_case("global") => {
                        return Ok(Told::Nowhere);
                    }
                    Shape::Text(text) => match place_word(&text) {
                        Some(name) => return Ok(Told::Here(name, value.has_sensitive())),
                        None => unknown = true,
                    },
                    Shape::Absent | Shape::Null => {}
                    _ => unknown = true,
                }
            }
            Ok(if unknown {
                Told::Unknown
            } else {
                Told::Nowhere
            })
        }
    }
}

/// Types of AWS whose ARN is that of what they point to: an event goes to another account's bus, a share comes from another account, a grant is
/// given on another account's key.
fn borrowed(kind: &str) -> bool {
    matches!(
        kind,
        "aws_cloudwatch_event_target" | "aws_ram_resource_share_accepter" | "aws_kms_grant"
    )
}

/// Types of AWS that are in no region, also before they have an ARN.
fn global(kind: &str) -> bool {
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| kind.starts_with(prefix));
    starts(&[
        "aws_iam_",
        "aws_route53_",
        "aws_cloudfront_",
        "aws_organizations_",
        "aws_globalaccelerator_",
        "aws_waf_",
        "aws_shield_",
        "aws_budgets_",
    ]) && !starts(&["aws_route53_resolver_"])
}
