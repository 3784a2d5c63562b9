//! `/login`: name and password for a session.

use askama::Template;
use axum::{extract::State, response::Response};
use serde::Deserialize;
use symbolon_core::{secret::Password, service::LoginRequest};

use super::{
    form::{FormError, refuse},
    frame::Frame,
    next::Next,
    notice,
    render::{see_other, show},
    visitor::{SoleCookie, Visitor},
};
use crate::{
    cookies,
    error::ApiError,
    extract::{Context, Form, Query},
    state::AppState,
};

const ACCOUNT: &str = "/account";

#[derive(Default, Template)]
#[template(path = "login.html")]
struct LoginPage {
    t: Frame,
    error: FormError,
    notice: Option<&'static str>,
    identifier: String,
    next: Option<Next>,
    can_register: bool,
}

#[derive(Deserialize)]
pub(crate) struct Params {
    next: Option<String>,
    notice: Option<String>,
}

/// `GET`: the form. A cookie that opens nothing is no error here.
pub(crate) async fn get(
    State(state): State<AppState>,
    Visitor(caller, t): Visitor,
    Query(params): Query<Params>,
) -> Response {
    let next = params.next.as_deref().and_then(Next::parse);
    if caller.is_some() {
        return see_other(next.as_ref().map_or(ACCOUNT, Next::as_str), []);
    }
    let page = LoginPage {
        t,
        notice: notice::text_of(*t, params.notice.as_deref()),
        next,
        can_register: state.issuer().settings().registration_open,
        ..LoginPage::default()
    };
    show(t, &page)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    identifier: String,
    password: Password,
    next: Option<String>,
}

/// `POST`: always a new session with a new cookie, whatever the browser sent.
pub(crate) async fn post(
    State(state): State<AppState>,
    _: SoleCookie,
    t: Frame,
    Context(context): Context,
    Form(body): Form<Body>,
) -> Result<Response, ApiError> {
    let next = body.next.as_deref().and_then(Next::parse);
    let request = LoginRequest {
        identifier: body.identifier.clone(),
        password: body.password,
        cookie: true,
        tokens: None,
        context,
    };
    let settings = state.issuer().settings();
    match state.issuer().login(request).await {
        Ok(done) => {
            let session = done
                .cookie
                .as_ref()
                .and_then(|value| cookies::set_session(settings, value));
            let device = cookies::set_device(settings, &done.device);
            let path = next.as_ref().map_or(ACCOUNT, Next::as_str);
            Ok(see_other(path, [session, device]))
        }
        Err(error) => refuse(t, error.into(), |error| LoginPage {
            t,
            error,
            notice: None,
            identifier: body.identifier,
            next,
            can_register: settings.registration_open,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_shown_again_as_text() {
        let page = LoginPage {
            identifier: "\"><script>alert('x')</script>&".into(),
            next: Next::parse("/a?b=\"><script>alert(2)</script>"),
            ..LoginPage::default()
        };
        let html = page.render().unwrap();
        assert!(page.next.is_some());
        assert!(!html.contains("<script>"), "{html}");
        assert!(
            html.contains("&#60;script&#62;alert(&#39;x&#39;)"),
            "{html}"
        );
        assert!(html.contains("value=\"&#34;&#62;&#60;script"), "{html}");
    }

    #[test]
    fn the_form_tells_password_managers_what_is_what() {
        let html = LoginPage::default().render().unwrap();
        assert!(html.contains("<html lang=\"en\">"));
        assert!(html.contains("autocomplete=\"username\""));
        assert!(html.contains("autocomplete=\"current-password\""));
        assert!(!html.contains("name=\"next\""), "only if there is one");
        assert!(!html.contains("/register"), "only if it is open");
    }
}
