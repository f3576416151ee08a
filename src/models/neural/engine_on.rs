//! The engine of a device.
//!
//! Weights and activations are f32 everywhere. Cards take sums in another order (and NVIDIA's matrix units may round the
//! factors of a product to TF32), so that their weights agree with the processor's to some digits, not to the bit.

use super::blueprint::Blueprint;
#[cfg(feature = "gpu")]
use super::burn_engine::BurnEngine;
use super::cpu::CpuNetwork;
use super::engine::{CpuEngine, Engine};
use super::optimizer::Update;
use super::weights::Weights;
use crate::models::device::{Device, DeviceError, Driver};

/// An engine with these weights and, of a card, what it is called.
pub fn engine_on(
    device: Device,
    plan: Blueprint,
    weights: Weights,
    update: &Update,
) -> Result<(Box<dyn Engine>, Option<String>), DeviceError> {
    refuse_unbuilt(device)?;
    #[cfg(any(feature = "vulkan", feature = "wgpu"))]
    if matches!(device.driver, Driver::Vulkan | Driver::Wgpu) {
        use super::graphics_card::{Graphics, open};
        let (card, name) = open(device)?;
        return Ok((Box::new(BurnEngine::<Graphics>::new(plan, &weights, update, card)), Some(name)));
    }
    #[cfg(feature = "cuda")]
    if device.driver == Driver::Cuda {
        use super::cuda_card::{CudaGraphics, open};
        let (card, name) = open(device)?;
        return Ok((Box::new(BurnEngine::<CudaGraphics>::new(plan, &weights, update, card)), Some(name)));
    }
    Ok((Box::new(CpuEngine::new(CpuNetwork::new(plan, weights), update)), None))
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
