//! A [`Layer`] that lets only requests with a good bearer token through.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use ::http::{Request, Response};
use pin_project_lite::pin_project;
use serde::de::DeserializeOwned;
use symbolon_protocol::AccessClaims;
use tower_layer::Layer;
use tower_service::Service;

use crate::{Demand, OnStale, Rejection, Verifier, bearer};

/// Verifies the bearer token of every request and leaves `Arc<Verified<C>>` in its extensions.
/// A refused request is answered here: 400, 401 or 403 with `WWW-Authenticate` (RFC 6750 §3), 503
/// when the verifier cannot decide, always with `application/problem+json`.
#[derive(Debug)]
pub struct VerifyLayer<C = AccessClaims> {
    verifier: Verifier<C>,
    settings: Arc<Settings>,
}

#[derive(Debug, Clone, Default)]
struct Settings {
    scopes: Vec<&'static str>,
    on_stale: Option<OnStale>,
}

impl<C> VerifyLayer<C> {
    /// Demands a good token, of any scope.
    #[must_use]
    pub fn new(verifier: Verifier<C>) -> Self {
        Self {
            verifier,
            settings: Arc::default(),
        }
    }

    /// Demands this scope value too.
    #[must_use]
    pub fn require_scope(mut self, scope: &'static str) -> Self {
        Arc::make_mut(&mut self.settings).scopes.push(scope);
        self
    }

    /// Overrides the verifier's setting for these routes.
    #[must_use]
    pub fn on_stale(mut self, on_stale: OnStale) -> Self {
        Arc::make_mut(&mut self.settings).on_stale = Some(on_stale);
        self
    }
}

impl<C> Clone for VerifyLayer<C> {
    fn clone(&self) -> Self {
        Self {
            verifier: self.verifier.clone(),
            settings: Arc::clone(&self.settings),
        }
    }
}

impl<S, C> Layer<S> for VerifyLayer<C> {
    type Service = Verify<S, C>;

    fn layer(&self, inner: S) -> Self::Service {
        Verify {
            inner,
            layer: self.clone(),
        }
    }
}

/// The service of a [`VerifyLayer`].
#[derive(Debug)]
pub struct Verify<S, C = AccessClaims> {
    inner: S,
    layer: VerifyLayer<C>,
}

impl<S: Clone, C> Clone for Verify<S, C> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            layer: self.layer.clone(),
        }
    }
}

impl<S, C> Verify<S, C>
where
    C: AsRef<AccessClaims> + DeserializeOwned + Send + Sync + 'static,
{
    /// Puts what the token says into the request, or says why not.
    fn admit<B>(&self, request: &mut Request<B>) -> Result<(), Rejection> {
        let VerifyLayer { verifier, settings } = &self.layer;
        let demand = Demand {
            on_stale: settings.on_stale,
            ..Demand::new().scopes(&settings.scopes)
        };
        let verified = verifier.verify_bearer(request.headers(), &demand)?;
        request.extensions_mut().insert(verified);
        Ok(())
    }
}

impl<S, C, B, R> Service<Request<B>> for Verify<S, C>
where
    S: Service<Request<B>, Response = Response<R>>,
    C: AsRef<AccessClaims> + DeserializeOwned + Send + Sync + 'static,
    R: From<String>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = VerifyFuture<S::Future, R>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        match self.admit(&mut request) {
            Ok(()) => VerifyFuture {
                inner: Some(self.inner.call(request)),
                refusal: None,
            },
            Err(rejection) => VerifyFuture {
                inner: None,
                refusal: Some(bearer::refuse(&rejection)),
            },
        }
    }
}

pin_project! {
    /// The answer of the inner service, or the refusal.
    #[derive(Debug)]
    pub struct VerifyFuture<F, R> {
        #[pin]
        inner: Option<F>,
        refusal: Option<Response<R>>,
    }
}

impl<F, R, E> Future for VerifyFuture<F, R>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = Result<Response<R>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        match (this.inner.as_pin_mut(), this.refusal.take()) {
            (Some(inner), _) => inner.poll(context),
            (None, Some(response)) => Poll::Ready(Ok(response)),
            // Polled again after it was ready, which nobody may do.
            (None, None) => Poll::Pending,
        }
    }
}
