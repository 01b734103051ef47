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

/// The block that an address of a `moved` or `removed` block is about: all of its instances, and of a module what is in it.
pub(super) fn block(said: &str) -> &str {
    said.split('[').next().unwrap_or(said)
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
        assert_eq!((block("a.b"), block("a.b[\"k\"]")), ("a.b", "a.b"));
        assert_eq!(block("module.m[0].a.b"), "module.m");
    }
}
