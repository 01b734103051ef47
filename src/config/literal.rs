//! What of a setting is kept: plain words that are surely no credential, and the name of a variable; of everything else, that it is there.
//! In the shape that expressions have in the JSON of a plan (<https://developer.hashicorp.com/terraform/internals/json-format#expression-representation>).

use super::secrets::may_be_secret;

/// What stands for an expression that is not a plain literal.
pub(super) const UNKNOWN: &str = "{\"references\":[]}";

pub(super) fn constant(json: &str) -> String {
    format!("{{\"constant_value\":{json}}}")
}

/// A root variable by its name.
pub(super) fn variable(name: &str) -> String {
    let name = serde_json::Value::from(format!("var.{name}"));
    format!("{{\"references\":[{name}]}}")
}

/// The members of a block, in the order of the file: the expression of an attribute, or the bodies of nested blocks of one type.
#[derive(Debug, Clone, Default)]
pub(super) struct Members {
    list: Vec<Member>,
    /// Whether there were more than are kept.
    cut: bool,
}

/// The name, what stands there, and whether these are nested blocks.
type Member = (String, Vec<String>, bool);

/// The most members of one block: each name is looked for among them.
const MOST_MEMBERS: usize = 500;

impl Members {
    pub(super) const fn is_cut(&self) -> bool {
        self.cut
    }

    pub(super) fn add(&mut self, name: &str, text: String, block: bool) {
        let full = self.list.len() >= MOST_MEMBERS;
        match self.list.iter_mut().find(|(key, ..)| key == name) {
            Some((_, texts, _)) => texts.push(text),
            None if !full => {
                self.list.push((name.to_owned(), vec![text], block));
            }
            None => self.cut = true,
        }
    }

    /// The constant words of an attribute, alone or in a list.
    pub(super) fn words(&self, name: &str) -> Option<Vec<String>> {
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum Words {
            One(String),
            Several(Vec<String>),
        }
        #[derive(serde::Deserialize)]
        struct Constant {
            constant_value: Words,
        }
        let (_, texts, _) = self.list.iter().find(|(key, ..)| key == name)?;
        let [text] = texts.as_slice() else {
            return None;
        };
        Some(
            match serde_json::from_str::<Constant>(text).ok()?.constant_value {
                Words::One(word) => vec![word],
                Words::Several(words) => words,
            },
        )
    }

    /// What another block overrides: attributes one by one, nested blocks with all of their type.
    pub(super) fn merge(&mut self, over: Self) {
        self.cut |= over.cut;
        for member in over.list {
            let full = self.list.len() >= MOST_MEMBERS;
            match self.list.iter_mut().find(|(name, ..)| *name == member.0) {
                Some(there) => *there = member,
                None if !full => self.list.push(member),
                None => self.cut = true,
            }
        }
    }

    pub(super) fn json(&self) -> String {
        let members = self.list.iter().map(|(name, texts, block)| {
            let value = match (block, texts.as_slice()) {
                (false, [text]) => text.clone(),
                // An attribute twice, or a block beside a dynamic one: nobody knows.
                (false, _) => UNKNOWN.to_owned(),
                (true, texts) => format!("[{}]", texts.join(",")),
            };
            format!("{}:{value}", serde_json::Value::from(name.as_str()))
        });
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    }
}

/// Whether a string of a provider block is surely no credential.
pub(super) fn harmless(name: &str, text: &str) -> bool {
    let plain = |more: &[u8]| {
        text.bytes().all(|b| {
            b.is_ascii_lowercase()
                || b.is_ascii_digit()
                || b == b'-'
                || b == b'_'
                || more.contains(&b)
        })
    };
    // Two names of places are longer than words: a subscription of Azure and a role of AWS.
    let place = (name.contains("subscription") && text.len() <= 36 && plain(b"ABCDEF"))
        || (text.len() <= 256 && text.starts_with("arn:aws") && text.contains(":role/"));
    !may_be_secret(name) && (place || (text.len() <= 32 && plain(b"")))
}
