//! One pass over JSON text that keeps nothing but the names of the objects it is in.

use std::{borrow::Cow, ops::Range};

use super::{JsonError, MAX_DEPTH, names::Names};

/// A number of as many characters is below the largest double, unless it has an exponent.
const DOUBLE_DIGITS: usize = 300;

/// Where a value stands in the text.
#[derive(Clone)]
pub(crate) struct Place {
    /// The member's name, quotes included.
    pub(crate) name: Range<usize>,
    /// Whether the name has no escapes.
    pub(crate) is_plain_name: bool,
    /// The value's bytes, a string's quotes included.
    pub(crate) range: Range<usize>,
    /// Whether it is a string without escapes: what stands between the quotes is its value.
    pub(crate) is_plain_string: bool,
}

/// Why the scanner stopped, small enough to be handed up in a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Syntax,
    Duplicate,
    TooDeep,
}

pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    duplicate: Option<String>,
}

impl<'a> Scanner<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            duplicate: None,
        }
    }

    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[cold]
    pub(super) fn error(self, fault: Fault) -> JsonError {
        match fault {
            Fault::Syntax => JsonError::Syntax {
                offset: self.at.min(self.text.len()),
            },
            Fault::Duplicate => JsonError::DuplicateMember {
                name: self.duplicate.unwrap_or_default(),
            },
            Fault::TooDeep => JsonError::TooDeep,
        }
    }

    #[inline]
    pub(super) fn skip_white(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    #[inline]
    fn expect(&mut self, byte: u8) -> Result<(), Fault> {
        if self.peek() != Some(byte) {
            return Err(Fault::Syntax);
        }
        self.at += 1;
        Ok(())
    }

    pub(super) fn end(&mut self) -> Result<(), Fault> {
        self.skip_white();
        if self.at == self.text.len() {
            Ok(())
        } else {
            Err(Fault::Syntax)
        }
    }

    /// Steps over any value; the result is whether it is a string without escapes.
    pub(super) fn value(&mut self, depth: usize) -> Result<bool, Fault> {
        match self.peek() {
            Some(b'"') => return self.skip_string().map(|has_escapes| !has_escapes),
            Some(b'{') => self.object(depth, |_, _| ())?,
            Some(b'[') => self.array(depth)?,
            Some(b't') => self.literal("true")?,
            Some(b'f') => self.literal("false")?,
            Some(b'n') => self.literal("null")?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ => return Err(Fault::Syntax),
        }
        Ok(false)
    }

    pub(super) fn object(
        &mut self,
        depth: usize,
        mut visit: impl FnMut(&str, Place),
    ) -> Result<(), Fault> {
        self.descend(depth)?;
        if self.closes(b'}') {
            return Ok(());
        }
        let mut names = Names::new();
        loop {
            let name_start = self.at;
            let has_escapes = self.skip_string()?;
            let name_end = self.at;
            let Some(name) = self.unquoted(name_start, has_escapes) else {
                return Err(Fault::Syntax);
            };
            self.skip_white();
            self.expect(b':')?;
            self.skip_white();
            let start = self.at;
            let is_plain_string = self.value(depth + 1)?;
            let place = Place {
                name: name_start..name_end,
                is_plain_name: !has_escapes,
                range: start..self.at,
                is_plain_string,
            };
            visit(&name, place);
            let is_new = match &name {
                Cow::Borrowed(name) => names.insert(name),
                Cow::Owned(name) => names.insert_unescaped(name.clone()),
            };
            if !is_new {
                self.duplicate = Some(name.into_owned());
                return Err(Fault::Duplicate);
            }
            if !self.another(b'}')? {
                return Ok(());
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<(), Fault> {
        self.descend(depth)?;
        if self.closes(b']') {
            return Ok(());
        }
        loop {
            self.value(depth + 1)?;
            if !self.another(b']')? {
                return Ok(());
            }
        }
    }

    /// Steps over an opening bracket unless it nests too deep.
    #[inline]
    fn descend(&mut self, depth: usize) -> Result<(), Fault> {
        if depth >= MAX_DEPTH {
            return Err(Fault::TooDeep);
        }
        self.at += 1;
        self.skip_white();
        Ok(())
    }

    #[inline]
    fn closes(&mut self, bracket: u8) -> bool {
        let closed = self.peek() == Some(bracket);
        self.at += usize::from(closed);
        closed
    }

    /// After a member or an element: a comma (`true`) or the closing bracket (`false`).
    #[inline]
    fn another(&mut self, bracket: u8) -> Result<bool, Fault> {
        self.skip_white();
        if self.closes(bracket) {
            return Ok(false);
        }
        self.expect(b',')?;
        self.skip_white();
        Ok(true)
    }

    /// The string that was just stepped over, from `start`, with its escapes undone.
    #[inline(always)]
    fn unquoted(&self, start: usize, has_escapes: bool) -> Option<Cow<'a, str>> {
        if has_escapes {
            return self.unescaped(start).map(Cow::Owned);
        }
        self.text.get(start + 1..self.at - 1).map(Cow::Borrowed)
    }

    #[cold]
    fn unescaped(&self, start: usize) -> Option<String> {
        serde_json::from_str(self.text.get(start..self.at)?).ok()
    }

    /// Steps over a string; the result is whether it has escapes.
    #[inline(always)]
    fn skip_string(&mut self) -> Result<bool, Fault> {
        let start = self.at;
        self.expect(b'"')?;
        let mut has_escapes = false;
        loop {
            self.at += plain_len(self.text.as_bytes().get(self.at..).unwrap_or_default());
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    has_escapes = true;
                    self.at += 2;
                }
                _ => return Err(Fault::Syntax),
            }
        }
        self.at += 1;
        if has_escapes && !self.escapes_are_valid(start) {
            return Err(Fault::Syntax);
        }
        Ok(has_escapes)
    }

    /// RFC 8259 §7: known escapes, and no lone surrogate.
    fn escapes_are_valid(&self, start: usize) -> bool {
        let quoted = self.text.get(start..self.at);
        quoted.is_some_and(|quoted| serde_json::from_str::<String>(quoted).is_ok())
    }

    fn literal(&mut self, word: &str) -> Result<(), Fault> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        if !rest.starts_with(word.as_bytes()) {
            return Err(Fault::Syntax);
        }
        self.at += word.len();
        Ok(())
    }

    fn number(&mut self) -> Result<(), Fault> {
        let start = self.at;
        let has_exponent = self.number_syntax()?;
        if has_exponent || self.at - start > DOUBLE_DIGITS {
            self.fits_a_double(start)
        } else {
            Ok(())
        }
    }

    /// RFC 7493 §2.2: who reads numbers as doubles must not differ from who does not read them.
    #[cold]
    fn fits_a_double(&self, start: usize) -> Result<(), Fault> {
        let number = self.text.get(start..self.at).unwrap_or_default();
        match serde_json::from_str::<f64>(number) {
            Ok(_) => Ok(()),
            Err(_) => Err(Fault::Syntax),
        }
    }

    /// RFC 8259 §6; the result is whether it has an exponent.
    fn number_syntax(&mut self) -> Result<bool, Fault> {
        self.at += usize::from(self.peek() == Some(b'-'));
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        let has_exponent = matches!(self.peek(), Some(b'e' | b'E'));
        if has_exponent {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(has_exponent)
    }

    fn digits(&mut self) -> Result<(), Fault> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(Fault::Syntax);
        }
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        Ok(())
    }
}

/// How many bytes come before the first quote, backslash or control character. Eight bytes at a
/// time: the lowest marked byte of each mask is exact, and the lowest is what is asked for.
#[inline]
fn plain_len(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x8080_8080_8080_8080;
    let (mut rest, mut len) = (bytes, 0);
    while let Some((word, after)) = rest.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*word);
        // This swaps quote and space (and no others across the border), so that quotes stand
        // beside the control characters.
        let swapped = word ^ (ONES * 0x02);
        let low = swapped.wrapping_sub(ONES * 0x21);
        let backslashes = (word ^ (ONES * u64::from(b'\\'))).wrapping_sub(ONES);
        let marked = (low | backslashes) & !word & TOPS;
        if marked != 0 {
            return len + marked.trailing_zeros() as usize / 8;
        }
        len += 8;
        rest = after;
    }
    let plain = |byte: &u8| !matches!(byte, b'"' | b'\\' | 0..0x20);
    len + rest.iter().take_while(|byte| plain(byte)).count()
}
