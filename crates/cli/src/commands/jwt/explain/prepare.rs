//! The verifier that a service would have, as far as it can be had here.

use std::time::Duration;

use symbolon_jose::JwkSet;
use symbolon_protocol::{RejectReason, Timestamp};
use symbolon_verifier::{BuildError, Builder, Clock, Startup, SystemClock, Verifier};
use zeroize::Zeroizing;

use super::{super::key_source, Explain};
use crate::{
    failure::{Exit, Failure},
    fetch,
};

/// For the revocation log to come in whole.
const PATIENCE: Duration = Duration::from_secs(10);
const SECRET_VARIABLE: &str = "SYMBOLON_CLIENT_SECRET";

/// A verifier, and what it lacks.
pub(super) struct Prepared {
    pub(super) verifier: Verifier,
    /// Why no service could use this issuer, and who the server says that it is.
    pub(super) metadata: Result<(), (RejectReason, Option<String>)>,
    /// Why the revocation log is not there.
    pub(super) log: Result<(), String>,
    pub(super) has_keys: bool,
    /// Why nothing can be said for certain: what the service would ask does not answer.
    pub(super) undecided: Option<String>,
}

impl Explain {
    pub(super) async fn prepare(&self) -> Result<Prepared, Failure> {
        if let Some(path) = &self.jwks {
            let keys = key_source::set_of_file(path)?;
            let log = "a key set alone says nothing of revocations; without --jwks the issuer's log is read";
            return self.fixed(&keys, Ok(()), log.to_owned(), None);
        }
        let documents = match fetch::documents(&self.issuer).await {
            Ok(documents) => documents,
            // It answers, but not to this name: no keys, and still much to say.
            Err(failure) if failure.exit == Exit::Failed => {
                let mismatch = Err((RejectReason::HostMismatch, None));
                let log = "the server answers to another name".to_owned();
                return self.fixed(&no_keys()?, mismatch, log, None);
            }
            // What does not need the issuer is told all the same.
            Err(failure) if failure.exit == Exit::Unreachable => {
                let log = "the issuer cannot be reached".to_owned();
                return self.fixed(&no_keys()?, Ok(()), log, Some(failure.to_string()));
            }
            Err(failure) => return Err(failure),
        };
        let keys = match &documents.key_set {
            Some(text) => JwkSet::from_json(text).map_err(|error| {
                Failure::unreachable(format_args!("the issuer's key set is unusable: {error}"))
            })?,
            None => no_keys()?,
        };
        if documents.issuer.as_ref() != Some(&self.issuer) {
            let mismatch = Err((RejectReason::IssuerMismatch, documents.issuer));
            let log = "the log at this URL is another issuer's".to_owned();
            return self.fixed(&keys, mismatch, log, None);
        }
        match Box::pin(self.with_client(self.builder())?.build()).await {
            Ok(verifier) => Ok(followed(verifier).await),
            Err(error @ (BuildError::Metadata(_) | BuildError::Issuer)) => {
                let log = error.to_string();
                self.fixed(&keys, Ok(()), log.clone(), Some(log))
            }
            Err(error) => Err(Failure::usage(error)),
        }
    }

    fn builder(&self) -> Builder {
        let mut audiences = self.audience.iter();
        let first = audiences.next().cloned().unwrap_or_default();
        let needs = Verifier::builder(self.issuer.as_str()).audience(first);
        let needs = audiences.fold(needs, |needs, one| needs.and_audience(one.as_str()));
        let leeway = u32::try_from(self.leeway.as_secs()).unwrap_or(u32::MAX);
        let builder = needs
            .algorithms(self.algorithm.iter().copied())
            .leeway(leeway)
            .startup(Startup::Lazy)
            .unlisted()
            .cache_bytes(0);
        match self.now {
            Some(now) => builder.clock(Standing(now)),
            None => builder,
        }
    }

    fn with_client(&self, builder: Builder) -> Result<Builder, Failure> {
        let Some(id) = &self.client else {
            return Ok(builder);
        };
        let secret = match &self.client_secret_file {
            Some(path) => key_source::file(path)?,
            None => std::env::var(SECRET_VARIABLE)
                .map(Zeroizing::new)
                .map_err(|_| {
                    Failure::usage("--client needs the client's secret").hint(format!(
                        "set {SECRET_VARIABLE}, or name a file with --client-secret-file"
                    ))
                })?,
        };
        Ok(builder.client(id, secret.trim()))
    }

    /// A verifier of these keys, without a log.
    fn fixed(
        &self,
        keys: &JwkSet,
        metadata: Result<(), (RejectReason, Option<String>)>,
        log: String,
        undecided: Option<String>,
    ) -> Result<Prepared, Failure> {
        Ok(Prepared {
            verifier: self.builder().build_fixed(keys).map_err(Failure::usage)?,
            metadata,
            log: Err(log),
            has_keys: !keys.keys().is_empty(),
            undecided,
        })
    }
}

/// Waits for the log, or for what keeps it away.
async fn followed(verifier: Verifier) -> Prepared {
    let known = |status: &symbolon_verifier::Status| {
        status.live || status.problem.is_some() && !status.keys.is_empty()
    };
    verifier.wait_until(PATIENCE, known).await;
    let status = verifier.status();
    let undecided = (!status.live).then(|| {
        let problem = status.problem;
        let problem = problem.unwrap_or_else(|| "the log did not come in time".to_owned());
        format!("{problem} (--client names a client that may read the log)")
    });
    let log = undecided.clone().map_or(Ok(()), Err);
    Prepared {
        verifier,
        metadata: Ok(()),
        log,
        has_keys: !status.keys.is_empty(),
        undecided,
    }
}

fn no_keys() -> Result<JwkSet, Failure> {
    JwkSet::new([]).map_err(Failure::usage)
}

/// A clock that stands still, for looking at a token as of another time.
struct Standing(i64);

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(self.0)
    }

    fn uptime_millis(&self) -> i64 {
        SystemClock.uptime_millis()
    }
}
