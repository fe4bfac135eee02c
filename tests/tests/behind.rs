//! Batches that are synced while the next is judged (`Ledger::append_behind`): the same ledger as without, byte for byte, and
//! nothing told before it is durable. Not here: killed writers (`crash`, `endurance`).

use std::fs;

use answerable_ledger::Ledger;
use answerable_ledger::append::Appended;
use answerable_ledger::index::{Index, RunIndex};
use answerable_ledger::signing::CheckpointSigner;
use answerable_schemas::Instant;
use answerable_tests::writing::{IMPORT, registration};
use answerable_tests::{World, read_tree};
use answerable_verifier::note::VerifierKey;
use answerable_verifier::record::SignedEvent;
use ed25519_dalek::pkcs8::DecodePrivateKey;
use ed25519_dalek::{Signer, SigningKey};

/// The log key of a world.
struct LogKey {
    secret: SigningKey,
    key: VerifierKey,
}

impl LogKey {
    fn of(world: &World) -> Self {
        let files: Vec<_> = fs::read_dir(world.at("keys")).unwrap().map(|file| file.unwrap().path()).collect();
        let is_log = |p: &&std::path::PathBuf| p.to_str().is_some_and(|p| p.contains("/log~") && p.ends_with(".pem"));
        let pem = fs::read_to_string(files.iter().find(is_log).expect("the log's key")).unwrap();
        let key = VerifierKey::parse(&world.pins().log_key).expect("a vkey");
        Self { secret: SigningKey::from_pkcs8_pem(&pem).expect("a private key"), key }
    }
}

impl CheckpointSigner for LogKey {
    fn keys(&self) -> Vec<VerifierKey> {
        vec![self.key.clone()]
    }
    fn sign(&self, _: &VerifierKey, message: &[u8]) -> [u8; 64] {
        self.secret.sign(message).to_bytes()
    }
}

fn now() -> Instant {
    Instant::from_millis(1_798_761_600_000).expect("2027")
}

/// Registrations, each in a batch with others: of the last batch the second was refused, of the fourth all are there already.
fn batches(world: &World) -> Vec<Vec<SignedEvent>> {
    let event = |id: &str| {
        let file = registration(world, id);
        SignedEvent::parse(&world.read(&file)).expect("an event")
    };
    let mut all: Vec<Vec<SignedEvent>> =
        (0..3).map(|batch| (0..4).map(|n| event(&format!("org:a-{batch}-{n}"))).collect()).collect();
    all.push(all[1].clone());
    let mut bad = event("org:bad");
    bad.signatures[0].sig = "A".repeat(86) + "==";
    all.push(vec![event("org:last"), bad, event("org:very-last")]);
    all
}

fn told(outcomes: &[Appended]) -> Vec<String> {
    outcomes.iter().map(|outcome| format!("{outcome:?}")).collect()
}

#[test]
fn what_is_appended_behind_is_what_is_appended() {
    let behind = World::bare();
    let all = batches(&behind);
    let plainly = World::like(&behind);
    let key = LogKey::of(&behind);
    let begun = behind.size();

    let (mut ledger, _) = Ledger::open_to_write(&plainly.at("ledger"), &key).unwrap();
    let expected: Vec<Vec<String>> =
        all.iter().map(|batch| told(&ledger.append(batch, now(), true, &key).unwrap())).collect();
    drop(ledger);

    let (mut ledger, _) = Ledger::open_to_write(&behind.at("ledger"), &key).unwrap();
    let mut outcomes = Vec::new();
    let mut durable = Vec::new();
    for batch in &all {
        let answered = ledger.append_behind(batch, now(), true, &key).unwrap();
        outcomes.extend(told(&answered));
        durable.push(outcomes.len());
        let recorded = outcomes.iter().filter(|outcome| outcome.starts_with("Recorded")).count() as u64;
        assert!(behind.size() >= begun + recorded, "what is told is on the disk");
        assert_eq!(ledger.checkpoint.size, begun + recorded, "what is acknowledged is what was told");
    }
    outcomes.extend(told(&ledger.finish().unwrap()));
    drop(ledger);
    assert_eq!(outcomes, expected.concat());
    // A batch in which nothing is new has nothing to be synced, so it is answered at once.
    assert_eq!((durable, outcomes.len()), (vec![0, 4, 8, 16, 16], 19));
    assert!(outcomes[17].contains("signature.bad") && outcomes[14].starts_with("AlreadyRecorded"), "{outcomes:?}");
    assert!(read_tree(&behind.at("ledger")) == read_tree(&plainly.at("ledger")), "the same files");
    assert!(behind.ok(&["check"]).contains("as the log has it"));
}

