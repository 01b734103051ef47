//! Keys at the top of a JSON plan that this version does not know. Most are harmless words; one that lists things to be done is work that nobody judged.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::{CowStrDeserializer, MapAccessDeserializer};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Text, UnknownWork};

/// Keys that are known: those that the reader of JSON plans reads, those that say nothing of what is done, and those of files that are no plans.
const KNOWN: &[&str] = &[
    "@message",
    "action_invocations",
    "applyable",
    "checks",
    "complete",
    "configuration",
    "deferred_action_invocations",
    "deferred_changes",
    "encrypted_data",
    "encryption_version",
    "errored",
    "format_version",
    "lineage",
    "output_changes",
    "planned_values",
    "prior_state",
    "proposed_unknown",
    "provider_schemas",
    "relevant_attributes",
    "remote_plan_format",
    "resource_changes",
    "resource_drift",
    "terraform_version",
    "timestamp",
    "values",
    "variables",
    "version",
];

/// How a list of work is called.
const WORDS: &[&str] = &[
    "actions",
    "changes",
    "commands",
    "deletes",
    "destroys",
    "invocations",
    "operations",
    "removals",
    "tasks",
];

/// What an entry of such a list has.
const MARKS: &[&str] = &[
    "action",
    "action_invocation",
    "actions",
    "address",
    "change",
    "command",
    "operation",
    "resource_change",
];

/// More unknown keys than this are not named one by one.
const MOST: usize = 20;

/// A document, and what stands beside it at its top.
pub(super) struct Top<T> {
    pub(super) document: T,
    pub(super) unknown: Vec<UnknownWork>,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Top<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Whole<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Whole<T> {
            type Value = Top<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Top<T>, A::Error> {
                let mut unknown = Vec::new();
                let known = Known {
                    map,
                    unknown: &mut unknown,
                };
                let document = T::deserialize(MapAccessDeserializer::new(known))?;
                Ok(Top { document, unknown })
            }
        }
        deserializer.deserialize_map(Whole(PhantomData))
    }
}

/// The known keys of a map; the others are looked at and left out.
struct Known<'a, A> {
    map: A,
    unknown: &'a mut Vec<UnknownWork>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Known<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        while let Some(Text(key)) = self.map.next_key::<Text<'de>>()? {
            if KNOWN.contains(&key.as_ref()) {
                return seed.deserialize(CowStrDeserializer::new(key)).map(Some);
            }
            let work: Work = self.map.next_value()?;
            let named = WORDS.iter().any(|word| key.ends_with(word));
            if work.entries > 0 && (work.marked || named) {
                self.note(key, work.entries);
            }
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

impl<A> Known<'_, A> {
    fn note(&mut self, key: Cow<'_, str>, entries: usize) {
        match self.unknown.len() {
            0..MOST => self.unknown.push(UnknownWork {
                name: key.into_owned(),
                entries,
            }),
            _ => {
                if let Some(last) = self.unknown.last_mut() {
                    "further keys".clone_into(&mut last.name);
                    last.entries += entries;
                }
            }
        }
    }
}

/// How many entries a value has, and whether one of them looks like work. Nothing of it is kept.
#[derive(Default)]
struct Work {
    entries: usize,
    marked: bool,
}

impl<'de> Deserialize<'de> for Work {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Entries)
    }
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Work;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Work, A::Error> {
        let mut work = Work::default();
        while let Some(Marked(marked)) = list.next_element()? {
            work.entries += 1;
            work.marked |= marked;
        }
        Ok(work)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Work, A::Error> {
        let mut work = Work::default();
        while let Some((_, Marked(marked))) = map.next_entry::<IgnoredAny, Marked>()? {
            work.entries += 1;
            work.marked |= marked;
        }
        Ok(work)
    }
    fn visit_bool<E>(self, _: bool) -> Result<Work, E> {
        Ok(Work::default())
    }
    fn visit_u64<E>(self, _: u64) -> Result<Work, E> {
        Ok(Work::default())
    }
    fn visit_i64<E>(self, _: i64) -> Result<Work, E> {
        Ok(Work::default())
    }
    fn visit_f64<E>(self, _: f64) -> Result<Work, E> {
        Ok(Work::default())
    }
    fn visit_str<E>(self, _: &str) -> Result<Work, E> {
        Ok(Work::default())
    }
    fn visit_unit<E>(self) -> Result<Work, E> {
        Ok(Work::default())
    }
}

/// Whether an entry has a key of [`MARKS`].
struct Marked(bool);

impl<'de> Deserialize<'de> for Marked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Entry)
    }
}

struct Entry;

impl<'de> Visitor<'de> for Entry {
    type Value = Marked;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Marked, A::Error> {
        let mut found = false;
        while let Some(Marked(marked)) = list.next_element()? {
            found |= marked;
        }
        Ok(Marked(found))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Marked, A::Error> {
        let mut found = false;
        while let Some((Text(key), _)) = map.next_entry::<Text<'de>, IgnoredAny>()? {
            found |= MARKS.contains(&key.as_ref());
        }
        Ok(Marked(found))
    }
    fn visit_bool<E>(self, _: bool) -> Result<Marked, E> {
        Ok(Marked(false))
    }
    fn visit_u64<E>(self, _: u64) -> Result<Marked, E> {
        Ok(Marked(false))
    }
    fn visit_i64<E>(self, _: i64) -> Result<Marked, E> {
        Ok(Marked(false))
    }
    fn visit_f64<E>(self, _: f64) -> Result<Marked, E> {
        Ok(Marked(false))
    }
    fn visit_str<E>(self, _: &str) -> Result<Marked, E> {
        Ok(Marked(false))
    }
    fn visit_unit<E>(self) -> Result<Marked, E> {
        Ok(Marked(false))
    }
}

#[cfg(test)]
mod tests {
    use crate::plan::json;

    fn work(beside: &str) -> Vec<(String, usize)> {
        let text = format!(
            "{{\"format_version\":\"1.2\",\"planned_values\":{{}},\"resource_changes\":[]{beside}}}"
        );
        let (plan, _) = json::read(&text).unwrap_or_else(|refusal| panic!("{refusal}"));
        plan.unknown_work
            .into_iter()
            .map(|work| (work.name, work.entries))
            .collect()
    }

    #[test]
    fn lists_of_work_are_named() {
        for (beside, name, entries) in [
            (
                r#","state_operations":[{"address":"a.b"}]"#,
                "state_operations",
                1,
            ),
            (r#","x":[{"y":1},{"actions":["delete"]}]"#, "x", 2),
            (r#","x":{"a":{"change":{}}}"#, "x", 1),
            (r#","x":[[{"action":"purge"}]]"#, "x", 1),
            (r#","query_invocations":[7]"#, "query_invocations", 1),
        ] {
            assert_eq!(work(beside), [(name.to_owned(), entries)], "{beside}");
        }
    }

    #[test]
    fn other_keys_say_nothing() {
        for beside in [
            "",
            r#","timestamp":"2026-11-01T00:00:00Z","applyable":true,"relevant_attributes":[{"resource":"a.b","attribute":["id"]}]"#,
            r#","note":"actions","n":7,"f":1.5,"m":-1,"t":true,"z":null"#,
            r#","state_operations":[],"x":{},"tags":{"a":"b"},"list":["a",["b"]]"#,
        ] {
            assert_eq!(work(beside), [], "{beside}");
        }
        let many = (0..30).fold(String::new(), |text, at| {
            format!("{text},\"k{at}\":[{{\"action\":1}}]")
        });
        assert_eq!(work(&many).len(), super::MOST);
    }
}
