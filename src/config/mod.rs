//! The configuration that a plan was made from: one answer, whether it was written in HCL, as JSON, or comes as the `configuration` of a JSON plan.
//! It knows of text alone: where the files lie is for others to say.
//!
//! The two syntaxes: <https://developer.hashicorp.com/terraform/language/syntax/configuration> and
//! <https://developer.hashicorp.com/terraform/language/syntax/json>; how files override each other:
//! <https://developer.hashicorp.com/terraform/language/files/override>.

pub(crate) mod backend;
mod hcl;
mod json;
pub(crate) mod links;
mod literal;
mod model;
mod planned;
pub(crate) mod secrets;
pub(crate) mod written;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) use hcl::{locked_providers, locked_version};
pub(crate) use model::{FullName, Module, Provider, Provisioner, Resource, Tree, Variable, joined};
pub(crate) use planned::{Planned, once};

/// The largest source file that is read, in bytes.
pub(crate) const MAX_SOURCE: u64 = 1 << 20;

/// What the names of source files end with.
const ENDINGS: [&str; 4] = [".tf", ".tofu", ".tf.json", ".tofu.json"];

/// Whether a file is one that Terraform or OpenTofu reads as a part of its module: hidden files are none.
pub(crate) fn is_source(name: &str) -> bool {
    ENDINGS.iter().any(|end| name.ends_with(end)) && !name.starts_with('.')
}

/// Whether a source file is written as JSON.
pub(crate) fn is_json(name: &str) -> bool {
    name.ends_with(".json")
}

/// The file that OpenTofu takes in the place of this one, where both are there.
pub(crate) fn instead_of(name: &str) -> Option<String> {
    match name.strip_suffix(".tf.json") {
        Some(stem) => Some(format!("{stem}.tofu.json")),
        None => name.strip_suffix(".tf").map(|stem| format!("{stem}.tofu")),
    }
}

/// The source files of a module in the order in which they are merged: override files come last, each kind by name.
pub(crate) fn in_order<'n>(names: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
    let all: BTreeSet<&str> = names.into_iter().filter(|name| is_source(name)).collect();
    let mut kept: Vec<&str> = all
        .iter()
        .copied()
        .filter(|name| instead_of(name).is_none_or(|other| !all.contains(other.as_str())))
        .collect();
    kept.sort_by_key(|name| (overrides(name), *name));
    kept
}

/// Whether a file overrides others by its name.
pub(crate) fn overrides(name: &str) -> bool {
    let stem = ENDINGS
        .iter()
        .filter_map(|end| name.strip_suffix(end))
        .min_by_key(|stem| stem.len())
        .unwrap_or(name);
    stem == "override" || stem.ends_with("_override")
}

/// The key of a resource within its module: `aws_x.y`, `data.aws_x.y`.
fn key(mode: &str, kind: &str, name: &str) -> String {
    match mode {
        "resource" => format!("{kind}.{name}"),
        mode => format!("{mode}.{kind}.{name}"),
    }
}

impl Module<'_> {
    /// A root module of these files alone, by their names.
    pub(crate) fn of_files(files: &BTreeMap<String, String>) -> Self {
        let mut module = Self::new(String::new());
        for name in in_order(files.keys().map(String::as_str)) {
            module.add(name, name, files.get(name).map(String::as_str));
        }
        module
    }

    /// Adds a source file, in the order of [`in_order`]. Of one that cannot be read (`None`) or understood, it is noted that the module has more.
    pub(crate) fn add(&mut self, name: &str, path: &str, text: Option<&str>) {
        let read = text.and_then(|text| {
            let text = &*plain(text);
            if !is_json(name) && has_odd_end(text) {
                return None;
            }
            let (read, overrides) = (
                if is_json(name) { json::read } else { hcl::read },
                overrides(name),
            );
            read(text, path, overrides, self)
        });
        if read.is_none() {
            self.whole = false;
            if self.in_part.last().is_none_or(|last| last != path) {
                self.unread.push(path.to_owned());
            }
        }
    }
}

/// A text without a mark of the byte order, with line ends of one kind: `hcl-edit` takes neither. Lines keep their numbers.
fn plain(text: &str) -> Cow<'_, str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Whether a heredoc may end at a line at which only Terraform ends it: it takes blanks of all scripts from around the mark
/// (<https://pkg.go.dev/bytes#TrimSpace>), and `hcl-edit` does not.
fn has_odd_end(text: &str) -> bool {
    let is_mark = |line: &str| {
        !line.is_empty()
            && line
                .chars()
                .all(|c| c == '-' || unicode_ident::is_xid_continue(c))
    };
    text.contains("<<")
        && text.split('\n').any(|line| {
            let mark = line.trim();
            is_mark(mark) && line.trim_matches([' ', '\t', '\r']) != mark
        })
}

