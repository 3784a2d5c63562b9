//! Where to go after a log-in: a path of ours, or nothing. No open redirect.

use url::Url;

/// Longest path that is kept, in bytes.
const MAX: usize = 2048;
/// Nobody's origin, to see where a browser would go from it.
const BASE: &str = "https://base.invalid";

/// A path, with query and fragment if it has them, that stays on this origin however it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Next(String);

impl Next {
    /// Reads what came with a request. Whatever is doubtful is nothing: who logs in then gets to
    /// the account page.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('/')?;
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if text.len() > MAX || !visible || text.contains('\\') || starts_with_slash(rest) {
            return None;
        }
        // As browsers resolve it (WHATWG URL), dots removed: still here, still one slash.
        let base = Url::parse(BASE).ok()?;
        let target = base.join(text).ok()?;
        let stays = target.origin() == base.origin()
            && target.username().is_empty()
            && !target
                .path()
                .strip_prefix('/')
                .is_none_or(starts_with_slash);
        stays.then(|| Self(text.to_owned()))
    }

    /// The path.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether what follows the first slash makes a host of it, now or after a decoder too many.
fn starts_with_slash(rest: &str) -> bool {
    let escaped = rest.get(..3).unwrap_or_default();
    rest.starts_with(['/', '\\'])
        || escaped.eq_ignore_ascii_case("%2f")
        || escaped.eq_ignore_ascii_case("%5c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_ours_are_kept_as_they_are() {
        for good in [
            "/",
            "/account",
            "/account?notice=x#end",
            "/a/b//c",
            "/a%2Fb%20c",
            "/path?to=https://elsewhere.example/",
            "/path?to=//elsewhere.example",
            "/a:b@c",
            "/@elsewhere.example",
            "/javascript:alert(1)",
        ] {
            assert_eq!(
                Next::parse(good).as_ref().map(Next::as_str),
                Some(good),
                "{good}"
            );
        }
    }

    #[test]
    fn nothing_leads_elsewhere() {
        for bad in [
            "",
            "account",
            "?x",
            "#x",
            ".",
            "..",
            "//elsewhere.example",
            "///elsewhere.example",
            "////elsewhere.example",
            "/\\elsewhere.example",
            "\\/elsewhere.example",
            "\\\\elsewhere.example",
            "/\\/elsewhere.example",
            "/a\\b",
            "/./\\elsewhere.example",
            "/.//elsewhere.example",
            "/..//elsewhere.example",
            "/a/..//elsewhere.example",
            "/%2e//elsewhere.example",
            "/%2e%2E//elsewhere.example",
            "/%2f/elsewhere.example",
            "/%2Felsewhere.example",
            "/%5celsewhere.example",
            "/%5C/elsewhere.example",
            "/./%2felsewhere.example",
            "/\t/elsewhere.example",
            "/\n/elsewhere.example",
            "/\r/elsewhere.example",
            "/\r\nSet-Cookie: a=b",
            "/a\0",
            "/a b",
            " /account",
            "\t/account",
            "\n//elsewhere.example",
            "/a\u{7f}",
            "/\u{a0}",
            "/\u{2028}",
            "/\u{ff0f}elsewhere.example",
            "/é",
            "https://elsewhere.example",
            "https:elsewhere.example",
            "https:/elsewhere.example",
            "http:///elsewhere.example",
            "HTTPS://base.invalid/",
            "javascript:alert(1)",
            "data:text/html,x",
            "@elsewhere.example",
            ":80/",
        ] {
            assert_eq!(Next::parse(bad), None, "{bad:?}");
        }
        assert_eq!(Next::parse(&format!("/{}", "a".repeat(MAX))), None);
    }
}
