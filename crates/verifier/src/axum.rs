//! An extractor that verifies the token and demands scopes.

use std::{marker::PhantomData, ops::Deref, sync::Arc};

use ::http::request::Parts;
use axum_core::{
    body::Body,
    extract::{FromRef, FromRequestParts},
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;
use symbolon_protocol::AccessClaims;

use crate::{Demand, Rejection, Verified, Verifier, bearer};

/// The scopes that a route demands, as a type, so that they stand in the handler's first line.
///
/// ```
/// use symbolon_verifier::RequiredScopes;
///
/// struct ReadOrders;
///
/// impl RequiredScopes for ReadOrders {
///     const SCOPES: &'static [&'static str] = &["orders:read"];
/// }
/// ```
pub trait RequiredScopes {
    /// Every one of these is needed.
    const SCOPES: &'static [&'static str];
}

/// Any good token will do.
#[derive(Debug, Clone, Copy)]
pub struct AnyScope;

impl RequiredScopes for AnyScope {
    const SCOPES: &'static [&'static str] = &[];
}

/// A verified token with the scopes of `S`; the router's state holds the [`Verifier`]. Waits only for
/// the issuer's word on a token, where [`OnStale::Introspect`](crate::OnStale::Introspect) is set.
///
/// A request without one is answered as RFC 6750 §3 and RFC 9449 §7.1 ask, with
/// `application/problem+json`. In nested routers see [`OriginalPath`](crate::OriginalPath).
#[derive(Debug)]
pub struct Authorized<S = AnyScope, C = AccessClaims> {
    verified: Arc<Verified<C>>,
    scopes: PhantomData<fn() -> S>,
}

impl<S, C> Authorized<S, C> {
    /// The token itself, to keep.
    #[must_use]
    pub fn into_inner(self) -> Arc<Verified<C>> {
        self.verified
    }
}

impl<S, C> Deref for Authorized<S, C> {
    type Target = Verified<C>;

    fn deref(&self) -> &Verified<C> {
        &self.verified
    }
}

impl<State, S, C> FromRequestParts<State> for Authorized<S, C>
where
    State: Send + Sync,
    Verifier<C>: FromRef<State>,
    S: RequiredScopes,
    C: AsRef<AccessClaims> + DeserializeOwned + Send + Sync + 'static,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Rejection> {
        let verifier = Verifier::<C>::from_ref(state);
        let demand = Demand::new().scopes(S::SCOPES);
        let Parts {
            method,
            uri,
            headers,
            extensions,
            ..
        } = &*parts;
        let head = bearer::head(method, uri, headers, extensions);
        Ok(Self {
            verified: verifier.verify_request_online(&head, &demand).await?,
            scopes: PhantomData,
        })
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        bearer::refuse::<Body>(&self)
    }
}
