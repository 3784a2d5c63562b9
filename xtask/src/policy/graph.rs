//! The dependency graph that the rules look at.
//!
//! `cargo metadata` lists an edge to an optional dependency as soon as some feature mentions it, also
//! weakly (`ring?/alloc`), although cargo does not build it. Such an edge is dropped here, and with it
//! every package that nothing else leads to: a rule speaks of what is really built, on some platform,
//! with some set of our features.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use cargo_metadata::{
    Dependency, DependencyKind, Metadata, Node, NodeDep, Package as MetadataPackage, PackageId,
};

/// The packages that are built, by the id that cargo gives them.
#[derive(Debug, Default)]
pub(super) struct Graph {
    packages: BTreeMap<PackageId, Package>,
}

/// A package, as the rules see it.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) licence: Option<String>,
    /// `None` for a path.
    pub(super) source: Option<String>,
    pub(super) is_ours: bool,
    pub(super) features: BTreeSet<String>,
    /// What its manifest declares, also what no feature turns on.
    pub(super) declared: Vec<Dependency>,
    edges: Vec<(PackageId, DependencyKind)>,
}

impl Package {
    /// What its manifest declares for what it ships.
    pub(super) fn shipped(&self) -> impl Iterator<Item = &Dependency> {
        self.declared
            .iter()
            .filter(|dependency| is_shipped(dependency.kind))
    }
}

impl Graph {
    pub(super) fn new(metadata: &Metadata) -> Self {
        let nodes = metadata.resolve.iter().flat_map(|resolve| &resolve.nodes);
        let nodes: BTreeMap<&PackageId, &Node> = nodes.map(|node| (&node.id, node)).collect();
        let names: BTreeMap<&PackageId, &str> = metadata
            .packages
            .iter()
            .map(|package| (&package.id, package.name.as_str()))
            .collect();
        let packages = metadata.packages.iter().filter_map(|package| {
            let node = nodes.get(&package.id)?;
            let is_ours = metadata.workspace_members.contains(&package.id);
            Some((package.id.clone(), convert(package, node, &names, is_ours)))
        });
        let mut graph = Self {
            packages: packages.collect(),
        };
        let built = graph.built();
        graph.packages.retain(|id, _| built.contains(id));
        graph
    }

    pub(super) fn packages(&self) -> impl Iterator<Item = &Package> {
        self.packages.values()
    }

    pub(super) fn ours(&self) -> impl Iterator<Item = &Package> {
        self.packages().filter(|package| package.is_ours)
    }

    /// Every package of a name: there can be several versions.
    pub(super) fn named(&self, name: &str) -> impl Iterator<Item = &Package> {
        self.packages().filter(move |package| package.name == name)
    }

    /// The shortest way from a crate of ours to a dependency through what is shipped, by name.
    pub(super) fn path(&self, from: &str, to: &str) -> Option<Vec<&str>> {
        let (start, _) = self
            .packages
            .iter()
            .find(|(_, package)| package.is_ours && package.name == from)?;
        let mut reached_from: BTreeMap<&PackageId, Option<&PackageId>> =
            BTreeMap::from([(start, None)]);
        let mut queue = VecDeque::from([start]);
        while let Some(id) = queue.pop_front() {
            let package = self.packages.get(id)?;
            if package.name == to {
                let steps =
                    std::iter::successors(Some(id), |id| reached_from.get(id).copied().flatten());
                let mut path: Vec<&str> = steps
                    .filter_map(|id| self.packages.get(id))
                    .map(|package| &*package.name)
                    .collect();
                path.reverse();
                return Some(path);
            }
            for (next, kind) in &package.edges {
                if is_shipped(*kind) && !reached_from.contains_key(next) {
                    reached_from.insert(next, Some(id));
                    queue.push_back(next);
                }
            }
        }
        None
    }

    /// Who depends on a package, in any way.
    pub(super) fn dependents(&self, name: &str) -> Vec<&str> {
        let leads_there = |(id, _): &(PackageId, DependencyKind)| {
            self.packages
                .get(id)
                .is_some_and(|package| package.name == name)
        };
        let dependents = self
            .packages()
            .filter(|package| package.edges.iter().any(leads_there));
        dependents.map(|package| &*package.name).collect()
    }

