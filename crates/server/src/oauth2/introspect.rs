//! `POST /oauth2/introspect` (RFC 7662): whether a token is good at this moment.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::header;
use serde::{Deserialize, Serialize};
use symbolon_core::service::{ActiveToken, INTROSPECT_SCOPE};
use symbolon_protocol::Confirmation;
use utoipa::ToSchema;

use super::error::OAuthError;
use crate::{
    error::ApiError,
    extract::{ClientCredentials, Form},
    openapi::refusals::{FormBody, OAuthRefusals, ScopedClient, TokenLookup},
    state::AppState,
};

/// RFC 7662 §2.1. A hint about the token's kind is not needed: its form tells. Parameters that are
/// not known are let be (RFC 6749 §3.2).
#[derive(Deserialize, ToSchema)]
#[schema(as = IntrospectionRequest)]
pub(crate) struct Params {
    /// An access or a refresh token.
    token: String,
}

/// RFC 7662 §2.2, and what Symbolon's own tokens say beyond it.
#[derive(Serialize, Default, ToSchema)]
#[schema(as = Introspection)]
struct Answer {
    /// Nothing else is told of a token that is not good.
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    iss: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    aud: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    exp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    iat: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    jti: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    gid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    ver: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    auth_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    acr: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    amr: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>, nullable = false)]
    cnf: Option<Confirmation>,
}

/// Says whether a token is good at this moment
///
/// RFC 7662, from the store and the revocation log. Takes a client of scope `tokens:introspect`,
/// which proves who it is before its form is looked at. Unknown parameters are let be.
#[utoipa::path(
    post, path = "/oauth2/introspect", operation_id = "introspect", tag = "Verifiers",
    request_body(content = Params, content_type = "application/x-www-form-urlencoded"),
    security(("client" = [])),
    responses(
        (status = 200, description = "Whether it is, and what it is.", body = Answer),
        OAuthRefusals::<(ScopedClient, FormBody, TokenLookup)>,
    ),
)]
pub(crate) async fn post(
    State(state): State<AppState>,
    ClientCredentials(client): ClientCredentials,
    form: Result<Form<Params>, ApiError>,
) -> Result<Response, OAuthError> {
    let issuer = state.issuer();
    let client = client.and_then(|(id, secret)| issuer.authenticate_client(&id, &secret));
    let client = client.ok_or_else(OAuthError::invalid_client)?;
    if !client.has_scope(INTROSPECT_SCOPE) {
        return Err(OAuthError::insufficient_scope());
    }
    let Form(Params { token }) = form?;
    let answer = match issuer.introspect(&token).await.map_err(ApiError::from)? {
        Some(active) => Answer::of(active, &issuer.settings().issuer),
        None => Answer::default(),
    };
    let headers = [(header::CACHE_CONTROL, "no-store")];
    Ok((headers, axum::Json(answer)).into_response())
}

impl Answer {
    fn of(token: ActiveToken, issuer: &str) -> Self {
        let known = Self {
            active: true,
            iss: Some(issuer.to_owned()),
            ..Self::default()
        };
        match token {
            ActiveToken::Access {
                claims,
                audiences,
                expires_at,
                issued_at,
            } => Self {
                token_type: Some(if claims.cnf.is_some() {
                    "DPoP"
                } else {
                    "Bearer"
                }),
                scope: Some(claims.scope).filter(|scope| !scope.is_empty()),
                client_id: Some(claims.client_id.to_string()),
                sub: Some(claims.sub.to_string()),
                aud: audiences,
                exp: Some(expires_at),
                iat: issued_at,
                jti: Some(claims.jti.to_string()),
                sid: claims.sid.map(|sid| sid.to_string()),
                gid: Some(claims.gid.to_string()),
                ver: Some(claims.ver),
                auth_time: claims.auth_time,
                acr: claims.acr,
                amr: claims.amr,
                cnf: claims.cnf,
                ..known
            },
            ActiveToken::Refresh {
                grant,
                session,
                client,
                subject,
                scopes,
                expires_at,
            } => Self {
                scope: Some(scopes.join(" ")).filter(|scope| !scope.is_empty()),
                client_id: Some(client.to_string()),
                sub: Some(subject.to_string()),
                exp: Some(expires_at),
                sid: session.map(|sid| sid.to_string()),
                gid: Some(grant.to_string()),
                ..known
            },
        }
    }
}
