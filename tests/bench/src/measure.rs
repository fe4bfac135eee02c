//! How things are measured: children with their time, peak memory and threads; medians; a figure and its floors in turn.
//! Not here: what is measured.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::error::BenchError;

/// Runs beyond this are not repeated.
const LONG: f64 = 60.0;
const TIMES: usize = 3;

/// One row of the table: seconds, unless `unit` says otherwise.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Row {
    pub figure: String,
    pub records: u64,
    pub unit: &'static str,
    pub value: f64,
    pub floor: String,
    /// None: the floor could not be measured; `floor` says why.
    pub floor_value: Option<f64>,
    /// The most threads that the figure's process had at once; of a figure in this process, those that worked.
    pub threads: u64,
    /// The most memory that the figure's process held, in bytes (VmHWM); None where it ran in this process.
    pub peak: Option<u64>,
    /// How often it was measured; the median is shown.
    pub runs: usize,
}

impl Row {
    /// The figure as a multiple of its floor.
    pub fn ratio(&self) -> Option<f64> {
        self.floor_value.filter(|floor| *floor > 0.0).map(|floor| self.value / floor)
    }
}

/// What one run cost.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    pub seconds: f64,
    pub threads: u64,
    pub peak: Option<u64>,
}

impl Cost {
    /// Of something that ran in this process.
    pub fn here(seconds: f64, threads: u64) -> Self {
        Self { seconds, threads, peak: None }
    }
}

/// Times what runs in this process.
pub fn timed<T>(work: impl FnOnce() -> Result<T, BenchError>) -> Result<(f64, T), BenchError> {
    let begun = Instant::now();
    let done = work()?;
    Ok((begun.elapsed().as_secs_f64(), done))
}

/// Runs a program to its end, which must be good. Its answer is thrown away.
pub fn child(command: &mut Command) -> Result<Cost, BenchError> {
    let failed = |e: &dyn std::fmt::Display| BenchError::Failed(format!("{command:?}: {e}"));
    let errors = tempfile::tempfile().map_err(|e| failed(&e))?;
    let begun = Instant::now();
    let mut child = Command::new(command.get_program());
    child.args(command.get_args()).stdin(Stdio::null()).stdout(Stdio::null());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => child.env(name, value),
            None => child.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        child.current_dir(folder);
    }
    let mut child = child.stderr(errors.try_clone().map_err(|e| failed(&e))?).spawn().map_err(|e| failed(&e))?;
    let (mut threads, mut peak) = (1, 0);
    let status = loop {
        if let Some(status) = child.try_wait().map_err(|e| failed(&e))? {
            break status;
        }
        let (t, p) = watched(&child);
        (threads, peak) = (threads.max(t), peak.max(p));
        // Short programs are watched closely; the watch costs a long one nothing.
        let nap = if begun.elapsed() < Duration::from_millis(200) { 200 } else { 5_000 };
        std::thread::sleep(Duration::from_micros(nap));
    };
    let seconds = begun.elapsed().as_secs_f64();
    if !status.success() {
        use std::io::{Read, Seek};
        let mut text = String::new();
        let mut errors = errors;
        errors.rewind().and_then(|()| errors.read_to_string(&mut text)).map_err(|e| failed(&e))?;
        return Err(failed(&format!("{status}: {text}")));
    }
    Ok(Cost { seconds, threads, peak: (peak > 0).then_some(peak) })
}

/// Threads and peak memory of a child, as the kernel counts them; zeros where it has just ended.
fn watched(child: &Child) -> (u64, u64) {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    (field("Threads:").unwrap_or(0), field("VmHWM:").unwrap_or(0) * 1024)
}

pub type Run<'a> = Box<dyn FnMut() -> Result<Cost, BenchError> + 'a>;

/// Measures a figure and its floors in turn, three times (once where the figure takes more than a minute), and answers a
/// row for each floor, with the medians. `per` divides the seconds: the calls or records of one run.
pub fn in_turn(
    figure: &str,
    records: u64,
    (unit, per): (&'static str, f64),
    mut run: Run<'_>,
    mut floors: Vec<(String, Run<'_>)>,
) -> Result<Vec<Row>, BenchError> {
    let mut costs = Vec::new();
    let mut beside: Vec<Vec<f64>> = vec![Vec::new(); floors.len()];
    while costs.len() < TIMES {
        let cost = run()?;
        for (seconds, (_, floor)) in beside.iter_mut().zip(&mut floors) {
            seconds.push(floor()?.seconds);
        }
        costs.push(cost);
        if cost.seconds > LONG {
            break;
        }
    }
    let seconds = median(costs.iter().map(|c| c.seconds).collect());
    let row = |(times, (name, _)): (Vec<f64>, &(String, Run<'_>))| Row {
        figure: figure.to_owned(),
        records,
        unit,
        value: seconds / per,
        floor: name.clone(),
        floor_value: Some(median(times) / per),
        threads: costs.iter().map(|c| c.threads).max().unwrap_or(1),
        peak: costs.iter().filter_map(|c| c.peak).max(),
        runs: costs.len(),
    };
    Ok(beside.into_iter().zip(&floors).map(row).collect())
}

/// The middle one; of an even number, the lower of the two in the middle.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(0.0)
}
