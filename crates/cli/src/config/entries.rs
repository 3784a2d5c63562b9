//! The lists `[[clients]]` and `[[resources]]`, which only a file can hold.

use std::{collections::BTreeSet, time::Duration};

use symbolon_protocol::ClientId;

use super::{
    origin::Origin,
    problem::Problem,
    setting::{Raw, Setting, in_range},
    suggest::closest,
    types::TokenAlgorithm,
    words::{Audience, Scope, Sha256Hex},
};
use crate::text::quoted;

/// One `[[…]]` of a file: its line, its members and theirs.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) origin: Origin,
    pub(crate) members: Vec<(String, Origin, Raw)>,
}

/// What the manual says of a member.
#[derive(Debug)]
pub struct MemberSpec {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub doc: &'static str,
    /// An example as a TOML literal.
    pub example: &'static str,
    /// Whether every entry needs it.
    pub required: bool,
}

/// What the manual says of a list.
#[derive(Debug)]
pub struct ListSpec {
    /// Its name in double brackets.
    pub name: &'static str,
    /// What it is about.
    pub doc: &'static [&'static str],
    /// The members of an entry.
    pub members: &'static [MemberSpec],
}

/// All lists.
pub const LISTS: &[ListSpec] = &[CLIENTS, RESOURCES];

const CLIENTS: ListSpec = ListSpec {
    name: "clients",
    doc: &["Clients that authenticate with a secret, e.g. services that read the revocation log."],
    members: &[
        MemberSpec {
            name: "id",
            doc: "The client id: visible ASCII without spaces.",
            example: r#""orders-service""#,
            required: true,
        },
        MemberSpec {
            name: "secret_sha256",
            doc: "SHA-256 of the client's secret in hex. The secret has 128 random bits or more.",
            example: r#""0000000000000000000000000000000000000000000000000000000000000000""#,
            required: true,
        },
        MemberSpec {
            name: "scopes",
            doc: "What the client may do: revocations:read, tokens:introspect.",
            example: r#"["revocations:read"]"#,
            required: false,
        },
    ],
};

const RESOURCES: ListSpec = ListSpec {
    name: "resources",
    doc: &["APIs for which access tokens are issued. The issuer's own URL is one already."],
    members: &[
        MemberSpec {
            name: "audience",
            doc: "The API's identifier, a name or an absolute URI: the tokens' aud.",
            example: r#""https://api.example.com""#,
            required: true,
        },
        MemberSpec {
            name: "scopes",
            doc: "Scopes that its tokens may carry.",
            example: r#"["orders:read", "orders:write"]"#,
            required: false,
        },
        MemberSpec {
            name: "access_lifetime",
            doc: "How long its access tokens live, instead of tokens.access_lifetime.",
            example: r#""2m""#,
            required: false,
        },
        MemberSpec {
            name: "algorithm",
            doc: "What its access tokens are signed with, instead of tokens.algorithm.",
            example: r#""ES256""#,
            required: false,
        },
    ],
};

/// A client that authenticates with a secret.
#[derive(Debug, Clone)]
pub struct Client {
    /// Its id.
    pub id: ClientId,
    /// SHA-256 of its secret.
    pub secret_sha256: Sha256Hex,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Where it is configured.
    pub origin: Origin,
}

/// An API for which access tokens are issued.
#[derive(Debug, Clone)]
pub struct Resource {
    /// Its audience.
    pub audience: Audience,
    /// Scopes that its tokens may carry.
    pub scopes: Vec<Scope>,
    /// Its own token lifetime.
    pub access_lifetime: Option<Duration>,
    /// Its own algorithm.
    pub algorithm: Option<TokenAlgorithm>,
    /// Where it is configured.
    pub origin: Origin,
}

impl Client {
    /// Its members for showing; secrets are redacted.
    #[must_use]
    pub fn show(&self) -> Vec<(&'static str, toml::Value)> {
        vec![
            ("id", self.id.show()),
            ("secret_sha256", self.secret_sha256.show()),
            ("scopes", self.scopes.show()),
        ]
    }
}

impl Resource {
    /// Its members for showing.
    #[must_use]
    pub fn show(&self) -> Vec<(&'static str, toml::Value)> {
        let lifetime = self
            .access_lifetime
            .map(|lifetime| ("access_lifetime", lifetime.show()));
        let algorithm = self
            .algorithm
            .map(|algorithm| ("algorithm", algorithm.show()));
        [
            ("audience", self.audience.show()),
            ("scopes", self.scopes.show()),
        ]
        .into_iter()
        .chain(lifetime)
        .chain(algorithm)
        .collect()
    }
}

