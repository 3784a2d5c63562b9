//! The tokens that all three libraries judge: for each algorithm a valid one, what may become of
//! it on the way, and what a careless or hostile issuer could sign.

use serde_json::json;
use symbolon_jose::{Algorithm, base64url};

use super::{AUDIENCE, ISSUER, LEEWAY, keys::Key};

/// A token, and the class of tokens that it is an example of.
pub(crate) struct Case {
    pub(crate) class: String,
    pub(crate) alg: Algorithm,
    pub(crate) token: String,
}

/// Random changes of each kind, an algorithm.
const ROUNDS: usize = 60;

pub(crate) fn cases(key: &Key, now: i64) -> Vec<Case> {
    let claims = Members::claims(now);
    let header = Members::header(key.alg());
    let mut cases = Cases {
        key,
        cases: Vec::new(),
    };
    cases.add("valid", &header.text(), &claims.text());
    let good = cases.token(&header.text(), claims.text().as_bytes());
    cases.touched(&good);
    cases.encoded(&good);
    cases.headers(&header, &claims.text());
    cases.payloads(&header.text(), &claims);
    cases.times(&header.text(), &claims, now);
    cases.parties(&header.text(), &claims);
    cases.cases
}

/// The members of an object as raw JSON, so that they can be wrong in any way.
#[derive(Clone)]
struct Members(Vec<(String, String)>);

impl Members {
    fn claims(now: i64) -> Self {
        Self::of(&[
            ("iss", json!(ISSUER).to_string()),
            ("aud", json!(AUDIENCE).to_string()),
            ("sub", json!("u").to_string()),
            ("iat", now.to_string()),
            ("exp", (now + 10_000).to_string()),
        ])
    }

    fn header(alg: Algorithm) -> Self {
        Self::of(&[
            ("alg", json!(alg.as_str()).to_string()),
            ("typ", json!("JWT").to_string()),
        ])
    }

    fn of(members: &[(&str, String)]) -> Self {
        let owned = |(name, value): &(&str, String)| ((*name).to_owned(), value.clone());
        Self(members.iter().map(owned).collect())
    }

    fn without(&self, name: &str) -> Self {
        let others = self.0.iter().filter(|(other, _)| other != name);
        Self(others.cloned().collect())
    }

    /// Appended, so that a name that is there already stands twice.
    fn and(&self, name: &str, value: &str) -> Self {
        let mut members = self.0.clone();
        members.push((name.to_owned(), value.to_owned()));
        Self(members)
    }

    fn with(&self, name: &str, value: &str) -> Self {
        self.without(name).and(name, value)
    }

    fn text(&self) -> String {
        let member = |(name, value): &(String, String)| format!("\"{name}\":{value}");
        let members: Vec<_> = self.0.iter().map(member).collect();
        format!("{{{}}}", members.join(","))
    }
}

struct Cases<'a> {
    key: &'a Key,
    cases: Vec<Case>,
}

