//! What a value is, in a few words and with a link to its schema.

use serde_json::Value;
use utoipa::openapi::{
    Ref, RefOr,
    schema::{ArrayItems, Object, Schema, SchemaFormat, SchemaType, Type},
};

/// A value's kind: `before` + name + `after`; the name links to its schema if it has one.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) before: String,
    pub(super) schema: Option<String>,
    pub(super) after: String,
}

impl Kind {
    fn plain(text: impl Into<String>) -> Self {
        Self {
            before: text.into(),
            ..Self::default()
        }
    }
}

pub(super) fn kind(schema: &RefOr<Schema>) -> Kind {
    match schema {
        RefOr::Ref(to) => Kind {
            schema: Some(name(to).to_owned()),
            ..Kind::default()
        },
        RefOr::T(Schema::Array(array)) => {
            let inner = match &array.items {
                ArrayItems::RefOrSchema(items) => kind(items),
                ArrayItems::False => Kind::plain("nothing"),
            };
            Kind {
                before: format!("list of {}", inner.before),
                ..inner
            }
        }
        RefOr::T(Schema::Object(object)) => Kind::plain(of_object(object)),
        RefOr::T(Schema::OneOf(one)) => of_several(&one.items),
        RefOr::T(Schema::AnyOf(any)) => of_several(&any.items),
        RefOr::T(Schema::AllOf(all)) => all.items.first().map(kind).unwrap_or_default(),
        RefOr::T(_) => Kind::plain("anything"),
    }
}

/// The schema that is referred to.
pub(super) fn name(to: &Ref) -> &str {
    to.ref_location.rsplit('/').next().unwrap_or_default()
}

/// One of several: of an optional one, that one; else the first, since the schema says the rest.
fn of_several(items: &[RefOr<Schema>]) -> Kind {
    let is_null = |item: &&RefOr<Schema>| match item {
        RefOr::T(Schema::Object(object)) => types(object) == ["null"],
        _ => false,
    };
    let mut real = items.iter().filter(|item| !is_null(item));
    let mut first = real.next().map(kind).unwrap_or_default();
    if items.iter().any(|item| is_null(&item)) {
        first.after.push_str(" or null");
    }
    first
}

fn of_object(object: &Object) -> String {
    if let Some(values) = &object.enum_values {
        return values.iter().map(word).collect::<Vec<_>>().join(", ");
    }
    let mut text = types(object).join(" or ");
    match &object.format {
        Some(SchemaFormat::KnownFormat(format)) => {
            let format = serde_json::to_value(format).unwrap_or_default();
            text = format!("{text} ({})", word(&format));
        }
        Some(SchemaFormat::Custom(format)) => text = format!("{text} ({format})"),
        None => {}
    }
    if let Some(pattern) = &object.pattern {
        text = format!("{text} like {pattern}");
    }
    text
}

fn word(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn types(object: &Object) -> Vec<&'static str> {
    let name = |one: &Type| match one {
        Type::Object => "object",
        Type::String => "text",
        Type::Integer => "integer",
        Type::Number => "number",
        Type::Boolean => "true or false",
        Type::Array => "list",
        Type::Null => "null",
    };
    match &object.schema_type {
        SchemaType::Type(one) => vec![name(one)],
        SchemaType::Array(several) => several.iter().map(name).collect(),
        SchemaType::AnyValue => vec!["anything"],
    }
}
