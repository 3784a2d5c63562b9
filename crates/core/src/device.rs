//! The device cookie: a browser that logged in before shows that it did, and so has its own bucket
//! of attempts that no stranger can empty.
//!
//! `sdv1.<secret id>.<account id>.<device id>.<MAC>`, the MAC also over the password's version: who
//! knew an earlier password is a stranger again. It proves nothing else and opens nothing.

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use symbolon_jose::base64url;
use symbolon_protocol::AccountId;

use crate::{error::Error, keys::KeyRing, secret::DeviceCookie};

const PREFIX: &str = "sdv1";
/// Longest text that is looked at.
const MAX_LEN: usize = 200;

/// One browser that logged in to one account.
pub(crate) type DeviceId = [u8; 16];

/// Whose device it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owner {
    pub(crate) account: AccountId,
    pub(crate) password_version: u32,
}

/// Makes the cookie's value.
pub(crate) fn issue(
    ring: &KeyRing,
    owner: Owner,
    device: &DeviceId,
) -> Result<DeviceCookie, Error> {
    let (id, secret) = ring.newest_secret()?;
    let body = format!(
        "{PREFIX}.{id}.{}.{}.",
        owner.account,
        base64url::encode(device)
    );
    let key = hmac::Key::new(HMAC_SHA256, secret.as_slice());
    let mac = hmac::sign(&key, &input(&body, owner.password_version));
    Ok(DeviceCookie::new(body + &base64url::encode(mac.as_ref())))
}

/// The device, if the value was made here for this owner.
pub(crate) fn check(ring: &KeyRing, value: &DeviceCookie, owner: Owner) -> Option<DeviceId> {
    let value = value.expose();
    let (body, mac) = value.rsplit_once('.')?;
    let mut parts = body.split('.');
    if value.len() > MAX_LEN || parts.next()? != PREFIX {
        return None;
    }
    let secret = ring.secret(parts.next()?.parse().ok()?).ok()?;
    let named: AccountId = parts.next()?.parse().ok()?;
    let device = base64url::decode(parts.next()?).ok()?.try_into().ok()?;
    let mac = base64url::decode(mac).ok()?;
    let key = hmac::Key::new(HMAC_SHA256, secret.as_slice());
    let input = input(&format!("{body}."), owner.password_version);
    let genuine = hmac::verify(&key, &input, &mac).is_ok();
    (genuine && named == owner.account && parts.next().is_none()).then_some(device)
}

/// Another purpose than refresh tokens, which derive their key.
fn input(body: &str, password_version: u32) -> Vec<u8> {
    let version = password_version.to_be_bytes();
    [
        b"symbolon device v1\0".as_slice(),
        &version,
        body.as_bytes(),
    ]
    .concat()
}
