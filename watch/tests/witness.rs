//! The witness in its folder, and over HTTP: whatever is sent, in whatever order, and wherever it is killed, it never
//! cosigns two trees of one size, nor a tree that does not extend the last.
//! Not here: the real programs (`answerable-tests`).

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use answerable_verifier::checkpoint::Checkpoint;
use answerable_verifier::cosignature::{WitnessKey, cosigners};
use answerable_verifier::ed25519::PublicKey;
use answerable_verifier::encoding::Hash;
use answerable_verifier::merkle::{consistency_proof, leaf_hash, root_of};
use answerable_verifier::note::{Note, NoteSignature, VerifierKey, signature_line};
use answerable_watch::client::{AskError, Submission};
use answerable_watch::request::AddCheckpoint;
use answerable_watch::server::serve;
use answerable_watch::witness::{Answer, CosignatureSigner, Witness, WitnessError};
use ed25519_dalek::{Signer, SigningKey};
use proptest::prelude::*;

const ORIGIN: &str = "log.example/a";

fn secret(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn public(seed: u8) -> PublicKey {
    PublicKey::enrollable(secret(seed).verifying_key().as_bytes()).unwrap()
}

fn log_key(seed: u8) -> VerifierKey {
    VerifierKey::new(ORIGIN, public(seed)).unwrap()
}

/// The witness's key; `killed` dies in the moment of signing.
struct Hand {
    key: WitnessKey,
    killed: bool,
}

impl CosignatureSigner for Hand {
    fn key(&self) -> &WitnessKey {
        &self.key
    }
    fn sign(&self, message: &[u8]) -> [u8; 64] {
        assert!(!self.killed, "killed");
        secret(100).sign(message).to_bytes()
    }
}

fn hand(killed: bool) -> Hand {
    Hand { key: WitnessKey::new("w.example/1", public(100)).unwrap(), killed }
}

fn made(folder: &Path) -> Witness {
    let witness = Witness::create(folder, &hand(false).key).unwrap();
    witness.add_log(&log_key(1)).unwrap();
    witness
}

/// A history of 40 leaves; histories differ from their fork on.
fn leaves(fork: usize, branch: u8) -> Vec<Hash> {
    (0..40u8).map(|i| leaf_hash(&[i, if usize::from(i) < fork { 0 } else { branch }])).collect()
}

fn signed(checkpoint: &Checkpoint, seed: u8) -> Note {
    let text = checkpoint.to_text();
    let signature = secret(seed).sign(text.as_bytes()).to_bytes();
    Note {
        signatures: vec![signature_line(&VerifierKey::new(&checkpoint.origin, public(seed)).unwrap(), &signature)],
        text,
    }
}

fn checkpoint(leaves: &[Hash], size: usize) -> Checkpoint {
    Checkpoint { origin: ORIGIN.into(), size: size as u64, root: root_of(&leaves[..size]) }
}

fn request(leaves: &[Hash], old: usize, size: usize) -> AddCheckpoint {
    let checkpoint = checkpoint(leaves, size);
    let proof = if old < size { consistency_proof(&leaves[..size], old as u64, size as u64) } else { Vec::new() };
    AddCheckpoint { old: old as u64, proof, note: signed(&checkpoint, 1), checkpoint }
}

fn body(request: &AddCheckpoint) -> Vec<u8> {
    request.format().unwrap().into_bytes()
}

fn status(witness: &Witness, request: &AddCheckpoint, now: u64) -> Answer {
    witness.answer(&body(request), now, &hand(false))
}

/// The time of the cosignature in an answer, which verifies.
fn time_of(line: &str, note: &Note) -> u64 {
    let key = hand(false).key;
    let line = NoteSignature::parse(line.strip_suffix('\n').unwrap()).unwrap();
    let note = Note { text: note.text.clone(), signatures: vec![line] };
    cosigners(&note, &[key]).unwrap()[0].latest()
}

#[test]
fn each_answer_of_the_specification() {
    let folder = tempfile::tempdir().unwrap();
    let witness = made(folder.path());
    let a = leaves(40, 0);
    let of = |answer: Answer| (answer.status, answer.content_type, answer.body);
    let code = |r: &AddCheckpoint| status(&witness, r, 50).status;
    // Nothing was cosigned yet.
    assert_eq!(of(status(&witness, &request(&a, 3, 8), 50)), (409, "text/x.tlog.size", "0\n".into()));
    assert_eq!(code(&AddCheckpoint { proof: vec![Hash::ZERO], ..request(&a, 0, 8) }), 422);
    let mut other_log = request(&a, 0, 8);
    other_log.checkpoint.origin = "log.example/b".into();
    other_log.note = signed(&other_log.checkpoint, 1);
    assert_eq!(code(&other_log), 404);
    assert_eq!(code(&AddCheckpoint { note: signed(&checkpoint(&a, 8), 2), ..request(&a, 0, 8) }), 403);
    let mut altered = request(&a, 0, 8);
    altered.note.signatures[0].signature[9] ^= 1;
    assert_eq!(code(&altered), 403);
    assert_eq!(witness.answer(b"old 1\n\nx", 50, &hand(false)).status, 400);
    assert!(witness.cosigned(ORIGIN).unwrap().is_none(), "a refusal is remembered as a cosignature");
    // The first, and the same again.
    let first = request(&a, 0, 8);
    let answer = status(&witness, &first, 50);
    assert_eq!((answer.status, time_of(&answer.body, &first.note)), (200, 50));
    assert_eq!(of(status(&witness, &first, 51)), (409, "text/x.tlog.size", "8\n".into()));
    let again = status(&witness, &request(&a, 8, 8), 60);
    assert_eq!((again.status, time_of(&again.body, &first.note)), (200, 60));
    // Growth, and its lies.
    assert_eq!(code(&request(&a, 8, 20)), 503, "the clock went back");
    let mut bad_proof = request(&a, 8, 20);
    bad_proof.proof[0] = Hash::ZERO;
    assert_eq!(status(&witness, &bad_proof, 70).status, 422);
    let mut surplus = request(&a, 8, 8);
    surplus.proof.push(Hash::ZERO);
    assert_eq!(status(&witness, &surplus, 70).status, 422);
    assert_eq!(status(&witness, &request(&a, 8, 20), 70).status, 200);
    // An older state, and another history of the same size.
    assert_eq!(of(status(&witness, &request(&a, 8, 12), 80)), (409, "text/x.tlog.size", "20\n".into()));
    let forked = request(&leaves(5, 9), 20, 20);
    let answer = of(status(&witness, &forked, 80));
    assert_eq!((answer.0, answer.1), (409, "text/plain; charset=utf-8"));
    let evidence = witness.evidence().unwrap();
    let names: Vec<String> = evidence.iter().map(|p| p.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(names.iter().filter(|n| n.starts_with("fork-20-")).count(), 1, "{names:?}");
    let kept =
        std::fs::read_to_string(evidence.iter().find(|p| p.to_string_lossy().contains("fork-")).unwrap()).unwrap();
    for note in [request(&a, 8, 20).note, forked.note.clone()] {
        assert!(kept.contains(&note.format().unwrap()), "{kept}");
    }
    // The same evidence, sent with another old size, is answered as the specification says and kept once.
    let mut elsewhere = forked.clone();
    elsewhere.old = 3;
    assert_eq!(of(status(&witness, &elsewhere, 80)), (409, "text/x.tlog.size", "20\n".into()));
    assert_eq!(witness.evidence().unwrap(), evidence);
}

#[test]
fn a_damaged_memory_cosigns_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let witness = made(folder.path());
    let a = leaves(40, 0);
    assert_eq!(status(&witness, &request(&a, 0, 8), 50).status, 200);
    let file = std::fs::read_dir(folder.path().join("logs")).unwrap().map(|e| e.unwrap().path());
    let file = file.into_iter().find(|p| p.extension().is_some_and(|e| e == "cosigned")).unwrap();
    let good = std::fs::read_to_string(&file).unwrap();
    let cut = good[..good.len() / 2].to_owned();
    for lie in [String::new(), cut, good.replace("time 50", "time -1"), good.replace(ORIGIN, "log.example/b")] {
        std::fs::write(&file, lie).unwrap();
        for old in [0, 8] {
            assert_eq!(status(&witness, &request(&a, old, 20), 60).status, 500);
        }
    }
    let again = witness.add_log(&log_key(1)).unwrap_err();
    assert!(matches!(again, WitnessError::KnownLog(_)));
    assert!(Witness::open(&folder.path().join("logs")).is_err());
}

/// What is done to a witness.
#[derive(Debug, Clone)]
enum Step {
    /// A request of a branch: from the size where the witness stands, or from another.
    Ask { branch: u8, old: Option<usize>, size: usize, good_proof: bool, later: u64, killed: bool },
    /// A kill while the state was being written: a torn file lies beside it.
    TornBeside,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let ask = (0u8..3, proptest::option::of(0usize..40), 0usize..40, any::<bool>(), 0u64..5, 0u8..4).prop_map(
        |(branch, old, size, lied, later, killed)| Step::Ask {
            branch,
            old,
            size,
            good_proof: !lied || size % 3 > 0,
            later,
            killed: killed == 0,
        },
    );
    proptest::collection::vec(prop_oneof![9 => ask, 1 => Just(Step::TornBeside)], 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn it_never_contradicts_itself(all in steps(), fork in 1usize..30) {
        let folder = tempfile::tempdir().unwrap();
        made(folder.path());
        let branches = [leaves(40, 0), leaves(fork, 1), leaves(fork / 2, 2)];
        let (mut now, mut said): (u64, Vec<(usize, u8, u64)>) = (100, Vec::new());
        for step in all {
            // Opened anew each time, as after a kill.
            let witness = Witness::open(folder.path()).unwrap();
            let stands = witness.cosigned(ORIGIN).unwrap().map_or(0, |c| c.checkpoint.size as usize);
            match step {
                Step::TornBeside => {
                    let name = format!("{}.cosigned.tmp", Hash::sha256(ORIGIN.as_bytes()).to_hex());
                    std::fs::write(folder.path().join("logs").join(name), "time 1\ntorn").unwrap();
                }
                Step::Ask { branch, old, size, good_proof, later, killed } => {
                    let old = old.unwrap_or(stands);
                    if old > size { continue; }
                    now += later;
                    let mut request = request(&branches[usize::from(branch)], old, size);
                    if !good_proof { request.proof.push(Hash::ZERO); }
                    let signer = hand(killed);
                    let answer = catch_unwind(AssertUnwindSafe(|| witness.add_checkpoint(&body(&request), now, &signer)));
                    // What was signed, and only that, can be seen.
                    if let Ok(Ok(line)) = answer {
                        prop_assert!(good_proof && old == stands);
                        said.push((size, branch, time_of(&line, &request.note)));
                    }
                }
            }
        }
        for (i, (size, branch, time)) in said.iter().enumerate() {
            for (older, other, before) in &said[..i] {
                prop_assert!(older <= size && before <= time);
                let (new, old) = (&branches[usize::from(*branch)], &branches[usize::from(*other)]);
                prop_assert_eq!(root_of(&new[..*older]), root_of(&old[..*older]), "two histories were cosigned");
            }
        }
    }
}

#[test]
fn competing_requests_are_taken_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let witness = made(folder.path());
    let branches = [leaves(40, 0), leaves(4, 1)];
    assert_eq!(status(&witness, &request(&branches[0], 0, 4), 50).status, 200);
    let said = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for i in 0..16 {
            let (witness, branches, said) = (&witness, &branches, &said);
            scope.spawn(move || {
                let (branch, size) = (i % 2, 5 + i);
                let answer = status(witness, &request(&branches[branch], 4, size), 60);
                said.lock().unwrap().push(answer.status);
            });
        }
    });
    let said = said.into_inner().unwrap();
    assert_eq!(said.iter().filter(|s| **s == 200).count(), 1, "{said:?}");
    assert_eq!(said.iter().filter(|s| **s == 409).count(), 15, "{said:?}");
}