/// Offsets of line starts.
struct Lines(Vec<usize>);

impl Lines {
    fn new(text: &str) -> Self {
        let after = text.match_indices('\n').map(|(at, _)| at + 1);
        Self(std::iter::once(0).chain(after).collect())
    }

    /// The line of an offset, from 1.
    fn at(&self, offset: usize) -> usize {
        self.0.partition_point(|start| *start <= offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_source_files() {
        for name in ["main.tf", "a.tofu", "x.tf.json", "y.tofu.json", "a b.tf"] {
            assert!(is_source(name), "{name}");
        }
        for name in [
            "main.tf~", ".main.tf", "x.json", "tf", "x.tfvars", "x.tf.bak",
        ] {
            assert!(!is_source(name), "{name}");
        }
    }

    #[test]
    fn files_in_their_order() {
        let names = [
            "z.tf",
            "override.tf",
            "a_override.tf.json",
            "b.tf",
            "b.tofu",
            "c.tf.json",
            "c.tofu.json",
            "no.txt",
            "x.override.tf",
            "my.x_override.tf",
        ];
        assert_eq!(
            in_order(names),
            [
                "b.tofu",
                "c.tofu.json",
                "x.override.tf",
                "z.tf",
                "a_override.tf.json",
                "my.x_override.tf",
                "override.tf"
            ]
        );
    }

    /// The same in both syntaxes, read into the same blocks.
    #[test]
    fn one_answer_from_both() {
        let hcl = "terraform {\n  required_providers {\n    az = { source = \"Hashicorp/AzureRM\" }\n  }\n  backend \"s3\" {}\n}\nprovider \"az\" {\n  alias = \"east\"\n  region = \"eu-west-1\"\n  ids = [\"1\", \"2\"]\n  one = [var.id]\n  n = 3\n  on = true\n  password = \"hunter2\"\n  project = var.p\n  assume_role {\n    role_arn = \"arn:aws:iam::111122223333:role/x\"\n  }\n}\nvariable \"p\" {\n  default = \"a-1\"\n  sensitive = true\n}\nvariable \"e\" {\n  ephemeral = true\n}\nmodule \"m\" {\n  source = \"./m\"\n}\nresource \"t_x\" \"a\" {\n  name = \"n\"\n  versioning {\n    enabled = true\n  }\n}\ndata \"d_x\" \"b\" {\n  provider = az.east\n}\nephemeral \"e_x\" \"c\" {}\n";
        let json = "\u{feff}{\"//\": \"a comment\",\n \"terraform\": [{\"required_providers\": {\"az\": {\"source\": \"Hashicorp/AzureRM\"}}}, {\"backend\": {\"s3\": {}}}],\n \"provider\": {\"az\": [{\"alias\": \"east\", \"region\": \"eu-west-1\", \"ids\": [\"1\", \"2\"], \"one\": [\"${var.id}\"], \"n\": 3, \"on\": true, \"password\": \"hunter2\", \"project\": \"${var.p}\",\n  \"assume_role\": {\"role_arn\": \"arn:aws:iam::111122223333:role/x\"}}]},\n \"variable\": {\"p\": {\"default\": \"a-1\", \"sensitive\": true}, \"e\": {\"ephemeral\": true}},\n \"module\": {\"m\": {\"source\": \"./m\"}},\n \"resource\": {\"t_x\": {\"a\": {\n  \"name\": \"n\",\n  \"versioning\": [{\n   \"enabled\": true}]}}},\n \"data\": [{\"d_x\": {\"b\": {\"provider\": \"az.east\"}}}],\n \"ephemeral\": {\"e_x\": {\"c\": {}}}\n}\n";
        let read = |name: &str, text: &str| {
            Module::of_files(&BTreeMap::from([(name.to_owned(), text.to_owned())]))
        };
        let (a, b) = (read("main.tf", hcl), read("main.tf.json", json));
        for (module, line, inner) in [(&a, 30, 33), (&b, 7, 10)] {
            assert!(module.whole);
            assert_eq!(module.backend.as_deref(), Some("s3"));
            assert_eq!(module.source_of("az"), "hashicorp/azurerm");
            assert_eq!(module.calls, BTreeSet::from(["m".to_owned()]));
            assert_eq!(module.managed(), BTreeSet::from(["t_x.a".to_owned()]));
            assert_eq!(
                module.implied().collect::<BTreeSet<_>>(),
                BTreeSet::from(["t", "e"])
            );
            let block = module
                .block("t_x.a")
                .unwrap_or_else(|| panic!("it is there"));
            assert_eq!(
                (block.line, block.line_of("versioning.enabled")),
                (line, Some(inner))
            );
            let provider = &module.providers[0];
            assert_eq!(
                (provider.name.as_str(), provider.alias.as_str()),
                ("az", "east")
            );
            assert_eq!(
                provider.settings(),
                r#"{"alias":{"constant_value":"east"},"region":{"constant_value":"eu-west-1"},"ids":{"constant_value":["1","2"]},"one":{"references":["var.id"]},"n":{"constant_value":3},"on":{"constant_value":true},"password":{"references":[]},"project":{"references":["var.p"]},"assume_role":[{"role_arn":{"constant_value":"arn:aws:iam::111122223333:role/x"}}]}"#
            );
            let variable = &module.variables["p"];
            assert_eq!(
                variable.default.as_deref(),
                Some(r#"{"constant_value":"a-1"}"#)
            );
            assert_eq!((variable.sensitive, variable.ephemeral), (Some(true), None));
            assert_eq!(module.variables["e"].ephemeral, Some(true));
        }
    }

    /// What Terraform takes from override files, in any of the two syntaxes.
    #[test]
    fn overrides_are_merged_as_terraform_does() {
        let base = "provider \"aws\" {\n  region = \"eu-west-1\"\n  profile = \"x\"\n  assume_role {\n    role_arn = \"arn:aws:iam::111122223333:role/x\"\n  }\n}\nvariable \"r\" {\n  default = \"eu-west-1\"\n  sensitive = true\n}\nterraform {\n  backend \"s3\" {}\n}\n";
        let over_hcl = "provider \"aws\" {\n  region = local.r\n  assume_role {\n    role_arn = \"arn:aws:iam::444455556666:role/x\"\n  }\n}\nvariable \"r\" {\n  default = \"us-east-1\"\n}\nterraform {\n  backend \"gcs\" {}\n}\n";
        let over_json = r#"{"provider": {"aws": {"region": "${local.r}", "assume_role": [{"role_arn": "arn:aws:iam::444455556666:role/x"}]}}, "variable": {"r": {"default": "us-east-1"}}, "terraform": {"backend": {"gcs": {}}}}"#;
        for (name, text) in [("override.tf", over_hcl), ("a_override.tf.json", over_json)] {
            let files = [("main.tf", base), (name, text)];
            let module = Module::of_files(
                &files
                    .iter()
                    .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
                    .collect(),
            );
            assert!(module.whole, "{name}");
            assert_eq!(module.providers.len(), 1);
            assert_eq!(
                module.providers[0].settings(),
                r#"{"region":{"references":[]},"profile":{"constant_value":"x"},"assume_role":[{"role_arn":{"constant_value":"arn:aws:iam::444455556666:role/x"}}]}"#
            );
            let variable = &module.variables["r"];
            assert_eq!(
                (variable.default.as_deref(), variable.sensitive),
                (Some(r#"{"constant_value":"us-east-1"}"#), Some(true))
            );
            assert_eq!(module.backend.as_deref(), Some("gcs"));
        }
    }

    /// Very many members or overrides take no long time, and nothing of them is taken for all.
    #[test]
    fn very_many_blocks() {
        let members: String = (0..40_000).map(|at| format!("  a{at} = 1\n")).collect();
        let base: String = (0..20_000)
            .map(|at| format!("provider \"a\" {{\n  alias = \"b{at}\"\n}}\n"))
            .collect();
        let start = std::time::Instant::now();
        for files in [
            vec![("main.tf", format!("provider \"a\" {{\n{members}}}\n"))],
            vec![("main.tf", base.clone()), ("override.tf", base)],
        ] {
            let files = files
                .into_iter()
                .map(|(name, text)| (name.to_owned(), text));
            assert!(!Module::of_files(&files.collect()).whole);
        }
        assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    }

    #[test]
    fn what_cannot_be_read_is_noted() {
        for (name, text) in [
            ("a.tf", "provider {{{"),
            ("a.tf.json", "{\"provider\": "),
            ("a.tf.json", "[1]"),
            ("a.tf.json", "{\"provider\": 1}"),
            ("a.tf.json", "{\"provider\": {\"aws\": \"x\"}}"),
        ] {
            let module = Module::of_files(&BTreeMap::from([(name.to_owned(), text.to_owned())]));
            assert!(!module.whole, "{text}");
        }
    }
}
