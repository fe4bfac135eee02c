//! The figure `peers`: what others would keep the same records in. Durable writes one by one, and checking all signatures.
//! git with commits signed by an SSH key, SQLite, PostgreSQL; what is not installed is named as such (install-peers).
//! Not here: peers for proofs (`proof_peers`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Bench;
use crate::append::beside;
use crate::data::{Data, create, remove, write};
use crate::error::BenchError;
use crate::floors::segments;
use crate::measure::{Cost, Row, Run, child, in_turn, timed};

/// Records that each peer writes, and commits that git verifies: a sample, from which the time of all is scaled.
const SAMPLE: usize = 200;

pub fn figure(bench: &Bench, data: &Data) -> Result<Vec<Row>, BenchError> {
    let folder = bench.work().join("peers");
    remove(&folder)?;
    create(&folder)?;
    let lines = sample(data)?;
    let git =
        installed("git").zip(installed("ssh-keygen")).map(|_| Git::new(&folder.join("git"), &lines)).transpose()?;
    let sqlite = installed("sqlite3").map(|_| Sqlite::new(&folder.join("sqlite"), &lines)).transpose()?;
    let postgres = Postgres::start(&lines)?;
    let mut writers: Vec<(String, Run<'_>)> = Vec::new();
    let mut missing = Vec::new();
    match &git {
        Some(git) => writers.push(("peer git: signed commits, core.fsync=all".into(), Box::new(|| git.commit()))),
        None => missing.push("git"),
    }
    match &sqlite {
        Some(sqlite) => {
            writers.push(("peer SQLite: WAL, synchronous=FULL, unsigned".into(), Box::new(|| sqlite.insert())))
        }
        None => missing.push("SQLite"),
    }
    match &postgres {
        Some(postgres) => {
            writers.push(("peer PostgreSQL: autocommit, unsigned".into(), Box::new(|| postgres.insert())))
        }
        None => missing.push("PostgreSQL"),
    }
    let mut rows = beside(bench, data, ("peers: append-one", SAMPLE, 1), writers)?;
    if let Some(git) = &git {
        let program = bench.program("answerable-verify");
        let run = || child(Command::new(&program).arg(data.export()).arg("--pin").arg(data.pin()));
        let scale = data.records as f64 / SAMPLE as f64;
        let verify = || git.verify().map(|cost| Cost { seconds: cost.seconds * scale, ..cost });
        let floors: Vec<(String, Run<'_>)> =
            vec![(format!("peer git verify-commit, scaled from {SAMPLE}"), Box::new(verify))];
        rows.extend(in_turn("peers: verify", data.records, ("s", 1.0), Box::new(run), floors)?);
    }
    for name in missing {
        let row = rows.first().cloned();
        rows.extend(row.map(|row| Row { floor: format!("peer {name}: not installed"), floor_value: None, ..row }));
    }
    drop((git, sqlite, postgres));
    remove(&folder)?;
    Ok(rows)
}

/// The last records of the log.
fn sample(data: &Data) -> Result<Vec<String>, BenchError> {
    let path = segments(&data.export())?.pop().ok_or_else(|| BenchError::Failed("the log is empty".into()))?;
    let text = fs::read_to_string(&path).map_err(BenchError::io(&path))?;
    let lines: Vec<String> = text.lines().rev().take(SAMPLE).map(str::to_owned).collect();
    match lines.len() {
        SAMPLE => Ok(lines),
        n => Err(BenchError::Failed(format!("the last segment has {n} records, fewer than a sample"))),
    }
}

fn installed(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|p| p.is_file())
}

struct Git {
    folder: PathBuf,
}

impl Git {
    fn new(folder: &Path, lines: &[String]) -> Result<Self, BenchError> {
        create(folder)?;
        let git = Self { folder: folder.to_owned() };
        for (n, line) in lines.iter().enumerate() {
            write(&folder.join(format!("message-{n}")), line.as_bytes())?;
        }
        child(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", ""]).arg("-f").arg(folder.join("key")))?;
        let path = folder.join("key.pub");
        let public = fs::read_to_string(&path).map_err(BenchError::io(&path))?;
        write(&folder.join("signers"), format!("bench@example.org {public}").as_bytes())?;
        child(git.command().args(["init", "-q", "."]))?;
        Ok(git)
    }

    /// git in the folder, with nothing of the person's configuration.
    fn command(&self) -> Command {
        let mut git = Command::new("git");
        git.current_dir(&self.folder).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        for (name, value) in [
            ("user.name", "bench".to_owned()),
            ("user.email", "bench@example.org".to_owned()),
            ("gpg.format", "ssh".to_owned()),
            ("user.signingkey", self.folder.join("key.pub").display().to_string()),
            ("gpg.ssh.allowedSignersFile", self.folder.join("signers").display().to_string()),
            ("core.fsync", "all".to_owned()),
            ("gc.auto", "0".to_owned()),
        ] {
            git.arg("-c").arg(format!("{name}={value}"));
        }
        git
    }

    fn commit(&self) -> Result<Cost, BenchError> {
        let all = || {
            for n in 0..SAMPLE {
                let message = format!("message-{n}");
                child(self.command().args([
                    "commit",
                    "-q",
                    "-S",
                    "--allow-empty",
                    "--cleanup=verbatim",
                    "-F",
                    &message,
                ]))?;
            }
            Ok(())
        };
        timed(all).map(|(seconds, ())| Cost::here(seconds, 1))
    }

    fn verify(&self) -> Result<Cost, BenchError> {
        let all = || {
            (0..SAMPLE).try_for_each(|n| child(self.command().args(["verify-commit", &format!("HEAD~{n}")])).map(drop))
        };
        timed(all).map(|(seconds, ())| Cost::here(seconds, 1))
    }
}

/// One insert of a record's text.
fn inserts(lines: &[String]) -> String {
    lines.iter().map(|line| format!("INSERT INTO records(line) VALUES ('{}');\n", line.replace('\'', "''"))).collect()
}

struct Sqlite {
    folder: PathBuf,
}

impl Sqlite {
    fn new(folder: &Path, lines: &[String]) -> Result<Self, BenchError> {
        create(folder)?;
        let sqlite = Self { folder: folder.to_owned() };
        let begin = "PRAGMA journal_mode=WAL;\nCREATE TABLE records(seq INTEGER PRIMARY KEY, line TEXT NOT NULL);\n";
        write(&folder.join("begin.sql"), begin.as_bytes())?;
        // Each statement is a transaction of its own.
        write(&folder.join("insert.sql"), format!("PRAGMA synchronous=FULL;\n{}", inserts(lines)).as_bytes())?;
        sqlite.run("begin.sql")?;
        Ok(sqlite)
    }

    fn run(&self, script: &str) -> Result<Cost, BenchError> {
        child(Command::new("sqlite3").current_dir(&self.folder).args([
            "-bail",
            "records.db",
            &format!(".read {script}"),
        ]))
    }

    fn insert(&self) -> Result<Cost, BenchError> {
        self.run("insert.sql")
    }
}

/// The folder of PostgreSQL's server programs. Debian keeps them by version, and not on the path.
fn server_programs() -> Option<PathBuf> {
    let on_path = installed("initdb").and_then(|p| Some(fs::canonicalize(p).ok()?.parent()?.to_owned()));
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let of_debian = versions.map(|version| version.path().join("bin")).filter(|bin| bin.join("initdb").is_file());
    on_path.or_else(|| of_debian.max())
}

/// A server of its own, on a socket in its own folder. It refuses to run as root, so root runs it as `postgres`.
struct Postgres {
    folder: tempfile::TempDir,
    bin: PathBuf,
    as_postgres: bool,
}

impl Postgres {
    fn start(lines: &[String]) -> Result<Option<Self>, BenchError> {
        let Some(bin) = server_programs() else { return Ok(None) };
        let folder = tempfile::Builder::new().prefix("answerable-bench-pg").tempdir();
        let folder = folder.map_err(BenchError::io(&std::env::temp_dir()))?;
        let begin = "CREATE TABLE records(seq BIGSERIAL PRIMARY KEY, line TEXT NOT NULL);\n";
        write(&folder.path().join("begin.sql"), begin.as_bytes())?;
        write(&folder.path().join("insert.sql"), inserts(lines).as_bytes())?;
        use std::os::unix::fs::MetadataExt;
        let root = fs::metadata("/proc/self").map_err(BenchError::io(Path::new("/proc/self")))?.uid() == 0;
        if root {
            child(Command::new("chown").args(["-R", "postgres"]).arg(folder.path()))?;
        }
        let server = Self { folder, bin, as_postgres: root };
        let data = server.folder.path().join("data");
        child(server.command("initdb").args(["-A", "trust", "-U", "postgres", "-D"]).arg(&data))?;
        let socket = format!("-h '' -k {}", server.folder.path().display());
        let log = server.folder.path().join("log");
        child(server.command("pg_ctl").args(["-w", "-o", &socket, "-l"]).arg(log).arg("-D").arg(&data).arg("start"))?;
        server.run("begin.sql")?;
        Ok(Some(server))
    }

    fn command(&self, program: &str) -> Command {
        let program = self.bin.join(program);
        let mut command = match self.as_postgres {
            true => {
                let mut runuser = Command::new("runuser");
                runuser.args(["-u", "postgres", "--"]).arg(program);
                runuser
            }
            false => Command::new(program),
        };
        command.current_dir(self.folder.path());
        command
    }

    fn run(&self, script: &str) -> Result<Cost, BenchError> {
        let mut psql = self.command("psql");
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-h"]).arg(self.folder.path());
        child(psql.args(["-f", script]))
    }

    fn insert(&self) -> Result<Cost, BenchError> {
        self.run("insert.sql")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let data = self.folder.path().join("data");
        let stopped = child(self.command("pg_ctl").args(["-w", "-m", "immediate", "-D"]).arg(data).arg("stop"));
        if let Err(e) = stopped {
            eprintln!("PostgreSQL was not stopped: {e}");
        }
    }
}
