//! A standby that follows a cluster, as `pg_basebackup` makes it, and its promotion.

use super::postgres::{PostgresCluster, PostgresDatabase, USER, program, run};
use crate::throwaway::guard::Unprivileged;

/// What the standby calls itself at its primary.
const STANDBY: &str = "standby";
/// How long something of the servers' own may take, in steps.
const STEPS: u32 = 1_200;
const STEP: std::time::Duration = std::time::Duration::from_millis(25);

impl PostgresCluster {
    /// A new cluster that follows this one by streaming replication.
    #[must_use]
    pub fn standby(&self) -> Self {
        let mut standby = Self::with_directory(self.parent(), &[]);
        let address = self.address_of_port();
        let (host, port) = (address.ip(), address.port());
        let primary = format!("host={host} port={port} user={USER} application_name={STANDBY}");
        let mut copy = Unprivileged::command(standby.user(), &program("pg_basebackup"));
        copy.args(["--no-sync", "--checkpoint=fast", "--write-recovery-conf"])
            .arg("--pgdata")
            .arg(standby.data())
            .arg("--dbname")
            .arg(primary);
        run(&mut copy);
        standby.restart();
        self.waits_until("SELECT count(*) FROM pg_stat_replication", "1");
        standby
    }

    /// From now on an answered commit is on the standby's disk as well.
    pub fn wait_for_standby(&self) {
        self.sql(&format!(
            "ALTER SYSTEM SET synchronous_standby_names = '{STANDBY}'"
        ));
        self.sql("SELECT pg_reload_conf()");
        self.waits_until("SELECT sync_state FROM pg_stat_replication", "sync");
    }

    /// A standby hears nothing more of its primary.
    pub fn stop_following(&self) {
        self.sql("ALTER SYSTEM SET primary_conninfo = ''");
        self.sql("SELECT pg_reload_conf()");
        self.waits_until("SELECT count(*) FROM pg_stat_wal_receiver", "0");
    }

    /// A standby becomes a primary.
    pub fn promote(&self) {
        assert_eq!(self.sql("SELECT pg_promote()"), "t", "it was not promoted");
    }

    /// A database that is here because this cluster followed the other one's.
    #[must_use]
    pub fn followed(&self, database: &PostgresDatabase) -> PostgresDatabase {
        PostgresDatabase::of(&self.address(), database.name())
    }

    fn sql(&self, sql: &str) -> String {
        // It is not ours: it goes with the cluster.
        let own = std::mem::ManuallyDrop::new(PostgresDatabase::of(&self.address(), "postgres"));
        own.sql(sql)
    }

    fn waits_until(&self, sql: &str, answer: &str) {
        for _ in 0..STEPS {
            if self.sql(sql) == answer {
                return;
            }
            std::thread::sleep(STEP);
        }
        let said = self.sql(sql);
        assert_eq!(said, answer, "{sql}");
    }
}
