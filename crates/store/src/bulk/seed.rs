//! Rows for measuring: accounts, sessions and grants as log-ins make them, and as many as wanted.

use symbolon_core::{
    Entropy, EntropyExt as _, Timestamp,
    model::{SessionKind, TruncatedIp},
};
use uuid::Uuid;

use super::{
    Bulk, BulkError, Row, Table,
    tables::{
        ACCOUNTS, CREDENTIALS, GRANTS, IDENTIFIERS, SERVER_SECRETS, SESSION_COOKIES, SESSIONS,
    },
    value::Value,
};

/// Rows that are in memory at once, of each table.
const PAGE: u64 = 5_000;

/// What browsers call themselves, as the device list shows it.
const DEVICES: [&str; 5] = [
    "Firefox 142 on Linux",
    "Chrome 141 on Android",
    "Safari 26 on iOS",
    "Chrome 141 on Windows",
    "Edge 141 on Windows",
];

/// What is to be made.
#[derive(Debug, Clone)]
pub struct SeedPlan {
    /// Accounts, each with a user name, an address and a password.
    pub accounts: u64,
    /// Sessions, each with a cookie and a grant.
    pub sessions: u64,
    /// How many of these have been dead for long.
    pub dead: u64,
    /// The PHC string of the password of all.
    pub password_hash: String,
    /// The origin of the cookies.
    pub origin: String,
    /// The client of the grants.
    pub client: String,
    /// What the grants are for.
    pub resource: String,
    /// Their scopes.
    pub scopes: Vec<String>,
    /// Seconds without use after which a session is dead, and after which it is in any case.
    pub session_secs: (u32, u32),
    /// The same of a grant.
    pub grant_secs: (u32, u32),
    /// The present.
    pub now: Timestamp,
    /// When a dead session was made; it was used no more a minute later.
    pub long_ago: Timestamp,
}

/// What was made.
#[derive(Debug, Clone)]
pub struct Seeded {
    /// The number of the first account; its name is `seed-` and the number.
    pub first: u64,
    /// Rows of all tables.
    pub rows: u64,
}

/// Is told how many rows there are, of how many.
type Tell<'a> = &'a dyn Fn(u64, u64);

/// Makes the rows.
struct Seed<'a> {
    plan: &'a SeedPlan,
    entropy: &'a dyn Entropy,
    secret: i64,
    accounts: Vec<Uuid>,
    tell: Tell<'a>,
    rows: u64,
}

/// Makes all that the plan wants, in a store that has keys and nobody's accounts but those of earlier
/// seeds.
///
/// # Errors
/// If the store has accounts of others, or was never opened by a server.
pub async fn seed(
    store: &mut dyn Bulk,
    plan: &SeedPlan,
    entropy: &dyn Entropy,
    tell: Tell<'_>,
) -> Result<Seeded, BulkError> {
    if store.meta().await?.copying.is_some() {
        return Err(BulkError::Unfinished);
    }
    if store.has_foreign_accounts().await? {
        return Err(BulkError::ForeignAccounts);
    }
    let first = store.count(ACCOUNTS).await?;
    let secret = store.last_key(SERVER_SECRETS).await?;
    let Some([Value::Integer(secret)]) = secret.as_deref() else {
        return Err(BulkError::NoSecret);
    };
    let mut seed = Seed {
        plan,
        entropy,
        secret: *secret,
        accounts: Vec::new(),
        tell,
        rows: 0,
    };
    seed.make_accounts(store, first).await?;
    seed.make_sessions(store).await?;
    Ok(Seeded {
        first,
        rows: seed.rows,
    })
}

