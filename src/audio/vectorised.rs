//! Loops compiled once for each vector unit, and the one the processor has chosen when they run.
//!
//! The compiler never reorders floating-point operations, so every version of a loop gives the same bits; the plain
//! one is the fallback wherever neither AVX2 nor AVX-512 (or NEON) is at hand.

use std::sync::OnceLock;

use pulp::Arch;

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

    #[test]
    fn a_vectorised_function_is_an_ordinary_function() {
        let mut values: Vec<f32> = (0..100).map(|i| i as f32 * 0.1).collect();
        let mut plain = values.clone();
        plain.iter_mut().for_each(|value| *value *= 1.1);
        assert_eq!(scaled_sum(&mut values, 1.1), plain.iter().sum::<f32>());
        assert_eq!(values, plain);
    }
}
