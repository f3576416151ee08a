//! The engine of a device.
//!
//! Weights and activations are f32 everywhere, and so are products but where a card is asked for `mixed`. Cards take
//! sums in another order (and NVIDIA's matrix units may round the factors of a product to TF32), so that their weights
//! agree with the processor's to some digits, not to the bit.

use super::blueprint::Blueprint;
#[cfg(feature = "gpu")]
use super::burn_engine::{BurnEngine, knows_half};
use super::cpu::CpuNetwork;
use super::engine::{CpuEngine, Engine};
use super::optimizer::Update;
use super::precision::Precision;
use super::weights::Weights;
use crate::models::device::{Device, DeviceError, Driver};

/// An engine with these weights and, of a card, what it is called and how precise it is where that is not single.
pub fn engine_on(
    device: Device,
    plan: Blueprint,
    weights: Weights,
    update: &Update,
    precision: Precision,
) -> Result<(Box<dyn Engine>, Option<String>), DeviceError> {
    refuse_unbuilt(device)?;
    #[cfg(any(feature = "vulkan", feature = "wgpu"))]
    if matches!(device.driver, Driver::Vulkan | Driver::Wgpu) {
        use super::graphics_card::{Graphics, open};
        let (card, name) = open(device)?;
        let name = with_precision(device, name, precision, || knows_half::<Graphics>(&card))?;
        let engine = BurnEngine::<Graphics>::new(plan, &weights, update, card).in_precision(precision);
        return Ok((Box::new(engine), Some(name)));
    }
    #[cfg(feature = "cuda")]
    if device.driver == Driver::Cuda {
        use super::cuda_card::{CudaGraphics, open};
        let (card, name) = open(device)?;
        let name = with_precision(device, name, precision, || knows_half::<CudaGraphics>(&card))?;
        let engine = BurnEngine::<CudaGraphics>::new(plan, &weights, update, card).in_precision(precision);
        return Ok((Box::new(engine), Some(name)));
    }
    let told = (precision == Precision::Mixed)
        .then(|| "cpu, in single precision: train.precision = \"mixed\" is for graphics cards".to_string());
    Ok((Box::new(CpuEngine::new(CpuNetwork::new(plan, weights), update)), told))
}

/// What the card is called and how precise it is, if it can be.
#[cfg(feature = "gpu")]
fn with_precision(
    device: Device,
    name: String,
    precision: Precision,
    knows_half: impl Fn() -> bool,
) -> Result<String, DeviceError> {
    match precision {
        Precision::Single => Ok(name),
        Precision::Mixed if knows_half() => Ok(format!("{name}, its products in half precision")),
        Precision::Mixed => Err(DeviceError::NoHalf { device, name }),
    }
}

/// What the device is called, if it is there and computes.
pub fn look_for(device: Device) -> Result<String, DeviceError> {
    refuse_unbuilt(device)?;
    #[cfg(any(feature = "vulkan", feature = "wgpu"))]
    if matches!(device.driver, Driver::Vulkan | Driver::Wgpu) {
        return super::graphics_card::open(device).map(|(_, name)| name);
    }
    #[cfg(feature = "cuda")]
    if device.driver == Driver::Cuda {
        return super::cuda_card::open(device).map(|(_, name)| name);
    }
    Ok(Driver::Cpu.name().to_string())
}

fn refuse_unbuilt(device: Device) -> Result<(), DeviceError> {
    match device.driver.is_built_in() {
        true => Ok(()),
        false => Err(DeviceError::NotBuilt(device.driver.name())),
    }
}
