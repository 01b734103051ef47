//! Words for people that every room may need.

use std::borrow::Cow;

/// `1 resource`, `2 resources`.
#[must_use]
pub(crate) fn plural(count: usize, one: &str) -> String {
    if count == 1 {
        format!("1 {one}")
    } else {
        format!("{count} {one}s")
    }
}

/// What follows `terraform` where a command is meant, and no word of a sentence.
const COMMANDS: [&str; 15] = [
    "-chdir",
    "apply",
    "console",
    "destroy",
    "force-unlock",
    "graph",
    "import",
    "init",
    "output",
    "plan",
    "providers",
    "refresh",
    "show",
    "state",
    "workspace",
];

/// A text of our own with the commands of Terraform as OpenTofu has them.
#[must_use]
pub(crate) fn for_tofu(text: &str) -> Cow<'_, str> {
    const NAME: &str = "terraform ";
    if !text.contains(NAME) {
        return Cow::Borrowed(text);
    }
    let mut spelled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(NAME) {
        let word = after
            .split(|c: char| !c.is_ascii_lowercase() && c != '-')
            .next()
            .unwrap_or_default();
        let starts = before
            .chars()
            .next_back()
            .is_none_or(|c| !c.is_alphanumeric() && !"_-./".contains(c));
        spelled.push_str(before);
        spelled.push_str(if starts && COMMANDS.contains(&word) {
            "tofu "
        } else {
            NAME
        });
        rest = after;
    }
    spelled.push_str(rest);
    Cow::Owned(spelled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_sentences() {
        assert_eq!(
            for_tofu(
                "plan again: terraform plan -out tfplan (terraform -chdir=x apply, terraform state list)"
            ),
            "plan again: tofu plan -out tfplan (tofu -chdir=x apply, tofu state list)"
        );
        for text in [
            "a terraform planner",
            "my-terraform plan",
            "Terraform plan",
            "terraform ",
            "terraform_data.x",
        ] {
            assert_eq!(for_tofu(text), text);
        }
    }
}
