//! The state within a saved plan (docs/plan-format.md), read as a stream: of each managed object its address, its type and its `id`, of the rest nothing.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::io::Read;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, SeqAccess, Visitor};

use super::exact::{Exact, Keys};
use crate::address::{is_module, provider, quoted};
use crate::plan::Gone;
use crate::ui::refusal::{Refusal, Why};

/// More objects than any state has; each takes some hundred bytes here and may take three in the file.
const MAX_OBJECTS: usize = 1_000_000;

/// What all addresses may take, in bytes: one name may be long, and stand for very many instances.
const MAX_ADDRESSES: usize = 128 << 20;

/// A managed object of the prior state.
#[derive(Clone)]
pub struct Object {
    /// Its address, as in the plan.
    pub address: String,
    /// Its type.
    pub(crate) kind: Arc<str>,
    /// Its `id` attribute, if it is a string. Not for printing as it is: some are secrets.
    pub id: Option<Box<str>>,
}

impl fmt::Debug for Object {
    /// Shows no id.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address)
    }
}

/// What is kept of a state.
#[derive(Default)]
pub(crate) struct State {
    /// Its lineage.
    pub(crate) lineage: String,
    /// Its serial.
    pub(crate) serial: u64,
    /// Its managed objects, deposed ones left out.
    pub(crate) objects: Vec<Object>,
    /// How many there are of each type.
    pub(crate) managed: BTreeMap<String, usize>,
}

impl fmt::Debug for State {
    /// Shows no id.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "State(serial {}, {} objects)",
            self.serial,
            self.objects.len()
        )
    }
}

impl State {
    /// What an earlier state held and this one does not: neither at its address nor, moved, under its id. In the order of addresses.
    pub(crate) fn gone_since(&self, earlier: &Self) -> Vec<Gone> {
        let here: HashSet<&str> = self
            .objects
            .iter()
            .map(|object| object.address.as_str())
            .collect();
        let ids: HashSet<(&str, &str)> = self.objects.iter().filter_map(Object::named).collect();
        let mut gone: Vec<Gone> = earlier
            .objects
            .iter()
            .filter(|object| !here.contains(object.address.as_str()))
            .filter(|object| object.named().is_none_or(|named| !ids.contains(&named)))
            .map(|object| Gone {
                address: object.address.clone(),
                kind: object.kind.to_string(),
            })
            .collect();
        gone.sort_unstable_by(|a, b| a.address.cmp(&b.address));
        gone
    }
}

impl Object {
    fn named(&self) -> Option<(&str, &str)> {
        Some((self.kind.as_ref(), self.id.as_deref()?))
    }
}

#[derive(Deserialize)]
struct Document {
    version: u64,
    #[serde(default)]
    serial: u64,
    #[serde(default)]
    lineage: String,
    #[serde(default)]
    resources: Option<Resources>,
}

impl Keys for Document {
    const KEYS: &'static [&'static str] = &[
        "version",
        "terraform_version",
        "serial",
        "lineage",
        "outputs",
        "resources",
        "check_results",
    ];
}

/// Objects, put together while reading.
#[derive(Default)]
struct Resources(Vec<Object>);

