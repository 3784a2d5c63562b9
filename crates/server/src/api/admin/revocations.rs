//! `/api/v1/admin/revocations`: the log, and ending anything by its id.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use symbolon_core::{
    Timestamp,
    readers::Waiter,
    service::{LoggedRevocation, Node},
};
use symbolon_protocol::{AccountId, ClientId, GrantId, RevocationId, SessionId, TokenId};
use utoipa::{
    ToSchema,
    openapi::{
        ObjectBuilder, RefOr,
        schema::{AdditionalProperties, OneOfBuilder, Schema, SchemaFormat, SchemaType, Type},
    },
};

use crate::{
    api::views::{EndedView, moment},
    error::ApiError,
    extract::{Admin, Json, Query, ReceiptParams, ReceiptWait},
    openapi::{
        refusals::{self, JsonBody, Named, QueryParams, Refusals, Unchanged},
        schemas,
    },
    state::AppState,
};

/// Entries on a page unless the caller says otherwise.
const PAGE: u32 = 100;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListParams {
    /// `next` of the page before.
    #[param(nullable = false)]
    before: Option<u64>,
    /// How many: 100 unless said otherwise, 1,000 at most.
    #[param(nullable = false, minimum = 0, maximum = 4294967295_u64)]
    limit: Option<u32>,
}

/// A page of the revocation log.
#[derive(Serialize, ToSchema)]
#[schema(as = RevocationLog)]
pub(crate) struct LogPage {
    /// The number of the log's last entry.
    head: u64,
    /// How many ids are refused at this moment.
    in_force: usize,
    /// Newest first.
    entries: Vec<EntryView>,
    /// `before` of the next page, if there is one.
    next: Option<u64>,
}

/// An entry of the log.
#[derive(Serialize, ToSchema)]
#[schema(as = RevocationEntry)]
struct EntryView {
    seq: u64,
    #[schema(schema_with = schemas::revocation_kind)]
    kind: &'static str,
    /// As the log has it.
    #[schema(value_type = String)]
    id: RevocationId,
    /// The session, grant, token, client or `kid` of that id, if it is known.
    name: Option<String>,
    /// Only tokens of a lower `ver` are refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    below: Option<u32>,
    #[schema(schema_with = schemas::end_reason)]
    reason: &'static str,
    #[schema(format = DateTime)]
    revoked_at: String,
    /// Absent: never forgotten.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, nullable = false)]
    until: Option<String>,
    /// Whether it is refused at this moment.
    in_force: bool,
}

impl From<LoggedRevocation> for EntryView {
    fn from(logged: LoggedRevocation) -> Self {
        let entry = logged.revocation.entry;
        let at = |secs| moment(Timestamp::from_secs(secs));
        Self {
            seq: entry.seq,
            kind: entry.kind.as_str(),
            id: entry.id,
            name: logged.name,
            below: entry.below,
            reason: entry.reason.as_str(),
            revoked_at: at(entry.revoked_at),
            until: entry.until.map(at),
            in_force: logged.in_force,
        }
    }
}

/// Shows the revocation log
///
/// A page of it, newest first.
#[utoipa::path(
    get, path = "/api/v1/admin/revocations", operation_id = "listRevocations",
    tag = "Administration",
    params(ListParams),
    security(("session_cookie" = []), ("access_token" = [])),
    responses(
        (status = 200, description = "The page.", body = LogPage),
        Refusals::<(refusals::Admin, QueryParams)>,
    ),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Admin(_): Admin,
    Query(params): Query<ListParams>,
) -> Result<axum::Json<LogPage>, ApiError> {
    let limit = params.limit.unwrap_or(PAGE);
    let page = state.issuer().revocation_log(params.before, limit).await?;
    Ok(axum::Json(LogPage {
        head: page.head,
        in_force: page.in_force,
        entries: page.entries.into_iter().map(EntryView::from).collect(),
        next: page.next,
    }))
}

/// One member: what the id is of.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Body {
    Session(SessionId),
    Account(AccountId),
    Grant(GrantId),
    Token(TokenId),
    Client(ClientId),
    Key(String),
}

impl ToSchema for Body {
    fn name() -> std::borrow::Cow<'static, str> {
        "RevocationRequest".into()
    }
}

/// By hand: the macro knows no formats within variants.
impl utoipa::PartialSchema for Body {
    fn schema() -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
        let uuid = || text().format(Some(SchemaFormat::Custom("uuid".to_owned())));
        let one = OneOfBuilder::new()
            .description(Some("One member: what the id is of."))
            .item(only("session", uuid(), "A session and its online grants."))
            .item(only(
                "account",
                uuid(),
                "All sessions and offline grants of an account.",
            ))
            .item(only(
                "grant",
                uuid(),
                "A grant and what was exchanged from it.",
            ))
            .item(only(
                "token",
                uuid(),
                "An access token by its `jti`, also one that nobody has.",
            ))
            .item(only(
                "client",
                text(),
                "A configured client, also its tokens of the next minutes.",
            ))
            .item(only(
                "key",
                text(),
                "A signing key by its `kid`, and all that it signed.",
            ));
        Schema::from(one.build()).into()
    }
}

/// An object with this member and no other.
fn only(name: &str, member: ObjectBuilder, description: &str) -> Schema {
    let no_other = AdditionalProperties::FreeForm(false);
    let object = ObjectBuilder::new()
        .property(name, member.description(Some(description)).build())
        .required(name)
        .additional_properties(Some(no_other));
    object.build().into()
}

impl From<Body> for Node {
    fn from(body: Body) -> Self {
        match body {
            Body::Session(id) => Self::Session(id),
            Body::Account(id) => Self::Account(id),
            Body::Grant(id) => Self::Grant(id),
            Body::Token(id) => Self::Token(id),
            Body::Client(id) => Self::Client(id),
            Body::Key(kid) => Self::Key(kid),
        }
    }
}

/// Ends anything by its id
#[utoipa::path(
    post, path = "/api/v1/admin/revocations", operation_id = "revoke", tag = "Administration",
    params(ReceiptParams),
    request_body = Body,
    security(("session_cookie" = []), ("access_token" = [])),
    responses(
        (status = 200, description = "What was ended.", body = EndedView),
        Refusals::<(refusals::Admin, QueryParams, JsonBody, Named, Unchanged)>,
    ),
)]
pub(crate) async fn post(
    State(state): State<AppState>,
    Admin(audit): Admin,
    wait: ReceiptWait,
    Json(body): Json<Body>,
) -> Result<axum::Json<EndedView>, ApiError> {
    let ended = state.issuer().revoke(body.into(), audit).await?;
    Ok(axum::Json(
        EndedView::with_receipt(ended, wait, Waiter::Admin, &state).await,
    ))
}