/// The lock is not given back, and the index not written, before the last byte is.
#[test]
fn who_leaves_without_finishing_has_written_all() {
    let world = World::bare();
    let (all, key, begun) = (batches(&world), LogKey::of(&world), world.size());
    let (mut ledger, _) = Ledger::open_to_write(&world.at("ledger"), &key).unwrap();
    for batch in &all[..2] {
        ledger.append_behind(batch, now(), true, &key).unwrap();
    }
    drop(ledger);
    assert_eq!(world.size(), begun + 8);
    let snapshot = RunIndex::open(&world.at("ledger")).unwrap().snapshot().unwrap().expect("a snapshot");
    assert_eq!(snapshot.size, begun + 8);
}

/// The batch that is judged meanwhile rests on one that did not come to be: neither is told, and nothing more is written.
#[test]
fn where_a_batch_cannot_be_written_the_next_is_not_either() {
    let world = World::bare();
    let (all, key, begun) = (batches(&world), LogKey::of(&world), world.size());
    let (mut ledger, _) = Ledger::open_to_write(&world.at("ledger"), &key).unwrap();
    world.write("ledger/checkpoint.tmp/in-the-way", "");
    assert!(ledger.append_behind(&all[0], now(), true, &key).unwrap().is_empty());
    let failed = ledger.append_behind(&all[1], now(), true, &key).unwrap_err();
    assert_eq!(failed.code(), "store.io", "{failed}");
    let after = ledger.append_behind(&all[2], now(), true, &key).unwrap_err();
    assert_eq!(after.code(), "store.poisoned", "{after}");
    assert_eq!((ledger.checkpoint.size, world.size()), (begun, begun));
    drop(ledger);
    fs::remove_dir_all(world.at("ledger/checkpoint.tmp")).unwrap();
    let (ledger, notices) = Ledger::open_to_write(&world.at("ledger"), &key).unwrap();
    let told: Vec<String> = notices.iter().map(|notice| notice.0.clone()).collect();
    assert!(told.iter().any(|n| n.starts_with("4 records that a crash left unacknowledged are valid")), "{told:?}");
    assert_eq!(ledger.checkpoint.size, begun + 4);
    drop(ledger);
    assert!(world.ok(&["check"]).contains("as the log has it"));
}

/// Three batches, two of them before the index is due, and acts that follow acts which are still on their way.
#[test]
fn an_import_of_many_batches_fills_the_index() {
    let world = World::bare();
    let begun = world.size();
    let rows: String = (0..2_600).map(|i| format!("org:t-{i:05},Old {i},New {i}\n")).collect();
    world.write("big.csv", format!("actor,name,new\n{rows}"));
    let mapping = "version = 1\nid = \"big\"\nformat = \"csv\"\nkey = [\"actor\"]\nstanding = \"own\"\n\n[[act]]\n\
        name = \"registration\"\ntype = \"actor.registered\"\neffective = { value = \"2000-01-01\" }\n[act.body]\n\
        actor = { column = \"actor\" }\nkind = { value = \"other\" }\nname = { column = \"name\" }\n\n[[act]]\n\
        name = \"renaming\"\ntype = \"actor.renamed\"\neffective = { value = \"2010-01-01\" }\n[act.body]\n\
        actor = { column = \"actor\" }\nname = { column = \"new\" }\n";
    world.write("big.toml", mapping);
    world.run(&IMPORT).expect(0);
    assert_eq!(world.size(), begun + 5_200);
    let snapshot = RunIndex::open(&world.at("ledger")).unwrap().snapshot().unwrap().expect("a snapshot");
    assert_eq!(snapshot.size, world.size());
    assert!(world.ok(&["check"]).contains("as the log has it"));
    assert!(world.ok(&["history", "actor:org:t-02599"]).contains("New 2599"));
}
