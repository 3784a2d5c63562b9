//! A database whose bits turned over or that ends too early, under the real binary: it says what is
//! wrong and what to do, or it works, and nothing that was ended is good again.
//!
//! What is found of the files themselves, the store's own tests look at bit by bit.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;

use crate::{
    dice::{self, Dice},
    stage::{Figures, Stage, State},
};

/// Damages of each file.
const DAMAGES: u64 = 8;

#[tokio::test]
async fn a_damaged_database_is_refused_with_advice_or_keeps_what_was_ended() {
    let dice = Dice::new(dice::seed());
    let damages = dice::from_env("SYMBOLON_TEST_DAMAGES", || DAMAGES);
    let mut stage = Stage::build().await;
    for file in ["symbolon.db", "symbolon.db-wal"] {
        let mut figures = Figures::default();
        let mut refused = 0;
        for number in 0..damages {
            stage.put(State::Killed);
            let path = stage.server.data_dir().join(file);
            let mut bytes = fs::read(&path).unwrap();
            let at = dice.index(bytes.len());
            if number % 4 == 3 {
                bytes.truncate(at);
            } else {
                bytes[at] ^= 1 << dice.below(8);
            }
            fs::write(&path, &bytes).unwrap();
            println!("{file}: byte {at}, {} are left", bytes.len());
            check_says_something(&stage);
            refused += u64::from(is_refused(&mut stage).await);
            figures.points += 1;
            figures.restarts += 1;
        }
        assert!(refused > 0, "{file}");
        figures.print(&format!("damage of {file}, {refused} refused"));
    }
}

/// Starts it on what is there, and looks at what it does.
async fn is_refused(stage: &mut Stage) -> bool {
    let said = stage.server.log().len();
    stage.server.run_under(&[""; 0]);
    stage.server.launch();
    let ended = stage.server.listening_or_ended().await;
    let log = stage.server.log();
    let log = log.get(said..).unwrap_or_default();
    assert!(!log.contains("panicked"), "{log}");
    if let Some(status) = ended {
        // What is sealed with the master key and damaged looks as with another key.
        assert!(matches!(status.code(), Some(2 | 3)), "{status:?}");
        assert!(log.contains("error: the "), "{log}");
        assert!(log.contains("symbolon restore"), "{log}");
        return true;
    }
    stage.past().must_not_be_good_again().await;
    stage.server.kill();
    false
}

/// It finds something or nothing, or cannot work on it at all.
fn check_says_something(stage: &Stage) {
    let mut check = stage.server.command();
    check.args(["store", "check"]);
    let output = check.output().unwrap();
    assert!(
        matches!(output.status.code(), Some(0 | 1 | 3)),
        "{output:?}"
    );
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("panicked"), "{said}");
}
