//! From what the layers say to typed values: the last layer wins, and every layer must be right.

use std::collections::BTreeMap;

use super::{
    origin::Origin,
    problem::Problem,
    sections::KeySpec,
    setting::{Raw, Setting},
};

/// Everything that was said of single keys, the weakest layer first.
#[derive(Debug, Default)]
pub(crate) struct Layers {
    values: BTreeMap<&'static str, Vec<(Origin, Raw)>>,
}

impl Layers {
    /// A layer, stronger than all before, says this of a key.
    pub(crate) fn say(&mut self, spec: &KeySpec, origin: Origin, raw: Raw) {
        self.values.entry(spec.key).or_default().push((origin, raw));
    }

    /// Puts layers on top that are stronger.
    pub(crate) fn append(&mut self, stronger: Self) {
        for (key, mut said) in stronger.values {
            self.values.entry(key).or_default().append(&mut said);
        }
    }

    /// The strongest word on a key.
    pub(crate) fn strongest(&self, key: &str) -> Option<&(Origin, Raw)> {
        self.values.get(key)?.last()
    }

    /// Where a key's value comes from.
    pub(crate) fn origin(&self, key: &str) -> Origin {
        self.strongest(key)
            .map_or(Origin::Default, |(origin, _)| origin.clone())
    }
}

/// A key's value in force, for showing.
#[derive(Debug, Clone)]
pub struct Effective {
    /// `section.name`.
    pub key: &'static str,
    /// The value; secrets are redacted.
    pub value: toml::Value,
    /// Who said it.
    pub origin: Origin,
}

/// Reads values and collects what is wrong with them.
pub(crate) struct Reader<'a> {
    layers: &'a Layers,
    pub(crate) problems: Vec<Problem>,
    pub(crate) effective: Vec<Effective>,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(layers: &'a Layers) -> Self {
        Self {
            layers,
            problems: Vec::new(),
            effective: Vec::new(),
        }
    }

    /// The value of a key. If a layer is wrong the problem is noted and reading goes on with the
    /// default, so that one run finds everything.
    pub(crate) fn value<T: Setting>(
        &mut self,
        spec: Option<&'static KeySpec>,
        check: impl Fn(&T) -> Result<(), String>,
    ) -> T {
        let Some(spec) = spec else {
            unreachable!("every field has its row in the table")
        };
        let Ok(mut value) = T::from_raw(&Raw::from_literal(spec.default)) else {
            unreachable!(
                "the default of {} is of its type; a test reads them all",
                spec.key
            )
        };
        let mut origin = &Origin::Default;
        for (place, raw) in self.layers.values.get(spec.key).into_iter().flatten() {
            match T::from_raw(raw).and_then(|read| check(&read).map(|()| read)) {
                Ok(read) => (value, origin) = (read, place),
                Err(message) => self.problems.push(Problem::of(place, spec.key, message)),
            }
        }
        let (key, origin) = (spec.key, origin.clone());
        self.effective.push(Effective {
            key,
            value: value.show(),
            origin,
        });
        value
    }
}
