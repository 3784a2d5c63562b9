//! The cookies that are set: their form follows the issuer's scheme, never the listener.

use http::HeaderValue;
use symbolon_core::{
    Settings,
    secret::{CookieValue, DeviceCookie},
};
use symbolon_protocol::credential::session_cookie_name;

/// A year, which browsers cap to 400 days anyway.
const DEVICE_MAX_AGE_SECS: u32 = 365 * 24 * 3600;

/// The device cookie's name.
pub(crate) const fn device_cookie_name(https: bool) -> &'static str {
    if https {
        "__Host-symbolon-device"
    } else {
        "symbolon-device"
    }
}

/// `Set-Cookie` of a new session. Without `Max-Age`: it ends with the browser at the latest.
pub(crate) fn set_session(settings: &Settings, value: &CookieValue) -> Option<HeaderValue> {
    let https = settings.is_https();
    build(session_cookie_name(https), &value.expose(), https, None)
}

/// `Set-Cookie` that makes the browser forget its session.
pub(crate) fn clear_session(settings: &Settings) -> Option<HeaderValue> {
    let https = settings.is_https();
    build(session_cookie_name(https), "", https, Some(0))
}

/// `Set-Cookie` that makes the browser forget whose it was.
pub(crate) fn clear_device(settings: &Settings) -> Option<HeaderValue> {
    let https = settings.is_https();
    build(device_cookie_name(https), "", https, Some(0))
}

/// `Set-Cookie` of the device.
pub(crate) fn set_device(settings: &Settings, value: &DeviceCookie) -> Option<HeaderValue> {
    let https = settings.is_https();
    build(
        device_cookie_name(https),
        value.expose(),
        https,
        Some(DEVICE_MAX_AGE_SECS),
    )
}

fn build(name: &str, value: &str, https: bool, max_age: Option<u32>) -> Option<HeaderValue> {
    let secure = if https { "; Secure" } else { "" };
    let age = max_age
        .map(|secs| format!("; Max-Age={secs}"))
        .unwrap_or_default();
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}");
    let mut header = HeaderValue::try_from(text).ok()?;
    header.set_sensitive(true);
    Some(header)
}
