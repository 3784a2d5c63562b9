//! What becomes of servers on PostgreSQL, and of what they acknowledged, when the database is stopped,
//! read-only, slow, or another one. In CI for a moment each; `cargo xtask drill` takes its time.

#[path = "postgres_drills/commit.rs"]
mod commit;
#[path = "postgres_drills/crowd.rs"]
mod crowd;
#[path = "support/dice.rs"]
mod dice;
#[path = "postgres_drills/history.rs"]
mod history;
#[path = "postgres_drills/member.rs"]
mod member;
#[path = "postgres_drills/promoted.rs"]
mod promoted;
#[path = "postgres_drills/read_only.rs"]
mod read_only;
#[path = "postgres_drills/slow.rs"]
mod slow;
#[path = "postgres_drills/stage.rs"]
mod stage;
#[path = "postgres_drills/stampede.rs"]
mod stampede;
#[path = "postgres_drills/stopped.rs"]
mod stopped;
