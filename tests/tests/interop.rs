//! Other people's tools read what we publish, unmodified: Go's packages for transparency logs (golang.org/x/mod/sumdb) and a
//! DSSE library from PyPI. `scripts/install-interop` installs them; where they are missing, the tests say "skipped".
//! Not here: our own verifiers.

use std::path::{Path, PathBuf};
use std::process::Command;

use answerable_tests::{ORIGIN, Output, World, finish, installed, path_text, repository};

/// Where Debian's golang-golang-x-mod-dev lies, for a compiler in GOPATH mode.
const GOPATH: &str = "/usr/share/gocode";

/// `check.go`, compiled once for the test; None where it cannot be.
fn go_client(world: &World) -> Option<PathBuf> {
    if !installed("go") || !Path::new(GOPATH).join("src/golang.org/x/mod/sumdb/tlog").is_dir() {
        eprintln!("skipped: no Go with golang.org/x/mod: run scripts/install-interop");
        return None;
    }
    let program = world.at("check");
    let mut command = Command::new("go");
    world.tame(&mut command);
    command.env("GO111MODULE", "off").env("GOPATH", GOPATH).env("GOCACHE", std::env::temp_dir().join("answerable-go"));
    command.arg("build").arg("-o").arg(&program).arg(repository().join("tests/interop/check.go"));
    finish(&mut command).expect(0);
    Some(program)
}

fn run(world: &World, program: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(program);
    world.tame(&mut command);
    finish(command.args(args))
}

fn flip(world: &World, name: &str) {
    let mut bytes = world.read(name);
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    world.write(name, bytes);
}

#[test]
fn go_verifies_checkpoint_tiles_and_the_inclusion_of_every_record() {
    let world = World::founded();
    let Some(check) = go_client(&world) else { return };
    world.ok(&["publish", "public"]);
    world.write("earlier", world.read("public/checkpoint"));
    let key = world.pins().log_key;
    let size = world.size();
    let told = run(&world, &check, &["public", &key]).expect(0).stdout;
    assert!(told.starts_with(&format!("{size} records in ")), "{told}");
    // A day later, in the same folder.
    world.import_example("bodies.csv", "bodies");
    world.import_example("un-members.csv", "un-members");
    world.ok(&["publish", "public"]);
    let told = run(&world, &check, &["public", &key, "earlier"]).expect(0).stdout;
    assert!(told.contains(&format!("grown from {size} records")), "{told}");
    // It does look: what we call false, it refuses.
    for name in ["tile/0/003", "tile/entries/002", "checkpoint"] {
        let whole = world.read(&format!("public/{name}"));
        flip(&world, &format!("public/{name}"));
        assert_ne!(run(&world, &check, &["public", &key]).code, 0, "{name}");
        world.write(&format!("public/{name}"), whole);
    }
    let other = world.ok(&["key", "new-log", ORIGIN, "--label", "other", "--no-passphrase"]);
    assert_ne!(run(&world, &check, &["public", other.trim_end()]).code, 0);
}

#[test]
fn a_dsse_library_checks_every_event_signature() {
    let python = repository().join(".venv/bin/python");
    let has_library = |python: &Path| {
        Command::new(python).args(["-c", "import securesystemslib.dsse"]).output().is_ok_and(|o| o.status.success())
    };
    if !has_library(&python) {
        eprintln!("skipped: no securesystemslib in .venv: run scripts/install-interop");
        return;
    }
    let world = World::founded();
    let script = path_text(&repository().join("tests/interop/dsse.py"));
    let log = "ledger/log/000000000000.jsonl";
    let told = run(&world, &python, &[&script, log]).expect(0).stdout;
    assert!(told.contains(&format!(" signatures of {} records", world.size())), "{told}");
    flip(&world, log);
    assert_ne!(run(&world, &python, &[&script, log]).code, 0);
}
