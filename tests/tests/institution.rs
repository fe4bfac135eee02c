//! The whole walk of an institution: folders without a shared disk, files that are copied, and nothing else. A ministry
//! asks for a key, is enrolled by two of three founders, signs, is recorded, affirms, disputes, rotates its key; and its
//! receipt still holds after a thousand more records and after the log's key has changed.
//! And: an actor whose only key is stolen comes back, and every answer shows what the thief touched.
//! Not here: each lie that is refused on the way (the verifier's tests).

use std::fs;
use std::path::Path;

use answerable_tests::{ACTOR, KEY, ORIGIN, World, example, path_text};
use serde_json::Value;

const RWA: &str = "state:RWA";
const OLD: &str = "state:RWA#2026a";
const NEW: &str = "state:RWA#2026b";

/// A machine of its own: keys, files, and maybe a ledger.
struct Desk {
    world: World,
    /// Where its passphrase lies; it is not the others'.
    passphrase: String,
}

impl Desk {
    fn new(name: &str) -> Self {
        let world = World::empty();
        let passphrase = world.write("passphrase.txt", format!("the passphrase of {name}\n"));
        Self { world, passphrase }
    }

    #[track_caller]
    fn ok(&self, args: &[&str]) -> String {
        self.world.ok(&[&["--passphrase-file", &self.passphrase], args].concat())
    }

    #[track_caller]
    fn sign(&self, file: &str) {
        self.ok(&["sign", file, "--yes"]);
    }

    /// Mails a file or a folder.
    fn mail(&self, name: &str, to: &Desk) {
        let (from, to) = (self.world.at(name), to.world.at(name));
        copy(&from, &to);
    }

    /// Mails a file to others in turn, each of whom signs it, and back.
    fn have_signed(&self, file: &str, others: &[&Desk]) {
        for other in others {
            self.mail(file, other);
            other.sign(file);
            other.mail(file, self);
        }
    }
}

fn copy(from: &Path, to: &Path) {
    if !from.is_dir() {
        fs::copy(from, to).unwrap_or_else(|e| panic!("{} to {}: {e}", from.display(), to.display()));
        return;
    }
    let _ = fs::remove_dir_all(to);
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let name = entry.unwrap().file_name();
        copy(&from.join(&name), &to.join(&name));
    }
}

/// The operator is one founder; two more sit elsewhere. Two of three govern.
struct House {
    operator: Desk,
    second: Desk,
    third: Desk,
}

impl House {
    fn founded() -> Self {
        let house = Self { operator: Desk::new("operator"), second: Desk::new("second"), third: Desk::new("third") };
        let House { operator, second, third } = &house;
        operator.ok(&["key", "new", KEY]);
        for (desk, key) in [(second, "org:second#1"), (third, "org:third#1")] {
            desk.ok(&["key", "new", key]);
            let file = format!("{}.key-request.json", key.replace([':', '#'], "~"));
            desk.ok(&["key", "request", key, "--title", "A founder", "--out", &file]);
            desk.mail(&file, operator);
        }
        let founder = format!("{KEY}=Test Secretariat");
        let founders = ["--founder", &founder, "--founder-request", "org~second~1.key-request.json"];
        let more = ["--founder-request", "org~third~1.key-request.json", "--threshold", "2", "--yes"];
        let init = ["init", "ledger", "--origin", ORIGIN, "--title", "A walk"];
        operator.ok(&[&init[..], &founders, &more].concat());
        assert!(!operator.world.at("ledger/log").exists(), "nothing is founded before all have signed");
        operator.have_signed("founding.event.json", &[second, third]);
        operator.ok(&["init", "ledger", "--founding", "founding.event.json", "--yes"]);
        operator.world.write("card.json", operator.ok(&["pin-card", "--format", "json"]));
        for role in ["registrar", "transcriber"] {
            house.governs(&["role.granted", "--set", &format!("actor={ACTOR}"), "--set", &format!("role={role}")]);
        }
        house
    }

