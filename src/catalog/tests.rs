//! Tests of the catalogue as data.
use super::form::Form;
use super::*;

#[test]
fn every_file_is_listed() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/rules/catalog");
    let mut on_disk: Vec<String> = std::fs::read_dir(dir)
        .expect("the catalogue is there")
        .filter_map(|entry| {
            entry
                .ok()?
                .file_name()
                .to_str()?
                .strip_suffix(".toml")
                .map(str::to_owned)
        })
        .collect();
    on_disk.sort();
    let listed: Vec<&str> = embedded::FILES.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        listed, on_disk,
        "src/catalog/embedded.rs lists rules/catalog/*.toml, sorted"
    );
}

#[test]
fn every_row_reads_and_stands_in_its_file() {
    for (file, text) in embedded::FILES {
        let rows = whole(file, text);
        let mut seen = std::collections::HashSet::new();
        for row in &rows.types {
            assert!(seen.insert(&row.name), "{file}.toml has {} twice", row.name);
            assert_eq!(
                provider(&row.name),
                *file,
                "{} stands in the file of its provider",
                row.name
            );
            assert!(
                row.source.starts_with("https://"),
                "{}: a source is a page",
                row.name
            );
            assert!(
                !row.loss.is_empty() && !row.loss.ends_with('.'),
                "{}: a loss is a phrase",
                row.name
            );
            let recovery = row.recovery.as_deref().unwrap_or("a phrase");
            assert!(
                recovery.starts_with(|c: char| c.is_ascii_alphanumeric())
                    && !recovery.contains('|')
                    && !recovery.ends_with('.'),
                "{}: a recovery is a phrase",
                row.name
            );
            let is_path = |path: &Path| {
                path.text()
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "_.\"-".contains(c))
            };
            let paths = row.identity.iter().chain(&row.backs_up).chain(&row.guards);
            assert!(
                paths.chain(&row.recovery_needs).all(is_path),
                "{}: what names an object is a path",
                row.name
            );
        }
        for row in &rows.changes {
            assert_eq!(row.mistake(), None, "{file}.toml, {}", row.attribute.text());
            assert_eq!(
                row.types.is_empty(),
                *file == "common",
                "{file}.toml, {}: rows without types stand in common.toml",
                row.attribute.text()
            );
            assert!(
                row.types.iter().all(|kind| provider(kind) == *file),
                "{file}.toml, {}: types of this provider",
                row.attribute.text()
            );
        }
    }
}

/// All rows of a file, read at once.
fn whole(file: &str, text: &str) -> form::Rows {
    let start = if text.starts_with("[[") {
        0
    } else {
        text.find("\n[[").unwrap_or(text.len())
    };
    Form::of(file, text)
        .and_then(|form| form.rows(text.get(start..).unwrap_or_default()))
        .unwrap_or_else(|error| panic!("{file}.toml: {error}"))
}

/// Tables are parsed one by one; that must give what parsing the whole file gives.
#[test]
fn tables_are_the_whole() {
    for (file, text) in embedded::FILES {
        let whole = whole(file, text);
        let mut catalog = Catalog::default();
        let taken_apart = file::file(file)
            .unwrap_or_else(|error| panic!("{error}"))
            .expect("it is listed");
        for rows in taken_apart.all().unwrap_or_else(|error| panic!("{error}")) {
            catalog.add(rows, |_| true);
        }
        assert_eq!(catalog.types.len(), whole.types.len(), "{file}");
        let chosen = Catalog::for_types(whole.types.iter().map(|row| row.name.as_str()))
            .unwrap_or_else(|error| panic!("{error}"));
        for row in &whole.types {
            assert_eq!(catalog.get(&row.name), Some(&**row));
            assert_eq!(chosen.get(&row.name), Some(&**row));
        }
        for row in [whole.types.first(), whole.types.last()]
            .into_iter()
            .flatten()
        {
            let alone =
                Catalog::for_types([row.name.as_str()]).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(alone.get(&row.name), Some(&**row));
            assert_eq!(alone.types.len(), 1);
        }
    }
}

/// The first plans of a run search the text, later ones look into an index.
#[test]
fn a_search_and_the_index_find_the_same_tables() {
    for (name, text) in embedded::FILES {
        let file = file::file(name)
            .unwrap_or_else(|error| panic!("{error}"))
            .expect("it is listed");
        let rows = whole(name, text).types;
        let kinds = [rows.first(), rows.get(rows.len() / 2), rows.last()];
        for kind in kinds.into_iter().flatten() {
            let found = file.searched(&[&kind.name]);
            assert!(!found.is_empty(), "{}", kind.name);
            assert_eq!(found, file.looked_up(&[&kind.name]), "{}", kind.name);
        }
        assert!(file.searched(&["no_such_type"]).is_empty());
        assert!(file.looked_up(&["no_such_type"]).is_empty());
    }
}

/// Writes what every type means to the file that `MEANING` names, a line each, so that `rules/catalog/tools/meaning.py` can compare two forms of the files.
#[test]
#[ignore = "writes a file, for a comparison by hand"]
fn meaning_is_written_down() {
    use std::fmt::Write as _;
    let catalog = Catalog::whole().unwrap_or_else(|error| panic!("{error}"));
    let mut text = String::new();
    let mut line = |name: &str, of: &dyn std::fmt::Debug| {
        writeln!(text, "{name}\t{of:?}").expect("a string takes everything");
    };
    for row in catalog.types() {
        line(&row.name, row);
    }
    let changes: BTreeMap<_, _> = catalog.changes.iter().collect();
    for (kind, rows) in changes {
        line(&format!("change {kind}"), rows);
    }
    line("change", &catalog.common);
    let path = std::env::var("MEANING").expect("MEANING names the file to write");
    std::fs::write(path, text).expect("the file can be written");
}
