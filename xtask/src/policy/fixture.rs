//! A made-up workspace for the tests of the rules: it is written as `cargo metadata` would print it
//! and read as the real one is.

use std::collections::BTreeMap;

use cargo_metadata::MetadataCommand;
use serde_json::{Value, json};

use super::{Inputs, Rule, Violation, graph::Graph};

/// Packages come into being when they are first named: version 1.0.0 unless the name is followed by
/// another, licence MIT, from crates.io.
#[derive(Clone, Debug, Default)]
pub(super) struct Fixture {
    packages: BTreeMap<String, FakePackage>,
}

#[derive(Clone, Debug, Default)]
struct FakePackage {
    ours: bool,
    licence: Option<String>,
    source: Option<String>,
    dependencies: Vec<Value>,
    edges: Vec<(String, &'static str)>,
    features: BTreeMap<String, Vec<String>>,
}

impl Fixture {
    pub(super) fn ours(mut self, name: &str) -> Self {
        self.package(name).ours = true;
        self
    }

    pub(super) fn depends(self, user: &str, name: &str) -> Self {
        self.edge(user, name, "normal", json!({}))
    }

    pub(super) fn depends_in_tests(self, user: &str, name: &str) -> Self {
        self.edge(user, name, "dev", json!({}))
    }

    pub(super) fn optional(self, user: &str, name: &str) -> Self {
        self.edge(user, name, "normal", json!({ "optional": true }))
    }

    /// A dependency with these features of it, and without its default ones.
    pub(super) fn depends_with(self, user: &str, name: &str, features: &[&str]) -> Self {
        let with = json!({ "features": features, "uses_default_features": false });
        self.edge(user, name, "normal", with)
    }

    /// An active feature and what it turns on.
    pub(super) fn feature(mut self, package: &str, feature: &str, turns_on: &[&str]) -> Self {
        let items = turns_on.iter().map(|item| (*item).to_owned()).collect();
        self.package(package)
            .features
            .insert(feature.to_owned(), items);
        self
    }

    pub(super) fn licence(mut self, package: &str, licence: Option<&str>) -> Self {
        self.package(package).licence = licence.map(str::to_owned);
        self
    }

    pub(super) fn source(mut self, package: &str, source: &str) -> Self {
        self.package(package).source = Some(source.to_owned());
        self
    }

    pub(super) fn graph(&self) -> Graph {
        Graph::new(&MetadataCommand::parse(self.metadata().to_string()).unwrap())
    }

    /// What a rule says of this workspace.
    pub(super) fn violations(&self, check: fn(&Inputs) -> Vec<Violation>) -> Vec<String> {
        let inputs = Inputs {
            graph: self.graph(),
            ..Inputs::default()
        };
        let rule = Rule {
            name: "under test",
            check,
        };
        (rule.check)(&inputs)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    fn package(&mut self, name: &str) -> &mut FakePackage {
        self.packages
            .entry(name.to_owned())
            .or_insert_with(|| FakePackage {
                licence: Some("MIT".to_owned()),
                source: Some("registry+https://github.com/rust-lang/crates.io-index".to_owned()),
                ..FakePackage::default()
            })
    }

    fn edge(mut self, user: &str, name: &str, kind: &'static str, over: Value) -> Self {
        let mut dependency = json!({
            "name": name_and_version(name).0, "source": null, "req": "*", "kind": kind, "optional": false,
            "uses_default_features": true, "features": [], "target": null, "rename": null,
            "registry": null, "path": null,
        });
        for (key, value) in over.as_object().into_iter().flatten() {
            dependency[key] = value.clone();
        }
        self.package(name);
        let user = self.package(user);
        user.dependencies.push(dependency);
        user.edges.push((name.to_owned(), kind));
        self
    }

    fn metadata(&self) -> Value {
        let ours = self
            .packages
            .iter()
            .filter(|(_, package)| package.ours)
            .map(|(name, _)| name);
        json!({
            "packages": self.packages.iter().map(|(name, package)| package.json(name)).collect::<Vec<_>>(),
            "workspace_members": ours.collect::<Vec<_>>(),
            "resolve": {
                "nodes": self.packages.iter().map(|(name, package)| package.node(name)).collect::<Vec<_>>(),
                "root": null,
            },
            "workspace_root": "/w",
            "target_directory": "/w/target",
            "version": 1,
        })
    }
}

impl FakePackage {
    fn json(&self, id: &str) -> Value {
        let (name, version) = name_and_version(id);
        json!({
            "name": name, "version": version, "id": id, "license": self.licence,
            "source": if self.ours { None } else { self.source.clone() },
            "dependencies": self.dependencies, "targets": [], "features": self.features,
            "manifest_path": format!("/w/{name}/Cargo.toml"),
        })
    }

    fn node(&self, id: &str) -> Value {
        let edge = |(to, kind): &(String, &str)| json!({ "name": to, "pkg": to, "dep_kinds": [{ "kind": kind, "target": null }] });
        json!({
            "id": id, "dependencies": [], "features": self.features.keys().collect::<Vec<_>>(),
            "deps": self.edges.iter().map(edge).collect::<Vec<_>>(),
        })
    }
}

fn name_and_version(id: &str) -> (&str, &str) {
    id.split_once(' ').unwrap_or((id, "1.0.0"))
}