/// A server on loopback; answers its address.
fn served(answer: impl Fn(&[u8]) -> Answer + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || serve(&listener, Arc::new(answer)));
    address
}

fn exchange(address: &str, sent: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let _ = stream.write_all(sent);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn hostile_clients_get_short_answers_and_stall_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let witness = made(folder.path());
    let address = served(move |body| witness.answer(body, 50, &hand(false)));
    // Some who say nothing, or half of something, and stay.
    let idle: Vec<TcpStream> = (0..20)
        .map(|i| {
            let mut stream = TcpStream::connect(&address).unwrap();
            let half = "POST /add-checkpoint HTTP/1.1\r\nContent-Length: 100\r\n\r\nold";
            stream.write_all(&half.as_bytes()[..i * 3]).unwrap();
            stream
        })
        .collect();
    let long = "x".repeat(20_000);
    for (sent, status) in [
        ("GET / HTTP/1.1\r\nConnection: close\r\n\r\n".to_owned(), 404),
        ("GET /add-checkpoint HTTP/1.1\r\nConnection: close\r\n\r\n".into(), 404),
        ("POST /add-checkpoint/ HTTP/1.1\r\nConnection: close\r\n\r\n".into(), 404),
        ("POST /add-checkpoint HTTP/1.0\r\n\r\n".into(), 400),
        ("POST /add-checkpoint HTTP/1.1\r\nContent-Length: 3\r\nConnection: close\r\n\r\nold".into(), 400),
        ("POST /add-checkpoint HTTP/1.1\r\nContent-Length: 999999999999999999999\r\n\r\n".into(), 413),
        ("POST /add-checkpoint HTTP/1.1\r\nContent-Length: 200000\r\n\r\n".into(), 413),
        ("POST /add-checkpoint HTTP/1.1\r\nContent-Length: -1\r\n\r\n".into(), 400),
        ("POST /add-checkpoint HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab".into(), 400),
        ("POST /add-checkpoint HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".into(), 411),
        (format!("GET /{long} HTTP/1.1\r\n\r\n"), 431),
        ("\x16\x03\x01 hello TLS\r\n\r\n".into(), 400),
    ] {
        let began = Instant::now();
        let answer = exchange(&address, sent.as_bytes());
        // The rest of what is too long may reset the connection before the answer is read.
        let reset = answer.is_empty() && sent.len() > 10_000;
        assert!(reset || answer.starts_with(&format!("HTTP/1.1 {status} ")), "{sent:.80}: {answer}");
        assert!(began.elapsed() < Duration::from_secs(3), "{sent:.80}");
    }
    // Two requests on one connection, the second sent with the first.
    let a = leaves(40, 0);
    let post = |r: &AddCheckpoint, close: &str| {
        let body = r.format().unwrap();
        format!("POST /add-checkpoint HTTP/1.1\r\nContent-Length: {}\r\n{close}\r\n{body}", body.len())
    };
    let both = post(&request(&a, 0, 8), "") + &post(&request(&a, 8, 9), "Connection: close\r\n");
    let answer = exchange(&address, both.as_bytes());
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 2, "{answer}");
    assert_eq!(answer.matches("\u{2014} w.example/1 ").count(), 2, "{answer}");
    drop(idle);
}

