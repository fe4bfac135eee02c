//! A `witness serve` that is killed (SIGKILL) at random moments under a stream of add-checkpoint requests, forty times. It starts
//! again without repair, stands where its last answer stood or one unanswered step further, and cosigned one history only.
//! Not here: killed between keeping and signing, in one process (the tests of `watch`).

mod served;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use answerable_tests::World;
use answerable_verifier::checkpoint::Checkpoint;
use answerable_verifier::cosignature::{WitnessKey, cosigners};
use answerable_verifier::ed25519::PublicKey;
use answerable_verifier::encoding::Hash;
use answerable_verifier::merkle::{consistency_proof, leaf_hash, root_of};
use answerable_verifier::note::{Note, NoteSignature, VerifierKey, signature_line};
use ed25519_dalek::{Signer, SigningKey};
use served::{Served, serve};

const KILLS: usize = 40;
/// The longest time between a witness's start and its end, in races (`Story::race`), and on a slow disk.
const RACES_A_LIFE: u32 = 4;
const LONGEST_LIFE: Duration = Duration::from_millis(200);

/// A log that signs whatever tree it is told to.
struct Log {
    secret: SigningKey,
    key: VerifierKey,
}

impl Log {
    fn new() -> Self {
        let secret = SigningKey::from_bytes(&[7; 32]);
        let public = PublicKey::enrollable(secret.verifying_key().as_bytes()).unwrap();
        Self { secret, key: VerifierKey::new("log.example/killed", public).unwrap() }
    }

    fn note(&self, leaves: &[Hash]) -> Note {
        let origin = self.key.name().to_owned();
        let text = Checkpoint { origin, size: leaves.len() as u64, root: root_of(leaves) }.to_text();
        let line = signature_line(&self.key, &self.secret.sign(text.as_bytes()).to_bytes());
        Note { text, signatures: vec![line] }
    }

    /// An add-checkpoint request for this tree, from its first `old` leaves.
    fn request(&self, leaves: &[Hash], old: usize) -> String {
        let proof = if old == 0 { Vec::new() } else { consistency_proof(leaves, old as u64, leaves.len() as u64) };
        let proof: String = proof.iter().map(|hash| format!("{}\n", hash.to_base64())).collect();
        format!("old {old}\n{proof}\n{}", self.note(leaves).format().unwrap())
    }
}

/// The same moments in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Status, content type and body; None where the witness did not live to answer.
fn post(url: &str, body: &str) -> Option<(u16, String, String)> {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    let head =
        format!("POST /add-checkpoint HTTP/1.1\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    stream.write_all(head.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let header = |name: &str| head.lines().find_map(|l| l.strip_prefix(name)).map(str::to_owned);
    if header("Content-Length: ")?.parse() != Ok(body.len()) {
        return None;
    }
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, header("Content-Type: ")?, body.to_owned()))
}

/// All that the witness ever signed.
struct Signed {
    key: WitnessKey,
    roots: BTreeMap<u64, Hash>,
    largest: u64,
    time: u64,
}

impl Signed {
    /// Takes in a cosignature: it verifies, and agrees with all before.
    fn add(&mut self, note: &Note, line: &str) {
        let line = NoteSignature::parse(line.strip_suffix('\n').expect("one line")).unwrap();
        let cosigned = Note { text: note.text.clone(), signatures: vec![line] };
        let time = cosigners(&cosigned, std::slice::from_ref(&self.key)).unwrap()[0].latest();
        let checkpoint = Checkpoint::parse(&note.text).unwrap();
        let root = *self.roots.entry(checkpoint.size).or_insert(checkpoint.root);
        assert_eq!(root, checkpoint.root, "it cosigned two trees of {} records", checkpoint.size);
        assert!(checkpoint.size >= self.largest, "it cosigned {} after {}", checkpoint.size, self.largest);
        assert!(time >= self.time, "its time went back");
        (self.largest, self.time) = (checkpoint.size, time);
    }
}

struct Story {
    world: World,
    log: Log,
    signed: Signed,
    /// What the witness is known to have cosigned last.
    leaves: Vec<Hash>,
    /// Trees that it may have cosigned instead, when it was killed.
    unanswered: Vec<Vec<Hash>>,
    random: Random,
    longest_life: Duration,
    answers: usize,
    lost_answers: usize,
}

impl Story {
    /// A leaf that no other tree has.
    fn leaf(&mut self) -> Hash {
        leaf_hash(&self.random.below(u64::MAX).to_be_bytes())
    }

    fn grown(&mut self, by: u64) -> Vec<Hash> {
        let mut leaves = self.leaves.clone();
        (0..by).for_each(|_| leaves.push(self.leaf()));
        leaves
    }

