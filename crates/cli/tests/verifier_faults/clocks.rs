//! Clocks that are wrong, and machines that sleep.

use std::path::PathBuf;

use symbolon_testing::Fault;

use crate::world::{LOG, World, code, setup, until};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

#[tokio::test]
async fn a_machine_that_slept_refuses_until_the_next_answer() {
    let world = World::start().await;
    let verifier = world.verifier().await;
    let [login, alive] = [world.log_in().await, world.log_in().await];
    // The answers that are on their way when the machine falls asleep arrive when it wakes up.
    world.proxy.set_for(LOG, Fault::Hold);
    world.proxy.until_more(LOG, 1).await;
    let held = world.proxy.count(LOG);
    let answered = |seen: &[symbolon_testing::fault_proxy::Seen]| seen[held - 1].status.is_some();
    world.proxy.until(LOG, answered).await;
    world.end(&login).await;
    world.hands.pass(HOUR);
    assert_eq!(code(&verifier, &alive.access), "revocation_stale");
    assert_eq!(code(&verifier, &login.access), "revocation_stale");

    world.proxy.release();
    // It has taken that answer in when it asks again.
    world.proxy.until(LOG, |seen| seen.len() > held).await;
    assert_eq!(code(&verifier, &alive.access), "revocation_stale");
    assert!(verifier.status().age.unwrap().as_secs() >= 3_600);

    world.proxy.set(Fault::Pass);
    world.proxy.release();
    world.recovers(&verifier, &[&login], &alive).await;
}

#[tokio::test]
async fn a_verifier_whose_clock_is_minutes_off_follows_the_log_all_the_same() {
    let world = World::start().await;
    let verifier = world.verifier().await;
    let mut ended = Vec::new();
    for (off, verdict) in [
        (-3 * MINUTE, "issued_in_future"),
        (-MINUTE / 2, "accepted"),
        (3 * MINUTE, "accepted"),
        // Tokens live for five minutes.
        (6 * MINUTE, "token_expired"),
    ] {
        let [login, alive] = [world.log_in().await, world.log_in().await];
        world.hands.set_wall(off);
        let found = code(&verifier, &alive.access);
        assert_eq!(found, verdict, "{off}");
        world.end(&login).await;
        ended.push(login);
        until(&verifier, |status| status.entries == ended.len()).await;
        // Nothing is forgotten by a clock that is wrong: it takes both.
        world.hands.pass(2 * MINUTE);
        until(&verifier, |status| status.live).await;
        world.proxy.until_more(LOG, 1).await;
        assert_eq!(verifier.status().entries, ended.len(), "{off}");
        world.hands.set_wall(0);
        for login in &ended {
            assert_eq!(code(&verifier, &login.access), "revoked_session");
        }
    }
}

/// Debian's libfaketime, which moves the wall clock of a process by what stands in a file.
fn faketime() -> Option<PathBuf> {
    let arch = std::env::consts::ARCH;
    let found = ["/usr/lib".to_owned(), format!("/usr/lib/{arch}-linux-gnu")];
    let found = found.into_iter().map(|directory| {
        let directory = PathBuf::from(directory);
        directory.join("faketime/libfaketimeMT.so.1")
    });
    found.into_iter().find(|library| library.exists())
}

/// The wall clock of a server, as a test sets it.
struct WallClock {
    file: tempfile::TempDir,
}

impl WallClock {
    fn new() -> Self {
        let clock = Self {
            file: tempfile::tempdir().unwrap(),
        };
        clock.set_off(0);
        clock
    }

    fn path(&self) -> PathBuf {
        self.file.path().join("offset")
    }

    fn set_off(&self, secs: i64) {
        let new = self.file.path().join("new");
        std::fs::write(&new, format!("{secs:+}\n")).unwrap();
        std::fs::rename(new, self.path()).unwrap();
    }

    /// The words before a command whose wall clock is this one.
    fn words(&self, library: &std::path::Path) -> [String; 5] {
        [
            "env".to_owned(),
            format!("LD_PRELOAD={}", library.display()),
            format!("FAKETIME_TIMESTAMP_FILE={}", self.path().display()),
            "FAKETIME_NO_CACHE=1".to_owned(),
            "FAKETIME_DONT_FAKE_MONOTONIC=1".to_owned(),
        ]
    }
}

#[tokio::test]
async fn a_step_of_the_issuers_clock_leaves_no_verifier_behind() {
    let Some(library) = faketime() else {
        let is_ci = std::env::var_os("CI").is_some();
        assert!(!is_ci, "libfaketime is not installed");
        println!("skipped: libfaketime is not installed");
        return;
    };
    let clock = WallClock::new();
    let words = clock.words(&library);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let world = World::with(setup().under(&words)).await;
    let verifier = world.verifier().await;
    // Off from the start is as good as right; afterwards in steps, there and back.
    for (number, off) in [300, -300, 50 * 3_600, 0].into_iter().enumerate() {
        clock.set_off(off);
        let login = world.log_in().await;
        world.end(&login).await;
        until(&verifier, |status| status.entries == number + 1).await;
        // Two polls after the step the copy is young, and stays so.
        world.proxy.until_more(LOG, 3).await;
        let status = verifier.status();
        assert!(status.live, "{off}: {status:?}");
        assert!(status.age.unwrap().as_secs() < 10, "{off}: {status:?}");
    }
    let alive = world.log_in().await;
    let status = verifier.status();
    assert_eq!(code(&verifier, &alive.access), "accepted", "{status:?}");
}
