//! JWK thumbprints (RFC 7638 §3; RFC 8037 §2 for Ed25519).

use zeroize::Zeroizing;

use super::Material;
use crate::{backend, base64url};

/// SHA-256 over the required members in lexicographic order, without white space.
pub(super) fn thumbprint(material: &Material) -> String {
    base64url::encode(&backend::sha256(canonical(material).as_bytes()))
}

/// The hash input. No value can need escaping: all are base64url or fixed names.
fn canonical(material: &Material) -> Zeroizing<String> {
    let text = match material {
        Material::Rsa { n, e, .. } => {
            let (n, e) = (base64url::encode(n), base64url::encode(e));
            format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#)
        }
        Material::Ec { curve, x, y, .. } => {
            let (crv, x, y) = (curve.name(), base64url::encode(x), base64url::encode(y));
            format!(r#"{{"crv":"{crv}","kty":"EC","x":"{x}","y":"{y}"}}"#)
        }
        Material::Ed25519 { x, .. } => {
            let x = base64url::encode(x);
            format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#)
        }
        Material::Symmetric { k } => {
            let k = Zeroizing::new(base64url::encode(k));
            format!(r#"{{"k":"{}","kty":"oct"}}"#, k.as_str())
        }
    };
    Zeroizing::new(text)
}

#[cfg(test)]
mod tests {
    use crate::Jwk;

    /// RFC 7638 §3.1.
    #[test]
    fn rfc_7638_example() {
        let jwk = Jwk::from_json(
            r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#,
        )
        .unwrap();
        assert_eq!(
            jwk.thumbprint(),
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
        );
    }

    /// RFC 8037 appendix A.3.
    #[test]
    fn rfc_8037_example() {
        let jwk = Jwk::from_json(
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
        )
        .unwrap();
        assert_eq!(
            jwk.thumbprint(),
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
        );
    }
}