    /// Shows two trees at once, which both extend the last and not each other: one is cosigned. False once it was killed.
    fn race(&mut self, url: &str) -> bool {
        let old = self.leaves.len();
        let longer = 1 + self.random.below(2);
        let pair = [self.grown(1), self.grown(longer)];
        let bodies = pair.each_ref().map(|leaves| self.log.request(leaves, old));
        let answers = thread::scope(|scope| {
            let asked = bodies.each_ref().map(|body| scope.spawn(|| post(url, body)));
            asked.map(|thread| thread.join().unwrap())
        });
        let mut won = None;
        for (leaves, answer) in pair.iter().zip(&answers) {
            match answer {
                Some((200, _, line)) => {
                    assert!(won.replace(leaves.clone()).is_none(), "it cosigned two histories");
                    self.signed.add(&self.log.note(leaves), line);
                }
                Some((status, ..)) => assert_eq!(*status, 409, "{answer:?}"),
                None => {}
            }
        }
        let killed = answers.contains(&None);
        assert!(won.is_some() || killed, "both were refused: {answers:?}");
        match won {
            Some(leaves) => {
                self.leaves = leaves;
                self.answers += 1;
            }
            None => self.unanswered = pair.into(),
        }
        !killed
    }

    /// After a start: where does it stand? Exactly at what it answered last, or at what it was killed over.
    fn find(&mut self, url: &str) {
        let mut standing = Vec::new();
        let possible = [vec![self.leaves.clone()], std::mem::take(&mut self.unanswered)].concat();
        for (i, leaves) in possible.into_iter().enumerate() {
            let (status, _, line) = post(url, &self.log.request(&leaves, leaves.len())).expect("it lives");
            match status {
                200 => {
                    self.signed.add(&self.log.note(&leaves), &line);
                    self.lost_answers += usize::from(i > 0);
                    standing.push(leaves);
                }
                _ => assert_eq!(status, 409, "{line}"),
            }
        }
        assert_eq!(standing.len(), 1, "it stands at one of what was shown to it");
        self.leaves = standing.swap_remove(0);
    }

    /// What contradicts or falls behind the tree that it stands at is refused.
    fn offer_forks(&mut self, url: &str) {
        let size = self.leaves.len();
        let refused = |body: String, wanted: u16| {
            let (status, _, said) = post(url, &body).expect("it lives");
            assert_eq!(status, wanted, "{said}");
            said
        };
        let (leaf, next) = (self.leaf(), self.leaf());
        let mut forked = self.leaves.clone();
        forked[size - 1] = leaf;
        refused(self.log.request(&forked, size), 409);
        assert_eq!(refused(self.log.request(&forked, size - 1), 409), format!("{size}\n"));
        forked.push(next);
        refused(self.log.request(&forked, size), 422);
        let shorter = self.leaves[..size - 1].to_vec();
        assert_eq!(refused(self.log.request(&shorter, size - 1), 409), format!("{size}\n"));
    }

    /// Under load until the moment comes.
    fn live_and_die(&mut self, mut witness: Served) {
        let url = witness.url.clone();
        let moment = self.longest_life.mul_f64(self.random.below(1000) as f64 / 1000.0);
        thread::scope(|scope| {
            scope.spawn(move || {
                thread::sleep(moment);
                witness.child.kill().unwrap();
                witness.child.wait().unwrap();
            });
            while self.race(&url) {}
        });
    }
}

#[test]
fn forty_kills_make_no_witness_sign_two_histories() {
    let world = World::empty();
    let log = Log::new();
    let vkey = world.ok(&["witness", "init", "w", "--name", "w.example/w", "--no-passphrase"]);
    world.ok(&["witness", "add-log", "w", &log.key.to_string()]);
    let key = WitnessKey::parse(vkey.trim()).unwrap();
    let signed = Signed { key, roots: BTreeMap::new(), largest: 0, time: 0 };
    let mut story = Story {
        world,
        log,
        signed,
        leaves: Vec::new(),
        unanswered: Vec::new(),
        random: Random(2026),
        longest_life: LONGEST_LIFE,
        answers: 0,
        lost_answers: 0,
    };
    let mut witness = serve(&story.world, "w");
    // Something is cosigned, and something lies below it to fork from.
    let url = witness.url.clone();
    let begun = Instant::now();
    const FIRST: u32 = 4;
    (0..FIRST).for_each(|_| assert!(story.race(&url)));
    story.longest_life = (begun.elapsed() / FIRST * RACES_A_LIFE).min(LONGEST_LIFE);
    for _ in 0..KILLS {
        story.live_and_die(witness);
        witness = serve(&story.world, "w");
        let url = witness.url.clone();
        story.find(&url);
        story.offer_forks(&url);
        // What a kill may leave behind.
        if story.random.below(2) == 0 {
            for entry in fs::read_dir(story.world.at("w/logs")).unwrap() {
                let path = entry.unwrap().path();
                if path.extension().is_some_and(|e| e == "cosigned") {
                    fs::write(format!("{}.tmp", path.display()), "time 99999").unwrap();
                }
            }
        }
    }
    let said = story.world.ok(&["witness", "status", "w", "--format", "json"]);
    assert!(said.contains(&format!("\"{}\"", story.leaves.len())), "{said}");
    println!("{KILLS} kills, {} answers, {} cosigned and not answered", story.answers, story.lost_answers);
    assert!(story.answers > KILLS / 2, "only {} answers: the kills come too early to tell anything", story.answers);
}
