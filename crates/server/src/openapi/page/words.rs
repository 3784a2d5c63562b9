//! Descriptions: paragraphs in which backticks mark code, and nothing else of Markdown.

/// A paragraph in pieces.
pub(super) type Paragraph = Vec<Piece>;

/// A piece of text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) is_code: bool,
    pub(super) text: String,
}

pub(super) fn paragraphs(text: Option<&str>) -> Vec<Paragraph> {
    let text = text.unwrap_or_default();
    text.split("\n\n")
        .map(str::trim)
        .filter(|paragraph| !paragraph.is_empty())
        .map(pieces)
        .collect()
}

fn pieces(paragraph: &str) -> Paragraph {
    paragraph
        .split('`')
        .enumerate()
        .map(|(place, text)| Piece {
            is_code: place % 2 == 1,
            text: text.to_owned(),
        })
        .filter(|piece| !piece.text.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backticks_mark_code() {
        let found = paragraphs(Some("`a` is <b>.\n\nTwo.\n"));
        let piece = |is_code, text: &str| Piece {
            is_code,
            text: text.to_owned(),
        };
        assert_eq!(
            found,
            [
                vec![piece(true, "a"), piece(false, " is <b>.")],
                vec![piece(false, "Two.")]
            ]
        );
        assert!(paragraphs(None).is_empty());
    }
}
