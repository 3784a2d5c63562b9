//! Finishes the document: writes the answers that the annotations only name by their codes, and
//! what every operation has because layers surround it.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::{
    Modify,
    openapi::{
        Content, Header, HttpMethod, ObjectBuilder, OpenApi, PathItem, Ref, RefOr, Response,
        path::Operation,
        schema::{AllOfBuilder, AnyOfBuilder, Object, Schema, SchemaType, Type},
    },
};

use super::refusals::{OAUTH_CODES, PROBLEM_CODES, credential_codes, find};

/// What the layers around every handler answer.
const EVERYWHERE: [&str; 3] = ["host_mismatch", "headers_too_large", "internal"];
/// And where something may change.
const UNSAFE: [&str; 1] = ["cross_site_request"];

const PROBLEM: &str = "application/problem+json";
const CREDENTIAL_CODE: &str = "CredentialCode";
const REQUEST_ID: &str = "RequestId";
const CACHING: &str = "Caching";
const RETRY_AFTER: &str = "RetryAfter";
const CHALLENGE: &str = "Challenge";

/// See the module.
pub(super) struct Answers;

impl Modify for Answers {
    fn modify(&self, document: &mut OpenApi) {
        let components = document.components.get_or_insert_default();
        let codes = text_of(&credential_codes(), "Why a credential was refused.");
        components
            .schemas
            .insert(CREDENTIAL_CODE.to_owned(), Schema::from(codes).into());
        components.headers.extend(headers());
        for item in document.paths.paths.values_mut() {
            for (method, operation) in operations_mut(item) {
                finish(method, operation);
                share(operation, &mut components.responses);
            }
        }
    }
}

/// The operations of a path, in the order in which people look for them.
pub(super) fn operations(item: &PathItem) -> impl Iterator<Item = (HttpMethod, &Operation)> {
    [
        (HttpMethod::Get, item.get.as_ref()),
        (HttpMethod::Post, item.post.as_ref()),
        (HttpMethod::Put, item.put.as_ref()),
        (HttpMethod::Patch, item.patch.as_ref()),
        (HttpMethod::Delete, item.delete.as_ref()),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation?)))
}

fn operations_mut(item: &mut PathItem) -> impl Iterator<Item = (HttpMethod, &mut Operation)> {
    [
        (HttpMethod::Get, item.get.as_mut()),
        (HttpMethod::Post, item.post.as_mut()),
        (HttpMethod::Put, item.put.as_mut()),
        (HttpMethod::Patch, item.patch.as_mut()),
        (HttpMethod::Delete, item.delete.as_mut()),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation?)))
}

fn finish(method: HttpMethod, operation: &mut Operation) {
    let is_safe = matches!(method, HttpMethod::Get);
    let layers = EVERYWHERE
        .iter()
        .chain(if is_safe { &[][..] } else { &UNSAFE });
    let responses = &mut operation.responses.responses;
    let mut of_layers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for code in layers {
        if let Some((status, _)) = find(code) {
            let codes = of_layers.entry(status.to_string()).or_default();
            codes.push((*code).to_owned());
            let new = || RefOr::T(Response::default());
            responses.entry(status.to_string()).or_insert_with(new);
        }
    }
    for (status, response) in responses {
        let RefOr::T(response) = response else {
            continue;
        };
        let oauth = taken(response, OAUTH_CODES);
        let mut problem = taken(response, PROBLEM_CODES);
        problem.extend(of_layers.remove(status).unwrap_or_default());
        write(response, &problem, PROBLEM, "Problem", "code");
        write(
            response,
            &oauth,
            "application/json",
            "OAuthError",
            "error_description",
        );
        let mut names = vec![("X-Request-Id", REQUEST_ID), ("Cache-Control", CACHING)];
        match status.as_str() {
            "401" => names.push(("WWW-Authenticate", CHALLENGE)),
            "429" | "503" => names.push(("Retry-After", RETRY_AFTER)),
            _ => {}
        }
        for (name, component) in names {
            let header = Ref::new(format!("#/components/headers/{component}"));
            response.headers.insert(name.to_owned(), RefOr::Ref(header));
        }
    }
}

