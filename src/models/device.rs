//! Where a network is trained: on the processor, or on a graphics card, if this program was built for one.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// `cpu`, or what drives a card and, after a colon, which of its cards, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Device {
    pub driver: Driver,
    /// Which of the driver's cards, counted from 0.
    pub card: u16,
}

/// What carries out a training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Driver {
    #[default]
    Cpu,
    /// Kernels in SPIR-V.
    Vulkan,
    /// The system's own graphics, kernels in WGSL.
    Wgpu,
    Cuda,
}

/// Every driver, whether it is built in or not.
pub const DRIVERS: [Driver; 4] = [Driver::Cpu, Driver::Vulkan, Driver::Wgpu, Driver::Cuda];

impl Driver {
    /// As the command line, experiments and cargo call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Vulkan => "vulkan",
            Self::Wgpu => "wgpu",
            Self::Cuda => "cuda",
        }
    }

    /// Whether this program was built with it.
    pub fn is_built_in(self) -> bool {
        match self {
            Self::Cpu => true,
            Self::Vulkan => cfg!(feature = "vulkan"),
            Self::Wgpu => cfg!(feature = "wgpu"),
            Self::Cuda => cfg!(feature = "cuda"),
        }
    }
}

/// Why nothing can be trained on a device.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DeviceError {
    #[error(
        "this genrebench was built without `{0}`; build it with `cargo build --release --features {0}`, or train on the \
         processor (--device cpu)"
    )]
    NotBuilt(&'static str),

    #[error("there is no `{device}` here: {found}")]
    Absent { device: Device, found: String },

    #[error(
        "`{device}` ({name}) knows no half precision; train with train.precision = \"single\", which is what it is where \
         nothing is said"
    )]
    NoHalf { device: Device, name: String },

    #[error("`{device}` ({name}) does not work: {reason}")]
    Broken { device: Device, name: String, reason: String },
}

impl fmt::Display for Device {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.driver.name())?;
        if self.card > 0 { write!(out, ":{}", self.card) } else { Ok(()) }
    }
}

impl FromStr for Device {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, card) = text.split_once(':').map_or((text, None), |(name, card)| (name, Some(card)));
        let Some(&driver) = DRIVERS.iter().find(|driver| driver.name() == name) else {
            let known = DRIVERS.map(Driver::name).join(", ");
            return Err(format!(
                "`{text}` is no device; the devices are {known}, and :N for the card of that number"
            ));
        };
        let card = match card {
            None => 0,
            Some(_) if driver == Driver::Cpu => {
                return Err("`cpu` takes no number; --threads says how many of its threads work".to_string());
            }
            Some(card) => card
                .parse()
                .map_err(|_| format!("`{card}` is no number of a card, such as {name}:0 or {name}:1"))?,
        };
        Ok(Self { driver, card })
    }
}

impl TryFrom<String> for Device {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Device> for String {
    fn from(device: Device) -> Self {
        device.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_read_and_written_back_or_refused() {
        let read = |text: &str| text.parse::<Device>();
        assert_eq!(read("cpu"), Ok(Device::default()));
        assert_eq!(read("vulkan:0").unwrap().to_string(), "vulkan");
        for text in ["vulkan", "wgpu:3", "cuda:1"] {
            assert_eq!(read(text).unwrap().to_string(), text);
        }
        for (wrong, says) in [
            ("gpu", "the devices are cpu, vulkan, wgpu, cuda"),
            ("cpu:1", "--threads"),
            ("cuda:one", "cuda:0"),
            ("cuda:", "no number"),
            ("", "no device"),
        ] {
            assert!(read(wrong).unwrap_err().contains(says), "{wrong}");
        }
    }
}
