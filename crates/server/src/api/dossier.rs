//! Everything about one person as one document. Its schema is `docs/account-export.schema.json`,
//! which a test holds this to.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use serde::Serialize;
use serde_json::Value;
use symbolon_core::{
    Timestamp,
    model::{
        Account, AccountState, AuditRecord, CredentialRecord, Dossier, Grant, GrantState,
        Identifier, Session, SessionRecord, SessionState,
    },
};
use symbolon_protocol::{AccountId, ClientId, EndReason, GrantId, SessionId, Subject};
use utoipa::ToSchema;

use super::views::{moment, role_name};
use crate::{openapi::schemas, state::AppState};

/// Names the document and its version. Members may be added within a version.
const FORMAT: &str = "symbolon-account-export/1";

/// Everything that is kept about one person.
#[derive(Serialize, ToSchema)]
#[schema(as = AccountExport)]
pub(crate) struct DossierView<'a> {
    #[schema(schema_with = schemas::export_format)]
    format: &'static str,
    issuer: &'a str,
    #[schema(format = DateTime)]
    exported_at: String,
    account: AccountPart<'a>,
    credentials: Vec<CredentialPart<'a>>,
    sessions: Vec<SessionPart<'a>>,
    grants: Vec<GrantPart<'a>>,
    audit: Vec<AuditPart<'a>>,
}

/// The account.
#[derive(Serialize, ToSchema)]
#[schema(as = ExportedAccount)]
struct AccountPart<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: AccountId,
    #[schema(value_type = String)]
    subject: &'a Subject,
    #[schema(schema_with = schemas::exported_state)]
    state: &'static str,
    #[schema(format = DateTime)]
    disabled_at: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    locale: Option<&'a str>,
    identifiers: Vec<IdentifierPart<'a>>,
    roles: Vec<String>,
    #[schema(value_type = Object)]
    profile: &'a Value,
}

/// A name or address.
#[derive(Serialize, ToSchema)]
#[schema(as = ExportedIdentifier)]
struct IdentifierPart<'a> {
    #[schema(schema_with = schemas::identifier_kind)]
    kind: &'static str,
    value: &'a str,
    compared_as: &'a str,
    #[schema(format = DateTime)]
    verified_at: Option<String>,
}

/// A way to log in, without its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = ExportedCredential)]
struct CredentialPart<'a> {
    kind: &'a str,
    label: Option<&'a str>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    changed_at: String,
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
}

/// A session, also one that has ended.
#[derive(Serialize, ToSchema)]
#[schema(as = ExportedSession)]
struct SessionPart<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: SessionId,
    #[schema(schema_with = schemas::session_kind)]
    kind: &'static str,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    auth_time: String,
    #[schema(format = DateTime)]
    last_seen: String,
    #[schema(format = DateTime)]
    expires_at: String,
    idle_secs: u32,
    amr: &'a [String],
    acr: Option<&'a str>,
    device: Option<&'a str>,
    ip: Option<String>,
    impersonated: bool,
    origins: &'a [String],
    #[schema(format = DateTime)]
    ended_at: Option<String>,
    #[schema(schema_with = schemas::optional_end_reason)]
    ended_reason: Option<EndReason>,
}

/// A grant, also one that has ended.
#[derive(Serialize, ToSchema)]
#[schema(as = ExportedGrant)]
struct GrantPart<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: GrantId,
    #[schema(value_type = String)]
    client: &'a ClientId,
    resource: &'a str,
    scopes: &'a [String],
    offline: bool,
    #[schema(value_type = Option<String>, format = "uuid")]
    session: Option<SessionId>,
    #[schema(value_type = Option<String>, format = "uuid")]
    parent: Option<GrantId>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    refreshed_at: Option<String>,
    #[schema(format = DateTime)]
    expires_at: String,
    #[schema(format = DateTime)]
    ended_at: Option<String>,
    #[schema(schema_with = schemas::optional_end_reason)]
    ended_reason: Option<EndReason>,
}

/// Something that was done by or to the account.
#[derive(Serialize, ToSchema)]
#[schema(as = ExportedEvent)]
struct AuditPart<'a> {
    number: i64,
    #[schema(format = DateTime)]
    at: String,
    #[schema(schema_with = schemas::audit_actor)]
    actor: &'static str,
    action: &'a str,
    target_kind: &'a str,
    target_id: &'a str,
    reason: Option<&'a str>,
    request_id: Option<&'a str>,
}

