//! The page that checks a published folder in a browser: that it is what its sources give, and that publishing puts it beside
//! the records, renews it, and never writes over somebody else's.
//! Not here: what the page says of a folder (`tests/web/*.test.mjs`, of which the short ones run from here), and the long ones
//! (`tests/web/run`).

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use answerable_ledger::publish::PAGE;
use answerable_tests::{World, bin_dir, files_below, finish, installed, read_tree, repository};
use answerable_verifier::encoding::Hash;

fn source(name: &str) -> PathBuf {
    repository().join("web/check").join(name)
}

fn page() -> &'static str {
    std::str::from_utf8(PAGE).unwrap()
}

/// Without Node this much is known: every line of every source is in the page, in its order.
#[test]
fn the_page_holds_its_sources() {
    let names = files_below(&source(""));
    let modules: Vec<_> = names.iter().filter(|n| n.ends_with(".js") || n.ends_with(".css")).collect();
    assert!(modules.len() > 14, "{modules:?}");
    for name in modules {
        let mut behind = page();
        for line in fs::read_to_string(source(name)).unwrap().lines() {
            // What the build writes anew: imports and exports of modules.
            if ["import ", "export "].iter().any(|word| line.starts_with(word)) {
                continue;
            }
            let at = behind.find(line).unwrap_or_else(|| panic!("{name}: not in web/check/index.html: {line}"));
            behind = &behind[at + line.len()..];
        }
    }
}

#[test]
fn the_page_is_what_the_build_makes() {
    if installed("node") {
        finish(Command::new("node").arg(source("build.mjs")).arg("--check")).expect(0);
    }
}

/// True where there is a browser, and what drives it; else says that the test is skipped.
fn can_browse() -> bool {
    let chromium = std::env::var_os("CHROMIUM").map_or_else(|| "/usr/bin/chromium".into(), PathBuf::from);
    let driver = repository().join("tests/web/node_modules/playwright-core");
    let missing: Vec<_> = [chromium, driver].into_iter().filter(|path| !path.exists()).collect();
    for path in &missing {
        eprintln!("skipped: there is no {}; tests/web/install brings it", path.display());
    }
    missing.is_empty() && installed("node")
}

/// The page itself, headless, on folders that the program published and on altered ones (`tests/web/page.test.mjs`); and that
/// other people's code in it is what npm gives. The longer parts are in `tests/web/run`.
#[test]
fn the_page_says_what_it_must_in_chromium() {
    if can_browse() {
        let mut command = Command::new("node");
        command
            .args(["--test", "--test-reporter=spec", "page.test.mjs", "vendor.test.mjs"])
            .current_dir(repository().join("tests/web"));
        finish(command.env("ANSWERABLE_BIN", bin_dir().join("answerable"))).expect(0);
    }
}

/// The page's code, without a browser: on every shared vector, and on every signature that libraries differ about.
#[test]
fn the_code_of_the_page_judges_the_vectors() {
    if installed("node") {
        let mut command = Command::new("node");
        command.args(["--test", "--test-reporter=spec", "vectors.test.mjs", "strict.test.mjs"]);
        finish(command.current_dir(repository().join("tests/web"))).expect(0);
    }
}

#[test]
fn other_peoples_code_is_unchanged() {
    let sums = fs::read_to_string(source("vendor/SHA256SUMS")).unwrap();
    let listed: Vec<(&str, &str)> = sums.lines().map(|line| line.split_once("  ").unwrap()).collect();
    for (sum, name) in &listed {
        assert_eq!(Hash::sha256(&fs::read(source("vendor").join(name)).unwrap()).to_hex(), *sum, "{name}");
    }
    let there: Vec<_> = files_below(&source("vendor")).into_iter().filter(|n| n.contains('/')).collect();
    assert_eq!(there, listed.iter().map(|(_, name)| *name).collect::<Vec<_>>());
}

