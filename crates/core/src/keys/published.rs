//! What of the *next* keys this process has published: since when, and in which documents.

use std::collections::{HashMap, HashSet};

use symbolon_protocol::{JwksHash, Timestamp};

use crate::{
    model::{KeyPurpose, KeyState, SigningKeyRecord},
    readers::{ReaderName, Readers},
};

/// By `kid`.
#[derive(Debug, Default)]
pub(super) struct Published(HashMap<String, Publication>);

#[derive(Debug)]
struct Publication {
    since: Timestamp,
    /// Every token JWKS with the key in it; whoever holds one of them has it.
    documents: HashSet<JwksHash>,
}

impl Published {
    /// Takes in that `document` with all keys that are published is served from now on.
    pub(super) fn note(&mut self, keys: &[SigningKeyRecord], document: JwksHash, now: Timestamp) {
        let next = keys.iter().filter(|key| key.state == KeyState::Next);
        self.0 = next
            .map(|key| {
                let known = self.0.remove(&key.kid);
                let mut publication = known.unwrap_or_else(|| Publication {
                    since: now,
                    documents: HashSet::new(),
                });
                publication.documents.insert(document);
                (key.kid.clone(), publication)
            })
            .collect();
    }

    /// Since when the key has been published here.
    pub(super) fn since(&self, kid: &str) -> Option<Timestamp> {
        self.0.get(kid).map(|publication| publication.since)
    }

    /// The readers that hold token keys without this one. Of the log's keys readers say nothing:
    /// they fetch them when they meet an unknown one.
    pub(super) fn missing(&self, key: &SigningKeyRecord, readers: &Readers) -> Vec<ReaderName> {
        match self.0.get(&key.kid) {
            Some(publication) if key.purpose == KeyPurpose::Token => {
                readers.without_keys(|held| publication.documents.contains(held))
            }
            _ => Vec::new(),
        }
    }
}
