//! As much of HTTP/1.1 as the witness protocol needs, over any stream, bounded in bytes and in time.
//! Not here: who answers what (`server`), whom to ask (`client`).

use std::io::{self, Read};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Most bytes of a message's first line and headers.
pub(crate) const MAX_HEAD: usize = 1 << 13;
/// Most headers.
pub(crate) const MAX_HEADERS: usize = 64;

/// A connection that ends at a deadline, however slowly the other side sends or reads.
pub(crate) struct Timed {
    stream: TcpStream,
    until: Instant,
}

impl Timed {
    pub fn new(stream: TcpStream, time: Duration) -> Self {
        Self { stream, until: Instant::now() + time }
    }

    /// Starts the time anew.
    pub fn extend(&mut self, time: Duration) {
        self.until = Instant::now() + time;
    }

    fn left(&self) -> io::Result<Duration> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }

    pub fn write_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        use std::io::Write;
        while !bytes.is_empty() {
            self.stream.set_write_timeout(Some(self.left()?))?;
            match self.stream.write(bytes)? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                written => bytes = &bytes[written..],
            }
        }
        Ok(())
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        self.stream.read(buffer)
    }
}

/// Reads on until the empty line that ends a head; answers where the body begins, None where the other side is done.
pub(crate) fn read_head(from: &mut impl Read, buffer: &mut Vec<u8>) -> io::Result<Option<usize>> {
    loop {
        if let Some(at) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
            return Ok(Some(at + 4));
        }
        if buffer.len() > MAX_HEAD {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the head is too long"));
        }
        if !read_more(from, buffer)? {
            return if buffer.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
    }
}

/// Reads what is there; false where the other side is done.
pub(crate) fn read_more(from: &mut impl Read, buffer: &mut Vec<u8>) -> io::Result<bool> {
    let mut chunk = [0; 4096];
    let read = from.read(&mut chunk)?;
    buffer.extend_from_slice(&chunk[..read]);
    Ok(read > 0)
}

/// The one value of a header. An error where two differ: then sender and reader may disagree on where a body ends.
pub(crate) fn header<'h>(headers: &'h [httparse::Header], name: &str) -> Result<Option<&'h str>, ()> {
    let mut found = None;
    for header in headers.iter().filter(|h| h.name.eq_ignore_ascii_case(name)) {
        let value = std::str::from_utf8(header.value).map_err(|_| ())?.trim();
        match found {
            None => found = Some(value),
            Some(before) if before == value => {}
            Some(_) => return Err(()),
        }
    }
    Ok(found)
}
