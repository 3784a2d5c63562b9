//! Links with a query.

use url::form_urlencoded::Serializer;

/// A path of ours with these parameters; empty ones are left out.
pub(super) fn with_query<'a>(
    path: &str,
    parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> String {
    let mut query = Serializer::new(String::new());
    for (name, value) in parameters {
        if !value.is_empty() {
            query.append_pair(name, value);
        }
    }
    match query.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::with_query;

    #[test]
    fn whatever_is_put_in_stays_one_value() {
        let link = with_query("/admin", [("a", "1&b=2#\"<"), ("none", ""), ("c", "ä")]);
        assert_eq!(link, "/admin?a=1%26b%3D2%23%22%3C&c=%C3%A4");
        assert_eq!(with_query("/admin", [("none", "")]), "/admin");
    }
}
