//! What processes use: processor time and memory, from /proc.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Result;

/// Clock ticks a second in /proc; Linux shows the same to every program.
const TICKS: f64 = 100.0;

/// Processor seconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cpu {
    pub(crate) user: f64,
    pub(crate) system: f64,
}

impl Cpu {
    pub(crate) fn minus(self, earlier: Self) -> Self {
        Self { user: self.user - earlier.user, system: self.system - earlier.system }
    }

    pub(crate) fn total(self) -> f64 {
        self.user + self.system
    }

    pub(crate) fn json(self) -> Value {
        json!({ "user_seconds": self.user, "system_seconds": self.system })
    }
}

/// Numbers of /proc/PID/stat after the name: index 0 is the state.
fn stat(pid: u32) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let rest = text.rsplit_once(')').ok_or("an odd /proc/PID/stat")?.1;
    Ok(rest.split_whitespace().map(str::to_owned).collect())
}

fn ticks(stat: &[String], at: usize) -> f64 {
    stat.get(at).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0) / TICKS
}

/// Of one process.
pub(crate) fn cpu(pid: u32) -> Result<Cpu> {
    let stat = stat(pid)?;
    Ok(Cpu { user: ticks(&stat, 11), system: ticks(&stat, 12) })
}

/// Of a process, its children, and the children that have ended: a PostgreSQL server.
pub(crate) fn cpu_of_family(parent: u32) -> Result<Cpu> {
    let own = stat(parent)?;
    let mut sum = Cpu { user: ticks(&own, 11) + ticks(&own, 13), system: ticks(&own, 12) + ticks(&own, 14) };
    for entry in std::fs::read_dir("/proc")?.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        // A process may end between the two looks.
        let Ok(stat) = stat(pid) else { continue };
        if stat.get(1).and_then(|text| text.parse::<u32>().ok()) == Some(parent) {
            sum.user += ticks(&stat, 11);
            sum.system += ticks(&stat, 12);
        }
    }
    Ok(sum)
}

/// Of the children of this process that have ended.
pub(crate) fn cpu_of_ended_children() -> Result<Cpu> {
    let stat = stat(std::process::id())?;
    Ok(Cpu { user: ticks(&stat, 13), system: ticks(&stat, 14) })
}

/// Of the whole machine, without what it waits for.
fn cpu_of_machine() -> Result<Cpu> {
    let text = std::fs::read_to_string("/proc/stat")?;
    let line: Vec<String> = text.lines().next().unwrap_or("").split_whitespace().map(str::to_owned).collect();
    let sum = |places: &[usize]| places.iter().map(|place| ticks(&line, *place)).sum();
    Ok(Cpu { user: sum(&[1, 2]), system: sum(&[3, 6, 7]) })
}

/// Processes that are looked at together.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    begun: Instant,
    whole: Cpu,
    parts: Vec<(&'static str, u32, bool, Cpu)>,
}

/// What they used meanwhile.
#[derive(Clone, Debug)]
pub(crate) struct Used {
    pub(crate) seconds: f64,
    pub(crate) parts: Vec<(&'static str, Cpu)>,
    /// By everything else on the machine: where it is much, the figures are noisy.
    pub(crate) others: f64,
}

impl Watch {
    /// Begins. Each part: a name, a process, and whether its children count.
    pub(crate) fn begin(parts: &[(&'static str, u32, bool)]) -> Result<Self> {
        let parts = parts
            .iter()
            .map(|(name, pid, family)| Ok((*name, *pid, *family, Self::look(*pid, *family)?)))
            .collect::<Result<_>>()?;
        Ok(Self { begun: Instant::now(), whole: cpu_of_machine()?, parts })
    }

    fn look(pid: u32, family: bool) -> Result<Cpu> {
        if family { cpu_of_family(pid) } else { cpu(pid) }
    }

    /// What was used since.
    pub(crate) fn end(&self) -> Result<Used> {
        let mut parts = Vec::new();
        for (name, pid, family, before) in &self.parts {
            parts.push((*name, Self::look(*pid, *family)?.minus(*before)));
        }
        let known: f64 = parts.iter().map(|(_, cpu)| cpu.total()).sum();
        let others = (cpu_of_machine()?.minus(self.whole).total() - known).max(0.0);
        Ok(Used { seconds: self.begun.elapsed().as_secs_f64(), parts, others })
    }
}

impl Used {
    /// Takes what a process used, which has ended meanwhile, from the others to a part of its own.
    pub(crate) fn credit(&mut self, name: &'static str, cpu: Cpu) {
        self.parts.insert(0, (name, cpu));
        self.others = (self.others - cpu.total()).max(0.0);
    }

    /// "candour 1.10 (u 0.80 s 0.30), ..., others 0.05": cores in use on average.
    pub(crate) fn cores(&self) -> String {
        let mut text = String::new();
        for (name, cpu) in &self.parts {
            let [total, user, system] = [cpu.total(), cpu.user, cpu.system].map(|s| s / self.seconds);
            let _ = write!(text, "{name} {total:.2} (user {user:.2} sys {system:.2}), ");
        }
        text + &format!("others {:.2}", self.others / self.seconds)
    }

    /// Processor time of all parts together, in microseconds for each of so many.
    #[expect(clippy::cast_precision_loss, reason = "counts of messages are small")]
    pub(crate) fn micros(&self, messages: u64) -> f64 {
        self.parts.iter().map(|(_, cpu)| cpu.total()).sum::<f64>() * 1e6 / messages as f64
    }

    pub(crate) fn json(&self) -> Value {
        let parts: serde_json::Map<_, _> =
            self.parts.iter().map(|(name, cpu)| ((*name).to_owned(), cpu.json())).collect();
        json!({ "seconds": self.seconds, "processes": parts, "others_cpu_seconds": self.others })
    }
}

/// The most memory a process had, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    /// Resident, with pages of files (`VmHWM`).
    pub(crate) resident: u64,
    /// Resident without files (the highest `RssAnon` seen, every 20 ms).
    pub(crate) anonymous: u64,
}

impl Memory {
    /// In megabytes.
    pub(crate) fn resident_mb(self) -> f64 {
        megabytes(self.resident)
    }

    /// In megabytes.
    pub(crate) fn anonymous_mb(self) -> f64 {
        megabytes(self.anonymous)
    }

    pub(crate) fn json(self) -> Value {
        json!({ "vm_hwm_bytes": self.resident, "rss_anon_peak_bytes": self.anonymous })
    }
}

#[expect(clippy::cast_precision_loss, reason = "to be read by people")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// Watches a process's memory until it is asked.
pub(crate) struct MemoryWatch {
    pid: u32,
    stop: Arc<AtomicBool>,
    highest: Arc<AtomicU64>,
}

impl MemoryWatch {
    /// Forgets the highest mark so far, and watches.
    pub(crate) fn begin(pid: u32) -> Result<Self> {
        std::fs::write(format!("/proc/{pid}/clear_refs"), "5")?;
        let (stop, highest) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (stopped, mark) = (Arc::clone(&stop), Arc::clone(&highest));
        std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                if let Some(now) = status(pid, "RssAnon:") {
                    mark.fetch_max(now, Ordering::Relaxed);
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        Ok(Self { pid, stop, highest })
    }

    /// The most it had since.
    pub(crate) fn end(&self) -> Memory {
        self.stop.store(true, Ordering::Relaxed);
        Memory { resident: status(self.pid, "VmHWM:").unwrap_or(0), anonymous: self.highest.load(Ordering::Relaxed) }
    }
}

impl Drop for MemoryWatch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// A line of /proc/PID/status, in bytes.
fn status(pid: u32, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib * 1024)
}
