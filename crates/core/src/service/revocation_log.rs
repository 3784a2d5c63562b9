//! The revocation log, as administrators read it.

use symbolon_protocol::{Kind, RevocationId};
use uuid::Uuid;

use crate::{error::Error, issuer::Issuer, model::Revocation, settings::FIRST_PARTY_CLIENT};

/// Entries on one page at most.
const MAX_PAGE: u32 = 1_000;

/// An entry and what it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedRevocation {
    /// The entry.
    pub revocation: Revocation,
    /// What it names, in the form that people know: an id, a client id, a `kid`. None if nothing
    /// that is known here has the entry's id.
    pub name: Option<String>,
    /// Whether something that it names could still be accepted if nobody had heard of it.
    pub in_force: bool,
}

/// A page of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationPage {
    /// Newest first.
    pub entries: Vec<LoggedRevocation>,
    /// Before which number the next page begins, if there is one.
    pub next: Option<u64>,
    /// The number of the last entry.
    pub head: u64,
    /// How many ids are refused at this moment.
    pub in_force: usize,
}

impl Issuer {
    /// A page of the revocation log.
    ///
    /// # Errors
    /// The store's failures.
    pub async fn revocation_log(
        &self,
        before: Option<u64>,
        limit: u32,
    ) -> Result<RevocationPage, Error> {
        let limit = limit.clamp(1, MAX_PAGE);
        let mut found = self.store.revocations_before(before, limit + 1).await?;
        let more = found.len() > limit as usize;
        found.truncate(limit as usize);
        let next = found.last().filter(|_| more).map(|last| last.entry.seq);
        let texts = self.named_by_text(&found).await?;
        let now = self.ambient.now().as_secs();
        let entries = found.into_iter().map(|revocation| LoggedRevocation {
            name: name(&revocation, &texts),
            in_force: revocation.entry.until.is_none_or(|until| until >= now),
            revocation,
        });
        Ok(RevocationPage {
            entries: entries.collect(),
            next,
            head: self.tail.head().seq,
            in_force: self.tail.set().len(),
        })
    }

    /// The texts that entries may name by their hash: client ids and, if any entry is of a key,
    /// every `kid`.
    async fn named_by_text(&self, entries: &[Revocation]) -> Result<Vec<String>, Error> {
        let clients = self.settings.clients.iter();
        let mut texts: Vec<_> = clients.map(|client| client.id.to_string()).collect();
        texts.push(FIRST_PARTY_CLIENT.to_owned());
        if entries.iter().any(|one| one.entry.kind == Kind::Key) {
            let keys = self.store.signing_keys().await?;
            texts.extend(keys.into_iter().map(|key| key.kid));
        }
        Ok(texts)
    }
}

fn name(revocation: &Revocation, texts: &[String]) -> Option<String> {
    let entry = &revocation.entry;
    match entry.kind {
        Kind::Session | Kind::Grant | Kind::Token => Some(Uuid::from_bytes(entry.id.0).to_string()),
        _ => {
            let mut texts = texts.iter();
            texts
                .find(|text| RevocationId::of_text(text) == entry.id)
                .cloned()
        }
    }
}
