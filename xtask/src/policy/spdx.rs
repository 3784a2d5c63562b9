//! SPDX licence expressions: `(MIT OR Apache-2.0) AND Unicode-3.0`.
//!
//! `AND` binds tighter than `OR`; `WITH` belongs to the licence before it; `/` is how crates wrote `OR`
//! before there were expressions. `MIT+` is `MIT` to us: a later version is the licensee's choice.

/// Whether an expression can be met with licences that are allowed.
pub(super) fn is_met(expression: &str, allowed: &dyn Fn(&str) -> bool) -> Result<bool, String> {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut parser = Parser {
        rest: &words,
        allowed,
    };
    let met = parser.any_of();
    match (met, parser.rest) {
        (Some(met), []) => Ok(met),
        (_, rest) => Err(format!(
            "`{expression}` is no SPDX expression, at `{}`",
            rest.join(" ")
        )),
    }
}

struct Parser<'a> {
    rest: &'a [&'a str],
    allowed: &'a dyn Fn(&str) -> bool,
}

impl<'a> Parser<'a> {
    fn any_of(&mut self) -> Option<bool> {
        let mut met = self.all_of()?;
        while self.takes("OR") {
            met |= self.all_of()?;
        }
        Some(met)
    }

    fn all_of(&mut self) -> Option<bool> {
        let mut met = self.one()?;
        while self.takes("AND") {
            met &= self.one()?;
        }
        Some(met)
    }

    fn one(&mut self) -> Option<bool> {
        if self.takes("(") {
            let met = self.any_of()?;
            return self.takes(")").then_some(met);
        }
        let licence = self.identifier()?;
        let licence = licence.strip_suffix('+').unwrap_or(licence);
        if self.takes("WITH") {
            let exception = self.identifier()?;
            return Some((self.allowed)(&format!("{licence} WITH {exception}")));
        }
        Some((self.allowed)(licence))
    }

    fn identifier(&mut self) -> Option<&'a str> {
        let (word, rest) = self.rest.split_first()?;
        let is_identifier = word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '+' | ':'));
        if !is_identifier || matches!(*word, "AND" | "OR" | "WITH") {
            return None;
        }
        self.rest = rest;
        Some(word)
    }

    fn takes(&mut self, expected: &str) -> bool {
        match self.rest.split_first() {
            Some((word, rest)) if *word == expected => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met_by(expression: &str, allowed: &[&str]) -> Result<bool, String> {
        is_met(expression, &|licence| allowed.contains(&licence))
    }

    #[test]
    fn one_of_several_is_enough_and_all_of_several_are_needed() {
        assert_eq!(met_by("MIT", &["MIT"]), Ok(true));
        assert_eq!(met_by("MIT OR GPL-3.0", &["MIT"]), Ok(true));
        assert_eq!(met_by("MIT/GPL-3.0", &["MIT"]), Ok(true));
        assert_eq!(met_by("MIT AND GPL-3.0", &["MIT"]), Ok(false));
        assert_eq!(met_by("GPL-3.0", &["MIT"]), Ok(false));
        assert_eq!(met_by("Apache-2.0+", &["Apache-2.0"]), Ok(true));
    }

    #[test]
    fn and_binds_tighter_than_or() {
        assert_eq!(met_by("MIT OR ISC AND GPL-3.0", &["MIT"]), Ok(true));
        assert_eq!(met_by("(MIT OR ISC) AND GPL-3.0", &["MIT"]), Ok(false));
        assert_eq!(met_by("ISC AND (Apache-2.0 OR ISC)", &["ISC"]), Ok(true));
        assert_eq!(
            met_by("((MIT)AND(ISC OR GPL-3.0))", &["MIT", "ISC"]),
            Ok(true)
        );
    }

    #[test]
    fn an_exception_is_a_licence_of_its_own() {
        let expression = "Apache-2.0 WITH LLVM-exception";
        assert_eq!(met_by(expression, &["Apache-2.0"]), Ok(false));
        assert_eq!(
            met_by(expression, &["Apache-2.0 WITH LLVM-exception"]),
            Ok(true)
        );
        assert_eq!(
            met_by("GPL-2.0 WITH Classpath-exception-2.0 OR MIT", &["MIT"]),
            Ok(true)
        );
    }

    #[test]
    fn what_is_no_expression_is_an_error() {
        for wrong in [
            "",
            "MIT OR",
            "AND MIT",
            "(MIT",
            "MIT)",
            "MIT ISC",
            "MIT WITH",
            "see LICENSE!",
        ] {
            assert!(met_by(wrong, &["MIT"]).is_err(), "{wrong}");
        }
    }
}
