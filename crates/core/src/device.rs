//! The device cookie: a browser that logged in before shows that it did, and so has its own bucket
//! of attempts that no stranger can empty.
//!
//! `sdv1.<secret id>.<account id>.<device id>.<MAC>`. It proves nothing else and opens nothing.

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use symbolon_jose::base64url;
use symbolon_protocol::AccountId;

use crate::{error::Error, keys::KeyRing};

const PREFIX: &str = "sdv1";

/// One browser that logged in to one account.
pub(crate) type DeviceId = [u8; 16];

/// Makes the cookie's value.
pub(crate) fn issue(
    ring: &KeyRing,
    account: AccountId,
    device: &DeviceId,
) -> Result<String, Error> {
    let (id, secret) = ring.newest_secret()?;
    let body = format!("{PREFIX}.{id}.{account}.{}.", base64url::encode(device));
    let mac = hmac::sign(
        &hmac::Key::new(HMAC_SHA256, secret.as_slice()),
        &input(&body),
    );
    Ok(body + &base64url::encode(mac.as_ref()))
}

/// The device, if the value was made here for this account.
pub(crate) fn check(ring: &KeyRing, value: &str, account: AccountId) -> Option<DeviceId> {
    let (body, mac) = value.rsplit_once('.')?;
    let mut parts = body.split('.');
    if value.len() > 200 || parts.next()? != PREFIX {
        return None;
    }
    let secret = ring.secret(parts.next()?.parse().ok()?).ok()?;
    let named: AccountId = parts.next()?.parse().ok()?;
    let device = base64url::decode(parts.next()?).ok()?.try_into().ok()?;
    let mac = base64url::decode(mac).ok()?;
    let key = hmac::Key::new(HMAC_SHA256, secret.as_slice());
    let genuine = hmac::verify(&key, &input(&format!("{body}.")), &mac).is_ok();
    (genuine && named == account && parts.next().is_none()).then_some(device)
}

/// Another purpose than refresh tokens, which derive their key.
fn input(body: &str) -> Vec<u8> {
    [b"symbolon device v1\0".as_slice(), body.as_bytes()].concat()
}