/// Reads `[[clients]]`.
pub(crate) fn clients(entries: &[Entry], problems: &mut Vec<Problem>) -> Vec<Client> {
    let mut seen = BTreeSet::new();
    let mut clients = Vec::new();
    for entry in entries {
        let mut members = Members::of(&CLIENTS, entry, problems);
        let id = members.required::<ClientId>("id");
        let secret_sha256 = members.required("secret_sha256");
        let scopes = members.optional("scopes").unwrap_or_default();
        if let Some(id) = id.clone().filter(|id| !seen.insert(id.clone())) {
            members.complain("id", format!("{} stands twice", quoted(id.as_str())));
        }
        if id.as_ref().is_some_and(|id| id.as_str() == "first-party") {
            members.complain("id", "\"first-party\" is the built-in client".to_owned());
        }
        if let (Some(id), Some(secret_sha256)) = (id, secret_sha256) {
            clients.push(Client {
                id,
                secret_sha256,
                scopes,
                origin: entry.origin.clone(),
            });
        }
    }
    clients
}

/// Reads `[[resources]]`.
pub(crate) fn resources(entries: &[Entry], problems: &mut Vec<Problem>) -> Vec<Resource> {
    let mut seen = BTreeSet::new();
    let mut resources = Vec::new();
    for entry in entries {
        let mut members = Members::of(&RESOURCES, entry, problems);
        let audience = members.required::<Audience>("audience");
        let scopes = members.optional("scopes").unwrap_or_default();
        let access_lifetime = members.optional::<Duration>("access_lifetime");
        let algorithm = members.optional("algorithm");
        if let Some(Err(message)) =
            access_lifetime.map(|lifetime| in_range(&lifetime, "\"1s\"", "\"1d\""))
        {
            members.complain("access_lifetime", message);
        }
        let Some(audience) = audience else { continue };
        if !seen.insert(audience.as_str().to_owned()) {
            members.complain(
                "audience",
                format!("{} stands twice", quoted(audience.as_str())),
            );
        }
        let origin = entry.origin.clone();
        resources.push(Resource {
            audience,
            scopes,
            access_lifetime,
            algorithm,
            origin,
        });
    }
    resources
}

/// One entry while it is read.
struct Members<'a> {
    list: &'static ListSpec,
    entry: &'a Entry,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Members<'a> {
    fn of(list: &'static ListSpec, entry: &'a Entry, problems: &'a mut Vec<Problem>) -> Self {
        for (name, origin, _) in &entry.members {
            if list.members.iter().all(|member| member.name != name) {
                let key = format!("{}.{}", list.name, crate::text::visible(name));
                let problem = Problem::of(origin, &key, "unknown key");
                problems.push(
                    match closest(name, list.members.iter().map(|one| one.name)) {
                        Some(known) => problem.hint(format!("did you mean {known}?")),
                        None => problem,
                    },
                );
            }
        }
        Self {
            list,
            entry,
            problems,
        }
    }

    fn find(&self, name: &str) -> Option<&'a (String, Origin, Raw)> {
        self.entry
            .members
            .iter()
            .find(|(member, ..)| member == name)
    }

    fn complain(&mut self, name: &str, message: String) {
        let origin = self
            .find(name)
            .map_or(&self.entry.origin, |(_, origin, _)| origin);
        self.problems.push(Problem::of(
            origin,
            &format!("{}.{name}", self.list.name),
            message,
        ));
    }

    fn required<T: Setting>(&mut self, name: &str) -> Option<T> {
        if self.find(name).is_none() {
            self.complain(name, "missing".to_owned());
        }
        self.optional(name)
    }

    fn optional<T: Setting>(&mut self, name: &str) -> Option<T> {
        let (_, _, raw) = self.find(name)?;
        T::from_raw(raw)
            .map_err(|message| self.complain(name, message))
            .ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_of_its_type() {
        let file = Origin::File {
            file: "f".into(),
            line: 1,
        };
        let entry = |list: &ListSpec| Entry {
            origin: file.clone(),
            members: list
                .members
                .iter()
                .map(|one| {
                    (
                        one.name.to_owned(),
                        file.clone(),
                        Raw::from_literal(one.example),
                    )
                })
                .collect(),
        };
        let mut problems = Vec::new();
        assert_eq!(clients(&[entry(&CLIENTS)], &mut problems).len(), 1);
        assert_eq!(resources(&[entry(&RESOURCES)], &mut problems).len(), 1);
        assert_eq!(problems, []);
    }
}
