//! A reader of the revocation log that believes nothing: every answer is verified and compared with
//! all that was read before.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, HashSet};

use symbolon_jose::{Algorithm, JwkSet, JwsRules, KeySet, verify_jws};
use symbolon_protocol::{Body, Cursor, Entry, Kind, Mark, RevocationId, typ};
use symbolon_testing::{Api, ServerProcess};

/// What is known of one server's log. It must not run for so long that entries expire.
pub(crate) struct LogReader {
    pub(crate) api: Api,
    issuer: String,
    keys: KeySet,
    rules: JwsRules,
    epoch: Option<String>,
    entries: BTreeMap<u64, Entry>,
    named: HashSet<(Kind, RevocationId)>,
    /// By number, from every cursor that was ever seen.
    marks: BTreeMap<u64, Mark>,
    head: Option<Cursor>,
}

impl LogReader {
    /// Takes the keys and the whole log.
    pub(crate) async fn new(server: &ServerProcess) -> Self {
        let api = server.api();
        let keys = api.get("/revocations/jwks.json").send().await.expect(200);
        let keys = JwkSet::from_json(&keys.body).unwrap();
        let rules = JwsRules::new([Algorithm::EdDSA], typ::REVOCATIONS).unwrap();
        let mut reader = Self {
            issuer: server.issuer(),
            keys: KeySet::from_jwks(&keys).unwrap(),
            rules: rules.with_max_token_bytes(4 << 20),
            api,
            epoch: None,
            entries: BTreeMap::new(),
            named: HashSet::new(),
            marks: BTreeMap::new(),
            head: None,
        };
        reader.poll(None, 0).await.unwrap();
        reader.catch_up().await;
        reader
    }

    /// Reads what follows a cursor and checks it against everything known; `None` when the
    /// connection did not last.
    pub(crate) async fn poll(&mut self, after: Option<Cursor>, wait_secs: u32) -> Option<Body> {
        let cursor = after.map(|cursor| format!("after={cursor}&"));
        let query = format!("{}wait={wait_secs}", cursor.unwrap_or_default());
        let path = format!("/revocations?{query}");
        let answer = self.api.get(&path).try_send().await.ok()?;
        assert_eq!(answer.status, 200, "{answer:?}");
        let verified = verify_jws(&answer.body, &self.keys, &self.rules).unwrap();
        let body: Body = serde_json::from_slice(verified.payload()).unwrap();
        self.learn(after, &body);
        Some(body)
    }

    fn learn(&mut self, after: Option<Cursor>, body: &Body) {
        assert_eq!(body.iss, self.issuer);
        let epoch = self.epoch.get_or_insert_with(|| body.epoch.clone());
        assert_eq!(*epoch, body.epoch, "the log began anew");
        // Every cursor that we have came from this log, so none may be strange to it.
        assert_eq!(
            body.snapshot,
            after.is_none(),
            "the cursor {after:?} is not known any more: {body:?}"
        );
        assert!(body.answers(after), "{after:?}: {body:?}");
        let mut seq = after.map_or(0, |cursor| cursor.seq);
        for entry in &body.entries {
            assert_eq!(entry.seq, seq + 1, "a gap or a repetition: {body:?}");
            seq = entry.seq;
            let known = self.entries.entry(seq).or_insert(*entry);
            assert_eq!(known, entry, "number {seq} names something else now");
            self.named.insert((entry.kind, entry.id));
        }
        assert_eq!(body.next.seq, seq, "{body:?}");
        assert!(body.head.seq >= seq, "{body:?}");
        for cursor in [body.next, body.head] {
            let mark = *self.marks.entry(cursor.seq).or_insert(cursor.mark);
            assert_eq!(mark, cursor.mark, "number {} has another mark", cursor.seq);
        }
        // What was visible once stays.
        if body.is_live() {
            let last = self.entries.last_key_value().map_or(0, |(seq, _)| *seq);
            assert_eq!(body.head.seq, last, "entries are gone from the log's end");
        }
        if self.head.is_none_or(|head| head.seq < body.next.seq) {
            self.head = Some(body.next);
        }
    }

    /// Reads what is new, waiting for it that long; `None` when the connection did not last.
    pub(crate) async fn go_on(&mut self, wait_secs: u32) -> Option<Body> {
        self.poll(self.head, wait_secs).await
    }

    /// Reads until there is nothing new.
    pub(crate) async fn catch_up(&mut self) {
        while !self.go_on(0).await.unwrap().is_live() {}
    }

    /// Asks again from an old cursor, which must still be known and lead to the same entries.
    pub(crate) async fn reread_from(&mut self, chosen: usize) {
        let (seq, mark) = self
            .marks
            .iter()
            .nth(chosen % self.marks.len())
            .map(|(seq, mark)| (*seq, *mark))
            .unwrap();
        self.poll(Some(Cursor { seq, mark }), 0).await.unwrap();
    }

    /// Reads all of it anew.
    pub(crate) async fn reread_all(&mut self) {
        let mut body = self.poll(None, 0).await.unwrap();
        while !body.is_live() {
            body = self.poll(Some(body.next), 0).await.unwrap();
        }
    }

    /// Whether something is named in it.
    pub(crate) fn names(&self, kind: Kind, id: impl Into<RevocationId>) -> bool {
        self.named.contains(&(kind, id.into()))
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
}