    /// An act of the operator and the second founder.
    #[track_caller]
    fn governs(&self, draft: &[&str]) {
        let (kind, rest) = draft.split_first().unwrap();
        let signers = ["--actor", ACTOR, "--signer", KEY, "--signer", "org:second#1"];
        self.operator.ok(&[&["draft", kind], &signers[..], rest, &["--out", "act.event.json"]].concat());
        self.operator.sign("act.event.json");
        self.operator.have_signed("act.event.json", &[&self.second]);
        self.operator.ok(&["append", "act.event.json"]);
        fs::remove_file(self.operator.world.at("act.event.json")).unwrap();
    }

    fn imports(&self, table: &str, mapping: &str) {
        let mapping = example(&format!("mappings/{mapping}.toml"));
        self.operator.ok(&["import", table, "--mapping", &mapping, "--actor", ACTOR, "--signer", KEY, "--yes"]);
    }

    /// Registers the states and treaties of the examples, and their acts.
    fn fills_the_ledger(&self) {
        for (id, name, from, kind) in [
            ("actor=org:un-secretary-general", "name=Secretary-General of the UN", "1945-10-24", "kind=un_organ"),
            ("actor=org:swiss-federal-council", "name=Swiss Federal Council", "1848-11-16", "kind=other"),
        ] {
            let draft =
                ["draft", "actor.registered", "--actor", ACTOR, "--effective", from, "--set", id, "--set", name];
            self.operator.ok(&[&draft[..], &["--set", kind, "--out", "actor.event.json"]].concat());
            self.operator.sign("actor.event.json");
            self.operator.ok(&["append", "actor.event.json"]);
            fs::remove_file(self.operator.world.at("actor.event.json")).unwrap();
        }
        for (table, mapping) in [
            ("states.csv", "states"),
            ("state-successions.csv", "successions"),
            ("treaties.json", "treaties"),
            ("treaty-acts.csv", "treaty-acts"),
        ] {
            self.imports(&example(table), mapping);
        }
    }

    /// Asked by mail, signed by two of three founders and by the key itself.
    fn enrols(&self, ministry: &Desk, key: &str, scope: &[&str]) {
        ministry.ok(&["key", "new", key]);
        let scope: Vec<&str> = scope.iter().flat_map(|s| ["--scope", s]).collect();
        ministry.ok(&[&["key", "request", key], &scope[..], &["--out", "request.json"]].concat());
        ministry.mail("request.json", &self.operator);
        fs::remove_file(ministry.world.at("request.json")).unwrap();
        let shown = self.operator.ok(&["key", "check", "request.json"]);
        assert!(shown.contains(key), "{shown}");
        let signers = ["--actor", ACTOR, "--signer", KEY, "--signer", "org:third#1"];
        let draft = ["draft", "key.enrolled", "--request", "request.json", "--out", "enrolment.event.json"];
        self.operator.ok(&[&draft[..], &signers].concat());
        self.operator.sign("enrolment.event.json");
        self.operator.have_signed("enrolment.event.json", &[&self.third, ministry]);
        self.operator.ok(&["append", "enrolment.event.json"]);
        fs::remove_file(self.operator.world.at("enrolment.event.json")).unwrap();
    }

    /// Takes a signed event in, and mails the receipt back.
    #[track_caller]
    fn takes_in(&self, from: &Desk, name: &str) {
        let file = format!("{name}.event.json");
        from.mail(&file, &self.operator);
        self.operator.ok(&["append", &file, "--receipt"]);
        for ending in ["tlog-proof", "record.json"] {
            self.operator.mail(&format!("{name}.{ending}"), from);
        }
    }

    fn exports_for(&self, desk: &Desk) {
        let _ = fs::remove_dir_all(self.operator.world.at("export"));
        self.operator.ok(&["export", "export"]);
        self.operator.mail("export", desk);
    }

    /// The founders put another log key in force.
    fn changes_the_log_key(&self) -> String {
        let new = self.operator.ok(&["key", "new-log", ORIGIN, "--label", "next"]).trim_end().to_owned();
        let keys = format!("log_keys=[\"{new}\"]");
        self.governs(&["ledger.log_keys_changed", "--set", &keys, "--set", "reason=a new year"]);
        new
    }

    fn row(&self, treaty: &str) -> Value {
        let json = self.operator.ok(&["treaty", "status", treaty, "--format", "json"]);
        let answer: Value = serde_json::from_str(&json).unwrap();
        answer["states"].as_array().unwrap().iter().find(|r| r["actor"] == RWA).unwrap().clone()
    }
}

