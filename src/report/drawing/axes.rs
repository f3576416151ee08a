//! Scales, ticks and the frame of a plot.

use super::colours::Ink;
use super::sheet::{Align, Sheet};

/// A range of values, linear or logarithmic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    pub low: f64,
    pub high: f64,
    pub logarithmic: bool,
}

impl Scale {
    pub fn linear(low: f64, high: f64) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        Self { low, high, logarithmic: false }
    }

    /// Whole decades around these positive values.
    pub fn decades(low: f64, high: f64) -> Self {
        let (low, high) = (10f64.powf(low.log10().floor()), 10f64.powf(high.log10().ceil()));
        Self { low, high: if high > low { high } else { 10.0 * low }, logarithmic: true }
    }

    /// Round numbers around all finite values, with a margin.
    pub fn around(values: impl Iterator<Item = f64>) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        values.filter(|value| value.is_finite()).for_each(|value| {
            (low, high) = (low.min(value), high.max(value));
        });
        if low > high {
            return Self::linear(0.0, 1.0);
        }
        let margin = if high > low { 0.05 * (high - low) } else { 0.5 * high.abs().max(1.0) };
        Self::linear(low - margin, high + margin)
    }

    /// Where a value lies, 0…1.
    pub fn part(&self, value: f64) -> f64 {
        let part = if self.logarithmic {
            (value.max(f64::MIN_POSITIVE) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        part.clamp(-0.02, 1.02)
    }

    pub fn ticks(&self, wanted: usize) -> Vec<f64> {
        if !self.logarithmic {
            return ticks(self.low, self.high, wanted);
        }
        let decades = (self.high / self.low).log10().round() as i32;
        (0..=decades).map(|decade| self.low * 10f64.powi(decade)).collect()
    }
}

/// Multiples of 1, 2 or 5 times a power of ten within the range, about `wanted` of them.
pub fn ticks(low: f64, high: f64, wanted: usize) -> Vec<f64> {
    let rough = (high - low) / wanted.max(1) as f64;
    if rough <= 0.0 || !rough.is_finite() {
        return vec![low];
    }
    let power = 10f64.powf(rough.log10().floor());
    let step =
        [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|step| *step >= rough).unwrap_or(power);
    let first = (low / step).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    (first..=last).take(100).map(|n| n as f64 * step).collect()
}

/// As short as it can be said.
pub fn tick_text(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_string(),
        size if !(0.001..100_000.0).contains(&size) => format!("{value:e}"),
        _ => format!("{}", (value * 1e6).round() / 1e6),
    }
}

/// The rectangle in which values are drawn.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
    pub x: Scale,
    pub y: Scale,
}

impl Frame {
    pub fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.x_at(x), self.y_at(y))
    }

    pub fn x_at(&self, x: f64) -> f64 {
        self.left + self.x.part(x) * self.width
    }

    pub fn y_at(&self, y: f64) -> f64 {
        self.top + (1.0 - self.y.part(y)) * self.height
    }

    pub fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub fn right(&self) -> f64 {
        self.left + self.width
    }

    /// Vertical lines with their values below, and the axis's title.
    pub fn x_axis(&self, sheet: &mut Sheet, title: &str, wanted: usize) {
        for value in self.x.ticks(wanted) {
            let x = self.x_at(value);
            sheet.line(&[(x, self.top), (x, self.bottom())], Ink::Grid, 1.0);
            sheet.words(&tick_text(value), (x, self.bottom() + 14.0), 12.0, Align::Middle, Ink::Text);
        }
        let middle = self.left + self.width / 2.0;
        sheet.words(title, (middle, self.bottom() + 34.0), 12.5, Align::Middle, Ink::Text);
    }

    /// Horizontal lines with their values at the left, and the axis's title.
    pub fn y_axis(&self, sheet: &mut Sheet, title: &str, wanted: usize) {
        for value in self.y.ticks(wanted) {
            let y = self.y_at(value);
            sheet.line(&[(self.left, y), (self.right(), y)], Ink::Grid, 1.0);
            sheet.words(&tick_text(value), (self.left - 6.0, y), 12.0, Align::Right, Ink::Text);
        }
        sheet.upright(title, (self.left - 46.0, self.top + self.height / 2.0), 12.5, Ink::Text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within() {
        assert_eq!(ticks(0.0, 100.0, 10), [0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 100.0]);
        assert_eq!(
            ticks(0.13, 0.41, 4).iter().map(|t| tick_text(*t)).collect::<Vec<_>>(),
            ["0.2", "0.3", "0.4"]
        );
        assert_eq!(ticks(1.0, 1.0, 4), [1.0]);
        assert_eq!(Scale::decades(0.02, 30.0).ticks(9), [0.01, 0.1, 1.0, 10.0, 100.0].map(|t: f64| t));
    }
}
