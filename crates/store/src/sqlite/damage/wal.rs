//! The write-ahead log as a file, by SQLite's description of it ("WAL-mode File Format").
//!
//! SQLite takes a log up to the first frame whose checksum is wrong and drops the rest without a
//! word, since the last transaction before a crash may have been written in part. A frame that was
//! damaged afterwards looks the same to it, and then everything that was committed later is gone. So
//! it is looked for here what SQLite does not look for: whether anything was committed behind a frame
//! that is wrong.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
};

/// Bytes of the log's header.
pub(super) const HEADER: usize = 32;
/// Bytes before each page.
const FRAME_HEADER: usize = 24;
/// The format's version, which has never changed.
const VERSION: u32 = 3_007_000;
/// The first word; its lowest bit says in which order the checksums take bytes.
const MAGIC: u32 = 0x377F_0682;

/// What a log holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Log {
    /// What tells its frames from those of the log that the file had before.
    pub(super) salts: [u8; 8],
    /// How many frames are valid up to the last one that commits.
    pub(super) committed: u32,
    /// Pages that the database has with it; 0 if nothing was committed.
    pub(super) pages: u32,
    /// Pages that it has new content for.
    pub(super) written: BTreeSet<u32>,
}

/// What is in the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// No log, or one that has only been begun.
    Nothing,
    Log(Log),
    /// In words.
    Damage(String),
}

/// Reads a log; a file that is not there holds nothing.
pub(super) fn read(path: &Path) -> io::Result<Found> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(error),
    };
    let len = file.metadata()?.len();
    if len <= HEADER as u64 {
        return Ok(Found::Nothing);
    }
    let mut file = BufReader::with_capacity(1 << 16, file);
    let mut bytes = [0; HEADER];
    file.read_exact(&mut bytes)?;
    // It is synced before the first frame is written.
    let Some(header) = Header::of(&bytes) else {
        return Ok(Found::Damage("its header is not right".to_owned()));
    };
    header.frames(&mut file)
}

/// The log's first bytes.
struct Header {
    order: Order,
    page_size: usize,
    salts: [u8; 8],
    sum: Sum,
}

/// In which order a checksum takes the bytes of a word.
#[derive(Clone, Copy)]
pub(super) enum Order {
    Big,
    Little,
}

/// A checksum so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum(pub(super) u32, pub(super) u32);

impl Sum {
    pub(super) fn and(self, order: Order, bytes: &[u8]) -> Self {
        let Self(mut one, mut other) = self;
        let words = bytes.as_chunks::<4>().0;
        for pair in words.as_chunks::<2>().0 {
            let [first, second] = pair.map(|word| match order {
                Order::Big => u32::from_be_bytes(word),
                Order::Little => u32::from_le_bytes(word),
            });
            one = one.wrapping_add(first).wrapping_add(other);
            other = other.wrapping_add(second).wrapping_add(one);
        }
        Self(one, other)
    }
}

/// A word of a header, which is big-endian.
pub(super) fn word(bytes: &[u8], at: usize) -> u32 {
    let word = bytes.get(at..).and_then(<[u8]>::first_chunk);
    u32::from_be_bytes(word.copied().unwrap_or_default())
}

impl Header {
    /// `None` if it is damaged.
    fn of(bytes: &[u8; HEADER]) -> Option<Self> {
        let order = match word(bytes, 0) {
            MAGIC => Order::Little,
            magic if magic == MAGIC | 1 => Order::Big,
            _ => return None,
        };
        let sum = Sum::default().and(order, bytes.get(..24)?);
        let page_size = word(bytes, 8);
        let is_right = sum == Sum(word(bytes, 24), word(bytes, 28))
            && word(bytes, 4) == VERSION
            && page_size.is_power_of_two()
            && (512..=65536).contains(&page_size);
        is_right.then_some(Self {
            order,
            page_size: page_size as usize,
            salts: *bytes.get(16..)?.first_chunk()?,
            sum,
        })
    }

    fn frames(self, file: &mut impl Read) -> io::Result<Found> {
        let mut log = Log {
            salts: self.salts,
            ..Log::default()
        };
        let mut uncommitted = BTreeSet::new();
        let mut frame = vec![0; FRAME_HEADER + self.page_size];
        let mut sum = self.sum;
        let mut number = 0;
        while is_whole(file.read_exact(&mut frame))? {
            number += 1;
            let read = Frame::of(&frame);
            sum = read.sum(&self, sum);
            if !read.is_ours(&self) || sum != read.stored {
                return self.behind(file, number, read, log);
            }
            uncommitted.insert(read.page);
            if read.commits() {
                log.committed = number;
                log.pages = read.pages;
                log.written.append(&mut uncommitted);
            }
        }
        Ok(Found::Log(log))
    }

    /// Looks at what follows a frame that is not valid. Frames that are chained behind one that
    /// commits were written after that commit was synced, so all before it had been synced, too.
    ///
    /// What a transaction that failed has left behind the last valid frame is no such chain: it
    /// commits with its last frame if at all, and what was left of another does not continue its
    /// checksums.
    fn behind(
        &self,
        file: &mut impl Read,
        wrong: u32,
        first: Frame<'_>,
        log: Log,
    ) -> io::Result<Found> {
        let mut before = first.remembered();
        let mut frame = vec![0; FRAME_HEADER + self.page_size];
        while is_whole(file.read_exact(&mut frame))? {
            let read = Frame::of(&frame);
            let follows = read.is_ours(self) && read.sum(self, before.stored) == read.stored;
            if follows && before.is_ours(self) && before.commits() {
                return Ok(Found::Damage(format!(
                    "frame {wrong} is not right, and transactions that were committed follow it"
                )));
            }
            before = read.remembered();
        }
        Ok(Found::Log(log))
    }
}

/// Whether a frame was there to be read.
fn is_whole(read: io::Result<()>) -> io::Result<bool> {
    match read {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// One page of the log and what stands before it.
#[derive(Clone, Copy)]
struct Frame<'b> {
    page: u32,
    /// Pages of the database from here on, if this commits; else 0.
    pages: u32,
    salts: [u8; 8],
    stored: Sum,
    summed: (&'b [u8], &'b [u8]),
}

impl<'b> Frame<'b> {
    fn of(bytes: &'b [u8]) -> Self {
        let salts = bytes.get(8..).and_then(<[u8]>::first_chunk);
        Self {
            page: word(bytes, 0),
            pages: word(bytes, 4),
            salts: salts.copied().unwrap_or_default(),
            stored: Sum(word(bytes, 16), word(bytes, 20)),
            summed: (
                bytes.get(..8).unwrap_or_default(),
                bytes.get(FRAME_HEADER..).unwrap_or_default(),
            ),
        }
    }

    const fn commits(&self) -> bool {
        self.pages != 0
    }

    fn is_ours(&self, header: &Header) -> bool {
        self.salts == header.salts && self.page != 0
    }

    fn sum(&self, header: &Header, before: Sum) -> Sum {
        let (start, page) = self.summed;
        before.and(header.order, start).and(header.order, page)
    }

    /// Without its content.
    fn remembered(&self) -> Frame<'static> {
        Frame {
            summed: (&[], &[]),
            ..*self
        }
    }
}
