//! Witnesses that serve, beside a test ledger or alone.
//! Not here: the tests (`witness.rs`, `witness_lies.rs`, `witness_killed.rs`).
#![allow(dead_code)] // each test file uses a part of it

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use answerable_tests::{Output, World};

/// A witness that serves until it is dropped.
pub struct Served {
    pub child: Child,
    pub url: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Makes a witness that knows the ledger's log; answers its vkey.
pub fn make(world: &World, name: &str) -> String {
    let vkey = world.ok(&["witness", "init", name, "--name", &format!("w.example/{name}"), "--no-passphrase"]);
    world.ok(&["witness", "add-log", name, &world.pins().log_key]);
    vkey.trim().to_owned()
}

pub fn serve(world: &World, name: &str) -> Served {
    serve_with(world, name, &[])
}

pub fn serve_with(world: &World, name: &str, more: &[&str]) -> Served {
    let args = [&["witness", "serve", name], more].concat();
    let mut child = world.command(&args).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line}")).to_owned();
    Served { child, url }
}

/// The operator asks these witnesses, by their names in the policy.
pub fn cosign(world: &World, policy: &str, by: &[(&str, &Served)]) -> Output {
    let urls: Vec<String> = by.iter().map(|(name, served)| format!("{name}={}", served.url)).collect();
    let mut args = vec!["cosign", "--policy", policy];
    urls.iter().for_each(|url| args.extend(["--url", url.as_str()]));
    world.run(&args)
}
