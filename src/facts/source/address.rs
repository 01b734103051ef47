//! Addresses of blocks, and the directories of local modules.

/// The directory of a module by the `source` of its call, as seen from the top of the repository; `None` when it lies elsewhere.
pub(crate) fn local(dir: &str, source: &str) -> Option<String> {
    if !(source.starts_with("./") || source.starts_with("../")) {
        return None;
    }
    let mut steps: Vec<&str> = dir.split('/').filter(|step| !step.is_empty()).collect();
    for step in source.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop()?;
            }
            step => steps.push(step),
        }
    }
    Some(steps.join("/"))
}

/// Whether an address of a `moved` or `removed` block is about a block, or about an instance of it.
pub(super) fn is_about(said: &str, block: &str) -> bool {
    said.strip_prefix(block)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_of_local_modules() {
        for (dir, source, wanted) in [
            ("envs/prod", "../../modules/db", Some("modules/db")),
            ("", "./m", Some("m")),
            ("a", "./", Some("a")),
            ("a", "../..", None),
            ("a", "hashicorp/consul/aws", None),
            ("a", "git::https://x/y", None),
            ("a", "/abs", None),
        ] {
            assert_eq!(local(dir, source).as_deref(), wanted, "{dir} {source}");
        }
    }

    #[test]
    fn what_an_address_is_about() {
        assert!(is_about("a.b", "a.b") && is_about("a.b[\"k\"]", "a.b"));
        assert!(!is_about("a.bc", "a.b") && !is_about("a", "a.b"));
    }
}