impl<'de> Deserialize<'de> for Resources {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Resource {
            #[serde(default)]
            module: Option<String>,
            mode: String,
            #[serde(rename = "type")]
            kind: String,
            name: String,
            #[serde(default)]
            provider: String,
            #[serde(default)]
            instances: Instances,
        }
        impl Keys for Resource {
            const KEYS: &'static [&'static str] = &[
                "module",
                "mode",
                "type",
                "name",
                "each",
                "provider",
                "instances",
            ];
        }
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Resources;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of resources")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Resources, A::Error> {
                let mut objects = Vec::new();
                let mut left = MAX_ADDRESSES;
                while let Some(Exact(resource)) = list.next_element::<Exact<Resource>>()? {
                    if resource.mode != "managed" {
                        continue;
                    }
                    // Terraform leaves out a resource whose provider it cannot read, and goes on. OpenTofu may name one for each instance instead.
                    let known = if resource.provider.is_empty() {
                        resource
                            .instances
                            .0
                            .iter()
                            .all(|instance| instance.provider)
                    } else {
                        provider(&resource.provider).is_some()
                    };
                    if !known {
                        return Err(A::Error::custom("no provider"));
                    }
                    if resource
                        .module
                        .as_deref()
                        .is_some_and(|path| !path.is_empty() && !is_module(path))
                    {
                        return Err(A::Error::custom("no module"));
                    }
                    // With a dot or a bracket in a name, an address would be that of another object.
                    let plain = |name: &str| {
                        name.chars()
                            .all(|c| c == '-' || unicode_ident::is_xid_continue(c))
                    };
                    if !plain(&resource.kind) || !plain(&resource.name) {
                        return Err(A::Error::custom("no name"));
                    }
                    let kind: Arc<str> = resource.kind.into();
                    let module = resource
                        .module
                        .filter(|module| !module.is_empty())
                        .map_or_else(String::new, |module| format!("{module}."));
                    let own = module.len() + kind.len() + resource.name.len();
                    for instance in resource.instances.0 {
                        left = left
                            .checked_sub(own + instance.key.len())
                            .ok_or_else(|| A::Error::custom("too long"))?;
                        let address = format!("{module}{kind}.{}{}", resource.name, instance.key);
                        objects.push(Object {
                            address,
                            kind: Arc::clone(&kind),
                            id: instance.id,
                        });
                    }
                    if objects.len() > MAX_OBJECTS {
                        return Err(A::Error::custom("too many"));
                    }
                }
                Ok(Resources(objects))
            }
        }
        deserializer.deserialize_seq(Each)
    }
}

/// A current instance; deposed ones are left out.
struct Instance {
    key: String,
    id: Option<Box<str>>,
    /// Whether it names a provider of its own.
    provider: bool,
}

#[derive(Default)]
struct Instances(Vec<Instance>);

impl<'de> Deserialize<'de> for Instances {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Raw {
            #[serde(default)]
            index_key: Scalar,
            #[serde(default)]
            deposed: Scalar,
            #[serde(default)]
            status: Scalar,
            #[serde(default)]
            instance_provider: String,
            #[serde(default)]
            sensitive_attributes: Option<Paths>,
            #[serde(default)]
            attributes: Option<Attributes>,
            #[serde(default)]
            attributes_flat: Option<Attributes>,
        }
        impl Keys for Raw {
            const KEYS: &'static [&'static str] = &[
                "index_key",
                "status",
                "deposed",
                "schema_version",
                "attributes",
                "attributes_flat",
                "sensitive_attributes",
                "private",
                "dependencies",
                "create_before_destroy",
                "identity",
                "identity_schema_version",
                "instance_provider",
            ];
        }
        #[derive(Deserialize)]
        struct Attributes {
            #[serde(default)]
            id: Scalar,
        }
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Instances;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of instances")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Instances, A::Error> {
                let mut instances = Vec::new();
                while let Some(Exact(raw)) = list.next_element::<Exact<Raw>>()? {
                    // An instance of which Terraform cannot read this it leaves out, and goes on.
                    let sound = match &raw.status {
                        Scalar::Text(status) => matches!(status.as_str(), "" | "tainted"),
                        status => matches!(status, Scalar::Nothing),
                    };
                    let own = raw.instance_provider.as_str();
                    let sound = sound && (own.is_empty() || provider(own).is_some());
                    if !sound || raw.sensitive_attributes.is_some_and(|Paths(sound)| !sound) {
                        return Err(A::Error::custom("no instance"));
                    }
                    if matches!(&raw.deposed, Scalar::Text(key) if !key.is_empty()) {
                        continue;
                    }
                    let key = match raw.index_key {
                        Scalar::Text(key) => format!("[\"{}\"]", quoted(&key)),
                        Scalar::Number(number) => format!("[{number}]"),
                        Scalar::Nothing => String::new(),
                        // Of 1.5 and of -1 Terraform makes another number.
                        Scalar::Other => return Err(A::Error::custom("no key")),
                    };
                    let id = match raw
                        .attributes
                        .or(raw.attributes_flat)
                        .map(|attributes| attributes.id)
                    {
                        Some(Scalar::Text(id)) => Some(id.into_boxed_str()),
                        _ => None,
                    };
                    let provider = !raw.instance_provider.is_empty();
                    instances.push(Instance { key, id, provider });
                    if instances.len() > MAX_OBJECTS {
                        return Err(A::Error::custom("too many"));
                    }
                }
                Ok(Instances(instances))
            }
        }
        deserializer.deserialize_seq(Each)
    }
}