/// The seq of what is said about Rwanda in a treaty, as the ministry reads it in its copy of an export.
fn told(ministry: &Desk, what: &str) -> String {
    let json = ministry.ok(&["about", RWA, "--from", "export", "--pin", "card.json", "--format", "json"]);
    let about: Value = serde_json::from_str(&json).unwrap();
    let statements = about["statements"].as_array().unwrap();
    let found = statements.iter().find(|s| s["says"].as_str().unwrap().contains(what));
    found.unwrap_or_else(|| panic!("{what}: {json}"))["seq"].as_str().unwrap().to_owned()
}

#[test]
fn from_a_mailed_request_to_a_receipt_that_lasts() {
    let house = House::founded();
    house.fills_the_ledger();
    let ministry = Desk::new("ministry");
    assert!(!ministry.world.at("ledger").exists());
    house.operator.mail("card.json", &ministry);
    house.enrols(&ministry, OLD, &["treaty.*", "event.*", "key.rotated"]);

    // A ratification, drafted from an export, signed at home, recorded, with a receipt.
    house.exports_for(&ministry);
    let body = ["--set", "state=state:RWA", "--set", "treaty=arms-trade-treaty"];
    let act = |kind: &'static str, day: &'static str, mode: &'static str| {
        ["draft", kind, "--actor", RWA, "--effective", day, "--set", mode, "--from", "export", "--pin", "card.json"]
    };
    let draft = act("treaty.signed", "2013-06-05", "mode=simple");
    ministry.ok(&[&draft[..], &body, &["--out", "signature.event.json"]].concat());
    ministry.sign("signature.event.json");
    house.takes_in(&ministry, "signature");
    house.exports_for(&ministry);
    let draft = act("treaty.consent_deposited", "2015-03-01", "mode=ratification");
    ministry.ok(&[&draft[..], &body, &["--out", "ratification.event.json"]].concat());
    ministry.sign("ratification.event.json");
    house.takes_in(&ministry, "ratification");
    let receipt = ["verify-proof", "ratification.tlog-proof", "--pin", "card.json"];
    ministry.ok(&receipt);

    // What others said about it: one accession is affirmed, another disputed.
    let (genocide, refugee) = (told(&ministry, "genocide-convention"), told(&ministry, "refugee-convention"));
    let from = ["--from", "export", "--pin", "card.json"];
    ministry.ok(&[&["affirm", &genocide, "--out", "affirmation.event.json"], &from[..]].concat());
    let dispute = ["dispute", &refugee, "--grounds", "the instrument is of 3 March", "--out", "dispute.event.json"];
    ministry.ok(&[&dispute[..], &from].concat());
    for name in ["affirmation", "dispute"] {
        ministry.sign(&format!("{name}.event.json"));
        house.takes_in(&ministry, name);
    }
    assert_eq!(house.row("genocide-convention")["answers"][0]["answer"], "affirmed");
    assert_eq!(house.row("refugee-convention")["answers"][0]["answer"], "disputed");

    // Its key is rotated, with a stream card alone.
    let card = ["card", "--actor", RWA, "--stream", "keys:state:RWA", "--out", "keys.stream-card.json"];
    house.operator.ok(&card);
    house.operator.mail("keys.stream-card.json", &ministry);
    ministry.ok(&["key", "new", NEW]);
    let old = format!("old={OLD}");
    let rotate = ["draft", "key.rotated", "--actor", RWA, "--signer", OLD, "--enrol", NEW, "--set", &old];
    let place = ["--from", "keys.stream-card.json", "--pin", "card.json", "--out", "rotation.event.json"];
    ministry.ok(&[&rotate[..], &place].concat());
    ministry.sign("rotation.event.json");
    house.takes_in(&ministry, "rotation");
    // The old key signs no more; the new one does, within the old one's scope.
    house.exports_for(&ministry);
    let declaration = ["--set", "declaration=d1", "--set", "kind=interpretative", "--set", "text=As we read it."];
    let say = |key: &str, out: &str| {
        let draft = ["draft", "treaty.declaration_made", "--actor", RWA, "--signer", key, "--effective", "2015-03-01"];
        ministry.ok(&[&draft[..], &declaration, &body, &from, &["--out", out]].concat());
        ministry.sign(out);
    };
    say(OLD, "late.event.json");
    ministry.mail("late.event.json", &house.operator);
    let refused = house.operator.world.run(&["--passphrase-file", "passphrase.txt", "append", "late.event.json"]);
    assert_eq!((refused.code, refused.error_code()), (1, "signature.revoked_key"), "{refused:?}");
    say(NEW, "declaration.event.json");
    house.takes_in(&ministry, "declaration");

    // A thousand more records, and another log key: the receipt of then still holds under the card of then.
    let before = house.operator.world.size();
    let rows: String = (0..1000).map(|i| format!("org:filler-{i},Filler {i},1990-01-01,,x,x\n")).collect();
    let table =
        house.operator.world.write("more.csv", format!("actor,name,valid_from,valid_until,basis,source\n{rows}"));
    house.imports(&path_text(&house.operator.world.at(&table)), "states");
    assert_eq!(house.operator.world.size(), before + 1000);
    let new_log_key = house.changes_the_log_key();
    for name in ["signature", "ratification", "affirmation", "dispute", "rotation", "declaration"] {
        ministry.ok(&["verify-proof", &format!("{name}.tlog-proof"), "--pin", "card.json"]);
    }
    // A new receipt of the same record, under the new card; and the whole ledger, under either.
    let card = house.operator.ok(&["pin-card", "--format", "json"]);
    assert!(card.contains(&new_log_key), "{card}");
    house.operator.world.write("new-card.json", card);
    let record: Value = serde_json::from_slice(&ministry.world.read("ratification.record.json")).unwrap();
    house.operator.ok(&["prove", &record["seq"].to_string(), "--out", "again"]);
    for name in ["again.tlog-proof", "again.record.json", "new-card.json"] {
        house.operator.mail(name, &ministry);
    }
    ministry.ok(&["verify-proof", "again.tlog-proof", "--pin", "new-card.json"]);
    house.exports_for(&ministry);
    for pin in ["card.json", "new-card.json"] {
        let verdict = ministry.ok(&["verify", "export", "--pin", pin]);
        assert!(verdict.starts_with("VERIFIED"), "{pin}:\n{verdict}");
    }
}