/// One file, that fetches from nowhere else, and whose policy lets no markup of the log become a script.
#[test]
fn the_page_stands_alone() {
    let policy = page().split_once("Content-Security-Policy\" content=\"").unwrap().1.split_once('"').unwrap().0;
    for part in
        ["default-src 'none'", "connect-src 'self'", "script-src 'sha256-", "require-trusted-types-for 'script'"]
    {
        assert!(policy.contains(part), "{policy}");
    }
    for loose in ["unsafe", "http:", "https:", "*", "data:"] {
        assert!(!policy.contains(loose), "{policy}");
    }
    for markup in [" src=", "<link", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
        let said =
            page().match_indices(markup).map(|(at, _)| &page()[at.saturating_sub(40)..at + 40]).collect::<Vec<_>>();
        assert!(said.is_empty(), "{markup}: {said:?}");
    }
}

#[test]
fn publishing_brings_the_page_and_renews_it() {
    let world = World::bare();
    world.ok(&["publish", "public"]);
    assert_eq!(world.read("public/index.html"), PAGE);
    world.judge("public", &[]).expect(0);
    // That of an earlier program.
    world.write("public/index.html", page().replace("<h1>", "<h1>Once: "));
    let told = world.ok(&["publish", "public"]);
    assert!(told.contains("3 records, as before, 1 files written"), "{told}");
    assert_eq!(world.read("public/index.html"), PAGE);
    fs::remove_file(world.at("public/index.html")).unwrap();
    world.judge("public", &[]).expect(0);
    world.ok(&["publish", "public"]);
    assert_eq!(world.read("public/index.html"), PAGE);
    // A first publication that was cut short behind it.
    fs::remove_file(world.at("public/checkpoint")).unwrap();
    world.ok(&["publish", "public"]);
    world.judge("public", &[]).expect(0);
}

/// A publication once refused its own folder for good, where a crash had left its page empty.
#[test]
fn a_page_that_a_crash_cut_short_is_written_anew() {
    let world = World::bare();
    world.ok(&["publish", "public"]);
    let zeros = |from: usize| [&PAGE[..from], &vec![0; PAGE.len() - from]].concat();
    let cuts = [0, 1, 14, 15, 16, 40, 80, 4096, PAGE.len() - 1];
    let left = cuts.iter().flat_map(|cut| [PAGE[..*cut].to_vec(), zeros(*cut)]);
    for (turn, left) in left.enumerate() {
        // Behind a whole publication, and in one that did not come to its checkpoint.
        if turn % 4 > 1 {
            fs::remove_file(world.at("public/checkpoint")).unwrap();
        }
        world.write("public/index.html", &left);
        world.write("public/index.html.tmp", &PAGE[..100]);
        world.ok(&["publish", "public", "--dry-run"]);
        assert_eq!(world.read("public/index.html"), left, "a dry run writes nothing");
        world.ok(&["publish", "public"]);
        assert_eq!(world.read("public/index.html"), PAGE, "left with {} bytes", left.len());
        assert!(!world.at("public/index.html.tmp").exists());
        world.judge("public", &[]).expect(0);
    }
}

#[test]
fn somebodys_own_page_is_left_alone() {
    let world = World::bare();
    world.ok(&["publish", "public"]);
    let own = [
        b"<h1>Our site</h1>".as_slice(),
        b"<!doctype html>\n<!-- Made by us -->",
        b"\0<h1>Our site</h1>",
        b"<!doctype html><!-- Made by web/check/build.mjs of Answerable -->",
    ];
    for (folder, own) in own.into_iter().flat_map(|own| [("public", own), ("site", own)]) {
        world.write(&format!("{folder}/index.html"), own);
        let before = read_tree(&world.at(folder));
        let refused = world.run(&["publish", folder]).expect(2);
        assert_eq!(refused.error_code(), "publish.not_ours");
        assert!(refused.stderr.contains("index.html"), "{refused:?}");
        assert_eq!(read_tree(&world.at(folder)), before);
    }
}
