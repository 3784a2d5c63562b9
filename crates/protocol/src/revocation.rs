//! One entry of the revocation log, and the signed body in which entries travel.

use serde::{Deserialize, Serialize};

use crate::cursor::Cursor;

/// What an entry names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A session and every token that carries its `sid`.
    Session,
    /// A grant and every token that carries its `gid`.
    Grant,
    /// One token, by `jti`.
    Token,
    /// Every token of a client.
    Client,
    /// A signing key and everything it signed.
    Key,
    /// What a later release names. Ids of all kinds are one space, so the entry counts all the
    /// same, for whatever has its id.
    #[serde(other)]
    Unknown,
}

impl Kind {
    /// The stable name, as on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Grant => "grant",
            Self::Token => "token",
            Self::Client => "client",
            Self::Key => "key",
            Self::Unknown => "unknown",
        }
    }
}

/// Why something was ended or changed. Stable: written to the log and to the audit trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EndReason {
    /// The user logged out.
    Logout,
    /// The user ended one of their sessions from the list.
    EndedByUser,
    /// The user ended all others, or everything.
    LogoutEverywhere,
    /// The password was changed.
    PasswordChanged,
    /// A spent refresh token came back after its grace window.
    RefreshReuse,
    /// The client revoked its token (RFC 7009).
    ClientRevoked,
    /// The account was disabled.
    AccountDisabled,
    /// The account was erased.
    AccountErased,
    /// The account's roles were changed.
    RolesChanged,
    /// An administrator ended it.
    EndedByAdmin,
    /// The signing key is compromised.
    KeyCompromised,
    /// The cookie value was renewed (login, step-up, password change).
    CookieRenewed,
    /// More sessions than the cap: the oldest made room.
    SessionCap,
    /// The store was restored from a backup.
    Restored,
    /// What a later release says.
    #[serde(other)]
    Unknown,
}

impl EndReason {
    /// Every reason, for tables and tests.
    pub const ALL: [Self; 14] = [
        Self::Logout,
        Self::EndedByUser,
        Self::LogoutEverywhere,
        Self::PasswordChanged,
        Self::RefreshReuse,
        Self::ClientRevoked,
        Self::AccountDisabled,
        Self::AccountErased,
        Self::RolesChanged,
        Self::EndedByAdmin,
        Self::KeyCompromised,
        Self::CookieRenewed,
        Self::SessionCap,
        Self::Restored,
    ];

    /// The stable name, as on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::EndedByUser => "ended_by_user",
            Self::LogoutEverywhere => "logout_everywhere",
            Self::PasswordChanged => "password_changed",
            Self::RefreshReuse => "refresh_reuse",
            Self::ClientRevoked => "client_revoked",
            Self::AccountDisabled => "account_disabled",
            Self::AccountErased => "account_erased",
            Self::RolesChanged => "roles_changed",
            Self::EndedByAdmin => "ended_by_admin",
            Self::KeyCompromised => "key_compromised",
            Self::CookieRenewed => "cookie_renewed",
            Self::SessionCap => "session_cap",
            Self::Restored => "restored",
            Self::Unknown => "unknown",
        }
    }

    /// The reason of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}

/// The 16 bytes that name something in the log: UUID bytes of a sid, gid or jti, or the first 16
/// bytes of the SHA-256 of a client id or `kid`. Base64url on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RevocationId(pub [u8; 16]);

impl RevocationId {
    /// The id of a text (client id, `kid`): the first 16 bytes of its SHA-256.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        let mut id = [0_u8; 16];
        id.iter_mut()
            .zip(symbolon_jose::digest::sha256(text.as_bytes()))
            .for_each(|(to, from)| {
                *to = from;
            });
        Self(id)
    }
}

impl Serialize for RevocationId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64_simd::URL_SAFE_NO_PAD.encode_to_string(self.0))
    }
}

impl<'de> Deserialize<'de> for RevocationId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        base64_simd::URL_SAFE_NO_PAD
            .decode_to_vec(text.as_bytes())
            .ok()
            .and_then(|bytes| <[u8; 16]>::try_from(bytes).ok())
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom("not a 16-byte base64url id"))
    }
}

/// One entry as it travels. Its mark stays at home: readers only hand cursors back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Position in the log, from 1, without reuse within one epoch.
    pub seq: u64,
    /// What `id` is.
    pub kind: Kind,
    /// What is revoked.
    pub id: RevocationId,
    /// Only credentials of a lower version are meant; absent: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<u32>,
    /// Why.
    pub reason: EndReason,
    /// When, NumericDate.
    pub revoked_at: i64,
    /// NumericDate of the last moment at which anything it names could still be accepted, leeway
    /// included; afterwards everybody forgets the entry. Absent: never (keys).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
}

