//! Products in half precision want a larger loss: how much larger, and which steps are left out for it.

use super::optimizer::ScaleState;
use super::precision::Precision;

/// What the loss is multiplied by, so that small gradients are not zero in half precision: as much as they bear.
#[derive(Debug, Clone, Copy)]
pub struct LossScale {
    factor: f32,
    /// Steps since it last changed.
    steady: u32,
}

const FIRST: f32 = 65536.0;
const LARGEST: f32 = 16_777_216.0;
/// Gradients that overflow even below this are not the factor's fault.
const SMALLEST: f32 = 1.0 / 1024.0;
/// Steps without an overflow after which twice the factor is tried.
const STEADY: u32 = 2000;

impl LossScale {
    pub fn new(precision: Precision) -> Option<Self> {
        (precision == Precision::Mixed).then_some(Self { factor: FIRST, steady: 0 })
    }

    pub fn factor(self) -> f32 {
        self.factor
    }

    /// For a checkpoint.
    pub fn state(self) -> ScaleState {
        ScaleState { factor: self.factor, steady: self.steady }
    }

    /// As a checkpoint has it.
    pub fn of(ScaleState { factor, steady }: ScaleState) -> Self {
        Self { factor, steady }
    }

    /// After a step whose gradients all were numbers, or one whose were not and which is left out.
    pub fn judge(&mut self, finite: bool) {
        self.steady = if finite { self.steady + 1 } else { 0 };
        if !finite {
            self.factor /= 2.0;
        } else if self.steady == STEADY {
            (self.factor, self.steady) = ((2.0 * self.factor).min(LARGEST), 0);
        }
    }

    /// Nothing that it could be would help.
    pub fn is_spent(self) -> bool {
        self.factor < SMALLEST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_factor_falls_with_each_overflow_and_rises_after_a_steady_time() {
        assert!(LossScale::new(Precision::Single).is_none());
        let mut scale = LossScale::new(Precision::Mixed).unwrap();
        scale.judge(false);
        scale.judge(false);
        assert_eq!(scale.factor(), FIRST / 4.0);
        (0..STEADY - 1).for_each(|_| scale.judge(true));
        assert_eq!(scale.factor(), FIRST / 4.0);
        scale.judge(true);
        assert_eq!(scale.factor(), FIRST / 2.0);
        (0..STEADY - 1).for_each(|_| scale.judge(true));
        scale.judge(false);
        scale.judge(true);
        assert_eq!(scale.factor(), FIRST / 4.0, "an overflow begins the steady time anew");
        assert!(!scale.is_spent());
        (0..40).for_each(|_| scale.judge(false));
        assert!(scale.is_spent());
    }
}
