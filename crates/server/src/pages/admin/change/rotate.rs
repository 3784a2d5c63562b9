//! `POST /admin/keys/rotate`: publishes the next keys.

use axum::{extract::State, response::Response};
use symbolon_core::keys::RotateKeys;

use crate::{
    error::ApiError,
    extract::Form,
    pages::{
        admin::{Administrator, Section},
        logout::Empty,
        notice::Notice,
        render::see_other,
    },
    state::AppState,
};

pub(crate) async fn post(
    State(state): State<AppState>,
    admin: Administrator,
    Form(_): Form<Empty>,
) -> Result<Response, ApiError> {
    let how = RotateKeys::Orderly;
    state.issuer().rotate_keys(how, admin.audit()).await?;
    Ok(see_other(&Notice::KeysRotated.on(Section::Keys.path()), []))
}
