//! `POST /api/v1/admin/revocations`: ends anything by its id.

use axum::extract::State;
use serde::Deserialize;
use symbolon_core::{readers::Waiter, service::Node};
use symbolon_protocol::{AccountId, ClientId, GrantId, SessionId, TokenId};
use utoipa::openapi::{
    ObjectBuilder, RefOr,
    schema::{AdditionalProperties, OneOfBuilder, Schema, SchemaFormat, SchemaType, Type},
};

use crate::{
    api::views::EndedView,
    error::ApiError,
    extract::{Admin, Json, ReceiptParams, ReceiptWait},
    openapi::refusals::{self, JsonBody, Named, QueryParams, Refusals, Unchanged},
    state::AppState,
};

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

impl utoipa::ToSchema for Body {
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