impl Seed<'_> {
    async fn make_accounts(&mut self, store: &mut dyn Bulk, first: u64) -> Result<(), BulkError> {
        let mut made = 0;
        while made < self.plan.accounts {
            let page = PAGE.min(self.plan.accounts - made);
            let (mut accounts, mut identifiers, mut credentials) = (vec![], vec![], vec![]);
            for number in first + made..first + made + page {
                let id = self.entropy.uuid_v7(self.plan.now);
                accounts.push(self.account(id));
                identifiers.extend(self.identifiers(id, number));
                credentials.push(self.credential(id));
                self.accounts.push(id);
            }
            self.write(store, ACCOUNTS, accounts).await?;
            self.write(store, IDENTIFIERS, identifiers).await?;
            self.write(store, CREDENTIALS, credentials).await?;
            made += page;
        }
        Ok(())
    }

    async fn make_sessions(&mut self, store: &mut dyn Bulk) -> Result<(), BulkError> {
        let mut made = 0;
        while made < self.plan.sessions {
            let page = PAGE.min(self.plan.sessions - made);
            let (mut sessions, mut cookies, mut grants) = (vec![], vec![], vec![]);
            for number in made..made + page {
                let at = match number < self.plan.dead {
                    true => self.plan.long_ago,
                    false => self.plan.now,
                };
                let Some(account) = self.anybody() else {
                    return Ok(());
                };
                let id = self.entropy.uuid_v7(at);
                sessions.push(self.session(id, account, number, at));
                cookies.push(self.cookie(id));
                grants.push(self.grant(id, account, at));
            }
            self.write(store, SESSIONS, sessions).await?;
            self.write(store, SESSION_COOKIES, cookies).await?;
            self.write(store, GRANTS, grants).await?;
            made += page;
        }
        Ok(())
    }

    async fn write(
        &mut self,
        store: &mut dyn Bulk,
        table: &'static Table,
        rows: Vec<Row>,
    ) -> Result<(), BulkError> {
        let count = rows.len() as u64;
        store.write(table, rows).await?;
        self.rows += count;
        (self.tell)(self.rows, self.plan.accounts * 4 + self.plan.sessions * 3);
        Ok(())
    }

    fn anybody(&self) -> Option<Uuid> {
        let draw = u128::from(u64::from_le_bytes(self.entropy.bytes()));
        let at = (draw * self.accounts.len() as u128) >> 64;
        self.accounts.get(usize::try_from(at).ok()?).copied()
    }

    fn account(&self, id: Uuid) -> Row {
        let subject: [u8; 16] = self.entropy.bytes();
        Row(vec![
            bytes(id.as_bytes()),
            text(Uuid::from_bytes(subject).simple().to_string()),
            text("active"),
            Value::Null,
            Value::Null,
            Value::Null,
            text("{}"),
            at(self.plan.now),
        ])
    }

    fn identifiers(&self, account: Uuid, number: u64) -> [Row; 2] {
        let name = name(number);
        let address = format!("{name}@example.com");
        let row = |kind: &str, value: &str, verified: Value| {
            let account = bytes(account.as_bytes());
            Row(vec![
                account,
                text(kind),
                text(value),
                text(value),
                verified,
            ])
        };
        [
            row("email", &address, at(self.plan.now)),
            row("username", &name, Value::Null),
        ]
    }

    fn credential(&self, account: Uuid) -> Row {
        let now = self.plan.now;
        Row(vec![
            bytes(self.entropy.uuid_v7(now).as_bytes()),
            bytes(account.as_bytes()),
            text("password"),
            Value::Integer(1),
            text(self.plan.password_hash.as_str()),
            Value::Null,
            Value::Null,
            at(now),
            at(now),
            Value::Null,
        ])
    }

    fn session(&self, id: Uuid, account: Uuid, number: u64, made: Timestamp) -> Row {
        let (idle, absolute) = self.plan.session_secs;
        let device = DEVICES.get(number as usize % DEVICES.len()).copied();
        let [a, b, c] = self.entropy.bytes();
        let ip = TruncatedIp::from_full(std::net::Ipv4Addr::new(a, b, c, 0).into());
        Row(vec![
            bytes(id.as_bytes()),
            bytes(account.as_bytes()),
            text(SessionKind::Browser.as_str()),
            Value::Integer(1),
            Value::Null,
            at(made),
            at(made),
            at(made.plus_secs(60).min(self.plan.now)),
            Value::Integer(idle.into()),
            at(made.plus_secs(absolute.into())),
            Value::Texts(vec!["pwd".to_owned()]),
            Value::Null,
            text(device.unwrap_or_default()),
            text(ip.to_string()),
            Value::Null,
            Value::Null,
        ])
    }

    fn cookie(&self, session: Uuid) -> Row {
        // A hash of a value that nobody knows.
        let hash: [u8; 32] = self.entropy.bytes();
        let (hash, session) = (bytes(&hash), bytes(session.as_bytes()));
        Row(vec![hash, session, text(self.plan.origin.as_str())])
    }

    fn grant(&self, session: Uuid, account: Uuid, made: Timestamp) -> Row {
        let (idle, absolute) = self.plan.grant_secs;
        let seed: [u8; 32] = self.entropy.bytes();
        Row(vec![
            bytes(self.entropy.uuid_v7(made).as_bytes()),
            bytes(account.as_bytes()),
            text(self.plan.client.as_str()),
            text(self.plan.resource.as_str()),
            Value::Texts(self.plan.scopes.clone()),
            bytes(session.as_bytes()),
            Value::Null,
            Value::Integer(0),
            Value::Integer(1),
            Value::Integer(1),
            bytes(&seed),
            Value::Integer(self.secret),
            Value::Null,
            at(made),
            Value::Integer(idle.into()),
            at(made.plus_secs(absolute.into())),
            Value::Null,
            Value::Null,
        ])
    }
}

/// The user name of a seeded account.
#[must_use]
pub fn name(number: u64) -> String {
    format!("seed-{number:07}")
}

fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

fn bytes(bytes: &[u8]) -> Value {
    Value::Bytes(bytes.to_vec())
}

const fn at(time: Timestamp) -> Value {
    Value::Integer(time.as_millis())
}