impl Cases<'_> {
    /// A truly signed token of these texts.
    fn token(&self, header: &str, payload: &[u8]) -> String {
        let header = base64url::encode(header.as_bytes());
        let input = format!("{header}.{}", base64url::encode(payload));
        format!("{input}.{}", self.key.sign(input.as_bytes()))
    }

    fn push(&mut self, class: &str, token: String) {
        self.cases.push(Case {
            class: class.to_owned(),
            alg: self.key.alg(),
            token,
        });
    }

    fn add(&mut self, class: &str, header: &str, payload: &str) {
        let token = self.token(header, payload.as_bytes());
        self.push(class, token);
    }

    /// What transport can do to a token; the seed is the algorithm's name.
    fn touched(&mut self, good: &str) {
        let mut random = Random(self.key.alg().as_str().bytes().map(u64::from).sum());
        let parts: Vec<_> = good
            .split('.')
            .map(|p| base64url::decode(p).unwrap())
            .collect();
        for _ in 0..ROUNDS {
            for (part, class) in ["header: bit", "payload: bit", "signature: bit"]
                .iter()
                .enumerate()
            {
                let mut changed = parts.clone();
                let place = random.below(changed[part].len());
                changed[part][place] ^= 1 << random.below(8);
                let texts: Vec<_> = changed.iter().map(|p| base64url::encode(p)).collect();
                self.push(class, texts.join("."));
            }
            let mut bytes = good.as_bytes().to_vec();
            let place = random.below(bytes.len());
            bytes[place] = 33 + random.below(94).to_le_bytes()[0];
            let changed = String::from_utf8(bytes).unwrap();
            // A part's last character may have bits that stand for nothing: see `encoded`.
            let ends = matches!(good.as_bytes().get(place + 1), None | Some(b'.'));
            if changed != good && !ends {
                self.push("text: character", changed);
            }
            self.push("text: cut", good[..random.below(good.len())].to_owned());
        }
    }

    /// Other texts of the same bytes, and other numbers of parts.
    fn encoded(&mut self, good: &str) {
        let [header, payload, signature] = parts(good);
        for (class, token) in [
            ("base64: padding on the signature", format!("{good}=")),
            ("base64: padding on the signature", format!("{good}==")),
            (
                "base64: padding on the payload",
                format!("{header}.{payload}=.{signature}"),
            ),
            ("base64: space after", format!("{good} ")),
            ("base64: space before", format!(" {good}")),
            ("base64: newline after", format!("{good}\n")),
            (
                "base64: space within",
                format!("{header}.{payload}.{} {}", &signature[..4], &signature[4..]),
            ),
            ("parts: two", format!("{header}.{payload}")),
            ("parts: four", format!("{good}.{signature}")),
            (
                "parts: five",
                format!("{header}..{payload}.{signature}.{signature}"),
            ),
            ("parts: no signature", format!("{header}.{payload}.")),
            ("parts: no payload", format!("{header}..{signature}")),
            ("parts: no header", format!(".{payload}.{signature}")),
            ("parts: dot after", format!("{good}.")),
            ("parts: nothing", String::new()),
            (
                "parts: JSON",
                json!({"protected": header, "payload": payload, "signature": signature})
                    .to_string(),
            ),
        ] {
            self.push(class, token);
        }
        if let Some(other) = standard_alphabet(signature) {
            self.push("base64: + and /", format!("{header}.{payload}.{other}"));
        }
        if let Some(other) = unused_bits(signature) {
            self.push("text: unused bits", format!("{header}.{payload}.{other}"));
        }
    }

    fn headers(&mut self, header: &Members, payload: &str) {
        let alg = format!("\"{}\"", self.key.alg().as_str());
        let other = if self.key.alg() == Algorithm::ES256 {
            "\"EdDSA\""
        } else {
            "\"ES256\""
        };
        for (class, changed) in [
            ("alg: none", header.with("alg", "\"none\"")),
            ("alg: lower case", header.with("alg", &alg.to_lowercase())),
            ("alg: another", header.with("alg", other)),
            ("alg: unknown", header.with("alg", "\"XX256\"")),
            ("alg: absent", header.without("alg")),
            ("alg: number", header.with("alg", "7")),
            ("alg: null", header.with("alg", "null")),
            ("header: alg twice", header.and("alg", &alg)),
            (
                "header: alg twice, none last",
                header.and("alg", "\"none\""),
            ),
            (
                "header: another member twice",
                header.and("x", "1").and("x", "2"),
            ),
            (
                "header: a nested member twice",
                header.and("x", "{\"a\":1,\"a\":2}"),
            ),
            (
                "header: unknown member",
                header.and("x", "[1,{\"a\":null}]"),
            ),
            ("typ: absent", header.without("typ")),
            ("typ: another", header.with("typ", "\"at+jwt\"")),
            ("typ: lower case", header.with("typ", "\"jwt\"")),
            (
                "typ: with application/",
                header.with("typ", "\"application/jwt\""),
            ),
            ("typ: number", header.with("typ", "7")),
            ("cty: JWT", header.and("cty", "\"JWT\"")),
            ("kid: any", header.and("kid", "\"k\"")),
            ("kid: number", header.and("kid", "7")),
            ("crit: empty", header.and("crit", "[]")),
            ("crit: unknown", header.and("crit", "[\"x\"]").and("x", "1")),
            ("crit: absent member", header.and("crit", "[\"x\"]")),
            ("crit: a registered name", header.and("crit", "[\"alg\"]")),
            ("crit: exp", header.and("crit", "[\"exp\"]").and("exp", "1")),
            ("crit: no list", header.and("crit", "\"x\"")),
            ("crit: null", header.and("crit", "null")),
            (
                "b64: true, critical",
                header.and("b64", "true").and("crit", "[\"b64\"]"),
            ),
            (
                "b64: false, critical",
                header.and("b64", "false").and("crit", "[\"b64\"]"),
            ),
            ("b64: false, not critical", header.and("b64", "false")),
            ("b64: true, not critical", header.and("b64", "true")),
            ("zip: DEF", header.and("zip", "\"DEF\"")),
            ("enc: A128GCM", header.and("enc", "\"A128GCM\"")),
            (
                "jwk: a key",
                header.and("jwk", "{\"kty\":\"oct\",\"k\":\"AA\"}"),
            ),
            ("jwk: text", header.and("jwk", "\"key\"")),
            (
                "jku: a URL",
                header.and("jku", "\"https://evil.example/jwks\""),
            ),
            (
                "x5u: a URL",
                header.and("x5u", "\"https://evil.example/cert\""),
            ),
            ("x5c: a list", header.and("x5c", "[\"AA\"]")),
        ] {
            self.add(class, &changed.text(), payload);
        }
        for (class, text) in [
            ("header: empty", String::new()),
            ("header: no object", "[]".to_owned()),
            ("header: text", alg),
            ("header: space around", format!(" {} ", header.text())),
            ("header: trailing bytes", format!("{}x", header.text())),
            (
                "header: byte order mark",
                format!("\u{feff}{}", header.text()),
            ),
            ("header: trailing comma", header.text().replace('}', ",}")),
        ] {
            self.add(class, &text, payload);
        }
    }

    fn payloads(&mut self, header: &str, claims: &Members) {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        for (class, text) in [
            ("payload: empty", String::new()),
            ("payload: empty object", "{}".to_owned()),
            ("payload: list", format!("[{}]", claims.text())),
            ("payload: text", "\"text\"".to_owned()),
            ("payload: number", "7".to_owned()),
            ("payload: null", "null".to_owned()),
            ("payload: space around", format!("\n {} \t", claims.text())),
            ("payload: trailing bytes", format!("{}x", claims.text())),
            ("payload: two objects", format!("{0}{0}", claims.text())),
            (
                "payload: byte order mark",
                format!("\u{feff}{}", claims.text()),
            ),
            ("payload: trailing comma", claims.text().replace('}', ",}")),
            ("payload: comment", format!("/**/{}", claims.text())),
            (
                "payload: unknown claim",
                claims.and("x", "{\"a\":[1,2,{}]}").text(),
            ),
            (
                "payload: unknown claim twice",
                claims.and("x", "1").and("x", "2").text(),
            ),
            (
                "payload: nested member twice",
                claims.and("x", "{\"a\":1,\"a\":2}").text(),
            ),
            (
                "payload: a name escaped",
                claims.text().replace("\"exp\"", "\"\\u0065xp\""),
            ),
            (
                "payload: a name twice, once escaped",
                claims.and("\\u0065xp", "1").text(),
            ),
            ("payload: exp twice", claims.and("exp", "1").text()),
            (
                "payload: iss twice",
                claims.and("iss", "\"https://other.example\"").text(),
            ),
            (
                "payload: lone surrogate",
                claims.and("x", "\"\\ud800\"").text(),
            ),
            (
                "payload: control character",
                claims.and("x", "\"\u{1}\"").text(),
            ),
            ("payload: 200 levels", claims.and("x", &deep).text()),
            (
                "payload: larger than 16 KiB",
                claims
                    .and("x", &format!("\"{}\"", "a".repeat(17_000)))
                    .text(),
            ),
        ] {
            self.add(class, header, &text);
        }
        let mut bytes = claims.and("x", "\"?\"").text().into_bytes();
        for byte in bytes.iter_mut().filter(|byte| **byte == b'?') {
            *byte = 0xff;
        }
        let token = self.token(header, &bytes);
        self.push("payload: no UTF-8", token);
    }

    fn times(&mut self, header: &str, claims: &Members, now: i64) {
        let (past, future) = (now - 10_000, now + 10_000);
        for name in ["exp", "nbf", "iat"] {
            let forms = [
                ("past", past.to_string()),
                ("future", future.to_string()),
                ("just past", (now - i64::from(LEEWAY) / 2).to_string()),
                ("just future", (now + i64::from(LEEWAY) / 2).to_string()),
                ("text", format!("\"{future}\"")),
                ("fraction, past", format!("{past}.5")),
                ("fraction, future", format!("{future}.5")),
                ("fraction of zero, past", format!("{past}.0")),
                ("fraction of zero, future", format!("{future}.0")),
                ("exponent, past", format!("{past}e0")),
                ("exponent, far future", "1e12".to_owned()),
                ("huge", "1e300".to_owned()),
                ("infinite", "1e400".to_owned()),
                ("beyond 2^53", "9007199254740993".to_owned()),
                ("beyond 2^64", "18446744073709551616".to_owned()),
                ("zero", "0".to_owned()),
                ("negative", "-5".to_owned()),
                ("null", "null".to_owned()),
                ("true", "true".to_owned()),
                ("list", format!("[{future}]")),
                ("object", "{}".to_owned()),
            ];
            for (form, value) in forms {
                self.add(
                    &format!("{name}: {form}"),
                    header,
                    &claims.with(name, &value).text(),
                );
            }
            self.add(
                &format!("{name}: absent"),
                header,
                &claims.without(name).text(),
            );
        }
    }

    fn parties(&mut self, header: &str, claims: &Members) {
        let (issuer, audience) = (json!(ISSUER).to_string(), json!(AUDIENCE).to_string());
        for (class, changed) in [
            ("iss: absent", claims.without("iss")),
            (
                "iss: another",
                claims.with("iss", "\"https://other.example\""),
            ),
            (
                "iss: with a slash",
                claims.with("iss", &issuer.replace("example", "example/")),
            ),
            ("iss: list", claims.with("iss", &format!("[{issuer}]"))),
            ("iss: number", claims.with("iss", "7")),
            ("iss: null", claims.with("iss", "null")),
            ("aud: absent", claims.without("aud")),
            (
                "aud: another",
                claims.with("aud", "\"https://other.example\""),
            ),
            (
                "aud: list with ours",
                claims.with("aud", &format!("[\"x\",{audience}]")),
            ),
            (
                "aud: list without ours",
                claims.with("aud", "[\"x\",\"y\"]"),
            ),
            (
                "aud: list with a number",
                claims.with("aud", &format!("[7,{audience}]")),
            ),
            ("aud: empty list", claims.with("aud", "[]")),
            ("aud: empty text", claims.with("aud", "\"\"")),
            ("aud: number", claims.with("aud", "7")),
            ("aud: null", claims.with("aud", "null")),
            ("aud: object", claims.with("aud", "{}")),
            (
                "aud: longer",
                claims.with("aud", &audience.replace("example", "example.org")),
            ),
            ("sub: absent", claims.without("sub")),
            ("sub: number", claims.with("sub", "7")),
            ("sub: empty", claims.with("sub", "\"\"")),
            ("sub: null", claims.with("sub", "null")),
            ("jti: text", claims.with("jti", "\"t\"")),
            ("jti: number", claims.with("jti", "7")),
        ] {
            self.add(class, header, &changed.text());
        }
    }
}

fn parts(token: &str) -> [&str; 3] {
    let parts: Vec<_> = token.split('.').collect();
    parts.try_into().unwrap()
}

/// The same bytes in the alphabet of RFC 4648 §4, if that makes another text.
fn standard_alphabet(text: &str) -> Option<String> {
    let other = text.replace('-', "+").replace('_', "/");
    (other != text).then_some(other)
}

/// The same bytes with one of the last character's unused bits set, if it has any.
fn unused_bits(text: &str) -> Option<String> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = ALPHABET.find(text.chars().last()?)?;
    let other = &ALPHABET[last ^ 1..=last ^ 1];
    (!text.len().is_multiple_of(4)).then(|| format!("{}{other}", &text[..text.len() - 1]))
}

/// SplitMix64: the same changes in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(limit).unwrap()).unwrap()
    }
}
