//! Asking a witness for its cosignature (c2sp.org/tlog-witness), over plain HTTP: sending the checkpoint with a proof from
//! where the witness stands, and believing nothing that does not verify.
//! Not here: proofs (the ledger makes them), TLS (a proxy or a tunnel brings it), keeping cosignatures.

use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use answerable_verifier::checkpoint::{Checkpoint, parse_size};
use answerable_verifier::cosignature::{WitnessKey, cosigners};
use answerable_verifier::encoding::Hash;
use answerable_verifier::note::{Note, NoteSignature};

use crate::http::{MAX_HEADERS, Timed, header, read_head, read_more};
use crate::request::AddCheckpoint;

/// Most bytes of an answer.
const MAX_ANSWER: usize = 1 << 17;
const CONNECT: Duration = Duration::from_secs(5);
/// For the whole exchange, once connected.
const TIME: Duration = Duration::from_secs(20);

/// Why a witness gave no cosignature.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error("{0:?} is no http:// address")]
    Address(String),
    #[error("it cannot be reached: {0}")]
    Unreachable(std::io::Error),
    #[error("its answer is not HTTP: {0}")]
    NotHttp(String),
    #[error("it answered {status}: {said}")]
    Refused { status: u16, said: String },
    #[error("it has cosigned {theirs} records, and this ledger has {ours}: the ledger was rolled back")]
    Ahead { theirs: u64, ours: u64 },
    #[error("there is no consistency proof from {old} records: {why}")]
    NoProof { old: u64, why: String },
    #[error("its answer holds no cosignature by {0}")]
    NoCosignature(String),
    #[error("the cosignature in its answer does not verify")]
    BadCosignature,
}

impl AskError {
    /// The stable code (docs/CODES.md).
    pub fn code(&self) -> &'static str {
        match self {
            AskError::Address(_) => "cosign.address",
            AskError::Unreachable(_) | AskError::NotHttp(_) => "cosign.unreachable",
            AskError::Refused { .. } => "cosign.refused",
            AskError::Ahead { .. } => "tree.rolled_back",
            AskError::NoProof { .. } => "cosign.no_proof",
            AskError::NoCosignature(_) | AskError::BadCosignature => "cosign.bad_answer",
        }
    }
}

/// What is shown to witnesses.
pub struct Submission<'a> {
    pub checkpoint: &'a Checkpoint,
    /// As the log signed it, without cosignatures.
    pub note: &'a Note,
    /// The consistency proof from an older size.
    pub proof_from: &'a dyn Fn(u64) -> Result<Vec<Hash>, String>,
}

impl Submission<'_> {
    /// The request for a witness that stands at `old`.
    pub fn request(&self, old: u64) -> Result<AddCheckpoint, AskError> {
        let no_proof = |why: String| AskError::NoProof { old, why };
        let proof = (self.proof_from)(old).map_err(no_proof)?;
        Ok(AddCheckpoint { old, proof, checkpoint: self.checkpoint.clone(), note: self.note.clone() })
    }

    /// Asks the witness at `url`, which is believed to stand at `old`; where it says that it stands elsewhere, asks once
    /// more from there. Answers its cosignatures, verified, and of this key alone.
    pub fn ask(&self, url: &str, key: &WitnessKey, old: u64) -> Result<Vec<NoteSignature>, AskError> {
        let mut answer = self.send(url, old)?;
        if let Some(theirs) = answer.size() {
            if theirs > self.checkpoint.size {
                return Err(AskError::Ahead { theirs, ours: self.checkpoint.size });
            }
            if theirs != old {
                answer = self.send(url, theirs)?;
            }
        }
        if answer.status != 200 {
            let said: String = answer.body.trim().chars().take(300).collect();
            return Err(AskError::Refused { status: answer.status, said });
        }
        self.cosignatures(&answer.body, key)
    }

    /// The lines of this key in an answer, all of which verify. Lines of other keys are ignored.
    pub fn cosignatures(&self, answer: &str, key: &WitnessKey) -> Result<Vec<NoteSignature>, AskError> {
        let lines = answer.lines().filter_map(|line| NoteSignature::parse(line).ok());
        let lines: Vec<_> = lines.filter(|l| l.name == key.name() && l.key_id == key.key_id()).collect();
        if lines.is_empty() {
            return Err(AskError::NoCosignature(key.short()));
        }
        let note = Note { text: self.note.text.clone(), signatures: lines };
        cosigners(&note, std::slice::from_ref(key)).map_err(|_| AskError::BadCosignature)?;
        Ok(note.signatures)
    }

    fn send(&self, url: &str, old: u64) -> Result<HttpAnswer, AskError> {
        let body = self.request(old)?.format().map_err(|why| AskError::NoProof { old, why })?;
        post(url, &body)
    }
}

