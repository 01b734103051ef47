//! How bad the destroy of an object is whose type is in no catalogue: by its name, and by what the plan shows of it. Only names of attributes, numbers
//! and switches are looked at; nothing of a value is told.

use crate::catalog::Grade;
use crate::facts::name::{Guess, Kind, guess};
use crate::plan::{Opened, ReadError, Shape, Value};

/// What is made of it.
pub(super) struct Unlisted {
    pub(super) grade: Grade,
    /// What the plan shows, or the word that the guess rests on; nothing when nothing is known.
    pub(super) because: Option<String>,
}

/// Lists of disks beside the first.
const DATA_DISKS: &[&str] = &[
    "data_disk",
    "data_disks",
    "data_volume",
    "data_volumes",
    "additional_disk",
    "additional_disks",
    "additional_volume",
    "additional_volumes",
    "extra_disk",
    "extra_disks",
    "secondary_disk",
    "secondary_disks",
    "ebs_block_device",
];
/// Lists of disks of which the first may be the one that the system is on.
const DISKS: &[&str] = &["disk", "disks", "disk_list", "volume", "volumes"];
/// Attributes that only a database has.
const MASTER: &[&str] = &[
    "master_password",
    "master_username",
    "master_user",
    "master_user_password",
    "administrator_login",
    "administrator_login_password",
    "administrator_password",
    "db_password",
];
/// Attributes that name the key with which the data is encrypted.
const KEYS: &[&str] = &[
    "kms_key_id",
    "kms_key_arn",
    "kms_key_name",
    "encryption_key",
    "encryption_key_id",
    "disk_encryption_key",
    "customer_managed_key",
];
/// Attributes with which a delete is refused.
const PROTECTED: &[&str] = &[
    "deletion_protection",
    "deletion_protection_enabled",
    "delete_protection",
    "termination_protection",
    "enable_deletion_protection",
];

pub(super) fn weigh(kind: &str, value: Value<'_>) -> Result<Unlisted, ReadError> {
    let guess = guess(kind);
    let (by_name, because) = match guess {
        Guess::Harmless => {
            return Ok(Unlisted {
                grade: Grade::None,
                because: None,
            });
        }
        Guess::Kind(kind, word) => (Some(kind), Some(format!("a guess by its name: \"{word}\""))),
        Guess::Unknown => (None, None),
    };
    let value = Opened::new(value)?;
    let Some((grade, shown)) = lifted(by_name, &value)? else {
        return Ok(Unlisted {
            grade: Grade::Medium,
            because,
        });
    };
    let is = |name: &str, wanted: bool| -> Result<bool, ReadError> {
        Ok(
            matches!(crate::plan::member(value.members(), name).shape()?, Shape::Bool(flag) if flag == wanted),
        )
    };
    for name in PROTECTED {
        if is(name, true)? {
            return Ok(Unlisted {
                grade: Grade::Medium,
                because: Some(format!("{shown}, and {name} is on")),
            });
        }
    }
    if is("skip_final_snapshot", false)? {
        return Ok(Unlisted {
            grade: grade.min(Grade::High),
            because: Some(format!("{shown}, and skip_final_snapshot is off")),
        });
    }
    Ok(Unlisted {
        grade,
        because: Some(shown),
    })
}

/// The grade that the plan's values lift it to, and what shows that.
fn lifted(by_name: Option<Kind>, value: &Opened<'_>) -> Result<Option<(Grade, String)>, ReadError> {
    let mut found: Option<(Grade, String)> = None;
    let mut lift = |grade: Grade, shown: String| {
        if found.as_ref().is_none_or(|(there, _)| *there < grade) {
            found = Some((grade, shown));
        }
    };
    for (name, member) in value.members() {
        let name = name.as_ref();
        let disks = match name {
            _ if DATA_DISKS.contains(&name) => extra_disks(*member, false)?,
            _ if DISKS.contains(&name) => extra_disks(*member, true)?,
            _ => 0,
        };
        if disks > 0 {
            lift(
                Grade::Critical,
                format!("the plan shows a second disk, in {name}"),
            );
        } else if !is_on(*member)? {
        } else if MASTER.contains(&name) {
            lift(
                Grade::Critical,
                format!("the plan shows a database: it has {name}"),
            );
        } else if name.contains("backup")
            || name.contains("point_in_time")
            || name == "pitr"
            || name.contains("snapshot_retention")
        {
            if let Some(grade) = kept(by_name, true) {
                lift(grade, format!("the plan shows backup settings: {name}"));
            }
        } else if name.contains("retention") {
            if let Some(grade) = kept(by_name, false) {
                lift(grade, format!("the plan shows retention settings: {name}"));
            }
        } else if KEYS.contains(&name)
            && let Some(grade) = kept(by_name, false)
        {
            lift(grade, format!("the plan shows the key of its data: {name}"));
        }
    }
    Ok(found)
}

