//! Graphics cards through Vulkan or the system's own graphics: which there are, and one of them opened.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use burn::backend::wgpu::graphics::{AutoGraphicsApi, GraphicsApi, Vulkan};
use burn::backend::wgpu::{RuntimeOptions, WgpuDevice, init_setup};
use burn::backend::{Autodiff, Wgpu};
use wgpu_adapters::{DeviceType, Instance, InstanceDescriptor};

use super::burn_engine::computes;
use crate::guarded::guarded;
use crate::models::device::{Device, DeviceError, Driver};

/// Booleans of 32 bits: shaders in WGSL know no others, and one written in SPIR-V does as well with them.
pub type Graphics = Autodiff<Wgpu<f32, i32, u32>>;

type Opened = Result<(WgpuDevice, String), DeviceError>;

/// The card of that number, the fastest kind first, and what it is called. A card is set up once and kept.
pub fn open(device: Device) -> Opened {
    static CARDS: Mutex<BTreeMap<Device, Opened>> = Mutex::new(BTreeMap::new());
    let mut cards = CARDS.lock().unwrap_or_else(PoisonError::into_inner);
    let opened = cards.entry(device).or_insert_with(|| match device.driver {
        Driver::Vulkan => set_up::<Vulkan>(device),
        _ => set_up::<AutoGraphicsApi>(device),
    });
    opened.clone()
}

fn set_up<G: GraphicsApi>(device: Device) -> Opened {
    let cards = guarded(cards::<G>).unwrap_or_default();
    let Some((card, name)) = cards.get(usize::from(device.card)).cloned() else {
        let each = cards.iter().enumerate().map(|(place, (_, name))| format!("{place} is {name}"));
        let found = match each.collect::<Vec<_>>().join(", ") {
            none if none.is_empty() => {
                "no graphics card was found, or none with a driver (`vulkaninfo --summary` shows what Vulkan finds; \
                 Mesa's lavapipe is a card in software)"
                    .to_string()
            }
            some => format!("of the cards, {some}"),
        };
        return Err(DeviceError::Absent { device, found });
    };
    let works = guarded(|| {
        init_setup::<G>(&card, RuntimeOptions::default());
        computes::<Graphics>(&card)
    });
    let broken = |reason| DeviceError::Broken { device, name: name.clone(), reason };
    match works {
        Ok(true) => Ok((card, format!("{device}: {name}"))),
        Ok(false) => Err(broken("1 + 1 is not 2 on it".to_string())),
        Err(reason) => Err(broken(reason)),
    }
}

/// Every card that `G` finds, as burn numbers it, with its name.
fn cards<G: GraphicsApi>() -> Vec<(WgpuDevice, String)> {
    let backends = G::backend().into();
    let instance =
        Instance::new(InstanceDescriptor { backends, ..InstanceDescriptor::new_without_display_handle() });
    let mut counts = [0usize; 5];
    let mut cards: Vec<(usize, WgpuDevice, String)> = at_once(instance.enumerate_adapters(backends))
        .unwrap_or_default()
        .into_iter()
        .map(|adapter| {
            let info = adapter.get_info();
            let rank = match info.device_type {
                DeviceType::DiscreteGpu => 0,
                DeviceType::IntegratedGpu => 1,
                DeviceType::VirtualGpu => 2,
                DeviceType::Other => 3,
                DeviceType::Cpu => 4,
            };
            let place = counts[rank];
            counts[rank] += 1;
            let card = match info.device_type {
                DeviceType::DiscreteGpu => WgpuDevice::DiscreteGpu(place),
                DeviceType::IntegratedGpu => WgpuDevice::IntegratedGpu(place),
                DeviceType::VirtualGpu => WgpuDevice::VirtualGpu(place),
                DeviceType::Other => WgpuDevice::DefaultDevice,
                DeviceType::Cpu => WgpuDevice::Cpu,
            };
            (rank, card, info.name)
        })
        .collect();
    cards.sort_by_key(|(rank, ..)| *rank);
    // Of software and unknown cards burn knows the first alone.
    cards.dedup_by(|later, first| later.1 == first.1);
    cards.into_iter().map(|(_, card, name)| (card, name)).collect()
}

/// What a future gives that is done when it is first asked, as all of these are outside a browser.
fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}
