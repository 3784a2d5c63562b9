//! TLS to a real server: its certificate and name are verified, and ours is shown.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs::Permissions,
    os::unix::fs::{PermissionsExt as _, chown},
    sync::Arc,
};

use symbolon_core::store::LogStore as _;
use symbolon_store::postgres::{OpenError, PostgresOptions, PostgresStore};
use symbolon_testing::{
    Certificates, PostgresCluster, PostgresDatabase, RecordingObserver, SeededEntropy,
};

struct Server {
    certificates: Certificates,
}

impl Server {
    /// A server that shows its certificate, and wants one of ours over TLS.
    fn server(&self) -> PostgresCluster {
        let hba = "hostssl all all 127.0.0.1/32 trust clientcert=verify-ca\n\
                   hostnossl all all 127.0.0.1/32 trust\n";
        std::fs::write(self.certificates.path("hba"), hba).unwrap();
        let key = self.certificates.path("server.key");
        std::fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
        let cluster = |settings: &[&str]| PostgresCluster::start_with(settings);
        let setting =
            |name: &str, file: &str| format!("{name}={}", self.certificates.path(file).display());
        if let Some(uid) = PostgresCluster::server_uid() {
            chown(&key, Some(uid), None).unwrap();
        }
        cluster(&[
            "ssl=on",
            &setting("ssl_cert_file", "server.pem"),
            &setting("ssl_key_file", "server.key"),
            &setting("ssl_ca_file", "ca.pem"),
            &setting("hba_file", "hba"),
        ])
    }

    /// The database's address with a host and parameters whose files are here.
    fn url(&self, database: &PostgresDatabase, host: &str, parameters: &[(&str, &str)]) -> String {
        let mut url = database.url().replace("127.0.0.1", host);
        url.push_str("?sslmode=require");
        for (name, file) in parameters {
            url.push_str(&format!(
                "&{name}={}",
                self.certificates.path(file).display()
            ));
        }
        url
    }
}

async fn open(url: &str) -> Result<Arc<PostgresStore>, OpenError> {
    let options = PostgresOptions::new(url.parse().unwrap());
    let entropy = Arc::new(SeededEntropy::new(1));
    PostgresStore::open(options, entropy, Arc::new(RecordingObserver::default())).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_is_verified_and_our_certificate_shown() {
    let certificates = Server {
        certificates: Certificates::make(),
    };
    let cluster = certificates.server();
    let database = cluster.database();
    let ours = [("sslcert", "client.pem"), ("sslkey", "client.key")];
    let with = |host: &str, roots: &str| {
        let all = [("sslrootcert", roots), ours[0], ours[1]];
        certificates.url(&database, host, &all)
    };

    let store = open(&with("localhost", "ca.pem")).await.unwrap();
    assert!(store.log_state().await.is_ok());
    let encrypted = database.sql(
        "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
         WHERE datname = current_database() AND application_name = 'symbolon'",
    );
    assert_eq!(encrypted, "t");
    store.close().await;

    let refused = async |url: String, wanted: &str| {
        let error = open(&url).await.unwrap_err().to_string();
        assert!(error.contains(wanted), "{url}: {error}");
    };
    // Another authority, the system's, another name, and without a certificate of ours.
    refused(with("localhost", "other.pem"), "UnknownIssuer").await;
    refused(
        certificates.url(&database, "localhost", &ours),
        "UnknownIssuer",
    )
    .await;
    refused(with("127.0.0.1", "ca.pem"), "not valid for name").await;
    let anonymous = certificates.url(&database, "localhost", &[("sslrootcert", "ca.pem")]);
    refused(anonymous, "certificate").await;
    // A server without TLS gets nothing in the clear.
    let plain = PostgresDatabase::new();
    let url = certificates.url(&plain, "localhost", &[("sslrootcert", "ca.pem")]);
    refused(url, "server does not support TLS").await;
}