/// The grade of what keeps something, by its kind; of what has no kind only copies show that it keeps data.
fn kept(by_name: Option<Kind>, copies: bool) -> Option<Grade> {
    match by_name {
        Some(Kind::Store) => Some(Grade::Critical),
        None if copies => Some(Grade::Critical),
        Some(Kind::Cluster) => Some(Grade::High),
        _ => None,
    }
}

/// Whether a setting is there and says more than "off".
fn is_on(value: Value<'_>) -> Result<bool, ReadError> {
    Ok(match value.shape()? {
        Shape::Absent | Shape::Null | Shape::Bool(false) => false,
        Shape::Number(number) => number.parse::<f64>().is_ok_and(|number| number > 0.0),
        Shape::Text(text) => !matches!(
            text.to_ascii_lowercase().as_str(),
            "" | "0" | "false" | "none" | "disabled" | "off"
        ),
        Shape::List(items) => !items.is_empty(),
        Shape::Object(members) => !members.is_empty(),
        Shape::Bool(true) | Shape::Unknown => true,
    })
}

/// The disks of a machine that go with it and that nothing fills: with `system`, one of them is what the machine starts from.
fn extra_disks(value: Value<'_>, system: bool) -> Result<usize, ReadError> {
    let Shape::List(items) = value.shape()? else {
        return Ok(0);
    };
    let (mut own, mut filled) = (0_usize, false);
    for item in items {
        let (mut size, mut image, mut stays) = (false, false, false);
        let members = item.members()?;
        for (name, value) in &members {
            let name = name.as_ref();
            let on = is_on(*value)?;
            size |= name.contains("size") && on;
            image |= on
                && (name.contains("image")
                    || name.contains("snapshot")
                    || name.contains("source")
                    || matches!(name, "clone" | "base_volume_id"));
            let shape = value.shape()?;
            stays |= (name.starts_with("delete_") || name == "auto_delete")
                && matches!(shape, Shape::Bool(false));
            image |= matches!(&shape, Shape::Text(text) if matches!(name, "media" | "type" | "device_type") && text.to_ascii_lowercase().contains("cdrom"));
        }
        if image {
            filled = true;
        } else if size && !stays {
            own += 1;
        }
    }
    Ok(own.saturating_sub(usize::from(system && !filled)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graded(kind: &str, value: &str) -> Grade {
        weigh(kind, Value::of_json(value))
            .unwrap_or_else(|error| panic!("{error}"))
            .grade
    }

    #[test]
    fn by_what_the_plan_shows() {
        for (kind, value, grade) in [
            ("acme_thing", "{}", Grade::Medium),
            ("acme_policy", r#"{"backup_retention":7}"#, Grade::None),
            ("acme_database", r#"{"id":"x"}"#, Grade::Medium),
            (
                "acme_database",
                r#"{"backup_retention_days":7}"#,
                Grade::Critical,
            ),
            (
                "acme_database",
                r#"{"backup_retention_days":0}"#,
                Grade::Medium,
            ),
            (
                "acme_database",
                r#"{"backup_retention_days":7,"deletion_protection":true}"#,
                Grade::Medium,
            ),
            (
                "acme_database",
                r#"{"backup_retention_days":7,"skip_final_snapshot":false}"#,
                Grade::High,
            ),
            ("acme_thing", r#"{"master_password":"x"}"#, Grade::Critical),
            ("acme_thing", r#"{"kms_key_id":"x"}"#, Grade::Medium),
            ("acme_cluster", r#"{"kms_key_id":"x"}"#, Grade::High),
            ("acme_log_sink", r#"{"retention_days":30}"#, Grade::Medium),
            (
                "acme_instance",
                r#"{"data_disks":[{"size":200,"delete_with_instance":true}]}"#,
                Grade::Critical,
            ),
            (
                "acme_instance",
                r#"{"data_disks":[{"size":200,"delete_with_instance":false}]}"#,
                Grade::Medium,
            ),
            (
                "acme_vm",
                r#"{"disk":[{"size":"32G"},{"size":"800G"}]}"#,
                Grade::Critical,
            ),
            ("acme_vm", r#"{"disk":[{"size":"32G"}]}"#, Grade::Medium),
            (
                "acme_vm",
                r#"{"disk":[{"size":"32G","image":"debian"},{"size":"1G","type":"cdrom"}]}"#,
                Grade::Medium,
            ),
        ] {
            assert_eq!(graded(kind, value), grade, "{kind} {value}");
        }
    }
}
