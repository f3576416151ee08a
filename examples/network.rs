//! One network by itself, with weights from a file, on batches from another: its logits, the losses of some training
//! steps, its logits afterwards, and the time and memory that took, as JSON.
//!
//! ```sh
//! cargo run --release --example network -- NETWORK.toml WEIGHTS.safetensors BATCHES.npz STEPS
//! ```
//!
//! `NETWORK.toml` is a row of an experiment (`model`, its parameters, `train`) with `classes` beside; the weights may be
//! in any file that `pretrained` takes and carry PyTorch's names. `BATCHES.npz` holds `truth` and `frames` (rows × bands
//! × frames), `table` (rows × columns) or both. Batches of `train.batch` rows are taken in turn.
//! `benches/peers/pytorch.py` holds the answers against PyTorch's.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use genrebench::models::build;
use genrebench::models::neural::{Rows, Sizes};
use genrebench::weights::WeightFile;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [network, weights, batches, steps] = arguments.as_slice() else {
        bail!("NETWORK.toml WEIGHTS BATCHES.npz STEPS are wanted");
    };
    let steps: usize = steps.parse().context("STEPS is a number")?;
    let text = std::fs::read_to_string(network).with_context(|| network.clone())?;
    let mut row: toml::Table = text.parse().with_context(|| network.clone())?;
    let taken = |value: Option<toml::Value>| value.and_then(|value| value.as_integer()).map(|n| n as usize);
    let classes = taken(row.remove("classes")).context("`classes` is missing")?;
    let batch = taken(row.get("train").and_then(|train| train.get("batch")).cloned()).unwrap_or(32);
    let Some(toml::Value::String(model)) = row.remove("model") else { bail!("`model` is missing") };
    let recipe = build(&model, row)?;

    let file = WeightFile::open(Path::new(batches))?;
    let truth: Vec<usize> = file.tensor("truth")?.values.iter().map(|class| *class as usize).collect();
    let values = |name: &str| match file.shape(name) {
        Some(_) => file.tensor(name).map(|tensor| (tensor.values, tensor.shape)),
        None => Ok((Vec::new(), vec![0; 3])),
    };
    let ((frames, of_frames), (table, of_table)) = (values("frames")?, values("table")?);
    let ([.., bands, length], [_, columns, ..]) = (of_frames.as_slice(), of_table.as_slice()) else {
        bail!("`frames` is rows × bands × frames, `table` rows × columns");
    };
    let sizes = Sizes { bands: *bands, frames: *length, columns: *columns, classes };
    let start = memory("VmRSS:");
    let network = recipe.network().with_context(|| format!("`{model}` is no network"))?;
    let mut network = network.alone(sizes, 1)?;
    let loaded = network.load(&WeightFile::open(Path::new(weights))?)?;

    let part = |first: usize| {
        let rows = first..(first + batch).min(truth.len());
        let of = |values: &'_ [f32], each: usize| rows.start * each..(rows.end * each).min(values.len());
        (of(&frames, bands * length), of(&table, *columns), rows)
    };
    let starts: Vec<usize> = (0..truth.len()).step_by(batch).collect();
    let all = |network: &genrebench::models::neural::LoneNetwork| -> Result<Vec<f32>> {
        let mut logits = Vec::new();
        for &first in &starts {
            let (of_frames, of_table, _) = part(first);
            logits.extend(network.logits(Rows { frames: &frames[of_frames], table: &table[of_table] })?);
        }
        Ok(logits)
    };
    let before = all(&network)?;
    let (mut losses, mut cpu_seconds, mut seconds) = (Vec::new(), Vec::new(), Vec::new());
    for step in 0..steps {
        let (of_frames, of_table, rows) = part(starts[step % starts.len()]);
        let (cpu, clock) = (cpu_time(), Instant::now());
        losses
            .push(network.step(Rows { frames: &frames[of_frames], table: &table[of_table] }, &truth[rows])?);
        seconds.push(clock.elapsed().as_secs_f64());
        cpu_seconds.push((cpu_time() - cpu).as_secs_f64());
    }
    let answer = serde_json::json!({
        "loaded": loaded, "before": before, "losses": losses, "after": all(&network)?,
        "cpu_seconds": cpu_seconds, "seconds": seconds,
        "start_kib": start, "peak_kib": memory("VmHWM:"),
    });
    println!("{answer}");
    Ok(())
}

/// KiB of a line of the process's status; 0 where the system has none.
fn memory(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    line.and_then(|line| line.split_whitespace().next()).and_then(|kib| kib.parse().ok()).unwrap_or(0)
}

fn cpu_time() -> Duration {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
    }
    #[cfg(not(unix))]
    Duration::ZERO
}
