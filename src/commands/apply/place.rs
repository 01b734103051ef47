//! Whether a plan that was named is one of the directory that Terraform would run in: its root module has the same files there. What lies in a directory
//! decides which state is written (a local one, the pin, the memory), and Terraform itself does not look.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::plan::saved::config::Config;
use crate::state::place::{are_of, names, without_overrides};
use crate::state::{Home, Identity, directory};
use crate::ui::escape::{is_invisible, line};
use crate::ui::problem::Problem;

/// The most file names that are shown.
const MOST_NAMES: usize = 3;

/// Refuses a plan whose root module has other files than `dir`. What is in the files does not matter here: a plan stays one of its directory.
pub(super) fn right_directory(config: &Config<'_>, dir: &Path, plan: &Path) -> Result<(), Problem> {
    let planned = without_overrides(config.root_names());
    // A destroy without any configuration, for example: then nothing says where it is from.
    if planned.is_empty() {
        return Ok(());
    }
    // Before Terraform 0.15 the directory could be named as the last word of `terraform plan`.
    let root = config.root_dir();
    let fits = |dir: &Path| are_of(&planned, &names(&dir.join(&root)));
    if fits(dir) {
        return beside_it(&fits, dir, plan);
    }
    let here = names(&dir.join(&root));
    let what = if here.is_empty() {
        format!(
            "the plan is from another directory: {} has no configuration",
            dir.display()
        )
    } else {
        format!(
            "the plan is from another configuration than the one in {}{}",
            dir.display(),
            differences(&planned, &here)
        )
    };
    let file = dir.join(plan);
    let lies = |file: &Path| {
        let parent = file.parent()?;
        Some(if parent.as_os_str().is_empty() {
            PathBuf::from(".")
        } else {
            parent.to_owned()
        })
    };
    let given = (plan.as_os_str() != "-").then_some(file.as_path());
    let real = given.and_then(|file| file.canonicalize().ok());
    let found = [given, real.as_deref()]
        .into_iter()
        .flatten()
        .filter(|file| lies(file).is_some_and(|dir| fits(&dir)))
        .find_map(|file| typed(&lies(file)?, file.file_name()?));
    let help = found.unwrap_or_else(|| {
        let plan = real
            .as_deref()
            .and_then(word)
            .unwrap_or_else(|| "PLAN".to_owned());
        format!(
            "name the directory where it was made: applygate -chdir=DIR apply {plan}; if files were added or removed since, make a new plan"
        )
    });
    Err(Problem::new(what, help))
}

/// Refuses a plan that lies in another directory with its files: stacks are often alike by name, and the pin beside the plan would not be read.
fn beside_it(fits: &dyn Fn(&Path) -> bool, dir: &Path, plan: &Path) -> Result<(), Problem> {
    let whole = |dir: &Path| {
        let home = Home::of(dir);
        (home.dir.canonicalize().ok(), home.pin_file)
    };
    let file = (plan.as_os_str() != "-").then(|| dir.join(plan));
    let Some((own, name)) = file
        .as_deref()
        .and_then(|file| Some((file.parent()?, file.file_name()?)))
    else {
        return Ok(());
    };
    if own.as_os_str().is_empty() || !fits(own) || whole(own) == whole(dir) {
        return Ok(());
    }
    let help = typed(own, name)
        .unwrap_or_else(|| "name its directory: applygate -chdir=DIR apply PLAN".to_owned());
    Err(Problem::new(
        format!(
            "the plan is from another directory than {}: its own directory has the same files",
            dir.display()
        ),
        help,
    ))
}

/// Refuses a plan whose state is kept elsewhere than the directory was set up for: Terraform would write to the place in the plan.
pub(super) fn right_backend(identity: &Identity, dir: &Path) -> Result<(), Problem> {
    match directory::other_backend(dir, identity) {
        None => Ok(()),
        Some(what) => Err(Problem::new(
            format!(
                "the plan is for another state than {} is set up for: {}",
                dir.display(),
                what
            ),
            "apply it where it was made; or make a new plan here, after terraform init if the backend changes",
        )),
    }
}

/// The line to type: with -chdir a relative plan is one in that directory.
fn typed(dir: &Path, name: &OsStr) -> Option<String> {
    let here = Path::new(".").canonicalize().ok();
    let whole = dir.canonicalize().ok();
    let below = whole
        .as_deref()
        .zip(here.as_deref())
        .and_then(|(dir, here)| dir.strip_prefix(here).ok());
    let dir = below.unwrap_or_else(|| dir.strip_prefix(".").unwrap_or(dir));
    let mut plan = PathBuf::from(name);
    if name.to_string_lossy().starts_with('-') {
        plan = Path::new(".").join(plan);
    }
    let plan = word(&plan)?;
    Some(if dir.as_os_str().is_empty() {
        format!("applygate apply {plan}")
    } else {
        format!("applygate -chdir={} apply {plan}", word(dir)?)
    })
}

/// A path as a word of a shell; `None` when it cannot be shown as it is.
fn word(path: &Path) -> Option<String> {
    let text = path.to_str()?;
    if text.chars().any(is_invisible) || line(text) != text {
        return None;
    }
    let plain = |c: char| c.is_alphanumeric() || "-_./+@%:,=".contains(c);
    Some(if text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    })
}

/// What is only in one of the two.
fn differences(planned: &BTreeSet<String>, here: &BTreeSet<String>) -> String {
    let list = |what: &str, names: Vec<&String>| {
        let shown: Vec<_> = names
            .iter()
            .take(MOST_NAMES)
            .map(|name| line(name))
            .collect();
        let more = if names.len() > MOST_NAMES {
            ", …"
        } else {
            ""
        };
        (!names.is_empty()).then(|| format!("{what}: {}{more}", shown.join(", ")))
    };
    let told: Vec<_> = [
        list("only in the plan", planned.difference(here).collect()),
        list("only there", here.difference(planned).collect()),
    ]
    .into_iter()
    .flatten()
    .collect();
    if told.is_empty() {
        String::new()
    } else {
        format!(" ({})", told.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &str) -> BTreeSet<String> {
        without_overrides(names.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn files_as_terraform_and_opentofu_read_them() {
        for (planned, there, fits) in [
            ("main.tf", "main.tf", true),
            (
                "main.tf",
                "main.tf backend_override.tf override.tf.json",
                true,
            ),
            ("main.tf x_override.tofu", "main.tf", true),
            ("main.tf", "main.tf other.tf", false),
            ("main.tf other.tf", "main.tf", false),
            ("main.tf", "", false),
            ("main.tf", "main.tf main.tofu", true),
            ("main.tofu", "main.tf main.tofu", true),
            ("main.tofu", "main.tf", false),
            ("a.tf main.tofu", "a.tf main.tf main.tofu", true),
            ("a.tf.json", "a.tf.json", true),
            ("a.tofu.json", "a.tf.json a.tofu.json", true),
            ("a.tf a.tofu.json", "a.tf a.tf.json a.tofu.json", true),
        ] {
            assert_eq!(
                are_of(&set(planned), &set(there)),
                fits,
                "{planned} in {there}"
            );
        }
    }

    #[test]
    fn words_of_a_shell() {
        for (path, shown) in [
            ("infra/a-b", Some("infra/a-b")),
            ("in fra", Some("'in fra'")),
            ("it's", Some(r"'it'\''s'")),
            ("$(x)", Some("'$(x)'")),
            ("a\nb", None),
            ("a\u{1b}[2J", None),
        ] {
            assert_eq!(word(Path::new(path)).as_deref(), shown);
        }
    }
}
