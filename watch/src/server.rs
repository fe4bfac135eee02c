//! The witness's HTTP server (c2sp.org/tlog-witness): POST /add-checkpoint, one thread a connection, all of it bounded.
//! Not here: what is answered (`witness`), TLS: a proxy or a tunnel in front brings it.

use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::http::{MAX_HEADERS, Timed, header, read_head, read_more};
use crate::request::MAX_BODY;
use crate::witness::Answer;

/// Connections at a time; more are turned away.
const MAX_CONNECTIONS: usize = 64;
/// Requests on one connection.
const MAX_REQUESTS: usize = 100;
/// For a request to arrive, and again for its answer to be taken.
const TIME: Duration = Duration::from_secs(10);

const PLAIN: &str = "text/plain; charset=utf-8";

/// What is asked, answered; by many threads at once.
pub type Answering = dyn Fn(&[u8]) -> Answer + Send + Sync;

/// Serves for ever. `answer` is called with the body of each add-checkpoint request, from many threads.
pub fn serve(listener: &TcpListener, answer: Arc<Answering>) -> std::io::Error {
    let open = Arc::new(AtomicUsize::new(0));
    loop {
        let stream = match listener.accept() {
            Ok((stream, _)) => stream,
            // Of one connection, or of a moment without file handles: the server goes on.
            Err(e) if e.kind() == std::io::ErrorKind::InvalidInput => return e,
            Err(_) => {
                thread::sleep(Duration::from_millis(50));
                continue;
            }
        };
        if open.fetch_add(1, Ordering::SeqCst) >= MAX_CONNECTIONS {
            open.fetch_sub(1, Ordering::SeqCst);
            let _ = Timed::new(stream, Duration::from_millis(100)).write_all(&response(&plain(503, "too many"), false));
            continue;
        }
        let (answer, place) = (Arc::clone(&answer), Place(Arc::clone(&open)));
        let started = thread::Builder::new().spawn(move || {
            let _place = place;
            converse(stream, &*answer);
        });
        // Where no thread starts, the connection is dropped with its place.
        drop(started);
    }
}

/// A connection that counts, also when its thread panics.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn converse(stream: TcpStream, answer: &dyn Fn(&[u8]) -> Answer) {
    let mut stream = Timed::new(stream, TIME);
    let mut buffer = Vec::new();
    for _ in 0..MAX_REQUESTS {
        stream.extend(TIME);
        let (said, keep) = match read_request(&mut stream, &mut buffer) {
            Ok(Some(Request::Checkpoint { body, keep })) => (answer(&body), keep),
            Ok(Some(Request::Other { keep })) => (plain(404, "not found: POST /add-checkpoint"), keep),
            Ok(None) => return,
            Err(refused) => (refused, false),
        };
        stream.extend(TIME);
        if stream.write_all(&response(&said, keep)).is_err() || !keep {
            return;
        }
    }
}

enum Request {
    Checkpoint { body: Vec<u8>, keep: bool },
    Other { keep: bool },
}

/// Reads the next request; None where the client is done, or silent. What is left in the buffer is the next one's.
fn read_request(stream: &mut Timed, buffer: &mut Vec<u8>) -> Result<Option<Request>, Answer> {
    let bad = |why: &str| plain(400, why);
    let silent = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::InvalidData => plain(431, "the headers are too long"),
        _ => plain(408, "the request did not arrive"),
    };
    let idle = buffer.is_empty();
    let begins = match read_head(stream, buffer) {
        Ok(Some(begins)) => begins,
        Ok(None) => return Ok(None),
        Err(_) if idle && buffer.is_empty() => return Ok(None),
        Err(e) => return Err(silent(e)),
    };
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut head = httparse::Request::new(&mut headers);
    if !matches!(head.parse(&buffer[..begins]), Ok(httparse::Status::Complete(_))) {
        return Err(bad("not an HTTP/1.1 request"));
    }
    let one = |name: &str| header(head.headers, name).map_err(|()| bad("a header is there twice, and differs"));
    if one("transfer-encoding")?.is_some() {
        return Err(plain(411, "send a Content-Length"));
    }
    let length = match one("content-length")? {
        None => 0,
        Some(text) if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => {
            text.parse::<usize>().map_err(|_| plain(413, "the body is too long"))?
        }
        Some(_) => return Err(bad("the Content-Length is no number")),
    };
    if length > MAX_BODY {
        return Err(plain(413, "the body is too long"));
    }
    let connection = one("connection")?.unwrap_or_default().to_ascii_lowercase();
    let keep = head.version == Some(1) && !connection.split(',').any(|word| word.trim() == "close");
    let ours = head.method == Some("POST") && head.path == Some("/add-checkpoint");
    let waits = one("expect")?.is_some_and(|value| value.eq_ignore_ascii_case("100-continue"));
    if waits && buffer.len() < begins + length {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").map_err(silent)?;
    }
    while buffer.len() < begins + length {
        if !read_more(stream, buffer).map_err(silent)? {
            return Err(plain(408, "the request did not arrive"));
        }
    }
    let rest = buffer.split_off(begins + length);
    let body = std::mem::replace(buffer, rest).split_off(begins);
    Ok(Some(if ours { Request::Checkpoint { body, keep } } else { Request::Other { keep } }))
}

fn plain(status: u16, why: &str) -> Answer {
    Answer { status, content_type: PLAIN, body: format!("{why}\n") }
}

fn response(Answer { status, content_type, body }: &Answer, keep: bool) -> Vec<u8> {
    let reason = match status {
        200 => "OK",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        408 => "Request Timeout",
        409 => "Conflict",
        411 => "Length Required",
        413 => "Content Too Large",
        422 => "Unprocessable Entity",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    };
    let connection = if keep { "keep-alive" } else { "close" };
    format!(
        "HTTP/1.1 {status} {reason}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: {connection}\r\n\r\n\
         {body}",
        body.len()
    )
    .into_bytes()
}
