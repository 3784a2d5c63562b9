//! A disk that loses its power: what was synced is there, and of the rest whatever chance left.
//!
//! It is as unkind as POSIX lets it be. A file's content is there after its own sync, its name after
//! that of its directory; each sector of a write may or may not have got there, also a later one
//! without an earlier; and a file may have grown without its content.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{
    collections::BTreeMap,
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use crate::{dice::Dice, system_calls::Event};

/// Bytes that get onto a disk together or not at all.
const SECTOR: usize = 512;

/// What becomes of that which was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Lost,
    Kept,
    /// So many in ten pieces are kept.
    Chance(u64),
}

/// A change of a file's content.
#[derive(Debug, Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

#[derive(Debug, Clone, Default)]
struct File {
    durable: Vec<u8>,
    pending: Vec<Change>,
    /// With everything.
    len: usize,
}

/// A change of what a directory has.
#[derive(Debug, Clone)]
enum Name {
    Add(String, usize),
    Remove(String),
    /// From, to: there is the one name or the other.
    Rename(String, String),
}

/// One directory with its files.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disk {
    directory: String,
    /// Whether the directory itself would be found again.
    is_durable: bool,
    files: Vec<File>,
    /// By path, as the running system sees it.
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    pending_names: Vec<Name>,
}

impl Disk {
    /// A directory as it is; one that is not there will be made.
    pub(crate) fn of(directory: &Path) -> Self {
        let mut disk = Self {
            directory: directory.to_str().unwrap().to_owned(),
            is_durable: directory.exists(),
            ..Self::default()
        };
        let entries = fs::read_dir(directory).into_iter().flatten();
        for entry in entries.map(Result::unwrap) {
            if entry.file_type().unwrap().is_file() {
                let durable = fs::read(entry.path()).unwrap();
                let path = entry.path().to_str().unwrap().to_owned();
                disk.names.insert(path, disk.files.len());
                disk.files.push(File {
                    len: durable.len(),
                    durable,
                    ..File::default()
                });
            }
        }
        disk.durable_names.clone_from(&disk.names);
        disk
    }

    /// Lets one thing happen.
    pub(crate) fn apply(&mut self, event: &Event) {
        match event {
            Event::MakeDirectory(_) | Event::Send { .. } => {}
            Event::Open(path) => {
                if !self.names.contains_key(path) {
                    let add = Name::Add(path.clone(), self.files.len());
                    add.apply(&mut self.names);
                    self.pending_names.push(add);
                    self.files.push(File::default());
                }
            }
            Event::Write { path, at, bytes } => {
                if let Some(file) = self.file(path) {
                    let at = at.unwrap_or(file.len);
                    file.len = file.len.max(at + bytes.len());
                    file.pending.push(Change::Write(at, bytes.clone()));
                }
            }
            Event::Truncate(path, len) => {
                if let Some(file) = self.file(path) {
                    file.len = *len;
                    file.pending.push(Change::Truncate(*len));
                }
            }
            Event::Remove(path) => {
                let remove = Name::Remove(path.clone());
                remove.apply(&mut self.names);
                self.pending_names.push(remove);
            }
            Event::Rename(from, to) => {
                let rename = Name::Rename(from.clone(), to.clone());
                rename.apply(&mut self.names);
                self.pending_names.push(rename);
            }
            Event::Sync(path) if *path == self.directory => {
                for change in std::mem::take(&mut self.pending_names) {
                    change.apply(&mut self.durable_names);
                }
            }
            Event::Sync(path) if self.directory.starts_with(path.as_str()) => {
                self.is_durable = true;
            }
            Event::Sync(path) => {
                if let Some(file) = self.file(path) {
                    for change in std::mem::take(&mut file.pending) {
                        change.apply(&mut file.durable);
                    }
                }
            }
        }
    }

    fn file(&mut self, path: &str) -> Option<&mut File> {
        let file = *self.names.get(path)?;
        self.files.get_mut(file)
    }

    /// Takes the power away, and puts what is left where the directory was.
    pub(crate) fn lose_power(&self, fate: Fate, dice: &Dice) {
        let directory = Path::new(&self.directory);
        if directory.exists() {
            fs::remove_dir_all(directory).unwrap();
        }
        if !self.is_durable && !fate.keeps(dice) {
            return;
        }
        fs::create_dir(directory).unwrap();
        fs::set_permissions(directory, Permissions::from_mode(0o700)).unwrap();
        let mut names = self.durable_names.clone();
        // A directory's changes get onto the disk in their order.
        for change in &self.pending_names {
            if !fate.keeps(dice) {
                break;
            }
            change.apply(&mut names);
        }
        for (path, file) in names {
            let bytes = self.files[file].left(fate, dice);
            fs::write(&path, bytes).unwrap();
            // Others than the owner were kept out from the start.
            fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
        }
    }
}

impl Name {
    fn apply(&self, names: &mut BTreeMap<String, usize>) {
        match self {
            Self::Add(path, file) => names.insert(path.clone(), *file),
            Self::Remove(path) => names.remove(path),
            Self::Rename(from, to) => names
                .remove(from)
                .and_then(|file| names.insert(to.clone(), file)),
        };
    }
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Write(at, bytes) => write(content, *at, bytes),
            Self::Truncate(len) => content.resize(*len, 0),
        }
    }
}

fn write(content: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = at + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[at..end].copy_from_slice(bytes);
}

impl File {
    fn left(&self, fate: Fate, dice: &Dice) -> Vec<u8> {
        let mut content = self.durable.clone();
        for change in &self.pending {
            match change {
                Change::Truncate(_) if !fate.keeps(dice) => {}
                Change::Write(at, bytes) => {
                    let mut at = *at;
                    let mut bytes = bytes.as_slice();
                    while !bytes.is_empty() {
                        let to_border = SECTOR - at % SECTOR;
                        let (sector, rest) = bytes.split_at(to_border.min(bytes.len()));
                        if fate.keeps(dice) {
                            write(&mut content, at, sector);
                        } else if fate != Fate::Lost && content.len() < at && fate.keeps(dice) {
                            content.resize(at + sector.len(), 0);
                        }
                        at += sector.len();
                        bytes = rest;
                    }
                }
                change @ Change::Truncate(_) => change.apply(&mut content),
            }
        }
        content
    }
}

impl Fate {
    fn keeps(self, dice: &Dice) -> bool {
        match self {
            Self::Lost => false,
            Self::Kept => true,
            Self::Chance(of_ten) => dice.below(10) < of_ten,
        }
    }
}