/// Whether all paths of a list are of the form that Terraform reads: names, and indexes with their type. Nothing of them is kept.
struct Paths(bool);

impl<'de> Deserialize<'de> for Paths {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Step {
            #[serde(rename = "type")]
            kind: String,
            value: Key,
        }
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Key {
            Name(String),
            Index {
                value: serde_json::Value,
                #[serde(rename = "type")]
                kind: String,
            },
            Other(IgnoredAny),
        }
        let paths = Vec::<Vec<Step>>::deserialize(deserializer)?;
        let sound = paths.iter().flatten().all(|step| match &step.value {
            Key::Name(name) => step.kind == "get_attr" && !name.is_empty(),
            Key::Index { value, kind } => {
                step.kind == "index"
                    && match kind.as_str() {
                        "string" => value.is_string(),
                        "number" => value.is_number(),
                        _ => false,
                    }
            }
            Key::Other(_) => false,
        });
        Ok(Self(sound))
    }
}

/// A string or a whole number, nothing, or anything else.
#[derive(Default)]
enum Scalar {
    Text(String),
    Number(u64),
    #[default]
    Nothing,
    Other,
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Scalar;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }
            fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar::Text(text.to_owned()))
            }
            fn visit_string<E>(self, text: String) -> Result<Scalar, E> {
                Ok(Scalar::Text(text))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Scalar, E> {
                // Terraform reads keys as floats: beyond this it takes another one.
                Ok(if number <= 1 << 53 {
                    Scalar::Number(number)
                } else {
                    Scalar::Other
                })
            }
            fn visit_i64<E>(self, _: i64) -> Result<Scalar, E> {
                Ok(Scalar::Other)
            }
            fn visit_f64<E>(self, number: f64) -> Result<Scalar, E> {
                // Terraform reads keys as floats: `0.0` is `0`.
                Ok(if number >= 0.0 && number.fract() == 0.0 && number < 1e15 {
                    Scalar::Number(number as u64)
                } else {
                    Scalar::Other
                })
            }
            fn visit_bool<E>(self, _: bool) -> Result<Scalar, E> {
                Ok(Scalar::Other)
            }
            fn visit_unit<E>(self) -> Result<Scalar, E> {
                Ok(Scalar::Nothing)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Scalar, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Scalar::Other)
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Scalar, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Scalar::Other)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// Reads a state file (docs/plan-format.md) to its end.
///
/// # Errors
/// When it is none, or of another version than 4.
pub(crate) fn read(stream: impl Read) -> Result<State, Refusal> {
    let broken =
        |_: serde_json::Error| Refusal::new(Why::BrokenPlan).with("its state cannot be read");
    let mut documents =
        serde_json::Deserializer::from_reader(std::io::BufReader::with_capacity(64 << 10, stream));
    let Exact(document) = Exact::<Document>::deserialize(&mut documents).map_err(broken)?;
    // To the end: there the checksum is checked.
    documents.end().map_err(broken)?;
    if document.version != 4 {
        return Err(Refusal::new(Why::BrokenPlan)
            .with(format!("its state has version {}, not 4", document.version)));
    }
    let objects = document.resources.unwrap_or_default().0;
    let mut seen = HashSet::with_capacity(objects.len());
    if !objects
        .iter()
        .all(|object| seen.insert(object.address.as_str()))
    {
        return Err(Refusal::new(Why::BrokenPlan).with("its state has an object twice"));
    }
    drop(seen);
    let mut managed: BTreeMap<String, usize> = BTreeMap::new();
    for object in &objects {
        match managed.get_mut(object.kind.as_ref()) {
            Some(count) => *count += 1,
            None => {
                managed.insert(object.kind.to_string(), 1);
            }
        }
    }
    Ok(State {
        lineage: document.lineage,
        serial: document.serial,
        objects,
        managed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_with_addresses_and_ids() {
        let text = r#"{"version":4,"terraform_version":"1.15.5","serial":7,"lineage":"l","outputs":{"o":{"value":"s"}},"resources":[
            {"mode":"managed","type":"t_x","name":"a","provider":"provider[\"registry.terraform.io/x/t\"]","instances":[{"schema_version":0,"attributes":{"id":"i-1","x":{"id":"no"}}},
              {"deposed":"00000001","attributes":{"id":"old"}}]},
            {"module":"module.m[\"k\"]","mode":"managed","type":"t_x","name":"b","provider":"provider[\"registry.terraform.io/x/t\"]","instances":[
              {"index_key":"q\"${","attributes":{"id":7}},{"index_key":3,"attributes":{"id":["x"]}},{"index_key":0,"attributes_flat":{"id":"flat"}}]},
            {"mode":"data","type":"t_y","name":"c","instances":[{"attributes":{"id":"d"}}]}],"check_results":null}"#;
        let state = read(text.as_bytes()).unwrap_or_else(|refusal| panic!("{refusal}"));
        assert_eq!((state.serial, state.lineage.as_str()), (7, "l"));
        let seen: Vec<_> = state
            .objects
            .iter()
            .map(|object| (object.address.as_str(), object.id.as_deref()))
            .collect();
        assert_eq!(
            seen,
            [
                ("t_x.a", Some("i-1")),
                (r#"module.m["k"].t_x.b["q\"$${"]"#, None),
                (r#"module.m["k"].t_x.b[3]"#, None),
                (r#"module.m["k"].t_x.b[0]"#, Some("flat"))
            ]
        );
        assert_eq!(state.managed.get("t_x"), Some(&4));
        assert_eq!(format!("{:?}", state.objects[0]), "t_x.a");
    }

    #[test]
    fn what_is_gone_since() {
        let state = |resources: &str| {
            let text = format!("{{\"version\":4,\"resources\":[{resources}]}}");
            read(text.as_bytes()).unwrap_or_else(|refusal| panic!("{refusal}"))
        };
        let one = |name: &str, id: &str| {
            format!(
                "{{\"mode\":\"managed\",\"type\":\"t_x\",\"name\":\"{name}\",\"provider\":\"provider.t\",\"instances\":[{{\"attributes\":{{\"id\":\"{id}\"}}}}]}}"
            )
        };
        let earlier = state(&[one("b", "2"), one("a", "1"), one("c", "3")].join(","));
        let now = state(&[one("a", "1"), one("moved", "3")].join(","));
        let gone: Vec<_> = now
            .gone_since(&earlier)
            .into_iter()
            .map(|gone| gone.address)
            .collect();
        assert_eq!(gone, ["t_x.b"]);
        assert_eq!(state("").gone_since(&earlier).len(), 3);
        assert_eq!(earlier.gone_since(&earlier), []);
    }

    #[test]
    fn broken_states() {
        for text in [
            "",
            "{}",
            "[]",
            "{\"version\":3}",
            "{\"version\":4} x",
            "{\"version\":4,\"resources\":[{}]}",
            "{\"version\":4,\"version\":4}",
            "{\"version\":4,\"Lineage\":\"x\"}",
            "{\"version\":4,\"re\u{17f}ources\":[]}",
            "{\"version\":4,\"chec\u{212a}_results\":[]}",
            "{\"version\":4,\"\\u0053erial\":1}",
            "[4,1,\"l\"]",
            r#"{"version":4,"resources":[["module.m","managed","t","n",[]]]}"#,
            r#"{"version":4,"resources":[{"mode":"managed","Mode":"data","type":"t","name":"n"}]}"#,
            r#"{"version":4,"resources":[{"mode":"managed","type":"t","name":"n","instances":[{"DEPOSED":"x"}]}]}"#,
            r#"{"version":4,"resources":[{"mode":"managed","type":"t","name":"n","instances":[{"index_key":1.5}]}]}"#,
            r#"{"version":4,"resources":[{"mode":"managed","type":"t","name":"n","instances":[{"index_key":-1}]}]}"#,
            r#"{"version":4,"resources":[{"mode":"managed","type":"t","name":"n","instances":[{"index_key":true}]}]}"#,
            r#"{"version":4,"resources":[{"module":"module.m /**/","mode":"managed","type":"t","name":"n"}]}"#,
        ] {
            assert_eq!(
                read(text.as_bytes()).err().map(|refusal| refusal.why),
                Some(Why::BrokenPlan),
                "{text}"
            );
        }
    }
}
