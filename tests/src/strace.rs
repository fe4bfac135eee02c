//! Programs under strace: system calls that fail, kills between any two of them, and a record of what was done to the disk.
//! Not here: what must hold afterwards.

use std::collections::BTreeMap;
use std::process::Command;

use crate::{Output, World, bin_dir, finish, installed};

/// True where strace is there and may trace.
pub fn can_trace() -> bool {
    if !installed("strace") {
        return false;
    }
    let may = Command::new("strace").args(["-f", "-qq", "-o", "/dev/null", "true"]).status().is_ok_and(|s| s.success());
    if !may {
        eprintln!("skipped: strace may not trace here");
    }
    may
}

/// Runs `answerable` in this world under strace, with these arguments for either; what was traced is in the file `trace`.
pub fn traced(world: &World, strace: &[&str], answerable: &[&str]) -> Output {
    let mut command = Command::new("strace");
    world.tame(&mut command);
    command.args(["-f", "-qq", "-o", "trace"]).args(strace).arg(bin_dir().join("answerable"));
    command.args(["--ledger", "ledger", "--keys", "keys"]).args(answerable);
    finish(&mut command)
}

/// How often the thread that makes it most often makes a system call: strace counts by thread. Runs the command in `world`.
pub fn calls(world: &World, call: &str, answerable: &[&str]) -> usize {
    traced(world, &["-e", &format!("trace={call}")], answerable).expect(0);
    counted(&String::from_utf8(world.read("trace")).expect("strace writes text"), call)
}

/// The same of a trace.
pub fn counted(trace: &str, call: &str) -> usize {
    let mut by_thread = BTreeMap::<&str, usize>::new();
    for line in trace.lines() {
        if let Some((thread, what)) = line.split_once(' ')
            && what.trim_start().strip_prefix(call).is_some_and(|rest| rest.starts_with('('))
        {
            *by_thread.entry(thread).or_default() += 1;
        }
    }
    by_thread.into_values().max().unwrap_or(0)
}
