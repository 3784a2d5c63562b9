//! The lines of the file, one account each, however many there are: no more than one is in memory.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Read as _, Take},
    ops::RangeInclusive,
    path::Path,
};

use csv::StringRecord;

use super::{
    fields::{self, Draft, Rejection},
    json,
};
use crate::{admin::ForeignAccount, failure::Failure, output, text::visible};

/// Bytes of a line at most.
const LONGEST_LINE: u64 = 64 * 1024;
/// Bytes of a record of CSV that are read at all. A quote that is not closed makes one record of
/// everything up to the next, which need not fit into memory.
const LARGEST_RECORD: u64 = 1024 * 1024;

/// One line.
pub(super) struct Line {
    /// Its number, from 1.
    pub(super) number: u64,
    /// How long it is.
    pub(super) bytes: u64,
    /// What it says.
    pub(super) account: Result<ForeignAccount, Rejection>,
}

/// Reads lines.
pub(super) struct Lines {
    source: Source,
    size: u64,
    position: u64,
}

enum Source {
    Json { file: BufReader<File>, number: u64 },
    Csv(Box<Csv>),
}

struct Csv {
    reader: csv::Reader<Take<File>>,
    header: Vec<String>,
}

impl Lines {
    pub(super) fn open(path: &Path, is_csv: bool) -> Result<Self, Failure> {
        let failed =
            |error: std::io::Error| Failure::usage(format_args!("{}: {error}", path.display()));
        let file = File::open(path).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        let source = if is_csv {
            Source::Csv(Box::new(Csv::open(file)?))
        } else {
            Source::Json {
                file: BufReader::new(file),
                number: 0,
            }
        };
        Ok(Self {
            source,
            size,
            position: 0,
        })
    }

    /// Bytes of the file.
    pub(super) const fn size(&self) -> u64 {
        self.size
    }

    /// Bytes that are read.
    pub(super) const fn position(&self) -> u64 {
        self.position
    }

    /// The next line that is not empty.
    pub(super) fn next(&mut self) -> Result<Option<Line>, Failure> {
        let line = match &mut self.source {
            Source::Json { file, number } => next_json(file, number),
            Source::Csv(csv) => csv.next(),
        }
        .map_err(|error| Failure::usage(format_args!("the file cannot be read: {error}")))?;
        if let Some(line) = &line {
            self.position += line.bytes;
        }
        Ok(line)
    }
}

fn next_json(file: &mut BufReader<File>, number: &mut u64) -> std::io::Result<Option<Line>> {
    let mut skipped = 0;
    loop {
        let mut text = Vec::new();
        let read = file
            .by_ref()
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut text)?;
        if read == 0 {
            return Ok(None);
        }
        *number += 1;
        let mut bytes = text.len() as u64;
        let is_whole = text.last() == Some(&b'\n') || bytes < LONGEST_LINE;
        if !is_whole {
            bytes += file.skip_until(b'\n')? as u64;
        }
        if text.trim_ascii().is_empty() {
            skipped += bytes;
            continue;
        }
        let account = if is_whole {
            json::read(&text)
        } else {
            Err(Rejection::malformed("the line has more than 64 KiB"))
        };
        return Ok(Some(Line {
            number: *number,
            bytes: bytes + skipped,
            account,
        }));
    }
}

impl Csv {
    fn open(file: File) -> Result<Self, Failure> {
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .from_reader(file.take(LARGEST_RECORD));
        let header = reader
            .headers()
            .map_err(|_| Failure::usage("the first line does not name the columns"))?;
        let header: Vec<String> = header
            .iter()
            .map(|name| name.trim().trim_start_matches('\u{feff}').to_lowercase())
            .collect();
        let (known, other): (Vec<_>, Vec<_>) =
            header.iter().partition(|name| fields::is_known(name));
        if known.is_empty() {
            return Err(Failure::usage("no column has a name that is known here")
                .hint("e.g. subject, email, username, password_hash, roles, locale"));
        }
        if !other.is_empty() {
            let names: Vec<_> = other.iter().map(|name| visible(name)).collect();
            output::note(&format!("not imported: the columns {}", names.join(", ")));
        }
        Ok(Self { reader, header })
    }

