//! JSON as far as it can be read, with where its members stand.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

use super::rule::{Hits, hit};
use crate::json::{self, JsonError};

/// A JSON text: its members, and what is wrong with it.
#[derive(Default)]
pub(super) struct Document {
    /// The object's members; empty for what is no object. Of two with one name the last.
    pub(super) members: Map<String, Value>,
    /// What the strict reader says, duplicates apart.
    pub(super) problem: Option<JsonError>,
    /// Where a name stands a second time.
    pub(super) duplicates: Vec<String>,
    /// How deep it nests.
    pub(super) depth: usize,
}

impl Document {
    /// Reads `text`; places start with `root`.
    pub(super) fn read(text: &str, root: &str) -> Self {
        let tree = Tree::read(text);
        let value = serde_json::from_str(text);
        let problem = match (json::check(text), &value) {
            (Ok(()) | Err(JsonError::DuplicateMember { .. }), Ok(Value::Object(_))) => None,
            (Ok(()) | Err(JsonError::DuplicateMember { .. }), _) => Some(JsonError::NotAnObject),
            (Err(error), _) => Some(error),
        };
        Self {
            members: match value {
                Ok(Value::Object(members)) => members,
                _ => Map::new(),
            },
            problem,
            duplicates: tree.duplicates(root),
            depth: tree.depth(),
        }
    }

    /// The member's text, if it is one.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name).and_then(Value::as_str)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// The strings of a member that is an array.
    pub(super) fn list(&self, name: &str) -> Vec<&str> {
        let list = self.members.get(name).and_then(Value::as_array);
        let texts = list.map(|list| list.iter().filter_map(Value::as_str).collect());
        texts.unwrap_or_default()
    }

    pub(super) fn duplicate_hits(&self) -> Hits {
        let twice = |place: &String| hit(place, "stands twice in its object");
        self.duplicates.iter().map(twice).collect()
    }
}

/// The place of a member.
pub(super) fn member(place: &str, name: &str) -> String {
    let plain = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    match (plain, place) {
        (true, "") => name.to_owned(),
        (true, _) => format!("{place}.{name}"),
        (false, _) => format!("{place}[{}]", Value::from(name)),
    }
}

/// Shows `visit` every value below `members` with its place, its parent before it. What `visit`
/// answers with `false` is not entered.
pub(super) fn walk(
    members: &Map<String, Value>,
    place: &str,
    visit: &mut impl FnMut(&str, Option<&str>, &Value) -> bool,
) {
    for (name, value) in members {
        walk_value(value, Some(name), &member(place, name), visit);
    }
}

fn walk_value(
    value: &Value,
    name: Option<&str>,
    place: &str,
    visit: &mut impl FnMut(&str, Option<&str>, &Value) -> bool,
) {
    if !visit(place, name, value) {
        return;
    }
    match value {
        Value::Object(members) => walk(members, place, visit),
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                walk_value(value, None, &format!("{place}[{index}]"), visit);
            }
        }
        _ => {}
    }
}

/// JSON in the order of its text, where a name can stand twice.
pub(super) enum Tree {
    Leaf,
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Tree {
    /// A leaf, if it is no JSON.
    pub(super) fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or(Self::Leaf)
    }

    /// The places of names that have stood before in their object.
    pub(super) fn duplicates(&self, place: &str) -> Vec<String> {
        match self {
            Self::Leaf => Vec::new(),
            Self::List(list) => {
                let places = list.iter().enumerate();
                places
                    .flat_map(|(index, tree)| tree.duplicates(&format!("{place}[{index}]")))
                    .collect()
            }
            Self::Object(members) => {
                let mut seen = std::collections::BTreeSet::new();
                let mut found = Vec::new();
                for (name, tree) in members {
                    let below = member(place, name);
                    if !seen.insert(name) {
                        found.push(below.clone());
                    }
                    found.extend(tree.duplicates(&below));
                }
                found
            }
        }
    }

    fn depth(&self) -> usize {
        let deepest = match self {
            Self::Leaf => return 0,
            Self::List(list) => list.iter().map(Self::depth).max(),
            Self::Object(members) => members.iter().map(|(_, tree)| tree.depth()).max(),
        };
        1 + deepest.unwrap_or(0)
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }

    fn visit_str<E>(self, _: &str) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
        let mut list = Vec::new();
        while let Some(tree) = seq.next_element()? {
            list.push(tree);
        }
        Ok(Tree::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Tree::Object(members))
    }
}