    fn built(&self) -> BTreeSet<PackageId> {
        let ours = self.packages.iter().filter(|(_, package)| package.is_ours);
        let mut queue: Vec<&PackageId> = ours.map(|(id, _)| id).collect();
        let mut built = BTreeSet::new();
        while let Some(id) = queue.pop() {
            if built.insert(id.clone())
                && let Some(package) = self.packages.get(id)
            {
                queue.extend(package.edges.iter().map(|(next, _)| next));
            }
        }
        built
    }
}

/// Whether a dependency of this kind is part of what people run, or builds it.
pub(super) fn is_shipped(kind: DependencyKind) -> bool {
    matches!(kind, DependencyKind::Normal | DependencyKind::Build)
}

fn convert(
    package: &MetadataPackage,
    node: &Node,
    names: &BTreeMap<&PackageId, &str>,
    is_ours: bool,
) -> Package {
    let edges = node.deps.iter().flat_map(|dependency| {
        let name = names.get(&dependency.pkg).copied().unwrap_or_default();
        kinds(dependency)
            .filter(move |kind| is_built(package, node, name, *kind))
            .map(|kind| (dependency.pkg.clone(), kind))
    });
    Package {
        name: package.name.to_string(),
        version: package.version.to_string(),
        licence: package.license.clone(),
        source: package.source.as_ref().map(|source| source.repr.clone()),
        is_ours,
        features: node.features.iter().map(ToString::to_string).collect(),
        declared: package.dependencies.clone(),
        edges: edges.collect(),
    }
}

fn kinds(dependency: &NodeDep) -> impl Iterator<Item = DependencyKind> {
    dependency.dep_kinds.iter().map(|info| info.kind)
}

/// Whether a declared dependency is not optional, or some active feature turns it on.
fn is_built(package: &MetadataPackage, node: &Node, name: &str, kind: DependencyKind) -> bool {
    let mut declared = package
        .dependencies
        .iter()
        .filter(|dependency| dependency.name == name && dependency.kind == kind)
        .peekable();
    declared.peek().is_none()
        || declared.any(|dependency| {
            let key = dependency.rename.as_deref().unwrap_or(&dependency.name);
            !dependency.optional
                || node
                    .features
                    .iter()
                    .any(|feature| turns_on(package, feature, key))
        })
}

fn turns_on(package: &MetadataPackage, feature: &str, key: &str) -> bool {
    let items = package
        .features
        .get(feature)
        .map(Vec::as_slice)
        .unwrap_or_default();
    feature == key
        || items.iter().any(|item| {
            item.strip_prefix("dep:") == Some(key)
                || item
                    .strip_prefix(key)
                    .is_some_and(|rest| rest.starts_with('/'))
        })
}

#[cfg(test)]
mod tests {
    use crate::policy::fixture::Fixture;

    #[test]
    fn an_optional_dependency_is_built_only_when_a_feature_turns_it_on() {
        let weak = Fixture::default()
            .ours("symbolon-server")
            .depends("symbolon-server", "webpki")
            .optional("webpki", "ring")
            .feature("webpki", "alloc", &["ring?/alloc"])
            .graph();
        assert_eq!(weak.named("webpki").count(), 1);
        assert_eq!(weak.named("ring").count(), 0);

        for strong in ["dep:ring", "ring/alloc"] {
            let graph = Fixture::default()
                .ours("symbolon-server")
                .depends("symbolon-server", "webpki")
                .optional("webpki", "ring")
                .feature("webpki", "alloc", &[strong])
                .graph();
            assert_eq!(graph.named("ring").count(), 1, "{strong}");
        }
    }

    #[test]
    fn the_path_to_a_dependency_goes_through_what_is_shipped() {
        let graph = Fixture::default()
            .ours("symbolon-jose")
            .depends("symbolon-jose", "oracle")
            .depends("oracle", "tokio")
            .depends_in_tests("symbolon-jose", "hyper")
            .graph();
        let path = graph.path("symbolon-jose", "tokio").unwrap();
        assert_eq!(path, ["symbolon-jose", "oracle", "tokio"]);
        assert_eq!(graph.path("symbolon-jose", "hyper"), None);
        assert_eq!(graph.dependents("hyper"), ["symbolon-jose"]);
    }
}
