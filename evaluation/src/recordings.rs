//! Recorded sessions from files and standard input, one at a time, plain or gzip.
//!
//! Owns line numbers and bounds: a file is never held whole, a line never longer than [`MAX_LINE`].
//! A bad line is an item, not the end; only a reader that fails ends its file early.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use schemas::recording::Recording;

/// Longest accepted line, bytes: a hundred thousand events with room to spare.
pub const MAX_LINE: usize = 64 << 20;

/// A line that is no recorded session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {reason}")]
pub struct BadLine {
    /// The file as it was named, `-` for standard input.
    pub file: String,
    /// Line number, from 1.
    pub line: u64,
    /// Why.
    pub reason: String,
}

/// The recorded sessions of one input.
pub struct Recordings {
    file: String,
    line: u64,
    reader: Box<dyn BufRead + Send>,
    buffer: Vec<u8>,
    failed: bool,
}

impl fmt::Debug for Recordings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recordings")
            .field("file", &self.file)
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}

impl Recordings {
    /// Opens `path`; `-` is standard input.
    ///
    /// # Errors
    /// When the file cannot be opened or its first bytes cannot be read.
    pub fn open(path: &Path) -> io::Result<Self> {
        let name = path.display().to_string();
        if name == "-" {
            Self::new(name, io::stdin())
        } else {
            Self::new(name, File::open(path)?)
        }
    }

    /// Reads from `source`, called `name` in messages. Compression is told by the first two bytes.
    ///
    /// # Errors
    /// When the first bytes cannot be read.
    pub fn new(name: impl Into<String>, source: impl Read + Send + 'static) -> io::Result<Self> {
        let mut plain = BufReader::with_capacity(1 << 16, source);
        let reader: Box<dyn BufRead + Send> = if plain.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
            Box::new(BufReader::with_capacity(
                1 << 16,
                MultiGzDecoder::new(plain),
            ))
        } else {
            Box::new(plain)
        };
        Ok(Self {
            file: name.into(),
            line: 0,
            reader,
            buffer: Vec::new(),
            failed: false,
        })
    }

    fn bad(&self, reason: impl fmt::Display) -> BadLine {
        BadLine {
            file: self.file.clone(),
            line: self.line,
            reason: reason.to_string(),
        }
    }

    /// Reads the next line into the buffer; `false` at the end of the input.
    fn read_line(&mut self) -> Result<bool, BadLine> {
        self.buffer.clear();
        self.line += 1;
        let limit = u64::try_from(MAX_LINE).unwrap_or(u64::MAX);
        let mut limited = (&mut self.reader).take(limit + 1);
        let read = limited.read_until(b'\n', &mut self.buffer);
        let read = read.map_err(|error| {
            self.failed = true;
            self.bad(error)
        })?;
        if read <= MAX_LINE || self.buffer.ends_with(b"\n") {
            return Ok(read > 0);
        }
        self.skip_line();
        Err(self.bad(format_args!("longer than {MAX_LINE} bytes")))
    }

    fn skip_line(&mut self) {
        self.buffer = Vec::new();
        loop {
            let Ok(chunk) = self.reader.fill_buf() else {
                self.failed = true;
                return;
            };
            let (length, ended) = match chunk.iter().position(|byte| *byte == b'\n') {
                Some(position) => (position + 1, true),
                None => (chunk.len(), chunk.is_empty()),
            };
            self.reader.consume(length);
            if ended {
                return;
            }
        }
    }
}

impl Iterator for Recordings {
    type Item = Result<Recording, BadLine>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.failed {
                return None;
            }
            match self.read_line() {
                Err(bad) => return Some(Err(bad)),
                Ok(false) => return None,
                Ok(true) => {}
            }
            let Ok(text) = std::str::from_utf8(&self.buffer) else {
                return Some(Err(self.bad("not UTF-8")));
            };
            if !text.trim().is_empty() {
                return Some(Recording::parse(text).map_err(|error| self.bad(error)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    const GOOD: &str = r#"{"session_id":"a","events":[{"type":"focus","t":0}]}"#;

    fn outcomes(bytes: Vec<u8>) -> Vec<Result<String, String>> {
        let recordings = Recordings::new("f", io::Cursor::new(bytes)).unwrap();
        recordings
            .map(|item| {
                item.map(|recording| recording.session_id)
                    .map_err(|bad| bad.to_string())
            })
            .collect()
    }

    #[test]
    fn bad_lines_are_named_and_the_rest_goes_on() {
        let text = format!("{GOOD}\n\n{{\n\u{fffd}{GOOD}\n{GOOD}");
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(b"\n\xff\n");
        bytes.extend_from_slice(GOOD.as_bytes());
        let outcomes = outcomes(bytes);
        assert_eq!(outcomes.len(), 6, "{outcomes:?}");
        assert_eq!(outcomes[0], Ok("a".to_owned()));
        assert!(
            outcomes[1]
                .as_ref()
                .unwrap_err()
                .starts_with("f:3: not a recorded session")
        );
        assert!(outcomes[2].as_ref().unwrap_err().starts_with("f:4: "));
        assert_eq!(outcomes[3], Ok("a".to_owned()));
        assert_eq!(outcomes[4], Err("f:6: not UTF-8".to_owned()));
        assert_eq!(outcomes[5], Ok("a".to_owned()));
    }

    #[test]
    fn gzip_is_told_by_its_bytes_and_a_torn_file_is_one_bad_line() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        for _ in 0..500 {
            writeln!(encoder, "{GOOD}").unwrap();
        }
        let bytes = encoder.finish().unwrap();
        assert_eq!(outcomes(bytes.clone()).len(), 500);
        let torn = outcomes(bytes[..bytes.len() - 20].to_vec());
        let bad: Vec<_> = torn.iter().filter(|outcome| outcome.is_err()).collect();
        assert_eq!(bad.len(), 1, "{bad:?}");
        assert!(torn.last().unwrap().is_err());
    }

    #[test]
    fn a_line_without_end_does_not_fill_the_memory() {
        let endless = io::repeat(b'x').take(3 * MAX_LINE as u64);
        let rest = io::Cursor::new(format!("\n{GOOD}\n"));
        let recordings = Recordings::new("f", endless.chain(rest)).unwrap();
        let outcomes: Vec<_> = recordings.collect();
        assert_eq!(outcomes.len(), 2);
        assert_eq!(
            outcomes[0].as_ref().unwrap_err().reason,
            format!("longer than {MAX_LINE} bytes")
        );
        assert_eq!(outcomes[1].as_ref().unwrap().session_id, "a");
    }
}
