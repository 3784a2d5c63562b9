//! One operation: what it takes, and everything that it answers.

use utoipa::openapi::{
    Content, Header, HttpMethod, OpenApi, RefOr, Required, Response,
    path::{Operation, Parameter, ParameterIn},
    request_body::RequestBody,
};

use super::{
    kind::{Kind, kind},
    schema::Row,
    words::{Paragraph, paragraphs},
};
use crate::openapi::answers::resolved;

/// An operation.
pub(super) struct OperationView {
    pub(super) id: String,
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) summary: String,
    pub(super) description: Vec<Paragraph>,
    pub(super) credentials: String,
    pub(super) parameters: Vec<Row>,
    pub(super) bodies: Vec<Body>,
    pub(super) answers: Vec<Answer>,
}

/// A body in one media type.
pub(super) struct Body {
    pub(super) media_type: String,
    pub(super) kind: Kind,
}

/// An answer by its status.
pub(super) struct Answer {
    pub(super) status: String,
    pub(super) description: Vec<Paragraph>,
    pub(super) bodies: Vec<Body>,
    /// Headers that not every answer has, with what they say.
    pub(super) headers: Vec<(String, String)>,
}

impl OperationView {
    pub(super) fn new(
        document: &OpenApi,
        method: HttpMethod,
        path: &str,
        operation: &Operation,
    ) -> Self {
        let parameters = operation.parameters.iter().flatten();
        let responses = &operation.responses.responses;
        Self {
            id: operation.operation_id.clone().unwrap_or_default(),
            method: match method {
                HttpMethod::Post => "POST",
                HttpMethod::Put => "PUT",
                HttpMethod::Patch => "PATCH",
                HttpMethod::Delete => "DELETE",
                _ => "GET",
            },
            path: path.to_owned(),
            summary: operation.summary.clone().unwrap_or_default(),
            description: paragraphs(operation.description.as_deref()),
            credentials: credentials(operation),
            parameters: parameters
                .filter_map(|parameter| match parameter {
                    RefOr::T(parameter) => Some(row(parameter)),
                    RefOr::Ref(_) => None,
                })
                .collect(),
            bodies: match &operation.request_body {
                Some(RefOr::T(RequestBody { content, .. })) => bodies(content),
                _ => Vec::new(),
            },
            answers: responses
                .iter()
                .filter_map(|(status, response)| {
                    Some(Answer::new(status, resolved(document, response)?))
                })
                .collect(),
        }
    }
}

impl Answer {
    fn new(status: &str, response: &Response) -> Self {
        let own = response
            .headers
            .iter()
            .filter_map(|(name, header)| match header {
                RefOr::T(Header { description, .. }) => {
                    Some((name.clone(), description.clone().unwrap_or_default()))
                }
                RefOr::Ref(_) => None,
            });
        Self {
            status: status.to_owned(),
            description: paragraphs(Some(&response.description)),
            bodies: bodies(&response.content),
            headers: own.collect(),
        }
    }
}

fn bodies<'a>(content: impl IntoIterator<Item = (&'a String, &'a RefOr<Content>)>) -> Vec<Body> {
    let body = |(media_type, content): (&String, &RefOr<Content>)| match content {
        RefOr::T(Content {
            schema: Some(schema),
            ..
        }) => Some(Body {
            media_type: media_type.clone(),
            kind: kind(schema),
        }),
        _ => None,
    };
    content.into_iter().filter_map(body).collect()
}

fn row(parameter: &Parameter) -> Row {
    Row {
        name: parameter.name.clone(),
        place: match parameter.parameter_in {
            ParameterIn::Path => "path",
            ParameterIn::Header => "header",
            ParameterIn::Cookie => "cookie",
            _ => "query",
        },
        kind: parameter.schema.as_ref().map(kind).unwrap_or_default(),
        is_required: matches!(parameter.required, Required::True),
        description: paragraphs(parameter.description.as_deref()),
    }
}

/// Which credentials it takes, in words.
fn credentials(operation: &Operation) -> String {
    let names: Vec<String> = operation
        .security
        .iter()
        .flatten()
        .map(|requirement| {
            let json = serde_json::to_value(requirement).unwrap_or_default();
            let schemes = json.as_object().map(|schemes| schemes.keys().cloned());
            let schemes: Vec<String> = schemes.into_iter().flatten().collect();
            match schemes.is_empty() {
                true => "nothing".to_owned(),
                false => schemes.join(" and ").replace('_', " "),
            }
        })
        .collect();
    names.join(" or ")
}
