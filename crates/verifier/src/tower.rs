//! A [`Layer`] that lets only requests with a good token through.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use ::http::{Request, Response};
use pin_project_lite::pin_project;
use serde::de::DeserializeOwned;
use symbolon_protocol::AccessClaims;
use tower_layer::Layer;
use tower_service::Service;

use crate::{Demand, OnStale, RequestHead, Verifier, bearer, verifier::Admission};

/// Verifies the token of every request and leaves `Arc<Verified<C>>` in its extensions. Waits only
/// for the issuer's word on a token, where [`OnStale::Introspect`] is set.
///
/// A refused request is answered here: 400, 401 or 403 with `WWW-Authenticate` (RFC 6750 §3,
/// RFC 9449 §7.1), 503 when the verifier cannot decide, always with `application/problem+json`. In
/// nested routers see [`OriginalPath`](crate::OriginalPath).
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

impl<C> VerifyLayer<C> {
    fn demand(&self) -> Demand<'_> {
        Demand {
            on_stale: self.settings.on_stale,
            ..Demand::new().scopes(&self.settings.scopes)
        }
    }
}

impl<S, C, B, R> Service<Request<B>> for Verify<S, C>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    C: AsRef<AccessClaims> + DeserializeOwned + Send + Sync + 'static,
    B: Send + 'static,
    R: From<String> + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = VerifyFuture<S::Future, R>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let VerifyLayer { verifier, .. } = &self.layer;
        let head = head(&request);
        let admitted = verifier.admit(&head, &self.layer.demand());
        let verified = match admitted {
            Ok(admission) if admission.must_ask => {
                let other = self.inner.clone();
                // The one that said that it is ready is the one to call.
                let ready = std::mem::replace(&mut self.inner, other);
                return VerifyFuture::asking(ask(self.layer.clone(), admission, request, ready));
            }
            Ok(admission) => verifier.finish(admission, &head),
            Err(rejection) => Err(rejection),
        };
        match verified {
            Ok(verified) => {
                request.extensions_mut().insert(verified);
                VerifyFuture::inner(self.inner.call(request))
            }
            Err(rejection) => VerifyFuture::refused(bearer::refuse(&rejection)),
        }
    }
}

fn head<B>(request: &Request<B>) -> RequestHead<'_> {
    let (method, uri) = (request.method(), request.uri());
    bearer::head(method, uri, request.headers(), request.extensions())
}

/// Waits for the issuer's word, and calls the inner service if it is good.
async fn ask<S, C, B, R>(
    layer: VerifyLayer<C>,
    admission: Admission<C>,
    request: Request<B>,
    mut inner: S,
) -> Result<S::Future, Response<R>>
where
    S: Service<Request<B>>,
    C: AsRef<AccessClaims> + DeserializeOwned + Send + Sync + 'static,
    R: From<String>,
{
    let (parts, body) = request.into_parts();
    let verified = {
        let head = bearer::head(&parts.method, &parts.uri, &parts.headers, &parts.extensions);
        let demand = layer.demand();
        let decided = layer.verifier.complete(admission, &head, &demand).await;
        decided.map_err(|rejection| bearer::refuse(&rejection))?
    };
    let mut request = Request::from_parts(parts, body);
    request.extensions_mut().insert(verified);
    Ok(inner.call(request))
}

/// The future of the inner service, once the issuer was asked, or the refusal.
type Asking<F, R> = Pin<Box<dyn Future<Output = Result<F, Response<R>>> + Send>>;

pin_project! {
    /// The answer of the inner service, or the refusal.
    pub struct VerifyFuture<F, R> {
        #[pin]
        inner: Option<F>,
        asking: Option<Asking<F, R>>,
        refusal: Option<Response<R>>,
    }
}

impl<F, R> VerifyFuture<F, R> {
    fn inner(inner: F) -> Self {
        Self {
            inner: Some(inner),
            asking: None,
            refusal: None,
        }
    }

    fn asking(asking: impl Future<Output = Result<F, Response<R>>> + Send + 'static) -> Self {
        Self {
            inner: None,
            asking: Some(Box::pin(asking)),
            refusal: None,
        }
    }

    fn refused(refusal: Response<R>) -> Self {
        Self {
            inner: None,
            asking: None,
            refusal: Some(refusal),
        }
    }
}

impl<F, R> fmt::Debug for VerifyFuture<F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyFuture")
            .field("asking", &self.asking.is_some())
            .field("refused", &self.refusal.is_some())
            .finish_non_exhaustive()
    }
}

impl<F, R, E> Future for VerifyFuture<F, R>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = Result<Response<R>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(asking) = this.asking {
            match ready!(asking.as_mut().poll(context)) {
                Ok(inner) => this.inner.set(Some(inner)),
                Err(refusal) => *this.refusal = Some(refusal),
            }
            *this.asking = None;
        }
        match (this.inner.as_pin_mut(), this.refusal.take()) {
            (Some(inner), _) => inner.poll(context),
            (None, Some(response)) => Poll::Ready(Ok(response)),
            // Polled again after it was ready, which nobody may do.
            (None, None) => Poll::Pending,
        }
    }
}
