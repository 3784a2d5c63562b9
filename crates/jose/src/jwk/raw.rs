//! A JWK as it stands in JSON, and its way into a [`Jwk`].

use serde::{Deserialize, Deserializer, de::IgnoredAny};
use zeroize::Zeroizing;

use super::{Curve, Jwk, Material, RsaPrivate, Secret};
use crate::{base64url, error::KeyError};

type Text = Zeroizing<String>;

#[derive(Deserialize)]
pub(super) struct RawJwk {
    kty: String,
    #[serde(default, deserialize_with = "present")]
    crv: Option<String>,
    #[serde(default, deserialize_with = "present")]
    kid: Option<String>,
    #[serde(default, deserialize_with = "present")]
    alg: Option<String>,
    #[serde(default, rename = "use", deserialize_with = "present")]
    key_use: Option<String>,
    #[serde(default, deserialize_with = "present")]
    key_ops: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    n: Option<String>,
    #[serde(default, deserialize_with = "present")]
    e: Option<String>,
    #[serde(default, deserialize_with = "present")]
    x: Option<String>,
    #[serde(default, deserialize_with = "present")]
    y: Option<String>,
    #[serde(default, deserialize_with = "present")]
    d: Option<Text>,
    #[serde(default, deserialize_with = "present")]
    p: Option<Text>,
    #[serde(default, deserialize_with = "present")]
    q: Option<Text>,
    #[serde(default, deserialize_with = "present")]
    dp: Option<Text>,
    #[serde(default, deserialize_with = "present")]
    dq: Option<Text>,
    #[serde(default, deserialize_with = "present")]
    qi: Option<Text>,
    #[serde(default, deserialize_with = "present")]
    oth: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "present")]
    k: Option<Text>,
}

/// A member that is there must have a value: `null` would pass for an absent one, and with it
/// for a key without restrictions.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl TryFrom<RawJwk> for Jwk {
    type Error = KeyError;

    fn try_from(raw: RawJwk) -> Result<Self, KeyError> {
        let material = match (raw.kty.as_str(), raw.crv.as_deref()) {
            ("RSA", _) => rsa(&raw)?,
            ("EC", Some("P-256")) => ec(&raw, Curve::P256)?,
            ("EC", Some("P-384")) => ec(&raw, Curve::P384)?,
            ("OKP", Some("Ed25519")) => ed25519(&raw)?,
            ("oct", _) => Material::Symmetric {
                k: secret(raw.k.as_ref(), "k")?,
            },
            ("EC" | "OKP", None) => return Err(KeyError::Member { member: "crv" }),
            _ => return Err(KeyError::UnknownKeyType),
        };
        Ok(Self {
            material,
            kid: raw.kid,
            alg: raw.alg,
            key_use: raw.key_use,
            key_ops: raw.key_ops,
        })
    }
}

/// RFC 7518 §6.3.
fn rsa(raw: &RawJwk) -> Result<Material, KeyError> {
    if raw.oth.is_some() {
        return Err(KeyError::Member { member: "oth" });
    }
    Ok(Material::Rsa {
        n: number(raw.n.as_deref(), "n")?,
        e: number(raw.e.as_deref(), "e")?,
        private: rsa_private(raw)?,
    })
}

/// RFC 7518 §6.3.2: with `d`, every other private member must be there, and none without it.
fn rsa_private(raw: &RawJwk) -> Result<Option<RsaPrivate>, KeyError> {
    if raw.d.is_none() {
        let others = [&raw.p, &raw.q, &raw.dp, &raw.dq, &raw.qi];
        let half = others.iter().any(|member| member.is_some());
        return if half {
            Err(KeyError::Member { member: "d" })
        } else {
            Ok(None)
        };
    }
    Ok(Some(RsaPrivate {
        d: secret(raw.d.as_ref(), "d")?,
        p: secret(raw.p.as_ref(), "p")?,
        q: secret(raw.q.as_ref(), "q")?,
        dp: secret(raw.dp.as_ref(), "dp")?,
        dq: secret(raw.dq.as_ref(), "dq")?,
        qi: secret(raw.qi.as_ref(), "qi")?,
    }))
}

/// RFC 7518 §6.2.
fn ec(raw: &RawJwk, curve: Curve) -> Result<Material, KeyError> {
    let len = curve.coordinate_len();
    Ok(Material::Ec {
        curve,
        x: octets(raw.x.as_deref(), "x", len)?,
        y: octets(raw.y.as_deref(), "y", len)?,
        d: private_octets(raw, len)?,
    })
}

/// RFC 8037 §2.
fn ed25519(raw: &RawJwk) -> Result<Material, KeyError> {
    Ok(Material::Ed25519 {
        x: octets(raw.x.as_deref(), "x", 32)?,
        d: private_octets(raw, 32)?,
    })
}

fn decode(text: Option<&str>, member: &'static str) -> Result<Vec<u8>, KeyError> {
    let bytes = text.and_then(|text| base64url::decode(text).ok());
    bytes
        .filter(|bytes| !bytes.is_empty())
        .ok_or(KeyError::Member { member })
}

/// A Base64urlUInt: the fewest octets, so no leading zero (RFC 7518 §2).
fn number(text: Option<&str>, member: &'static str) -> Result<Vec<u8>, KeyError> {
    let bytes = decode(text, member)?;
    if bytes.first() == Some(&0) {
        Err(KeyError::Member { member })
    } else {
        Ok(bytes)
    }
}

/// A value of exactly `len` octets (RFC 7518 §6.2.1.2).
fn octets(text: Option<&str>, member: &'static str, len: usize) -> Result<Vec<u8>, KeyError> {
    let bytes = decode(text, member)?;
    if bytes.len() == len {
        Ok(bytes)
    } else {
        Err(KeyError::Member { member })
    }
}

fn secret(text: Option<&Text>, member: &'static str) -> Result<Secret, KeyError> {
    decode(text.map(|text| text.as_str()), member).map(Zeroizing::new)
}

fn private_octets(raw: &RawJwk, len: usize) -> Result<Option<Secret>, KeyError> {
    let Some(d) = &raw.d else { return Ok(None) };
    let d = secret(Some(d), "d")?;
    if d.len() == len {
        Ok(Some(d))
    } else {
        Err(KeyError::Member { member: "d" })
    }
}
