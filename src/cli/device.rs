//! `--device`, of every command that trains.

use clap::Args;

use crate::models::Device;

#[derive(Debug, Args)]
pub struct DeviceArgument {
    /// Train networks on this: cpu, vulkan, wgpu or cuda, with :N for the card of that number. The last three must be
    /// built in (cargo build --release --features vulkan) [default: what the experiment says, else cpu]
    #[arg(long, value_name = "DEVICE")]
    pub device: Option<Device>,
}
