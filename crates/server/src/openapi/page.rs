//! `GET /api/docs`: the document for people, without scripts and without anything of others.
//!
//! Everything on it but what [`crate::texts`] says around it comes out of the document, whose
//! language is English.

mod kind;
mod operation;
mod schema;
mod words;

use std::sync::LazyLock;

use askama::Template;
use axum::response::Response;
use utoipa::openapi::OpenApi;

use self::{operation::OperationView, schema::SchemaView, words::Paragraph};
use super::{DOCUMENT, answers::operations};
use crate::pages::{frame::Frame, render::show, visitor::Visitor};

#[derive(Template)]
#[template(path = "api_docs.html")]
struct Page {
    t: Frame,
    contents: &'static Contents,
}

/// What the document says, ready to be shown.
struct Contents {
    version: String,
    introduction: Vec<Paragraph>,
    groups: Vec<Group>,
    schemas: Vec<SchemaView>,
}

/// The operations under one tag.
struct Group {
    name: String,
    anchor: String,
    description: Vec<Paragraph>,
    operations: Vec<OperationView>,
}

pub(super) async fn get(Visitor(_, t): Visitor) -> Response {
    show(t, &Page::new(t))
}

/// Made when it is first asked for.
static CONTENTS: LazyLock<Contents> = LazyLock::new(|| Contents::of(&DOCUMENT));

impl Page {
    fn new(t: Frame) -> Self {
        let contents = &CONTENTS;
        Self { t, contents }
    }
}

impl Contents {
    fn of(document: &OpenApi) -> Self {
        let info = &document.info;
        let tags = document.tags.iter().flatten();
        let schemas = document.components.iter().flat_map(|all| &all.schemas);
        Self {
            version: info.version.clone(),
            introduction: words::paragraphs(info.description.as_deref()),
            groups: tags
                .map(|tag| Group {
                    name: tag.name.clone(),
                    anchor: tag.name.to_lowercase().replace(' ', "-"),
                    description: words::paragraphs(tag.description.as_deref()),
                    operations: under(document, &tag.name),
                })
                .collect(),
            schemas: schemas
                .map(|(name, schema)| SchemaView::new(name, schema))
                .collect(),
        }
    }
}

fn under(document: &OpenApi, tag: &str) -> Vec<OperationView> {
    let mut found = Vec::new();
    for (path, item) in &document.paths.paths {
        for (method, operation) in operations(item) {
            if operation.tags.iter().flatten().any(|one| one == tag) {
                found.push(OperationView::new(document, method, path, operation));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_every_operation_and_every_schema() {
        let html = Page::new(Frame::default()).render().unwrap();
        for (path, item) in &DOCUMENT.paths.paths {
            for (_, operation) in operations(item) {
                let anchor = format!("id=\"{}\"", operation.operation_id.as_ref().unwrap());
                assert!(html.contains(&anchor), "{path}: {anchor}");
            }
        }
        let schemas = &DOCUMENT.components.as_ref().unwrap().schemas;
        for name in schemas.keys() {
            assert!(html.contains(&format!("id=\"schema-{name}\"")), "{name}");
        }
    }

    #[test]
    fn the_page_runs_nothing_of_its_own_and_loads_nothing_of_others() {
        let html = Page::new(Frame::default()).render().unwrap();
        assert_eq!(html.matches("<script").count(), 1, "that of every page");
        for word in ["<script>", "http://", "https://", "style=", " on"] {
            let found = html.find(word).map(|at| &html[at..at + 40]);
            let is_attribute =
                found.is_some_and(|text| text.split('>').next().unwrap().contains('='));
            assert!(
                found.is_none() || (word == " on" && !is_attribute),
                "{found:?}"
            );
        }
    }

    #[test]
    fn every_link_within_the_page_leads_somewhere() {
        let html = Page::new(Frame::default()).render().unwrap();
        let links: Vec<_> = html
            .split("href=\"#")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap())
            .collect();
        assert!(links.len() > 100);
        for link in links {
            assert!(html.contains(&format!("id=\"{link}\"")), "{link}");
        }
    }
}
