//! What the work ran on: facts a reader needs to judge a time.

use serde::{Deserialize, Serialize};

/// The machine and what the program had of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    pub processor: String,
    pub cores: usize,
    pub threads: usize,
    pub memory_gib: Option<f64>,
    pub system: String,
}

impl Machine {
    /// As it is now.
    pub fn this() -> Self {
        Self {
            processor: proc_field("/proc/cpuinfo", "model name")
                .unwrap_or_else(|| std::env::consts::ARCH.to_string()),
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            threads: rayon::current_num_threads(),
            memory_gib: proc_field("/proc/meminfo", "MemTotal")
                .and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok())
                .map(|kib| (kib / 1024.0 / 1024.0 * 10.0).round() / 10.0),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        }
    }
}

/// What programs may still take of the machine, and no more than a container may hold in all, as far as Linux tells.
pub fn free_memory_bytes() -> Option<u64> {
    let field = proc_field("/proc/meminfo", "MemAvailable")?;
    let machine = field.split_whitespace().next()?.parse::<u64>().ok()? << 10;
    let limit = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let container = limit.and_then(|text| text.trim().parse::<u64>().ok());
    Some(container.map_or(machine, |container| container.min(machine)))
}

fn proc_field(path: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_string())
}
