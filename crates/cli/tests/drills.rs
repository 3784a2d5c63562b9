//! What the disk and the process do to the database at every single moment of one history, and that
//! nothing acknowledged is lost by it. In CI a sample of the moments; `cargo xtask drill` goes
//! through all of them.

#[path = "drills/damage.rs"]
mod damage;
#[path = "support/database.rs"]
mod database;
#[path = "support/dice.rs"]
mod dice;
#[path = "drills/disk.rs"]
mod disk;
#[path = "drills/error_sweep.rs"]
mod error_sweep;
#[path = "support/faults.rs"]
mod faults;
#[path = "drills/history.rs"]
mod history;
#[path = "drills/kill_sweep.rs"]
mod kill_sweep;
#[path = "support/log_reader.rs"]
mod log_reader;
#[path = "drills/power_loss.rs"]
mod power_loss;
#[path = "drills/stage.rs"]
mod stage;
#[path = "drills/sweep.rs"]
mod sweep;
#[path = "drills/system_calls.rs"]
mod system_calls;
