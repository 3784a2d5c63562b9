//! Which server an admin command speaks to: the one it names, the one that runs on the data
//! directory, or none and the data directory itself.

use std::{
    io,
    os::unix::{fs::MetadataExt as _, net::UnixStream},
    path::{Path, PathBuf},
};

use secrecy::SecretString;
use url::Url;
use zeroize::Zeroizing;

use super::{client::AdminClient, http::HttpTransport, offline::OfflineTransport};
use crate::{
    commands::Context,
    config,
    data_dir::{DataDir, DataDirError},
    failure::Failure,
    wiring::Archive,
};

const TOKEN_VARIABLE: &str = "SYMBOLON_ADMIN_TOKEN";

/// Which server. Without --server it is the one on the data directory, running or not.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Target {
    /// A server elsewhere; needs an admin's access token in SYMBOLON_ADMIN_TOKEN or a file.
    #[arg(long, value_name = "URL")]
    server: Option<Url>,
    /// The file with the admin's access token.
    #[arg(long, value_name = "FILE", requires = "server")]
    admin_token_file: Option<PathBuf>,
}

impl Target {
    /// Connects.
    pub(crate) async fn connect(&self, context: &Context) -> Result<AdminClient, Failure> {
        self.connect_to(context, Fresh::Refused).await
    }

    /// Connects; a data directory without a database gets one, so that the first account can be
    /// made before the server ever ran.
    pub(crate) async fn connect_or_create(
        &self,
        context: &Context,
    ) -> Result<AdminClient, Failure> {
        self.connect_to(context, Fresh::Made).await
    }

    async fn connect_to(&self, context: &Context, fresh: Fresh) -> Result<AdminClient, Failure> {
        match &self.server {
            Some(server) => Ok(AdminClient::new(HttpTransport::remote(
                server,
                &self.token()?,
            )?)),
            None => local(context, fresh).await,
        }
    }

    fn token(&self) -> Result<SecretString, Failure> {
        let text = match &self.admin_token_file {
            Some(file) => std::fs::read_to_string(file)
                .map_err(|error| Failure::usage(format_args!("{}: {error}", file.display())))?,
            None => std::env::var(TOKEN_VARIABLE).map_err(|_| {
                Failure::usage("--server needs an admin's access token").hint(format!(
                    "set {TOKEN_VARIABLE}, or name a file with --admin-token-file"
                ))
            })?,
        };
        let text = Zeroizing::new(text);
        if text.trim().is_empty() {
            return Err(Failure::usage("the admin token is empty"));
        }
        Ok(SecretString::from(text.trim()))
    }
}

/// What becomes of a data directory that has no database yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fresh {
    Made,
    Refused,
}

async fn local(context: &Context, fresh: Fresh) -> Result<AdminClient, Failure> {
    let config = config::load(&context.global.sources([]))?.config;
    let path = &config.server.data_dir;
    match DataDir::existing(path) {
        Ok(data) => {
            let socket = data.admin_socket();
            if answers(&socket)? {
                return Ok(AdminClient::new(HttpTransport::socket(&socket)?));
            }
        }
        Err(DataDirError::Missing(_)) => {}
        Err(error) => return Err(error.into()),
    }
    if fresh == Fresh::Refused && !Archive::of(&config).exists() {
        // A mistyped directory must not become an empty one that looks right.
        let missing = format!(
            "no server runs on {} and no database is there",
            path.display()
        );
        return Err(Failure::unreachable(missing)
            .hint("start it, or name another with --data-dir or --server"));
    }
    let data = DataDir::open(path)?.lock().map_err(|error| match error {
        DataDirError::Locked { .. } => Failure::from(error)
            .hint("it does not answer on admin.sock: it may be starting or stopping; try again"),
        other => other.into(),
    })?;
    Ok(AdminClient::new(OfflineTransport(
        context.offline.start(&config, data).await?,
    )))
}

/// Whether somebody listens on the socket, and whether it is us.
fn answers(socket: &Path) -> Result<bool, Failure> {
    let metadata = match std::fs::symlink_metadata(socket) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => {
            return Err(Failure::unreachable(format_args!(
                "{}: {error}",
                socket.display()
            )));
        }
    };
    // Whoever plants a socket here would be told passwords.
    let own = rustix::process::geteuid().as_raw();
    if metadata.uid() != own {
        let owner = metadata.uid();
        return Err(Failure::unreachable(format_args!(
            "{} belongs to uid {owner}, this process runs as uid {own}",
            socket.display()
        )));
    }
    match UnixStream::connect(socket) {
        Ok(_) => Ok(true),
        // Left behind by a server that was killed.
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(false),
        Err(error) => Err(Failure::unreachable(format_args!(
            "{}: {error}",
            socket.display()
        ))),
    }
}