/// Moves the answers that are problems of one code to where every operation can refer to them.
fn share(operation: &mut Operation, shared: &mut BTreeMap<String, RefOr<Response>>) {
    for response in operation.responses.responses.values_mut() {
        let RefOr::T(whole) = &*response else {
            continue;
        };
        let is_problem = whole.content.keys().eq([PROBLEM]);
        let only_code = whole.description.strip_prefix('`').and_then(|text| {
            let (code, rest) = text.split_once('`')?;
            (is_problem && !rest.contains('`') && code != CREDENTIAL_CODE).then_some(code)
        });
        let Some(code) = only_code else {
            continue;
        };
        let name: String = code.split('_').map(capitalised).collect();
        let to = Ref::new(format!("#/components/responses/{name}"));
        shared.insert(name, std::mem::replace(response, RefOr::Ref(to)));
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// An answer of an operation, wherever it stands.
pub(super) fn resolved<'a>(
    document: &'a OpenApi,
    response: &'a RefOr<Response>,
) -> Option<&'a Response> {
    match response {
        RefOr::T(response) => Some(response),
        RefOr::Ref(to) => {
            let name = to.ref_location.rsplit('/').next()?;
            match document.components.as_ref()?.responses.get(name)? {
                RefOr::T(response) => Some(response),
                RefOr::Ref(_) => None,
            }
        }
    }
}

fn taken(response: &mut Response, extension: &str) -> Vec<String> {
    let Some(extensions) = &mut response.extensions else {
        return Vec::new();
    };
    let codes = extensions.remove(extension);
    if extensions.is_empty() {
        response.extensions = None;
    }
    codes
        .as_ref()
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|code| code.as_str().map(str::to_owned))
        .collect()
}

/// Adds an error's description and body.
fn write(response: &mut Response, codes: &[String], media_type: &str, body: &str, member: &str) {
    if codes.is_empty() {
        return;
    }
    let of_credentials = credential_codes();
    let (credential, own): (Vec<&str>, Vec<&str>) = codes
        .iter()
        .map(String::as_str)
        .partition(|code| of_credentials.contains(code));
    let mut lines = Vec::new();
    let mut alternatives: Vec<RefOr<Schema>> = Vec::new();
    if !credential.is_empty() {
        lines.push(format!(
            "`{CREDENTIAL_CODE}`: The credential is missing, has ended or is not good."
        ));
        alternatives.push(Ref::from_schema_name(CREDENTIAL_CODE).into());
    }
    if !own.is_empty() {
        let meaning = |code: &&str| find(code).map_or("", |(_, meaning)| meaning);
        lines.extend(
            own.iter()
                .map(|code| format!("`{code}`: {}", meaning(code))),
        );
        alternatives.push(Schema::from(text_of(&own, "")).into());
    }
    if !response.description.is_empty() {
        lines.insert(0, std::mem::take(&mut response.description));
    }
    response.description = lines.join("\n\n");
    let code: RefOr<Schema> = match <[_; 1]>::try_from(alternatives) {
        Ok([only]) => only,
        Err(several) => {
            let any = several
                .into_iter()
                .fold(AnyOfBuilder::new(), AnyOfBuilder::item);
            Schema::from(any.build()).into()
        }
    };
    let with_code = ObjectBuilder::new().property(member, code).build();
    let schema = AllOfBuilder::new()
        .item(Ref::from_schema_name(body))
        .item(with_code)
        .build();
    let content = Content::new(Some(Schema::from(schema)));
    response
        .content
        .insert(media_type.to_owned(), content.into());
}

/// A text that is one of these.
pub(super) fn text_of(values: &[&str], description: &str) -> Object {
    ObjectBuilder::new()
        .schema_type(SchemaType::new(Type::String))
        .description(Some(description).filter(|text| !text.is_empty()))
        .enum_values(Some(values.iter().copied()))
        .build()
}

fn headers() -> impl Iterator<Item = (String, RefOr<Header>)> {
    let text = || ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
    let header = |name: &str, schema: ObjectBuilder, description: &str| {
        let mut header = Header::new(schema.build());
        header.description = Some(description.to_owned());
        (name.to_owned(), RefOr::T(header))
    };
    let seconds = ObjectBuilder::new()
        .schema_type(SchemaType::new(Type::Integer))
        .minimum(Some(0));
    [
        header(
            REQUEST_ID,
            text().pattern(Some("^[0-9a-f]{32}$")),
            "By which the request is found again in the log and the audit trail.",
        ),
        header(CACHING, text(), "`no-store` for all that is personal, and for every error."),
        header(RETRY_AFTER, seconds, "Seconds after which another attempt makes sense."),
        header(
            CHALLENGE,
            text(),
            "Which credential is asked for, and what was wrong with the one that came (RFC 6750 §3, \
             RFC 7617).",
        ),
    ]
    .into_iter()
}