impl<'a> DossierView<'a> {
    pub(crate) fn new(dossier: &'a Dossier, state: &'a AppState) -> Self {
        let issuer = state.issuer();
        let own = format!("account:{}", dossier.account.id);
        let audit = dossier.audit.iter();
        Self {
            format: FORMAT,
            issuer: &issuer.settings().issuer,
            exported_at: moment(issuer.ambient().now()),
            account: AccountPart::from(&dossier.account),
            credentials: dossier.credentials.iter().map(Into::into).collect(),
            sessions: dossier.sessions.iter().map(Into::into).collect(),
            grants: dossier.grants.iter().map(Into::into).collect(),
            audit: audit.map(|row| AuditPart::new(row, &own)).collect(),
        }
    }

    /// As a file for the person, by browsers not shown but saved.
    pub(crate) fn into_download(self) -> Response {
        let saved = HeaderValue::from_static("attachment; filename=\"account-export.json\"");
        ([(header::CONTENT_DISPOSITION, saved)], axum::Json(self)).into_response()
    }
}

fn moment_option(time: Option<Timestamp>) -> Option<String> {
    time.map(moment)
}

impl<'a> From<&'a Account> for AccountPart<'a> {
    fn from(account: &'a Account) -> Self {
        let (state, disabled_at) = match account.state {
            AccountState::Active => ("active", None),
            AccountState::Disabled { at } => ("disabled", Some(at)),
            AccountState::Erased { .. } => ("erased", None),
        };
        Self {
            id: account.id,
            subject: &account.subject,
            state,
            disabled_at: moment_option(disabled_at),
            created_at: moment(account.created_at),
            locale: account.locale.as_deref(),
            identifiers: account.identifiers.iter().map(Into::into).collect(),
            roles: account.roles.iter().map(role_name).collect(),
            profile: &account.profile,
        }
    }
}

impl<'a> From<&'a Identifier> for IdentifierPart<'a> {
    fn from(identifier: &'a Identifier) -> Self {
        Self {
            kind: identifier.kind.as_str(),
            value: &identifier.original,
            compared_as: &identifier.normalised,
            verified_at: moment_option(identifier.verified_at),
        }
    }
}

impl<'a> From<&'a CredentialRecord> for CredentialPart<'a> {
    fn from(credential: &'a CredentialRecord) -> Self {
        Self {
            kind: &credential.kind,
            label: credential.label.as_deref(),
            created_at: moment(credential.created_at),
            changed_at: moment(credential.changed_at),
            last_used_at: moment_option(credential.last_used_at),
        }
    }
}

impl<'a> From<&'a SessionRecord> for SessionPart<'a> {
    fn from(record: &'a SessionRecord) -> Self {
        let session: &Session = &record.session;
        let (ended_at, ended_reason) = match session.state {
            SessionState::Active => (None, None),
            SessionState::Ended { at, reason } => (Some(moment(at)), Some(reason)),
        };
        Self {
            id: session.id,
            kind: session.kind.as_str(),
            created_at: moment(session.created_at),
            auth_time: moment(session.auth_time),
            last_seen: moment(session.last_seen),
            expires_at: moment(session.expires_at),
            idle_secs: session.idle_secs,
            amr: &session.amr,
            acr: session.acr.as_deref(),
            device: session.device_label.as_deref(),
            ip: session.ip.map(|ip| ip.to_string()),
            impersonated: session.actor.is_some(),
            origins: &record.origins,
            ended_at,
            ended_reason,
        }
    }
}

impl<'a> From<&'a Grant> for GrantPart<'a> {
    fn from(grant: &'a Grant) -> Self {
        let (ended_at, ended_reason) = match grant.state {
            GrantState::Active => (None, None),
            GrantState::Ended { at, reason } => (Some(moment(at)), Some(reason)),
        };
        Self {
            id: grant.id,
            client: &grant.client,
            resource: &grant.resource,
            scopes: &grant.scopes,
            offline: grant.offline,
            session: grant.session,
            parent: grant.parent,
            created_at: moment(grant.created_at),
            refreshed_at: moment_option(grant.rotated_at),
            expires_at: moment(grant.expires_at),
            ended_at,
            ended_reason,
        }
    }
}

impl<'a> AuditPart<'a> {
    /// Other people's ids are theirs: of them only the part that they played is told.
    fn new(row: &'a AuditRecord, own: &str) -> Self {
        let actor = match row.actor.split(':').next() {
            _ if row.actor == own => "self",
            Some("account") => "another_account",
            Some("cli") => "operator",
            Some("system") => "system",
            _ => "anonymous",
        };
        Self {
            number: row.seq,
            at: moment(row.at),
            actor,
            action: &row.action,
            target_kind: &row.target_kind,
            target_id: &row.target_id,
            reason: row.reason.as_deref(),
            request_id: row.request_id.as_deref(),
        }
    }
}