/// What came back.
struct HttpAnswer {
    status: u16,
    content_type: String,
    body: String,
}

impl HttpAnswer {
    /// The size at which the witness says to stand.
    fn size(&self) -> Option<u64> {
        let says = self.status == 409 && self.content_type == "text/x.tlog.size";
        says.then(|| self.body.strip_suffix('\n').and_then(parse_size)).flatten()
    }
}

/// POSTs to `<url>/add-checkpoint`.
fn post(url: &str, body: &str) -> Result<HttpAnswer, AskError> {
    let address = || AskError::Address(url.to_owned());
    let rest = url.strip_prefix("http://").ok_or_else(address)?;
    let (host, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_graphic() && !b"@?#\\".contains(&b));
    if host.is_empty() || !plain(rest) {
        return Err(address());
    }
    let prefix = prefix.trim_end_matches('/');
    let path = if prefix.is_empty() { "/add-checkpoint".to_owned() } else { format!("/{prefix}/add-checkpoint") };
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let target = if has_port { host.to_owned() } else { format!("{host}:80") };
    let mut last = std::io::Error::from(std::io::ErrorKind::NotFound);
    let mut stream = None;
    for address in target.to_socket_addrs().map_err(AskError::Unreachable)?.take(4) {
        match TcpStream::connect_timeout(&address, CONNECT) {
            Ok(connected) => {
                stream = Some(connected);
                break;
            }
            Err(e) => last = e,
        }
    }
    let mut stream = Timed::new(stream.ok_or(AskError::Unreachable(last))?, TIME);
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(body.as_bytes()))
        .map_err(AskError::Unreachable)?;
    let mut buffer = Vec::new();
    let begins = read_head(&mut stream, &mut buffer).map_err(AskError::Unreachable)?;
    let begins = begins.ok_or_else(|| AskError::NotHttp("it closed the connection".into()))?;
    let not_http = |why: &str| AskError::NotHttp(why.to_owned());
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut head = httparse::Response::new(&mut headers);
    let head_bytes = buffer[..begins].to_vec();
    if !matches!(head.parse(&head_bytes), Ok(httparse::Status::Complete(_))) {
        return Err(not_http("no status line and headers"));
    }
    let one = |name: &str| header(head.headers, name).map_err(|()| not_http("a header is there twice, and differs"));
    let length = one("content-length")?.map(|text| text.parse::<usize>().map_err(|_| not_http("its Content-Length")));
    let length = length.transpose()?;
    let chunked = one("transfer-encoding")?.is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
    let mut body = buffer.split_off(begins);
    // The connection is to be closed behind the answer; a server that keeps it open has named the length.
    while length.is_none_or(|length| chunked || body.len() < length) {
        if body.len() > MAX_ANSWER {
            return Err(not_http("its answer is too long"));
        }
        let ended = chunked && body.ends_with(b"0\r\n\r\n");
        if ended || !read_more(&mut stream, &mut body).map_err(AskError::Unreachable)? {
            break;
        }
    }
    if chunked {
        body = unchunked(&body).ok_or_else(|| not_http("its chunks are broken"))?;
    } else if let Some(length) = length {
        if body.len() < length {
            return Err(not_http("its answer was cut"));
        }
        body.truncate(length);
    }
    Ok(HttpAnswer {
        status: head.code.unwrap_or_default(),
        content_type: one("content-type")?.unwrap_or_default().to_owned(),
        body: String::from_utf8(body).map_err(|_| not_http("its answer is not UTF-8"))?,
    })
}

/// A body that came in chunks, put together; None where one is broken, or the last is missing.
fn unchunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let Ok(httparse::Status::Complete((begins, length))) = httparse::parse_chunk_size(rest) else { return None };
        let length = usize::try_from(length).ok()?;
        rest = rest.get(begins..)?;
        if length == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..length)?);
        rest = rest.get(length..)?.strip_prefix(b"\r\n")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_put_together() {
        assert_eq!(unchunked(b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"), Some(b"abcde".to_vec()));
        for broken in [&b"3\r\nabc\r\n"[..], b"3\r\nab\r\n0\r\n\r\n", b"ffffffffffffffff\r\nabc", b"x\r\n", b""] {
            assert_eq!(unchunked(broken), None);
        }
    }

    #[test]
    fn addresses_that_are_none() {
        for url in ["", "https://a", "http://", "http:///x", "http://a b", "http://u@h", "http://a/?x", "ftp://a"] {
            assert!(matches!(post(url, ""), Err(AskError::Address(_))), "{url}");
        }
    }
}
