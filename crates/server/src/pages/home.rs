//! `GET /`: leads to where there is something to do.

use axum::{extract::State, response::Response};

use super::{render::see_other, visitor::Visitor};
use crate::{error::ApiError, state::AppState};

pub(crate) async fn get(
    State(state): State<AppState>,
    Visitor(caller, _): Visitor,
) -> Result<Response, ApiError> {
    let path = if caller.is_some() {
        "/account"
    } else if state.issuer().needs_setup().await? {
        "/setup"
    } else {
        "/login"
    };
    Ok(see_other(path, []))
}
