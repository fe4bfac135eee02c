//! The published folder: made, brought up to date, judged with and without the plain records, altered file by file, and
//! kept from what is not its own.
//! Not here: other people's clients (`interop`), the vectors.

use std::fs;

use answerable_tests::{ACTOR, Output, Tree, World, copy_tree, files_below, finish, read_tree, write_tree};

fn publish(world: &World) -> String {
    world.ok(&["publish", "public"])
}

/// The plain records out of the way: what a client of the tiles sees.
fn without_log(world: &World) {
    let _ = fs::remove_dir_all(world.at("tiled"));
    copy_tree(&world.at("public"), &world.at("tiled"));
    fs::remove_dir_all(world.at("tiled/log")).unwrap();
}

/// The code of the first fault.
fn first_code(verdict: &Output) -> String {
    verdict.json()["faults"][0]["code"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn both_forms_are_verified_and_say_the_same() {
    let world = World::founded();
    publish(&world);
    without_log(&world);
    world.ok(&["export", "export"]);
    let [public, tiled, plain] = ["public", "tiled", "export"].map(|f| world.judge(f, &[]).expect(0).stdout);
    assert_eq!(public, plain);
    assert_eq!(tiled, plain);
    let size = world.size();
    for width in ["tile/0/004.p", "tile/entries/004.p", "tile/1/000.p"] {
        let names: Vec<_> =
            fs::read_dir(world.at("public").join(width)).unwrap().map(|e| e.unwrap().file_name()).collect();
        let expected = if width.starts_with("tile/1") { size / 256 } else { size % 256 };
        assert_eq!(names, [expected.to_string().as_str()], "{width}");
    }
    // The stand-alone verifier reads it as well.
    let pins = world.pins();
    finish(world.program("answerable-verify").args(["tiled", "--log-key", &pins.log_key])).expect(0);
}

#[test]
fn every_file_counts() {
    let world = World::founded();
    publish(&world);
    without_log(&world);
    for folder in ["public", "tiled"] {
        let whole = read_tree(&world.at(folder));
        // The lock is empty, and of the page no verdict depends.
        for name in
            files_below(&world.at(folder)).iter().filter(|n| ![".publishing", "index.html"].contains(&n.as_str()))
        {
            let good = world.read(&format!("{folder}/{name}"));
            let mut flipped = good.clone();
            flipped[good.len() / 2] ^= 1;
            for lie in [flipped, good[..good.len() - 1].to_vec()] {
                world.write(&format!("{folder}/{name}"), &lie);
                let verdict = world.judge(folder, &[]);
                assert_eq!(verdict.code, 1, "{folder}/{name}: {verdict:?}");
            }
            fs::remove_file(world.at(folder).join(name)).unwrap();
            let verdict = world.judge(folder, &[]);
            let evidence = name.starts_with("attachments/");
            assert_eq!(verdict.code, i32::from(!evidence), "{folder}/{name} is gone: {verdict:?}");
            world.write(&format!("{folder}/{name}"), &good);
        }
        assert_eq!(read_tree(&world.at(folder)), whole);
        world.judge(folder, &[]).expect(0);
    }
}

#[test]
fn each_lie_about_tiles_and_bundles_has_its_code() {
    let world = World::founded();
    publish(&world);
    without_log(&world);
    let size = world.size();
    let (partial, bundle) = (format!("tile/0/004.p/{}", size % 256), format!("tile/entries/004.p/{}", size % 256));
    let check = |folder: &str, name: &str, lie: Option<Vec<u8>>, code: &str| {
        let good = world.read(&format!("{folder}/{name}"));
        match lie {
            Some(lie) => drop(world.write(&format!("{folder}/{name}"), lie)),
            None => fs::remove_file(world.at(folder).join(name)).unwrap(),
        }
        let verdict = world.judge(folder, &[]).expect(1);
        assert_eq!(first_code(&verdict), code, "{folder}/{name}: {verdict:?}");
        assert!(verdict.stdout.contains(name), "{verdict:?}");
        world.write(&format!("{folder}/{name}"), good);
    };
    let tile = |name: &str| world.read(&format!("public/{name}"));
    for folder in ["public", "tiled"] {
        check(folder, "tile/0/002", None, "tile.missing");
        check(folder, &partial, None, "tile.missing");
        check(folder, "tile/0/002", Some(tile("tile/0/001")), "tile.mismatch");
        check(folder, &partial, Some(tile("tile/0/003")), "tile.malformed");
        check(folder, &partial, Some(tile("tile/0/003")[..tile(&partial).len()].to_vec()), "tile.mismatch");
        check(folder, "tile/1/000.p/4", Some(vec![0; 128]), "tile.mismatch");
        check(folder, "tile/entries/001", None, "bundle.missing");
        check(folder, &bundle, None, "bundle.missing");
    }
    let cut = |name: &str, by: usize| tile(name)[..tile(name).len() - by].to_vec();
    let longer = |name: &str| [tile(name), vec![0, 0]].concat();
    check("public", "tile/entries/001", Some(cut("tile/entries/001", 1)), "bundle.malformed");
    check("public", "tile/entries/001", Some(longer("tile/entries/001")), "bundle.malformed");
    check("tiled", "tile/entries/001", Some(cut("tile/entries/001", 1)), "bundle.malformed");
    check("tiled", "tile/entries/001", Some(longer("tile/entries/001")), "bundle.malformed");
    check("tiled", &bundle, Some(longer(&bundle)), "bundle.malformed");
    // A bundle that differs from the log is a lie even where the log is whole.
    let mut other = tile("tile/entries/003");
    let at = other.len() / 2;
    other[at] ^= 1;
    check("public", "tile/entries/003", Some(other), "bundle.mismatch");
    // Two full bundles change places: the records are another history.
    let (first, second) = (tile("tile/entries/001"), tile("tile/entries/002"));
    world.write("tiled/tile/entries/001", second);
    world.write("tiled/tile/entries/002", first);
    assert_eq!(first_code(&world.judge("tiled", &[]).expect(1)), "chain.wrong_seq");
}

#[test]
fn a_partial_tile_may_be_read_from_the_full_one() {
    let world = World::founded();
    publish(&world);
    let early = world.read("public/checkpoint");
    copy_tree(&world.at("public"), &world.at("early"));
    world.import_example("bodies.csv", "bodies");
    world.import_example("un-members.csv", "un-members");
    assert!(world.size() / 256 > 4, "the import fills the fifth tile");
    publish(&world);
    for gone in ["tile/0/004.p", "tile/entries/004.p"] {
        assert!(!world.at("public").join(gone).exists(), "{gone}");
    }
    world.judge("public", &["--since", "early/checkpoint"]).expect(0);
    // Who still has the early checkpoint reads the folder of today by it: the tiles hold more than it covers.
    world.write("public/checkpoint", early);
    without_log(&world);
    world.judge("tiled", &[]).expect(0);
}

#[test]
fn publishing_goes_on_from_what_is_there() {
    let world = World::bare();
    assert!(publish(&world).contains("3 records,"));
    let first = read_tree(&world.at("public"));
    assert!(publish(&world).contains("3 records, as before, 0 files written"));
    assert_eq!(read_tree(&world.at("public")), first);
    world.says_something("a");
    let told = world.ok(&["publish", "public", "--dry-run"]);
    assert!(told.contains("4 records, 1 of them new"), "{told}");
    assert_eq!(read_tree(&world.at("public")), first);
    // log, bundle, tile, checkpoint.
    assert!(publish(&world).contains("4 records, 1 of them new, 4 files written"));
    let second = read_tree(&world.at("public"));
    for (name, bytes) in first.iter().filter(|(name, _)| name.starts_with("tile/")) {
        assert_eq!(second.get(name), Some(bytes), "an earlier checkpoint needs {name}");
    }
    world.judge("public", &[]).expect(0);
    world.register();
    world.import_example("bodies.csv", "bodies");
    world.import_example("un-members.csv", "un-members");
    publish(&world);
    assert!(!world.at("public/tile/0/000.p").exists() && world.at("public/tile/0/000").is_file());
    world.judge("public", &[]).expect(0);
    // What is brought up to date step by step is what is made at once.
    world.ok(&["publish", "anew"]);
    let (mut anew, mut grown) = (read_tree(&world.at("anew")), read_tree(&world.at("public")));
    for tree in [&mut anew, &mut grown] {
        tree.retain(|_, bytes| bytes.is_some());
    }
    assert_eq!(anew, grown);
}

#[test]
fn a_publication_that_was_cut_short_is_completed() {
    let world = World::bare();
    publish(&world);
    let three = read_tree(&world.at("public"));
    world.says_something("a");
    publish(&world);
    let four = read_tree(&world.at("public"));
    let log = "log/000000000000.jsonl";
    let with = |base: &Tree, name: &str, bytes: Option<Vec<u8>>| {
        let mut tree = base.clone();
        match bytes {
            Some(bytes) => tree.insert(name.to_owned(), Some(bytes)),
            None => tree.remove(name),
        };
        tree
    };
    let half = four[log].as_ref().map(|bytes| bytes[..bytes.len() - 20].to_vec());
    let junk = three[log].as_ref().map(|bytes| [bytes, &b"junk"[..]].concat());
    for state in [
        // The first publication, before its checkpoint.
        with(&four, "checkpoint", None),
        // The second one, within the log, and behind it with a torn tail.
        with(&three, log, half.clone()),
        with(&three, log, junk),
        with(&three, log, four[log].clone()),
        // Somebody shortened what was published.
        with(&three, log, Some(b"{".to_vec())),
        with(&three, log, None),
        with(&three, "tile/0/000.p/4.tmp", Some(b"half".to_vec())),
    ] {
        fs::remove_dir_all(world.at("public")).unwrap();
        write_tree(&state, &world.at("public"));
        publish(&world);
        world.judge("public", &[]).expect(0);
        without_log(&world);
        world.judge("tiled", &[]).expect(0);
    }
    // A damaged tile cannot be gone on from: nothing is published over it.
    fs::remove_dir_all(world.at("public")).unwrap();
    write_tree(&with(&three, "tile/0/000.p/3", Some(vec![0; 96])), &world.at("public"));
    assert_eq!(world.run(&["publish", "public"]).expect(2).error_code(), "publish.not_ours");
    assert_eq!(Some(world.read("public/checkpoint")), three["checkpoint"]);
}

#[test]
fn nothing_is_published_over_what_is_not_its_own() {
    let world = World::bare();
    copy_tree(&world.at("ledger"), &world.at("older"));
    world.says_something("a");
    publish(&world);
    let before = read_tree(&world.at("public"));
    let refused = |args: &[&str], exit: i32, code: &str| {
        let output = world.run(args).expect(exit);
        assert_eq!(output.error_code(), code, "{output:?}");
        assert_eq!(read_tree(&world.at("public")), before);
    };
    // Rolled back, and then another history.
    refused(&["--ledger", "older", "publish", "public"], 1, "tree.rolled_back");
    for name in ["b", "c"] {
        let file = "other.event.json";
        let actor = format!("actor=org:{name}");
        let draft = ["--ledger", "older", "draft", "actor.registered", "--actor", ACTOR, "--effective", "2000-01-01"];
        world.ok(&[&draft[..], &["--set", &actor, "--set", "kind=other", "--set", "name=X", "--out", file]].concat());
        world.ok(&["sign", file, "--yes"]);
        world.ok(&["--ledger", "older", "append", file]);
        fs::remove_file(world.at(file)).unwrap();
        refused(&["--ledger", "older", "publish", "public"], 1, "tree.forked");
    }
    world.write("papers/letter.txt", "mine");
    refused(&["publish", "papers"], 2, "publish.not_ours");
    assert_eq!(files_below(&world.at("papers")), ["letter.txt"]);
    world.write("file", "mine");
    refused(&["publish", "file"], 2, "store.exists");
    world.write("odd/checkpoint", "no checkpoint");
    refused(&["publish", "odd"], 2, "publish.not_ours");
    world.write(
        "foreign/checkpoint",
        String::from_utf8(world.read("public/checkpoint")).unwrap().replacen("test", "best", 1),
    );
    refused(&["publish", "foreign"], 2, "publish.not_ours");
}

#[test]
fn erased_evidence_is_taken_out_of_the_folder() {
    let world = World::bare();
    world.write("minutes.txt", "of a meeting");
    let actor = ["--set", "actor=org:a", "--set", "kind=other", "--set", "name=A", "--attach", "minutes.txt"];
    world.act(&[&["actor.registered", "--effective", "2000-01-01"], &actor[..]].concat());
    publish(&world);
    let listed = world.run(&["attachment", "list", "--seq", "3", "--format", "json"]).expect(0).json();
    let sha256 = listed["rows"][0]["sha256"].as_str().unwrap();
    assert!(world.at("public/attachments").join(sha256).is_file());
    world.ok(&["attachment", "erase", sha256, "--reason", "a person asked", "--out", "e.event.json"]);
    world.ok(&["sign", "e.event.json", "--yes"]);
    world.ok(&["append", "e.event.json"]);
    let told = world.run(&["publish", "public"]).expect(0);
    assert!(told.stderr.contains(&format!("removed attachments/{sha256}")), "{told:?}");
    assert!(!world.at("public/attachments").join(sha256).exists());
    world.judge("public", &[]).expect(0);
}

#[test]
fn a_kept_checkpoint_tells_growth_from_loss_and_from_a_second_history() {
    let world = World::bare();
    copy_tree(&world.at("ledger"), &world.at("elsewhere"));
    let three = world.read("ledger/checkpoint");
    world.write("three", &three);
    world.says_something("a");
    fs::copy(world.at("ledger/checkpoint"), world.at("four")).unwrap();
    world.ok(&["export", "export"]);
    for kept in ["three", "four"] {
        let verdict = world.judge("export", &["--since", kept]).expect(0);
        assert_eq!(verdict.json()["since"][0]["size"], if kept == "three" { "3" } else { "4" });
    }
    let both = world.judge("export", &["--since", "three", "--since", "four"]).expect(0);
    assert_eq!(both.json()["since"].as_array().unwrap().len(), 2);
    // An older copy, shown as the newest.
    world.ok(&["--ledger", "elsewhere", "export", "older"]);
    let back = world.judge("older", &["--since", "four"]).expect(1);
    assert_eq!(first_code(&back), "tree.rolled_back");
    world.judge("older", &["--since", "three"]).expect(0);
    // And gone on from: two records with one number.
    for (i, name) in ["b", "c"].into_iter().enumerate() {
        let actor = format!("actor=org:{name}");
        let draft =
            ["--ledger", "elsewhere", "draft", "actor.registered", "--actor", ACTOR, "--effective", "2000-01-01"];
        let set = ["--set", &actor, "--set", "kind=other", "--set", "name=X", "--out", "o.event.json"];
        world.ok(&[&draft[..], &set].concat());
        world.ok(&["sign", "o.event.json", "--yes"]);
        world.ok(&["--ledger", "elsewhere", "append", "o.event.json"]);
        fs::remove_file(world.at("o.event.json")).unwrap();
        let forked = format!("forked{i}");
        world.ok(&["--ledger", "elsewhere", "export", &forked]);
        world.judge(&forked, &["--since", "three"]).expect(0);
        let fork = world.judge(&forked, &["--since", "four"]).expect(1);
        assert_eq!(first_code(&fork), "tree.forked");
        let evidence = &fork.json()["forks"][0];
        assert_eq!(evidence["kept"].as_str().unwrap().as_bytes(), world.read("four"));
        assert_eq!(evidence["found"].as_str().unwrap().as_bytes(), world.read(&format!("{forked}/checkpoint")));
        // Both are shown to people, too.
        let pins = world.pins();
        let text =
            finish(world.program("answerable-verify").args([&forked, "--log-key", &pins.log_key, "--since", "four"]));
        let text = text.expect(1).stdout;
        for line in String::from_utf8(world.read("four")).unwrap().lines().filter(|l| !l.is_empty()) {
            assert!(text.contains(line), "{text}");
        }
    }
    // A checkpoint that the log did not sign says nothing: neither for nor against.
    let forged = String::from_utf8(three.clone()).unwrap().replacen("\n3\n", "\n2\n", 1);
    world.write("forged", forged);
    let unproven = world.judge("export", &["--since", "forged"]).expect(3);
    assert_eq!(unproven.json()["unverifiable"][0]["code"], "since.not_by_log");
    // A fault beside it is still one.
    world.judge("older", &["--since", "forged", "--since", "four"]).expect(1);
    world.write("no", "checkpoint");
    assert_eq!(world.run(&["verify", "export", "--since", "no"]).expect(2).error_code(), "since.malformed");
    assert_eq!(world.run(&["verify", "export", "--since", "none"]).expect(4).error_code(), "file.io");
}
