//! Authorities and certificates of our own, made for one test.

#![expect(
    clippy::unwrap_used,
    reason = "a fixture: what goes wrong here is the test's failure"
)]

use std::{
    fs::Permissions,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

/// Two authorities, `ca` and `other`; certificates of the first for a server that is called `localhost`
/// and for a client: `server` and `client`, each as `.pem` with its `.key`.
#[derive(Debug)]
pub struct Certificates {
    home: TempDir,
}

impl Certificates {
    /// Makes them.
    #[must_use]
    pub fn make() -> Self {
        let home = tempfile::tempdir().unwrap();
        let made = Self { home };
        std::fs::set_permissions(made.home.path(), Permissions::from_mode(0o755)).unwrap();
        for authority in ["ca", "other"] {
            made.openssl(&format!(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2
                 -subj /CN={authority} -keyout {authority}.key -out {authority}.pem
                 -addext basicConstraints=critical,CA:TRUE"
            ));
        }
        for (name, extension) in [
            ("server", "subjectAltName=DNS:localhost"),
            ("client", "extendedKeyUsage=clientAuth"),
        ] {
            made.openssl(&format!(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2
                 -subj /CN={name} -keyout {name}.key -out {name}.pem -CA ca.pem -CAkey ca.key
                 -addext basicConstraints=critical,CA:FALSE -addext {extension}"
            ));
        }
        made
    }

    fn openssl(&self, arguments: &str) {
        let output = Command::new("openssl")
            .args(arguments.split_whitespace())
            .current_dir(self.home.path())
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{stderr}");
    }

    /// Where a file of them is, such as `ca.pem`.
    #[must_use]
    pub fn path(&self, file: &str) -> PathBuf {
        self.directory().join(file)
    }

    /// Where they all are.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.home.path()
    }
}