#[test]
fn a_crowd_is_turned_away_and_the_server_goes_on() {
    let address = served(|_| Answer { status: 200, content_type: "text/plain", body: "x".into() });
    let crowd: Vec<TcpStream> = (0..80).map(|_| TcpStream::connect(&address).unwrap()).collect();
    std::thread::sleep(Duration::from_millis(300));
    let get = b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n";
    assert!(exchange(&address, get).starts_with("HTTP/1.1 503 "));
    drop(crowd);
    std::thread::sleep(Duration::from_millis(300));
    assert!(exchange(&address, get).starts_with("HTTP/1.1 404 "));
}

#[test]
fn a_client_finds_where_the_witness_stands_and_believes_only_what_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let witness = made(folder.path());
    let a = leaves(40, 0);
    let at = witness.clone();
    let url = format!("http://{}", served(move |body| at.answer(body, 50, &hand(false))));
    let key = hand(false).key;
    let ask = |leaves: &[Hash], size: usize, old: u64, url: &str, key: &WitnessKey| {
        let checkpoint = checkpoint(leaves, size);
        let note = signed(&checkpoint, 1);
        let proof_from = |old: u64| Ok(consistency_proof(&leaves[..size], old, size as u64));
        Submission { checkpoint: &checkpoint, note: &note, proof_from: &proof_from }.ask(url, key, old)
    };
    assert_eq!(ask(&a, 8, 0, &url, &key).unwrap().len(), 1);
    assert_eq!(ask(&a, 20, 0, &url, &key).unwrap().len(), 1, "asked again from where it stands");
    assert_eq!(ask(&a, 20, 20, &format!("{url}/"), &key).unwrap().len(), 1);
    assert!(matches!(ask(&a, 12, 8, &url, &key), Err(AskError::Ahead { theirs: 20, ours: 12 })));
    assert!(matches!(ask(&leaves(3, 1), 20, 20, &url, &key), Err(AskError::Refused { status: 409, .. })));
    assert!(matches!(ask(&leaves(3, 1), 30, 20, &url, &key), Err(AskError::Refused { status: 422, .. })));
    let stranger = WitnessKey::new("w.example/1", public(101)).unwrap();
    assert!(matches!(ask(&a, 20, 20, &url, &stranger), Err(AskError::NoCosignature(_))));
    // A witness that says anything.
    for said in ["", "\n", "\u{2014} w.example/1 AAAA\n", "500"] {
        let url = served(move |_| Answer { status: 200, content_type: "text/plain", body: said.into() });
        let refused = ask(&a, 8, 0, &format!("http://{url}"), &key);
        assert!(matches!(refused, Err(AskError::NoCosignature(_))), "{refused:?}");
    }
    let forged = key.line(50, &[7; 64]).to_string();
    let url = served(move |_| Answer { status: 200, content_type: "text/plain", body: format!("{forged}\n") });
    assert!(matches!(ask(&a, 8, 0, &format!("http://{url}"), &key), Err(AskError::BadCosignature)));
    let url = served(|_| Answer { status: 409, content_type: "text/x.tlog.size", body: "3\n".into() });
    assert!(matches!(ask(&a, 8, 3, &format!("http://{url}"), &key), Err(AskError::Refused { status: 409, .. })));
    // Nobody there.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert!(matches!(ask(&a, 8, 0, &format!("http://{closed}"), &key), Err(AskError::Unreachable(_))));
}
