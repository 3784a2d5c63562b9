//! The revocation log as a verifier takes it in, and cursors.
//!
//! The first line is a cursor, the second our wall clock; each line after it is the payload of an
//! answer, which is signed here, verified, read and applied to one and the same local copy.
#![no_main]

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
    time::Duration,
};

use libfuzzer_sys::fuzz_target;
use symbolon_fuzz::{
    keys::{ISSUER, SHARED, header, mac_token},
    oracle,
};
use symbolon_jose::{Algorithm, JwsRules, json, verify_jws};
use symbolon_protocol::{Body, Cursor, Entry, RevocationId, TokenIds, typ};

use verifier::log::{Exchange, Log, LogWriter};

/// The verifier's own local copy, compiled here because the crate shows it to nobody.
#[path = "../../crates/verifier/src"]
#[expect(
    dead_code,
    unused_imports,
    reason = "the verifier asks its copy more than a target does"
)]
mod verifier {
    pub(crate) mod log;
}

const ALG: Algorithm = Algorithm::HS256;
/// Longer than the copy waits between two looks for expired entries.
const STEP: i64 = 61_000;

static RULES: LazyLock<JwsRules> =
    LazyLock::new(|| JwsRules::new([ALG], typ::REVOCATIONS).expect("rules"));
static HEADER: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut header = header(ALG, ALG.as_str());
    header["typ"] = typ::REVOCATIONS.into();
    header.to_string().into_bytes()
});

fuzz_target!(|data: &[u8]| {
    let mut lines = data.split(|byte| *byte == b'\n');
    let text = |line: Option<&[u8]>| String::from_utf8_lossy(line.unwrap_or_default()).into_owned();
    check_cursor(&text(lines.next()));
    let now = text(lines.next()).parse().unwrap_or(1_800_000_000);
    let mut copy = LocalCopy::new(now);
    for line in lines {
        if let Some(body) = receive(line) {
            copy.apply(&body);
        }
    }
});

/// A cursor has one text.
fn check_cursor(text: &str) {
    let accepted = text.parse::<Cursor>();
    let shaped = text.len() == 32 && oracle::is_canonical_base64url(text);
    assert_eq!(accepted.is_ok(), shaped, "{text:?}");
    if let Ok(cursor) = accepted {
        assert_eq!(cursor.to_string(), text);
    }
}

/// An answer as it comes in: signed, verified, strict.
fn receive(payload: &[u8]) -> Option<Body> {
    let token = mac_token(ALG, &HEADER, payload);
    let jws = verify_jws(&token, &SHARED.keys, &RULES).ok()?;
    assert_eq!(jws.payload(), payload);
    let body = json::from_slice::<Body>(jws.payload());
    let is_object = matches!(body, Ok(_) | Err(json::JsonError::Type));
    assert_eq!(
        is_object,
        oracle::strict_object(payload).is_some(),
        "{body:?}"
    );
    let body = body.ok()?;
    let written = serde_json::to_string(&body).expect("a body");
    assert_eq!(
        json::from_slice::<Body>(written.as_bytes()).as_ref(),
        Ok(&body)
    );
    Some(body)
}

/// What an id must be refused for: versions below this (`None`: all), until then (`None`: ever).
#[derive(Clone, Copy)]
struct Meaning {
    below: Option<u32>,
    until: Option<i64>,
}

/// The local copy, and what it must hold.
struct LocalCopy {
    log: Arc<Log>,
    writer: LogWriter,
    expected: HashMap<RevocationId, Meaning>,
    now: i64,
    uptime: i64,
    was_live: bool,
}

impl LocalCopy {
    fn new(now: i64) -> Self {
        let log = Arc::new(Log::new(Duration::from_secs(30)));
        Self {
            writer: LogWriter::new(Arc::clone(&log), ISSUER),
            log,
            expected: HashMap::new(),
            now,
            uptime: 0,
            was_live: false,
        }
    }

    fn apply(&mut self, body: &Body) {
        let asked = self.writer.cursor();
        let before = (self.log.len(), self.log.age(self.uptime));
        let exchange = Exchange {
            asked,
            sent: self.uptime,
            received: self.uptime + 1,
            now: self.now,
            // Both kinds of answers, as the input has it.
            proved: body.now_ms % 2 == 0,
        };
        let applied = self.writer.apply(body, exchange);
        assert_eq!(applied.is_ok(), body.iss == ISSUER && body.answers(asked));
        if applied.is_err() {
            assert_eq!(self.writer.cursor(), asked);
            assert_eq!((self.log.len(), self.log.age(self.uptime)), before);
            return;
        }
        for entry in &body.entries {
            self.expect(entry);
        }
        // Our clock stands still here, so an entry can only go when `now` and the body say so.
        let passed = self.now.min(body.now_ms.div_euclid(1000));
        self.expected
            .retain(|_, meaning| meaning.until.is_none_or(|until| until >= passed));
        self.check();
        self.was_live |= body.is_live();
        // The copy is never younger than the request that brought it, nor complete by itself.
        let age = self.log.age(self.uptime);
        assert!(age.is_none() || self.was_live);
        assert!(self.log.is_stale(self.uptime) || age.is_some());
        self.uptime += STEP;
        assert!(self.log.is_stale(self.uptime), "silence makes it stale");
    }

    fn expect(&mut self, entry: &Entry) {
        let new = Meaning {
            below: entry.below,
            until: entry.until,
        };
        let known = self.expected.entry(entry.id).or_insert(new);
        // The wider of both: all versions before some, never before a time.
        known.below = known.below.zip(new.below).map(|(a, b)| a.max(b));
        known.until = known.until.zip(new.until).map(|(a, b)| a.max(b));
    }

    /// Everything that was ever taken in is still refused.
    fn check(&self) {
        for (id, meaning) in &self.expected {
            match meaning.below {
                None => assert!(self.log.names(id)),
                Some(0) => {}
                Some(below) => {
                    let token = token_of(*id, below - 1);
                    assert!(
                        self.log.judge(&token, self.uptime).refused.is_some(),
                        "{token:?}"
                    );
                }
            }
        }
        assert!(self.log.len() >= self.expected.len());
    }
}

/// A token that is called the same in every way.
fn token_of(id: RevocationId, version: u32) -> TokenIds {
    TokenIds {
        session: Some(id),
        grant: id,
        token: id,
        client: id,
        key: id,
        version,
    }
}
