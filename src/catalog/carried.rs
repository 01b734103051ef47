//! Generic resources, which stand for an object that another type of the catalogue knows: any Azure resource (`azapi_*`), any CloudFormation type
//! (`awscc_*`, `aws_cloudcontrolapi_resource`). They are judged as what they carry. The tables are `rules/catalog/carried/*.toml`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::plan::ResourceChange;

/// What a generic resource stands for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Carried {
    /// As its own cloud calls it, such as `Microsoft.Storage/storageAccounts`; `None` when that cannot be told or may not be shown.
    pub(crate) name: Option<String>,
    /// The type of the catalogue that it is judged as; `None` when the plan does not say what it is.
    pub(crate) kind: Option<String>,
}

/// The longest name of a type that is looked up.
const LONGEST: usize = 200;

/// The type of the catalogue that a type stands for by its name alone, or that the plan has to say.
enum Carrier<'a> {
    Azure,
    CloudControl,
    /// What comes after `awscc_`.
    Named(&'a str),
}

fn carrier(kind: &str) -> Option<Carrier<'_>> {
    match kind {
        "azapi_resource" | "azapi_data_plane_resource" => Some(Carrier::Azure),
        "aws_cloudcontrolapi_resource" => Some(Carrier::CloudControl),
        _ => kind.strip_prefix("awscc_").map(Carrier::Named),
    }
}

/// What a change's object stands for; `None` when its type is no generic one.
pub(crate) fn carried(change: &ResourceChange<'_>) -> Option<Carried> {
    let attribute = match carrier(&change.kind)? {
        Carrier::Named(name) => {
            return Some(Carried {
                name: None,
                kind: Some(amazon(name)),
            });
        }
        Carrier::Azure => "type",
        Carrier::CloudControl => "type_name",
    };
    let value = if change.action.has_before() {
        change.before()
    } else {
        change.after()
    };
    // What cannot be read is not known, and that is never nothing.
    let told = value.get(attribute).ok();
    let text = told.and_then(|told| told.text().ok().flatten());
    let Some(text) = text.filter(|text| is_plain(text)) else {
        return Some(Carried::default());
    };
    let (name, kind) = if attribute == "type" {
        let name = text.split_once('@').map_or(&*text, |(name, _)| name);
        // `Namespace.Name/type`: anything else is no type of Azure, and is not shown.
        match name.split_once('/') {
            Some((space, _)) if space.contains('.') => (name.to_owned(), Some(azure(name))),
            _ => return Some(Carried::default()),
        }
    } else if text.split("::").count() == 3 {
        (text.replace("::", " "), cloud_formation(&text))
    } else {
        return Some(Carried::default());
    };
    let hidden = change.action.has_before() && told.is_some_and(|told| told.is_sensitive());
    Some(Carried {
        name: (!hidden).then_some(name),
        kind,
    })
}

fn is_plain(text: &str) -> bool {
    text.len() <= LONGEST
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"./:@-_".contains(&b))
}

fn table(
    text: &'static str,
    parsed: &'static OnceLock<BTreeMap<String, String>>,
) -> &'static BTreeMap<String, String> {
    // A test holds that they can be read; without them everything generic is not known, which is told.
    parsed.get_or_init(|| toml::from_str(text).unwrap_or_default())
}

fn azapi() -> &'static BTreeMap<String, String> {
    static PARSED: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    table(
        include_str!("../../rules/catalog/carried/azapi.toml"),
        &PARSED,
    )
}

fn awscc() -> &'static BTreeMap<String, String> {
    static PARSED: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    table(
        include_str!("../../rules/catalog/carried/awscc.toml"),
        &PARSED,
    )
}

/// `Microsoft.Storage/storageAccounts` is `azurerm_storage_account`. What the table does not have gets a name that can be guessed by.
fn azure(name: &str) -> String {
    azapi()
        .get(&name.to_ascii_lowercase())
        .cloned()
        .unwrap_or_else(|| {
            let words: Vec<String> = name.split('/').skip(1).map(snake).collect();
            format!("azurerm_{}", singular(&words.join("_")))
        })
}

fn singular(word: &str) -> String {
    match (word.strip_suffix("ies"), word.strip_suffix('s')) {
        (Some(stem), _) => format!("{stem}y"),
        (None, Some(stem)) if !stem.ends_with('s') => stem.to_owned(),
        _ => word.to_owned(),
    }
}

/// `AWS::RDS::DBInstance` is `aws_db_instance`; types of others than Amazon are not known.
pub(crate) fn cloud_formation(name: &str) -> Option<String> {
    let mut parts = name.split("::");
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some("AWS"), Some(service), Some(resource), None) => Some(amazon(&format!(
            "{}_{}",
            service.to_ascii_lowercase(),
            snake(resource)
        ))),
        _ => None,
    }
}

/// `s3_bucket` is `aws_s3_bucket`, unless the table says otherwise.
fn amazon(name: &str) -> String {
    awscc()
        .get(name)
        .cloned()
        .unwrap_or_else(|| format!("aws_{name}"))
}

/// `DBInstance` becomes `db_instance`.
fn snake(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 8);
    let mut before: Option<char> = None;
    let mut rest = name.chars().peekable();
    while let Some(c) = rest.next() {
        let starts = c.is_ascii_uppercase()
            && before.is_some_and(|before| {
                !before.is_ascii_uppercase()
                    || rest.peek().is_some_and(|next| next.is_ascii_lowercase())
            });
        if starts {
            text.push('_');
        }
        text.push(c.to_ascii_lowercase());
        before = Some(c);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_can_be_read_and_name_types_of_their_cloud() {
        for (text, prefix) in [
            (
                include_str!("../../rules/catalog/carried/azapi.toml"),
                "azurerm_",
            ),
            (
                include_str!("../../rules/catalog/carried/awscc.toml"),
                "aws_",
            ),
        ] {
            let table: BTreeMap<String, String> =
                toml::from_str(text).unwrap_or_else(|error| panic!("{error}"));
            assert!(table.len() > 100);
            for (name, kind) in table {
                assert!(kind.starts_with(prefix), "{name}");
                assert_eq!(name, name.to_ascii_lowercase());
            }
        }
    }

    #[test]
    fn what_they_stand_for() {
        for (name, kind) in [
            (
                "Microsoft.Storage/storageAccounts",
                "azurerm_storage_account",
            ),
            ("microsoft.sql/SERVERS/databases", "azurerm_mssql_database"),
            (
                "Microsoft.New/widgetStores/policies",
                "azurerm_widget_stores_policy",
            ),
        ] {
            assert_eq!(azure(name), kind);
        }
        for (name, kind) in [
            ("AWS::RDS::DBInstance", Some("aws_db_instance")),
            ("AWS::S3::Bucket", Some("aws_s3_bucket")),
            ("AWS::EC2::VPC", Some("aws_vpc")),
            ("AWS::Logs::LogGroup", Some("aws_cloudwatch_log_group")),
            ("MongoDB::Atlas::Cluster", None),
            ("AWS::S3", None),
            ("AWS::S3::Bucket::Part", None),
        ] {
            assert_eq!(cloud_formation(name).as_deref(), kind, "{name}");
        }
    }
}
