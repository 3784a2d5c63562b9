//! SIGKILL at any moment, again and again on one data directory: what was acknowledged is there
//! after the next start, what was acknowledged as ended stays ended, and everything else either
//! happened or did not.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "what the crowd did is told")]

#[path = "support/dice.rs"]
mod dice;
#[path = "support/figures.rs"]
mod figures;
#[path = "support/log_reader.rs"]
mod log_reader;
#[path = "support/user.rs"]
mod user;

use std::{sync::Arc, time::Duration};

use dice::Dice;
use figures::Figures;
use log_reader::LogReader;
use symbolon_testing::{ServerProcess, ServerSetup};
use tokio::{sync::Mutex, task::JoinSet};
use user::User;

const USERS: u64 = 16;
const ROUNDS: u64 = 200;
/// Kills of one data directory; more of them begin anew, so that no entry of the log expires and
/// nobody has to remember too much.
const ROUNDS_OF_ONE: u64 = 250;
/// As long as that one is used at most, on a machine that has little time: its tokens are valid for an hour.
const TIME_OF_ONE: Duration = Duration::from_secs(40 * 60);
/// Milliseconds of load before a kill, for so many users; more of them take longer.
const LOAD_MS: (u64, u64) = (60, 200);
/// Milliseconds of a start before it is killed: less than it takes, and more.
const START_MS: u64 = 120;

fn setup() -> ServerSetup {
    ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .set("tokens.refresh_grace", "60s")
        // Longer than the test runs, so that no entry of the log expires.
        .set("tokens.access_lifetime", "60m")
        .set("sessions.browser_idle", "12h")
        .set("log.level", "warn")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigkill_under_load_loses_nothing_acknowledged() {
    let seed = dice::seed();
    let rounds = dice::from_env("SYMBOLON_TEST_ROUNDS", || ROUNDS);
    let users = dice::from_env("SYMBOLON_TEST_USERS", || USERS);
    let mut sum = Figures::default();
    let mut done = 0;
    while done < rounds {
        let more = ROUNDS_OF_ONE.min(rounds - done);
        let (kills, figures) = kill_again_and_again(seed ^ (done << 32), more, users).await;
        sum += figures;
        done += kills;
    }
    assert!(sum.logins > rounds && sum.refreshes > rounds && sum.ends > rounds);
    let Figures {
        logins,
        refreshes,
        ends,
        reuses,
        lost,
        happened,
    } = sum;
    println!(
        "drilled: {users} clients under load: points {rounds}, restarts {rounds}, logins {logins}, \
         refreshes {refreshes}, ends {ends}, reuses {reuses}, unanswered {lost}, \
         happened {happened}, violations 0"
    );
}

/// One data directory and its users; so many kills at most. Answers how many it were.
async fn kill_again_and_again(seed: u64, rounds: u64, users: u64) -> (u64, Figures) {
    let begun = tokio::time::Instant::now();
    let dice = Dice::new(seed);
    let mut server = setup().start().await;
    let mut log = LogReader::new(&server).await;
    let mut acting = Vec::new();
    for number in 0..users {
        let own = Dice::new(seed ^ (number + 1));
        acting.push(User::register(server.api(), format!("user-{number}"), own).await);
    }
    let mut kills = 0;
    while kills < rounds && begun.elapsed() < TIME_OF_ONE {
        (acting, log) = load_and_kill(&mut server, &dice, acting, log).await;
        start_again(&mut server, &dice).await;
        log.reread_from(dice.index(usize::MAX)).await;
        log.reread_from(0).await;
        kills += 1;
        let everything = kills == rounds || kills % 50 == 0;
        (acting, log) = look(acting, log, everything).await;
    }
    log.reread_all().await;
    assert!(server.terminate().success());
    server.start().await;
    (acting, log) = look(acting, log, true).await;
    let mut sum = Figures::default();
    for user in &acting {
        sum += user.figures;
    }
    println!("{kills} kills, {} log entries, {sum:?}", log.len());
    (kills, sum)
}

/// Everybody acts, somebody reads the log, and the server is killed in the midst of it.
async fn load_and_kill(
    server: &mut ServerProcess,
    dice: &Dice,
    users: Vec<User>,
    log: LogReader,
) -> (Vec<User>, LogReader) {
    let crowd = users.len() as u64;
    let mut acting: JoinSet<_> = users.into_iter().map(User::act).collect();
    let reading = tokio::spawn(follow(log));
    // The moment of the kill is to be anywhere, so it is no event that could be waited for.
    let load = LOAD_MS.0 + dice.below(LOAD_MS.1 - LOAD_MS.0);
    let load = load.max(load * crowd / USERS);
    tokio::time::sleep(Duration::from_micros(load * 1000 + dice.below(1000))).await;
    server.kill();
    let mut users = Vec::new();
    while let Some(user) = acting.join_next().await {
        users.push(user.unwrap());
    }
    (users, reading.await.unwrap())
}

/// Follows the log by long polls until the connection is lost.
async fn follow(mut log: LogReader) -> LogReader {
    while log.go_on(2).await.is_some() {}
    log
}

/// Starts it; now and then it is killed again while it starts.
async fn start_again(server: &mut ServerProcess, dice: &Dice) {
    while dice.below(8) == 0 {
        server.launch();
        tokio::time::sleep(Duration::from_millis(dice.below(START_MS))).await;
        server.kill();
    }
    server.start().await;
}

async fn look(users: Vec<User>, log: LogReader, everything: bool) -> (Vec<User>, LogReader) {
    let log = Arc::new(Mutex::new(log));
    let mut looking: JoinSet<_> = users
        .into_iter()
        .map(|user| user.look(Arc::clone(&log), everything))
        .collect();
    let mut users = Vec::new();
    while let Some(user) = looking.join_next().await {
        users.push(user.unwrap());
    }
    (users, Arc::into_inner(log).unwrap().into_inner())
}

#[tokio::test]
async fn a_first_start_that_is_killed_anywhere_can_be_repeated() {
    let dice = Dice::new(dice::seed());
    for _ in 0..20 {
        let mut server = setup().prepare();
        server.launch();
        tokio::time::sleep(Duration::from_micros(dice.below(START_MS * 1000))).await;
        server.kill();
        server.start().await;
        server.api().register("anna").await;
        let login = server.api().log_in("anna").await;
        server.kill();
        server.start().await;
        let me = server.api().me_by_token(&login.access).await;
        assert_eq!(me.status, 200, "{me:?}");
    }
}
