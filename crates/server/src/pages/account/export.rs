//! `/account/export`: everything that is kept about the member, as a file.

use askama::Template;
use axum::{extract::State, response::Response};

use super::confirm::{Body, asks_password, described};
use crate::{
    api::dossier::DossierView,
    error::ApiError,
    extract::{Context, Form, RequestId},
    pages::{
        form::{FormError, refuse},
        frame::Frame,
        render::show,
        visitor::Member,
    },
    state::AppState,
};

#[derive(Template)]
#[template(path = "account_export.html")]
struct ExportPage {
    t: Frame,
    error: FormError,
    asks_password: Option<String>,
}

impl ExportPage {
    fn new(state: &AppState, member: &Member, error: FormError) -> Self {
        Self {
            t: member.1,
            asks_password: asks_password(state, &member.0, &error),
            error,
        }
    }
}

/// `GET`: what the file has.
pub(crate) async fn get(State(state): State<AppState>, member: Member) -> Response {
    let page = ExportPage::new(&state, &member, FormError::default());
    show(member.1, &page)
}

/// `POST`: the file.
pub(crate) async fn post(
    State(state): State<AppState>,
    member: Member,
    Context(context): Context,
    id: RequestId,
    Form(body): Form<Body>,
) -> Result<Response, ApiError> {
    let audit = member.0.audit(id.for_audit());
    let exported = state
        .issuer()
        .own_dossier(&member.0, body.password, &context, audit)
        .await;
    match exported {
        Ok(dossier) => Ok(DossierView::new(&dossier, &state).into_download()),
        Err(error) => refuse(member.1, described(error), |error| {
            ExportPage::new(&state, &member, error)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_logged_in_a_moment_ago_is_not_asked_again() {
        let page = |asks_password: Option<&str>| ExportPage {
            t: Frame::default(),
            error: FormError::default(),
            asks_password: asks_password.map(str::to_owned),
        };
        let html = page(Some("<b>ada</b>")).render().unwrap();
        assert!(html.contains("autocomplete=\"current-password\""));
        assert!(!html.contains("<b>"));
        let html = page(None).render().unwrap();
        assert!(!html.contains("type=\"password\""));
        assert!(html.contains("method=\"post\" action=\"/account/export\" data-download"));
    }
}