#[test]
fn an_actor_whose_only_key_was_stolen_comes_back() {
    let house = House::founded();
    house.fills_the_ledger();
    let ministry = Desk::new("ministry");
    house.operator.mail("card.json", &ministry);
    house.enrols(&ministry, OLD, &["*"]);
    let say = |desk: &Desk, name: &str, key: &str, kind: &str, day: &str, more: &[&str]| {
        house.exports_for(desk);
        let draft = ["draft", kind, "--actor", RWA, "--signer", key, "--effective", day, "--from", "export"];
        let out = format!("{name}.event.json");
        desk.ok(&[&draft[..], &["--set", "state=state:RWA"], more, &["--out", &out]].concat());
        desk.sign(&out);
        house.takes_in(desk, name);
    };
    let att = ["--set", "treaty=arms-trade-treaty"];
    say(&ministry, "signature", OLD, "treaty.signed", "2013-06-05", &[&att[..], &["--set", "mode=simple"]].concat());
    // The thief has the key and its passphrase: it speaks in the state's name, and brings in a key of its own.
    let thief = Desk { world: World::empty(), passphrase: "passphrase.txt".into() };
    ministry.mail("keys", &thief);
    ministry.mail("passphrase.txt", &thief);
    house.operator.mail("card.json", &thief);
    let stolen_from = house.operator.world.size();
    let genocide = ["--set", "treaty=genocide-convention"];
    let text = ["--set", "declaration=d1", "--set", "kind=interpretative", "--set", "text=We never meant it."];
    let more = [&genocide[..], &text].concat();
    say(&thief, "lie", OLD, "treaty.declaration_made", "2020-01-01", &more);
    thief.ok(&["key", "new", "state:RWA#thief"]);
    house.exports_for(&thief);
    let enrol = ["draft", "key.enrolled", "--actor", RWA, "--signer", OLD, "--enrol", "state:RWA#thief"];
    thief.ok(&[&enrol[..], &["--from", "export", "--out", "second.event.json"]].concat());
    thief.sign("second.event.json");
    house.takes_in(&thief, "second");
    let text = ["--set", "declaration=d2", "--set", "kind=interpretative", "--set", "text=Nor this."];
    say(&thief, "more", "state:RWA#thief", "treaty.declaration_made", "2020-01-02", &[&genocide[..], &text].concat());
    // It also affirms what others said, in the state's name.
    let transcribed = told(&thief, "refugee-convention");
    thief.ok(&["affirm", &transcribed, "--signer", OLD, "--from", "export", "--out", "affirmation.event.json"]);
    thief.sign("affirmation.event.json");
    house.takes_in(&thief, "affirmation");
    let records = house.operator.world.size();
    // The founders take both keys from it, from the stated position on, and give the state a new one.
    for key in [OLD, "state:RWA#thief"] {
        let set = [format!("actor={RWA}"), format!("key={key}"), "reason=stolen".to_owned()];
        let mut draft = vec!["key.revoked"];
        draft.extend(set.iter().flat_map(|s| ["--set", s.as_str()]));
        let from = format!("compromised_from_seq={stolen_from}");
        if key == OLD {
            draft.extend(["--set", &from]);
        }
        house.governs(&draft);
    }
    house.enrols(&ministry, NEW, &["*"]);
    // It speaks again: it takes back nothing, which only its author could, and says what is so.
    let text = ["--set", "declaration=d3", "--set", "kind=interpretative", "--set", "text=d1 and d2 are not ours."];
    say(&ministry, "truth", NEW, "treaty.declaration_made", "2020-02-01", &[&genocide[..], &text].concat());
    assert_eq!(house.operator.world.size(), records + 4);

    // Nothing is gone, and every answer shows the flag on what the thief touched, and on nothing else.
    let flag = "key.compromised";
    let shown = |args: &[&str]| house.operator.ok(args);
    let row = house.row("genocide-convention");
    assert!(row["flags"].as_array().unwrap().contains(&flag.into()), "{row}");
    assert!(!house.row("arms-trade-treaty")["flags"].to_string().contains(flag));
    let history: Value =
        serde_json::from_str(&shown(&["history", "treaty:genocide-convention:RWA", "--format", "json"])).unwrap();
    let flagged: Vec<String> = history["records"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|r| r["flags"].to_string().contains(flag))
        .map(|r| r["seq"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(flagged, [stolen_from.to_string(), (stolen_from + 2).to_string()]);
    let log: Value = serde_json::from_str(&shown(&["log", "-n", "2000", "--format", "json"])).unwrap();
    let flagged: Vec<&str> = log["rows"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|r| r["flags"].as_str().unwrap().contains(flag))
        .map(|r| r["seq"].as_str().unwrap())
        .collect();
    assert_eq!(flagged, [0, 1, 2, 3].map(|i| (stolen_from + i).to_string()));
    // The thief's affirmation is shown for what it is, and settles nothing.
    let refugee = house.row("refugee-convention");
    assert_eq!(refugee["answers"][0]["flag"]["code"], flag, "{refugee}");
    let affirmed = shown(&["treaty", "status", "refugee-convention", "--answered", "affirmed", "--format", "json"]);
    assert!(!affirmed.contains("\"state:RWA\""), "{affirmed}");
    let about = shown(&["about", RWA]);
    assert!(about.lines().any(|l| l.contains("refugee-convention") && l.contains(flag)), "{about}");
    assert!(shown(&["show", &stolen_from.to_string()]).contains(flag));
    assert!(shown(&["treaty", "status", "genocide-convention"]).contains(flag));
    let list: Value = serde_json::from_str(&shown(&["treaty", "list", "--format", "json"])).unwrap();
    let genocide = list["rows"].as_array().unwrap().iter().find(|r| r["treaty"] == "genocide-convention").unwrap();
    assert_ne!(genocide["flags"], "0");
    house.exports_for(&ministry);
    let verdict: Value =
        serde_json::from_str(&ministry.ok(&["verify", "export", "--pin", "card.json", "--format", "json"])).unwrap();
    assert_eq!(verdict["verdict"], "verified");
    let flagged: Vec<u64> = verdict["flags"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["code"] == flag)
        .map(|f| f["seq"].as_u64().unwrap())
        .collect();
    assert_eq!(flagged, [0, 1, 2, 3].map(|i| stolen_from + i));
    assert!(verdict["flags"].to_string().contains("key.enrolled_anew"));
}