/// The payload of the signed answer of `GET /revocations` (`typ: revocations+jwt`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// Whose log this is; must equal the verifier's issuer.
    pub iss: String,
    /// Changes when the log's history does (e.g. a restored backup): take the snapshot and merge.
    pub epoch: String,
    /// Whether the entries start from the beginning rather than after the cursor that was sent.
    pub snapshot: bool,
    /// The cursor that these entries follow; absent exactly if they start from the beginning. It
    /// ties the answer to the question: without it, a reader who is behind could be handed the
    /// (genuine) answer of one who is not, and believe that it has missed nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Cursor>,
    /// The cursor after the last entry of this answer: send it next.
    pub next: Cursor,
    /// The cursor of the log's end when the answer was made; live only once `next` equals it.
    pub head: Cursor,
    /// The server's clock, milliseconds since the epoch.
    pub now_ms: i64,
    /// In the order of `seq`.
    pub entries: Vec<Entry>,
}

impl Body {
    /// Whether a reader that applied this answer knows everything that was ended before `now_ms`.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.next == self.head
    }

    /// Whether this answers a request with that cursor: it continues there, or starts over.
    #[must_use]
    pub fn answers(&self, asked: Option<Cursor>) -> bool {
        if self.snapshot {
            self.after.is_none()
        } else {
            self.after.is_some() && self.after == asked
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cursor::Mark;

    #[test]
    fn the_wire_form_of_a_body_is_fixed() {
        let cursor = Cursor {
            seq: 1,
            mark: Mark([0; 16]),
        };
        let body = Body {
            iss: "https://auth.example".into(),
            epoch: "e1".into(),
            snapshot: true,
            after: None,
            next: cursor,
            head: cursor,
            now_ms: 5,
            entries: vec![Entry {
                seq: 1,
                kind: Kind::Session,
                id: RevocationId([255; 16]),
                below: None,
                reason: EndReason::Logout,
                revoked_at: 4,
                until: Some(9),
            }],
        };
        let json = serde_json::to_string(&body).unwrap();
        assert_eq!(
            json,
            r#"{"iss":"https://auth.example","epoch":"e1","snapshot":true,"next":"AAAAAAAAAAEAAAAAAAAAAAAAAAAAAAAA","head":"AAAAAAAAAAEAAAAAAAAAAAAAAAAAAAAA","now_ms":5,"entries":[{"seq":1,"kind":"session","id":"_____________________w","reason":"logout","revoked_at":4,"until":9}]}"#
        );
        assert_eq!(serde_json::from_str::<Body>(&json).unwrap(), body);
        assert!(body.is_live());
    }

    #[test]
    fn an_answer_to_another_question_is_told_apart() {
        let at = |seq| Cursor {
            seq,
            mark: Mark([0; 16]),
        };
        let body = |snapshot, after| Body {
            iss: String::new(),
            epoch: String::new(),
            snapshot,
            after,
            next: at(9),
            head: at(9),
            now_ms: 0,
            entries: Vec::new(),
        };
        assert!(body(true, None).answers(None));
        assert!(body(true, None).answers(Some(at(1))));
        assert!(body(false, Some(at(1))).answers(Some(at(1))));
        assert!(!body(false, Some(at(2))).answers(Some(at(1))));
        assert!(!body(false, Some(at(1))).answers(None));
        assert!(!body(false, None).answers(None));
        assert!(!body(true, Some(at(1))).answers(Some(at(1))));
    }

    /// Verifiers are updated later than their issuer: an entry that says more than they know is an
    /// entry all the same.
    #[test]
    fn an_entry_from_the_future_is_read() {
        let json = r#"{"seq":1,"kind":"device","id":"_____________________w","reason":"moon_phase","revoked_at":4,"color":"red"}"#;
        let entry: Entry = serde_json::from_str(json).unwrap();
        assert_eq!(
            (entry.kind, entry.reason),
            (Kind::Unknown, EndReason::Unknown)
        );
        assert_eq!(entry.id, RevocationId([255; 16]));
    }

    #[test]
    fn reason_names_are_the_wire_names() {
        for reason in EndReason::ALL {
            let json = serde_json::to_string(&reason).unwrap();
            assert_eq!(json, format!("\"{}\"", reason.as_str()));
            assert_eq!(EndReason::from_name(reason.as_str()), Some(reason));
        }
    }
}
