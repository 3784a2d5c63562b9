//! What a thousand readers of the revocation log cost one server: memory and processor time while
//! they wait, and the time from an ending to the last of a thousand answers.
//!
//! `cargo bench -p symbolon --bench readers`. Prints figures; judges nothing. Readers and server
//! share the machine.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a benchmark: it measures time, prints, and ends when something fails"
)]

use std::time::{Duration, Instant};

use symbolon_testing::{Api, ServerProcess, ServerSetup};
use symbolon_verifier::{Algorithm, Startup, Verifier};
use tokio::task::JoinSet;

const READERS: usize = 1_000;
const ROUNDS: usize = 7;
const ENTRIES: usize = 1_000_000;
/// What a verifier may take to load all of it.
const LOADS: Duration = Duration::from_secs(600);
const IDLE: Duration = Duration::from_secs(20);
/// As a verifier does it by default, in seconds.
const WAITS: [u32; 2] = [2, 25];

#[tokio::main]
async fn main() {
    let server = ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .start()
        .await;
    let api = server.api();
    api.register("alice").await;
    let before = resident_kib(&server);
    println!("resident without readers               {before:>8.0} KiB");
    for wait in WAITS {
        let mut readers = JoinSet::new();
        let cursor = head(&api).await;
        for _ in 0..READERS {
            let (api, cursor) = (api.clone(), cursor.clone());
            readers.spawn(async move {
                loop {
                    drop(poll(&api, &cursor, wait).await);
                }
            });
        }
        until_waiting(&server).await;
        let (start, ticks) = (Instant::now(), cpu_secs(&server));
        tokio::time::sleep(IDLE).await;
        let used = (cpu_secs(&server) - ticks) / start.elapsed().as_secs_f64();
        let each = (resident_kib(&server) - before) / READERS as f64;
        println!(
            "{READERS} readers, each waiting {wait:>2} s: {:>5.1} % of a core, {each:.1} KiB each",
            used * 100.0
        );
        readers.shutdown().await;
    }
    for _ in 0..ROUNDS {
        round(&server, &api).await;
    }
    drop(server);
    long_log().await;
}

/// A log of a million entries: start of the server, and verifiers that load all of it.
async fn long_log() {
    let mut server = ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .start()
        .await;
    let before = resident_kib(&server);
    server.terminate();
    let since = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let database = rusqlite::Connection::open(server.data_dir().join("symbolon.db")).unwrap();
    let fill = "WITH RECURSIVE n(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n WHERE seq < ?1)
        INSERT INTO revocations
            (seq, mark, kind, id, below, reason, revoked_at_secs, until_secs)
        SELECT seq, randomblob(16), 'session', randomblob(16), NULL, 'logout', ?2, ?2 + 3600
        FROM n";
    database
        .execute(
            fill,
            rusqlite::params![
                i64::try_from(ENTRIES).unwrap(),
                i64::try_from(since).unwrap()
            ],
        )
        .unwrap();
    drop(database);
    let start = Instant::now();
    server.start().await;
    println!(
        "\n{ENTRIES} entries: start to ready {:.0} ms, {:.0} bytes resident each",
        millis(start.elapsed()),
        (resident_kib(&server) - before) * 1024.0 / ENTRIES as f64
    );
    let page = server
        .api()
        .get("/revocations")
        .send()
        .await
        .expect(200)
        .body;
    println!(
        "first page {} bytes, {:.0} an entry",
        page.len(),
        page.len() as f64 / 4_000.0
    );
    for count in [1, 4] {
        let (start, cpu) = (Instant::now(), cpu_secs(&server));
        let own = own_kib();
        let mut loading = JoinSet::new();
        for _ in 0..count {
            let builder = Verifier::builder(server.issuer())
                .audience(server.issuer())
                .algorithms([Algorithm::EdDSA])
                .startup(Startup::Wait(LOADS));
            loading.spawn(async move { builder.build().await.unwrap() });
        }
        let loaded = loading.join_all().await;
        assert!(
            loaded
                .iter()
                .all(|verifier| verifier.status().entries == ENTRIES)
        );
        let took = start.elapsed();
        println!(
            "{count} verifiers live after {:.0} ms; the server took {:.0} ms of processor time and \
             made {} signatures in all; {:.0} bytes an entry resident here",
            millis(took),
            (cpu_secs(&server) - cpu) * 1_000.0,
            server.metric("symbolon_feed_signatures_total", &[]).await,
            (own_kib() - own) * 1024.0 / (ENTRIES * count) as f64
        );
    }
}

/// What this process has in memory.
fn own_kib() -> f64 {
    resident_of("self")
}

/// From the request that ends a session to each reader's answer.
async fn round(server: &ServerProcess, api: &Api) {
    let login = api.log_in("alice").await;
    let cursor = head(api).await;
    let mut readers = JoinSet::new();
    for _ in 0..READERS {
        let (api, cursor) = (api.clone(), cursor.clone());
        readers.spawn(async move {
            drop(poll(&api, &cursor, 25).await);
            Instant::now()
        });
    }
    until_waiting(server).await;
    let signed = server.metric("symbolon_feed_signatures_total", &[]).await;
    let start = Instant::now();
    let path = format!("/api/v1/sessions/{}", login.session);
    let _ = api
        .delete(&path)
        .cookie(&login.cookie)
        .send()
        .await
        .expect(200);
    let answered = start.elapsed();
    let mut times: Vec<_> = readers.join_all().await;
    times.sort();
    let at = |index: usize| millis(times[index].duration_since(start));
    let signed = server.metric("symbolon_feed_signatures_total", &[]).await - signed;
    println!(
        "ended in {:.1} ms; answers: first {:.1}, p50 {:.1}, p99 {:.1}, last {:.1} ms; {signed} signatures",
        millis(answered),
        at(0),
        at(READERS / 2),
        at(READERS * 99 / 100),
        at(READERS - 1)
    );
}

async fn poll(api: &Api, cursor: &str, wait: u32) -> String {
    let path = format!("/revocations?wait={wait}&after={cursor}");
    api.get(&path).send().await.expect(200).body
}

/// Where the log ends.
async fn head(api: &Api) -> String {
    let jws = api.get("/revocations").send().await.expect(200).body;
    let payload = symbolon_jose::base64url::decode(jws.split('.').nth(1).unwrap()).unwrap();
    let body: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    body["head"].as_str().unwrap().to_owned()
}

async fn until_waiting(server: &ServerProcess) {
    while server.metric("symbolon_feed_waiting", &[]).await < READERS as f64 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn millis(took: Duration) -> f64 {
    took.as_secs_f64() * 1_000.0
}

fn resident_kib(server: &ServerProcess) -> f64 {
    resident_of(&server.pid().to_string())
}

fn resident_of(process: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Processor time of all its threads; the kernel counts in hundredths of a second.
fn cpu_secs(server: &ServerProcess) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", server.pid())).unwrap();
    let fields = stat.rsplit_once(')').unwrap().1;
    let ticks = |at: usize| -> f64 { fields.split_whitespace().nth(at).unwrap().parse().unwrap() };
    (ticks(11) + ticks(12)) / 100.0
}