    fn next(&mut self) -> std::io::Result<Option<Line>> {
        let begin = self.reader.position().byte();
        self.reader.get_mut().set_limit(LARGEST_RECORD);
        let mut record = StringRecord::new();
        let read = self.reader.read_record(&mut record);
        if self.reader.get_ref().limit() == 0 {
            let line = record.position().map_or(0, csv::Position::line);
            return Err(std::io::Error::other(format!(
                "line {line} begins a record of more than 1 MiB; perhaps a quote is not closed"
            )));
        }
        // Where the record itself begins: a field can hold line breaks.
        let number = |record: &StringRecord, reader: &csv::Reader<Take<File>>| {
            let place = record.position().unwrap_or(reader.position());
            place.line()
        };
        let bytes =
            |reader: &csv::Reader<Take<File>>| reader.position().byte().saturating_sub(begin);
        match read {
            Ok(false) => Ok(None),
            Ok(true) => {
                let first = number(&record, &self.reader);
                let last = self.reader.position().line().saturating_sub(1);
                Ok(Some(Line {
                    number: first,
                    bytes: bytes(&self.reader),
                    account: self.account(&record, first..=last, bytes(&self.reader)),
                }))
            }
            Err(error) => match error.position().map(csv::Position::line) {
                // A record that is not UTF-8; the next one may be.
                Some(line) => Ok(Some(Line {
                    number: line,
                    bytes: bytes(&self.reader),
                    account: Err(Rejection::malformed("the line is not UTF-8")),
                })),
                None => Err(std::io::Error::other(error)),
            },
        }
    }

    fn account(
        &self,
        record: &StringRecord,
        lines: RangeInclusive<u64>,
        bytes: u64,
    ) -> Result<ForeignAccount, Rejection> {
        if record.len() != self.header.len() && lines.end() > lines.start() {
            return Err(Rejection::malformed(format!(
                "lines {} to {} are one record of {} fields, the first line has {}: a quote is not closed",
                lines.start(),
                lines.end(),
                record.len(),
                self.header.len()
            )));
        }
        if record.len() != self.header.len() {
            return Err(Rejection::malformed(format!(
                "the line has {} fields, the first line {}",
                record.len(),
                self.header.len()
            )));
        }
        if bytes > LONGEST_LINE {
            return Err(Rejection::malformed("the record has more than 64 KiB"));
        }
        let mut draft = Draft::default();
        for (name, value) in self.header.iter().zip(record) {
            draft.set(name, value)?;
        }
        Ok(draft.finish())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn lines(text: &str, is_csv: bool) -> Vec<(u64, Result<String, &'static str>)> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let mut lines = Lines::open(file.path(), is_csv).unwrap();
        let mut found = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            let account = line
                .account
                .map(|account| account.identifiers[0].value.clone());
            found.push((line.number, account.map_err(|rejection| rejection.code)));
        }
        assert!(lines.position() <= lines.size());
        found
    }

    #[test]
    fn lines_of_json_are_numbered_as_in_the_file() {
        let long = format!(r#"{{"email":"{}"}}"#, "x".repeat(70_000));
        let text = format!("{{\"email\":\"a@b\"}}\n\n  \nnonsense\n{long}\n{{\"email\":\"c@d\"}}");
        assert_eq!(
            lines(&text, false),
            [
                (1, Ok("a@b".to_owned())),
                (4, Err("line_malformed")),
                (5, Err("line_malformed")),
                (6, Ok("c@d".to_owned())),
            ]
        );
    }

    /// Everything up to the next quote is then one field, and whoever reads the report learns of it.
    #[test]
    fn a_quote_that_is_not_closed_names_the_lines_that_it_swallows() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"email,locale\n\"a@b,de\nc@d,de\ne@f,de\n")
            .unwrap();
        let mut lines = Lines::open(file.path(), true).unwrap();
        let rejected = lines.next().unwrap().unwrap().account.err().unwrap();
        assert!(
            rejected.detail.contains("lines 2 to 4"),
            "{}",
            rejected.detail
        );
        assert!(lines.next().unwrap().is_none());
    }

    #[test]
    fn a_record_of_csv_is_bounded() {
        let name = "x".repeat(70_000);
        let text = format!("email,name\na@b,{name}\nc@d,x\n");
        let found = [(2, Err("line_malformed")), (3, Ok("c@d".to_owned()))];
        assert_eq!(lines(&text, true), found);
        // What a quote swallows is not all taken into memory.
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let row = "c@d,x\n".repeat(200_000);
        write!(file, "email,name\na@b,\"x\n{row}").unwrap();
        let mut lines = Lines::open(file.path(), true).unwrap();
        let failure = lines.next().err().unwrap().to_string();
        assert!(failure.contains("line 2 begins a record"), "{failure}");
    }

    #[test]
    fn a_member_that_stands_twice_is_no_account() {
        let twice = r#"{"email":"a@b","email":"c@d"}"#;
        let nested = r#"{"email":"a@b","profile":{"name":"a","name":"b"}}"#;
        let text = format!("{twice}\n{nested}\n");
        assert_eq!(
            lines(&text, false),
            [(1, Err("line_malformed")), (2, Err("line_malformed"))]
        );
    }

    #[test]
    fn lines_of_csv_are_numbered_as_in_the_file() {
        let text = "\u{feff}Email,name,shoe_size\na@b,\"one\ntwo\",1\nc@d,x\ne@f,y,2\n";
        assert_eq!(
            lines(text, true),
            [
                (2, Ok("a@b".to_owned())),
                (4, Err("line_malformed")),
                (5, Ok("e@f".to_owned())),
            ]
        );
    }
}
