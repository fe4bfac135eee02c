//! System calls as strace writes them down: name, arguments, result, and when each began and ended.
//! Not here: what they do to a disk (`disk`).

use std::collections::HashMap;

/// All calls that change a file, a folder or a position in a file, and all that sync.
pub const CALLS: &str = "trace=open,openat,creat,close,write,writev,pwrite64,pwritev,pwritev2,lseek,ftruncate,truncate,\
    fallocate,rename,renameat,renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat,link,linkat,symlink,symlinkat,fsync,fdatasync,\
    sync,syncfs,sync_file_range,copy_file_range,sendfile,splice,dup,dup2,dup3,fcntl";

/// What makes strace write all bytes, and nothing that would have to be told from text.
pub const OPTIONS: [&str; 5] = ["-xx", "-s", "100000000", "-e", CALLS];

#[derive(Debug, Clone)]
pub struct Call {
    pub name: String,
    pub arguments: Vec<Argument>,
    pub result: i64,
    /// Lines of the trace: a call of one thread may begin before, and end behind, those of others.
    pub begun: usize,
    pub ended: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument {
    /// A string, or several within brackets, one behind the other.
    Bytes(Vec<u8>),
    /// A number, or the names of flags.
    Word(String),
}

impl Argument {
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Word(word) => panic!("strace gave {word} for a string"),
        }
    }

    pub fn word(&self) -> &str {
        match self {
            Self::Word(word) => word,
            Self::Bytes(_) => panic!("strace gave a string for a number"),
        }
    }

    pub fn number(&self) -> i64 {
        self.word().parse().unwrap_or_else(|_| panic!("strace gave {} for a number", self.word()))
    }
}

/// The calls of a trace that were made, in the order in which they ended. Those that a kill cut short were not made.
pub fn read(trace: &str) -> Vec<Call> {
    let mut unfinished: HashMap<&str, (&str, usize)> = HashMap::new();
    let mut calls = Vec::new();
    for (at, line) in trace.lines().enumerate() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        if let Some(cut) = rest.strip_suffix("<unfinished ...>") {
            unfinished.insert(thread, (cut.trim_end(), at));
        } else if let Some((_, end)) = rest.strip_prefix("<... ").and_then(|r| r.split_once("resumed>")) {
            let (start, begun) = unfinished.remove(thread).expect("a call that goes on has begun");
            calls.extend(call(&format!("{start}{end}"), begun, at));
        } else {
            calls.extend(call(rest, at, at));
        }
    }
    calls
}

/// None for signals, ends of threads, and calls without a result.
fn call(text: &str, begun: usize, ended: usize) -> Option<Call> {
    let (name, rest) = text.split_once('(')?;
    let (inner, result) = rest.rsplit_once(" = ")?;
    let arguments = split(inner.trim_end().strip_suffix(')')?);
    let result = result.split(' ').next()?.parse().ok()?;
    Some(Call { name: name.to_owned(), arguments, result, begun, ended })
}

/// Splits at commas that stand in no string and no brackets.
fn split(text: &str) -> Vec<Argument> {
    let (mut parts, mut start, mut depth, mut quoted) = (Vec::new(), 0, 0, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => depth += 1,
            b']' | b'}' if !quoted => depth -= 1,
            b',' if !quoted && depth == 0 => {
                parts.push(argument(&text[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(argument(&text[start..]));
    parts
}

fn argument(text: &str) -> Argument {
    if !text.contains('"') {
        return Argument::Word(text.trim().to_owned());
    }
    // With -xx every byte within quotes is \xHH, so no quote stands within them.
    Argument::Bytes(text.split('"').skip(1).step_by(2).flat_map(unhex).collect())
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.split("\\x").skip(1);
    digits.map(|hex| u8::from_str_radix(hex, 16).unwrap_or_else(|_| panic!("strace gave \\x{hex}"))).collect()
}

#[test]
fn a_call_that_another_thread_cut_in_two_is_read_whole() {
    let trace = "7 write(1, \"\\x61\\x2c\", 2 <unfinished ...>\n8 fsync(3) = -1 EIO (Input/output error) (INJECTED)\n\
        7 <... write resumed>) = 2\n8 fsync(4) = ?\n8 +++ killed by SIGKILL +++\n";
    let calls = read(trace);
    let told: Vec<_> = calls.iter().map(|c| (c.name.as_str(), c.result, c.begun, c.ended)).collect();
    assert_eq!(told, [("fsync", -1, 1, 1), ("write", 2, 0, 2)]);
    assert_eq!(calls[1].arguments[1], Argument::Bytes(b"a,".to_vec()));
}
