//! Loops compiled once for each vector unit, and the one the processor has chosen when they run.
//!
//! The compiler never reorders floating-point operations, so every version of a loop gives the same bits; the plain
//! one is the fallback wherever neither AVX2 nor AVX-512 (or NEON) is at hand.

use std::sync::OnceLock;

use pulp::{Simd, WithSimd};

/// A vector unit.
#[derive(Debug, Clone, Copy)]
pub enum Arch {
    #[cfg(target_arch = "x86_64")]
    V4(pulp::x86::V4),
    #[cfg(target_arch = "x86_64")]
    V3(pulp::x86::V3),
    /// NEON, or none.
    Other(pulp::Arch),
}

impl Arch {
    /// The widest one of this machine. (`pulp::Arch::new` passes over AVX2 unless its feature `x86-v3` is on.)
    pub fn new() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if let Some(unit) = pulp::x86::V4::try_new() {
                return Self::V4(unit);
            }
            if let Some(unit) = pulp::x86::V3::try_new() {
                return Self::V3(unit);
            }
        }
        Self::Other(pulp::Arch::new())
    }

    #[inline(always)]
    pub fn dispatch<W: WithSimd>(self, work: W) -> W::Output {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::V4(unit) => Simd::vectorize(unit, work),
            #[cfg(target_arch = "x86_64")]
            Self::V3(unit) => Simd::vectorize(unit, work),
            Self::Other(arch) => arch.dispatch(work),
        }
    }
}

impl Default for Arch {
    fn default() -> Self {
        Self::new()
    }
}

/// The vector unit of this machine.
pub(crate) fn arch() -> Arch {
    static ARCH: OnceLock<Arch> = OnceLock::new();
    *ARCH.get_or_init(Arch::new)
}

/// Defines a function whose body is compiled once for each vector unit.
///
/// A closure handed to `Arch::dispatch` does not do: unless the compiler happens to inline it, its body keeps the
/// plain instructions.
macro_rules! vectorised {
    ($(#[$about:meta])* $vis:vis fn $name:ident<$life:lifetime>($($arg:ident: $type:ty),* $(,)?) -> $out:ty $body:block) => {
        $(#[$about])*
        $vis fn $name<$life>($($arg: $type),*) -> $out {
            struct Kernel<$life> { $($arg: $type),* }
            impl<$life> pulp::NullaryFnOnce for Kernel<$life> {
                type Output = $out;
                #[inline(always)]
                fn call(self) -> $out {
                    let Self { $($arg),* } = self;
                    $body
                }
            }
            $crate::audio::vectorised::arch().dispatch(Kernel { $($arg),* })
        }
    };
}

pub(crate) use vectorised;

#[cfg(test)]
mod tests {
    vectorised! {
        fn scaled_sum<'a>(values: &'a mut [f32], factor: f32) -> f32 {
            for value in values.iter_mut() {
                *value *= factor;
            }
            values.iter().sum()
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn avx2_is_used_where_it_is_all_there_is() {
        let wide = std::is_x86_feature_detected!("avx512f");
        if !wide && std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
            assert!(matches!(super::arch(), super::Arch::V3(_)));
        }
    }

    #[test]
    fn a_vectorised_function_is_an_ordinary_function() {
        let mut values: Vec<f32> = (0..100).map(|i| i as f32 * 0.1).collect();
        let mut plain = values.clone();
        plain.iter_mut().for_each(|value| *value *= 1.1);
        assert_eq!(scaled_sum(&mut values, 1.1), plain.iter().sum::<f32>());
        assert_eq!(values, plain);
    }
}
