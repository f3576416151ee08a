//! NVIDIA cards through CUDA: one of them opened. The driver and the kernels' compiler (NVRTC) are looked for when this
//! runs, not when it is built.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use burn::backend::cuda::CudaDevice;
use burn::backend::{Autodiff, Cuda};
use cudarc::driver::CudaContext;

use super::burn_engine::computes;
use crate::guarded::guarded;
use crate::models::device::{Device, DeviceError};

pub type CudaGraphics = Autodiff<Cuda<f32, i32>>;

type Opened = Result<(CudaDevice, String), DeviceError>;

/// The card of that number, and what it is called. A card is looked at once.
pub fn open(device: Device) -> Opened {
    static CARDS: Mutex<BTreeMap<Device, Opened>> = Mutex::new(BTreeMap::new());
    let mut cards = CARDS.lock().unwrap_or_else(PoisonError::into_inner);
    cards.entry(device).or_insert_with(|| set_up(device)).clone()
}

fn set_up(device: Device) -> Opened {
    let place = usize::from(device.card);
    let absent = |found: String| DeviceError::Absent { device, found };
    // Without NVIDIA's driver the first call panics.
    let count = guarded(CudaContext::device_count)
        .map_err(|_| absent("NVIDIA's driver (libcuda) was not found".to_string()))?
        .map_err(|error| absent(format!("NVIDIA's driver says {error}")))?;
    if i32::from(device.card) >= count {
        return Err(absent(format!("CUDA finds {count} cards, and they are counted from 0")));
    }
    let name = guarded(|| CudaContext::new(place).and_then(|card| card.name()));
    let name = name.ok().and_then(Result::ok).unwrap_or_else(|| "a card without a name".to_string());
    let card = CudaDevice::new(place);
    let broken = |reason| DeviceError::Broken { device, name: name.clone(), reason };
    match guarded(|| computes::<CudaGraphics>(&card)) {
        Ok(true) => Ok((card, format!("{device}: {name}"))),
        Ok(false) => Err(broken("1 + 1 is not 2 on it".to_string())),
        Err(reason) => Err(broken(reason)),
    }
}
