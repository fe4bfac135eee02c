//! The size of what an auditor trusts, counted: the verifier's own lines and the crates below it. `verifier/README.md` says
//! these numbers, and this test says whether they are true.
//! Not here: what the numbers are good for (the README).

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

/// Lines that are neither blank nor a comment nor behind `#[cfg(test)]`, which begins the tests at a file's end.
fn count(text: &str) -> usize {
    let code = text.split("\n#[cfg(test)]\nmod tests {\n").next().unwrap();
    assert!(!code.contains("#[cfg(test)]"), "tests come last, in `mod tests`");
    assert!(!code.contains("/*"), "comments begin with //");
    code.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

fn lines(folder: &Path) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(lines(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            found.push((name, count(&fs::read_to_string(&path).unwrap())));
        }
    }
    found
}

fn grouped(n: usize) -> String {
    if n < 1000 { n.to_string() } else { format!("{},{:03}", n / 1000, n % 1000) }
}

/// What cargo builds into a package on Linux, apart from the workspace: names and versions.
fn crates(flags: &[&str]) -> BTreeSet<String> {
    let out = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "-p", "answerable-verifier", "-e", "normal,build", "--prefix", "none"])
        .args(["--target", "x86_64-unknown-linux-gnu", "-f", "{p}"])
        .args(flags)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8(out.stdout).unwrap();
    let words = text.lines().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "));
    words.filter(|line| !line.is_empty() && !line.starts_with("answerable-")).collect()
}

#[test]
fn the_readme_counts_its_lines() {
    let files = lines(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let total: usize = files.iter().map(|(_, n)| n).sum();
    let page = page();
    let said = format!("**{} lines**", grouped(total));
    assert!(page.contains(&said), "verifier/README.md does not say {said}");
    // The table: `| part | lines | files |`, and every file in one part.
    let mut listed = BTreeSet::new();
    let numbered =
        |row: &&str| row.split('|').nth(2).is_some_and(|cell| cell.trim().starts_with(|c: char| c.is_ascii_digit()));
    for row in page.lines().filter(numbered) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let names: Vec<&str> = cells[2].split('`').skip(1).step_by(2).collect();
        let sum: usize = names
            .iter()
            .map(|name| {
                assert!(listed.insert(name.to_string()), "{name} is listed twice");
                files.iter().find(|(file, _)| file == name).unwrap_or_else(|| panic!("no file {name}")).1
            })
            .sum();
        assert_eq!(cells[1], grouped(sum), "verifier/README.md: the lines of {}", cells[0]);
    }
    let all: BTreeSet<String> = files.into_iter().map(|(file, _)| file).collect();
    assert_eq!(listed, all, "the table has every file");
}

#[test]
fn the_readme_counts_its_crates() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let (_, rest) = manifest.split_once("\n[dependencies]\n").unwrap();
    let rest = rest.split("\n[").next().unwrap();
    let direct = rest.lines().filter(|l| !l.trim().is_empty() && !l.starts_with("answerable-")).count();
    let (program, library) = (crates(&[]).len(), crates(&["--no-default-features"]).len());
    assert!(library > direct && program > library, "cargo lists what is below the direct ones");
    let page = page().replace('\n', " ");
    for said in
        [format!("**{direct} third-party crates**"), format!("**{program} crates**"), format!("**{library}** of them")]
    {
        assert!(page.contains(&said), "verifier/README.md does not say {said}");
    }
}
