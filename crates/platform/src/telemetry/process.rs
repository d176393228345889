//! What the process and the machine use.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sysinfo::{MemoryRefreshKind, Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// Samples younger than this are given out again.
const FRESH: Duration = Duration::from_secs(1);

/// One look at the use of CPU and memory.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ProcessSample {
    /// CPU use of the machine since the last look, 0 to 100.
    pub cpu_percent: f32,
    /// CPU use of this process since the last look, 100 for each core.
    pub process_cpu_percent: f32,
    /// CPU time of this process since it began.
    pub cpu_time_ms: u64,
    /// Resident memory of this process.
    pub rss_bytes: u64,
    /// Memory of the machine.
    pub total_bytes: u64,
    /// Memory of the machine that can be had without swapping.
    pub available_bytes: u64,
    /// Open file descriptors of this process.
    pub open_fds: u64,
    /// Time since the sampler was made, which is the program's start.
    pub uptime: Duration,
}

/// Looks at the use of CPU and memory, at most once a second.
#[derive(Debug)]
pub struct ProcessSampler {
    started: Instant,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Nothing where the system cannot be asked; samples are then empty.
    system: Option<System>,
    taken: Option<Instant>,
    sample: ProcessSample,
}

impl Default for ProcessSampler {
    fn default() -> Self {
        Self::new()
    }
}

impl ProcessSampler {
    /// A sampler; uptime counts from here.
    pub fn new() -> Self {
        let mut system = System::new().ok();
        if let Some(system) = &mut system {
            system.refresh_cpu_usage(); // use is counted between two looks
        }
        let state = State { system, taken: None, sample: ProcessSample::default() };
        Self { started: Instant::now(), state: Mutex::new(state) }
    }

    /// Time since the sampler was made.
    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// The present use, at most a second old.
    pub fn sample(&self) -> ProcessSample {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.taken.is_none_or(|taken| taken.elapsed() >= FRESH) {
            state.sample = state.system.as_mut().map(look).unwrap_or_default();
            state.taken = Some(Instant::now());
        }
        ProcessSample { uptime: self.uptime(), ..state.sample }
    }
}

fn look(system: &mut System) -> ProcessSample {
    system.refresh_cpu_usage();
    system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    let pid = Pid::from_u32(std::process::id());
    let kind = ProcessRefreshKind::nothing().with_cpu().with_memory();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), false, kind);
    let process = system.process(pid);
    ProcessSample {
        cpu_percent: system.global_cpu_usage(),
        process_cpu_percent: process.map_or(0.0, sysinfo::Process::cpu_usage),
        cpu_time_ms: process.map_or(0, sysinfo::Process::accumulated_cpu_time),
        rss_bytes: process.map_or(0, sysinfo::Process::memory),
        total_bytes: system.total_memory(),
        available_bytes: system.available_memory(),
        open_fds: process.and_then(sysinfo::Process::open_files).map_or(0, |count| count as u64),
        uptime: Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_this_process() {
        let sampler = ProcessSampler::new();
        let sample = sampler.sample();
        assert!(sample.rss_bytes > 100_000 && sample.rss_bytes < sample.total_bytes, "{sample:?}");
        assert!(sample.available_bytes > 0 && sample.available_bytes <= sample.total_bytes);
        assert!((0.0..=100.0).contains(&sample.cpu_percent));
        assert_eq!(
            ProcessSample { uptime: Duration::ZERO, ..sampler.sample() },
            ProcessSample { uptime: Duration::ZERO, ..sample }
        );
    }
}
