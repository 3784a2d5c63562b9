//! The listeners: public, ops, and `admin.sock`.

use std::{
    net::SocketAddr,
    os::unix::fs::{FileTypeExt as _, PermissionsExt as _},
};

use tokio::net::{TcpListener, UnixListener};

use crate::{
    config::{Config, Loaded, OptionalListen},
    data_dir::LockedDataDir,
    failure::Failure,
    output,
};

/// The ports that are listened on.
pub(super) struct Listeners {
    pub(super) public: TcpListener,
    pub(super) ops: Option<TcpListener>,
}

/// Binds the ports.
pub(super) async fn bind(config: &Config) -> Result<Listeners, Failure> {
    let public = bind_tcp(config.server.listen, "server.listen").await?;
    let ops = match config.server.ops_listen {
        OptionalListen::At(address) => Some(bind_tcp(address, "server.ops_listen").await?),
        OptionalListen::Off => None,
    };
    Ok(Listeners { public, ops })
}

async fn bind_tcp(address: SocketAddr, key: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        Failure::unreachable(format_args!("cannot listen on {address} ({key}): {error}"))
    })
}

/// Binds `admin.sock`. The socket of a server that was killed is in the way; the lock says that it
/// is gone.
pub(super) fn bind_admin(data: &LockedDataDir) -> Result<UnixListener, Failure> {
    let path = data.admin_socket();
    let failed = |error: std::io::Error| {
        Failure::unreachable(format_args!("cannot listen on {}: {error}", path.display()))
    };
    match std::fs::symlink_metadata(&path) {
        Ok(metadata) if metadata.file_type().is_socket() => {
            std::fs::remove_file(&path).map_err(failed)?;
        }
        Ok(_) => return Err(failed(std::io::ErrorKind::AlreadyExists.into())),
        Err(_) => {}
    }
    // The directory is 0700, so nobody can connect before the mode is set.
    let listener = UnixListener::bind(&path).map_err(failed)?;
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(&path, mode).map_err(failed)?;
    Ok(listener)
}

impl Listeners {
    /// Says where the server is, and what is worth knowing about it.
    pub(super) fn announce(&self, config: &Config, loaded: &Loaded) {
        let issuer = config.server.issuer.as_str();
        let at = |listener: &TcpListener| {
            listener
                .local_addr()
                .map(|address| address.to_string())
                .unwrap_or_default()
        };
        let file = loaded
            .file
            .as_ref()
            .map_or("none".to_owned(), |path| path.display().to_string());
        tracing::info!(
            issuer,
            listen = at(&self.public),
            ops = self.ops.as_ref().map(at).unwrap_or_else(|| "off".to_owned()),
            data = %config.server.data_dir.display(),
            config = file,
            "listening"
        );
        if !config.server.issuer.is_https() {
            tracing::warn!(
                issuer,
                "the issuer is plain http on this machine: its cookies are not Secure and have no \
                 __Host- prefix; put it behind https before others use it"
            );
        }
        output::note(&format!("symbolon: {issuer}"));
    }
}
