//! Randomness as a parameter, and the identifiers that are made of it.

use symbolon_protocol::{AccountId, GrantId, SessionId, Subject, Timestamp, TokenId};
use uuid::Uuid;

/// A source of random bytes. Cryptographically secure in production, seeded in tests.
pub trait Entropy: Send + Sync + 'static {
    /// Fills the whole buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// Random values of the shapes that the domain needs.
pub trait EntropyExt: Entropy {
    /// `N` random bytes.
    fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0_u8; N];
        self.fill(&mut bytes);
        bytes
    }

    /// A UUIDv7 (RFC 9562 §5.7): milliseconds of `now`, the rest random.
    fn uuid_v7(&self, now: Timestamp) -> Uuid {
        let millis = u64::try_from(now.as_millis()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes()).into_uuid()
    }

    /// A new account id.
    fn account_id(&self, now: Timestamp) -> AccountId {
        AccountId::from_uuid(self.uuid_v7(now))
    }

    /// A new session id.
    fn session_id(&self, now: Timestamp) -> SessionId {
        SessionId::from_uuid(self.uuid_v7(now))
    }

    /// A new grant id.
    fn grant_id(&self, now: Timestamp) -> GrantId {
        GrantId::from_uuid(self.uuid_v7(now))
    }

    /// A new token id.
    fn token_id(&self, now: Timestamp) -> TokenId {
        TokenId::from_uuid(self.uuid_v7(now))
    }

    /// A new subject: 128 random bits, base64url. It tells nothing, not even when it was made.
    fn subject(&self) -> Subject {
        Subject::from_random(self.bytes::<16>())
    }
}

impl<E: Entropy + ?Sized> EntropyExt for E {}
