//! The schemas at the page's end, as tables of members.

use utoipa::openapi::{
    RefOr,
    schema::{Object, Schema},
};

use super::{
    kind::{Kind, kind, name},
    words::{Paragraph, paragraphs},
};

/// A schema.
pub(super) struct SchemaView {
    pub(super) name: String,
    pub(super) description: Vec<Paragraph>,
    /// What it is, where it has no members.
    pub(super) kind: Option<Kind>,
    /// Its members; several lists where it is one of several.
    pub(super) forms: Vec<Form>,
}

/// One form that a value can have.
pub(super) struct Form {
    pub(super) description: Vec<Paragraph>,
    /// Schemas whose members it has too.
    pub(super) extends: Vec<String>,
    pub(super) rows: Vec<Row>,
}

/// A member or a parameter.
pub(super) struct Row {
    pub(super) name: String,
    /// Where a parameter stands; empty for members.
    pub(super) place: &'static str,
    pub(super) kind: Kind,
    pub(super) is_required: bool,
    pub(super) description: Vec<Paragraph>,
}

impl SchemaView {
    pub(super) fn new(name: &str, schema: &RefOr<Schema>) -> Self {
        let forms = forms(schema);
        Self {
            name: name.to_owned(),
            description: paragraphs(description(schema)),
            kind: forms.is_empty().then(|| kind(schema)),
            forms,
        }
    }
}

/// Empty for what has no members.
fn forms(schema: &RefOr<Schema>) -> Vec<Form> {
    match schema {
        RefOr::T(Schema::Object(object)) if !object.properties.is_empty() => vec![form(object)],
        RefOr::T(Schema::AllOf(all)) => {
            let mut whole = Form {
                description: Vec::new(),
                extends: Vec::new(),
                rows: Vec::new(),
            };
            for item in &all.items {
                match item {
                    RefOr::Ref(to) => whole.extends.push(name(to).to_owned()),
                    item => whole
                        .rows
                        .extend(forms(item).into_iter().flat_map(|form| form.rows)),
                }
            }
            vec![whole]
        }
        RefOr::T(Schema::OneOf(one)) => one
            .items
            .iter()
            .flat_map(|item| {
                let mut forms = forms(item);
                if let Some(first) = forms.first_mut() {
                    first.description = paragraphs(description(item));
                }
                forms
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn form(object: &Object) -> Form {
    let row = |(name, schema): (&String, &RefOr<Schema>)| Row {
        name: name.clone(),
        place: "",
        kind: kind(schema),
        is_required: object.required.contains(name),
        description: paragraphs(description(schema)),
    };
    Form {
        description: Vec::new(),
        extends: Vec::new(),
        rows: object.properties.iter().map(row).collect(),
    }
}

fn description(schema: &RefOr<Schema>) -> Option<&str> {
    match schema {
        RefOr::Ref(to) => Some(to.description.as_str()),
        RefOr::T(Schema::Object(object)) => object.description.as_deref(),
        RefOr::T(Schema::Array(array)) => array.description.as_deref(),
        RefOr::T(Schema::OneOf(one)) => one.description.as_deref(),
        RefOr::T(Schema::AllOf(all)) => all.description.as_deref(),
        RefOr::T(Schema::AnyOf(any)) => any.description.as_deref(),
        RefOr::T(_) => None,
    }
}
