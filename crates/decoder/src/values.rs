//! What a check compared: for showing only, the verdict is made elsewhere.

use serde_json::{Value, json};
use symbolon_jose::{
    Check,
    loose::{Content, LooseToken},
};

use crate::{
    Request, content,
    key::{self, Pasted},
};

/// What was found and what was expected; a moment is a number of seconds.
#[derive(Default)]
pub(crate) struct Values {
    pub(crate) found: Value,
    pub(crate) expected: Value,
}

impl Values {
    pub(crate) fn of(
        check: Check,
        token: &LooseToken,
        pasted: &Pasted,
        request: &Request<'_>,
    ) -> Self {
        let header = |name: &str| shown(&token.header, name);
        let claim = |name: &str| shown(&token.claims, name);
        let moment = |name: &str| moment(&token.claims, name);
        let text = |text: &str| match text {
            "" => Value::Null,
            given => json!(given),
        };
        let (found, expected) = match check {
            Check::Algorithm => (header("alg"), algorithms(pasted)),
            Check::Unencoded => (header("b64"), Value::Null),
            Check::Critical => (header("crit"), Value::Null),
            Check::Compression => (header("zip"), Value::Null),
            Check::Type => (header("typ"), text(request.typ)),
            Check::Key => (header("kid"), kids(pasted)),
            Check::KeyAlgorithm => (header("alg"), Value::Null),
            Check::Signature => (json!(token.signature_bytes), Value::Null),
            Check::Expiry => (moment("exp"), json!(request.now)),
            Check::NotBefore => (moment("nbf"), json!(request.now)),
            Check::IssuedAt => (moment("iat"), json!(request.now)),
            Check::Issuer => (claim("iss"), text(request.issuer)),
            Check::Audience => (claim("aud"), text(request.audience)),
            _ => (Value::Null, Value::Null),
        };
        Self { found, expected }
    }
}

fn value<'c>(content: &'c Content, name: &str) -> Option<&'c Value> {
    let mut members = content.members().iter().rev();
    members
        .find(|(known, _)| known == name)
        .map(|(_, value)| value)
}

/// A text as it is, a list of texts in one, anything else as JSON.
fn shown(content: &Content, name: &str) -> Value {
    match value(content, name) {
        None => Value::Null,
        Some(Value::String(text)) => json!(text),
        Some(Value::Array(list)) if list.iter().all(Value::is_string) => {
            let texts: Vec<_> = list.iter().filter_map(Value::as_str).collect();
            json!(texts.join(", "))
        }
        Some(other) => json!(other.to_string()),
    }
}

fn moment(content: &Content, name: &str) -> Value {
    value(content, name).map_or(Value::Null, |value| {
        content::whole_seconds(value).map_or_else(|| json!(value.to_string()), |secs| json!(secs))
    })
}

fn algorithms(pasted: &Pasted) -> Value {
    let all = pasted
        .usable()
        .map_or_else(key::with_public_keys, |usable| usable.algorithms.clone());
    let names: Vec<_> = all.iter().map(|alg| alg.as_str()).collect();
    json!(names.join(", "))
}

fn kids(pasted: &Pasted) -> Value {
    let Some(usable) = pasted.usable() else {
        return Value::Null;
    };
    let kids: Vec<_> = usable.keys.kids().collect();
    if kids.is_empty() {
        Value::Null
    } else {
        json!(kids.join(", "))
    }
}
