//! A file of records, indexed: records are read parents first whatever order they stand in, without
//! holding the file in memory.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use shared::transfer::kinds;

/// Where a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    offset: u64,
    length: usize,
    /// Its line, from 1.
    pub line: u64,
}

/// A line that is no JSON object.
#[derive(Clone, Debug)]
pub struct Malformed {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong.
    pub reason: String,
}

enum Source {
    File(File),
    Memory(Cursor<Vec<u8>>),
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::File(file) => file.read(buffer),
            Self::Memory(bytes) => bytes.read(buffer),
        }
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        match self {
            Self::File(file) => file.seek(to),
            Self::Memory(bytes) => bytes.seek(to),
        }
    }
}

/// The lines of a file by the rank of their type; unknown types stand last.
pub struct Lines {
    source: Source,
    /// Lines of each type, in the order in which types are written.
    pub by_rank: Vec<Vec<Place>>,
    /// Lines that are no JSON.
    pub malformed: Vec<Malformed>,
}

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Option<std::borrow::Cow<'a, str>>,
}

impl Lines {
    /// Indexes a file; `-` is standard input, which is read whole.
    ///
    /// # Errors
    /// One sentence, if it cannot be read.
    pub fn open(path: &Path) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("{} cannot be read: {error}", path.display());
        let source = if path == Path::new("-") {
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes).map_err(failed)?;
            Source::Memory(Cursor::new(bytes))
        } else {
            let file = File::open(path).map_err(failed)?;
            if file.metadata().map_err(failed)?.is_file() {
                Source::File(file)
            } else {
                let mut bytes = Vec::new();
                BufReader::new(file).read_to_end(&mut bytes).map_err(failed)?;
                Source::Memory(Cursor::new(bytes))
            }
        };
        Self::index(source).map_err(failed)
    }

    fn index(source: Source) -> std::io::Result<Self> {
        let mut reader = BufReader::with_capacity(1 << 20, source);
        let mut by_rank = vec![Vec::new(); kinds::KINDS.len() + 1];
        let mut malformed = Vec::new();
        let (mut offset, mut line, mut text) = (0, 0, Vec::new());
        loop {
            text.clear();
            let length = reader.read_until(b'\n', &mut text)?;
            if length == 0 {
                break;
            }
            line += 1;
            let place = Place { offset, length, line };
            offset += length as u64;
            if text.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            match serde_json::from_slice::<Head<'_>>(&text) {
                Ok(head) => {
                    let kind = head.kind.as_deref().and_then(kinds::find);
                    by_rank[kind.map_or(kinds::KINDS.len(), kinds::rank)].push(place);
                }
                Err(_) => match serde_json::from_slice::<Value>(&text) {
                    // Not the object that is wanted: the import says what is wrong with it.
                    Ok(_) => by_rank[kinds::KINDS.len()].push(place),
                    Err(error) => malformed.push(Malformed { line, reason: format!("not JSON: {error}") }),
                },
            }
        }
        Ok(Self { source: reader.into_inner(), by_rank, malformed })
    }

    /// The record at a place.
    ///
    /// # Errors
    /// One sentence, if the file changed meanwhile.
    pub fn read(&mut self, place: &Place) -> Result<Value, String> {
        let failed = |error: String| format!("line {} cannot be read again: {error}", place.line);
        self.source.seek(SeekFrom::Start(place.offset)).map_err(|error| failed(error.to_string()))?;
        let mut text = vec![0; place.length];
        self.source.read_exact(&mut text).map_err(|error| failed(error.to_string()))?;
        serde_json::from_slice(&text).map_err(|error| failed(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_sorted_by_type_and_keep_their_numbers() {
        let text = "{\"type\":\"licenses\"}\n\n{\"type\":\"accounts\",\"id\":1}\nnonsense\n[]\n{\"type\":\"x\"}";
        let mut lines = Lines::index(Source::Memory(Cursor::new(text.as_bytes().to_vec()))).expect("readable");
        let order: Vec<u64> = lines.by_rank.iter().flatten().map(|place| place.line).collect();
        assert_eq!(order, [3, 1, 5, 6]);
        assert_eq!(lines.malformed.iter().map(|bad| bad.line).collect::<Vec<_>>(), [4]);
        let first = lines.by_rank[0][0];
        assert_eq!(lines.read(&first).expect("readable"), serde_json::json!({"type": "accounts", "id": 1}));
    }
}
