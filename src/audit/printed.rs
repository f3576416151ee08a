//! A printed figure is evidence of an interval: "54.25" says that the score lies where rounding gives those digits.
//!
//! With u one unit of the last printed digit and v the value:
//!
//! | rounding | the score lies in |
//! |---|---|
//! | `half_up` (ties away from 0) | [v − u/2, v + u/2) |
//! | `half_even` | [v − u/2, v + u/2] after an even digit, else (v − u/2, v + u/2) |
//! | `nearest` (ties either way) | [v − u/2, v + u/2] |
//! | `truncate` | [v, v + u) |
//! | `ceil` | (v − u, v] |
//! | `any` | (v − u, v + u) |

use serde::{Deserialize, Serialize};

use super::exact::Exact;

/// More digits than any paper prints, few enough for exact arithmetic in 128 bits.
const MOST_DIGITS: usize = 15;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    HalfUp,
    HalfEven,
    Nearest,
    Truncate,
    Ceil,
    Any,
}

impl Rounding {
    pub const MODES: [Self; 4] = [Self::HalfUp, Self::HalfEven, Self::Truncate, Self::Ceil];

    pub fn name(self) -> &'static str {
        match self {
            Self::HalfUp => "half_up",
            Self::HalfEven => "half_even",
            Self::Nearest => "nearest",
            Self::Truncate => "truncate",
            Self::Ceil => "ceil",
            Self::Any => "any",
        }
    }

    /// The single modes that this one allows.
    pub fn allowed(self) -> Vec<Self> {
        match self {
            Self::Any => Self::MODES.to_vec(),
            Self::Nearest => vec![Self::HalfUp, Self::HalfEven],
            one => vec![one],
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Percent,
    Fraction,
}

/// A decimal as printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    pub text: String,
    /// The digits without the point, with their sign.
    pub digits: i128,
    /// Digits after the point.
    pub decimals: u32,
    pub unit: Unit,
}

impl Printed {
    /// Reads plain decimals and nothing else: what is printed is evidence, so nothing is guessed.
    pub fn parse(text: &str, unit: Unit) -> Result<Self, String> {
        let bare = text.strip_prefix(['-', '−']).unwrap_or(text);
        let (whole, fraction) = bare.split_once('.').unwrap_or((bare, ""));
        let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !plain(whole) || !plain(fraction) || bare.ends_with('.') {
            return Err(complaint(text));
        }
        if whole.len() + fraction.len() > MOST_DIGITS {
            return Err(format!("\"{text}\" has more than {MOST_DIGITS} digits"));
        }
        let digits: i128 = format!("{whole}{fraction}").parse().map_err(|_| complaint(text))?;
        let digits = if bare.len() < text.len() { -digits } else { digits };
        Ok(Self { text: text.to_string(), digits, decimals: fraction.len() as u32, unit })
    }

    /// How many units of the last digit make 1.
    pub fn scale(&self) -> i128 {
        10i128.pow(self.decimals + if self.unit == Unit::Percent { 2 } else { 0 })
    }

    pub fn value(&self) -> f64 {
        self.digits as f64 / self.scale() as f64
    }

    /// Other digits in the same unit with as many decimals.
    pub fn with_digits(&self, digits: i128) -> Self {
        let per = 10i128.pow(self.decimals);
        let sign = if digits < 0 { "-" } else { "" };
        let (whole, rest) = (digits.abs() / per, digits.abs() % per);
        let text = match self.decimals {
            0 => format!("{sign}{whole}"),
            decimals => format!("{sign}{whole}.{rest:0width$}", width = decimals as usize),
        };
        Self { text, digits, ..self.clone() }
    }

    pub fn shown(&self) -> String {
        match self.unit {
            Unit::Percent => format!("{} %", self.text),
            Unit::Fraction => self.text.clone(),
        }
    }

    /// Where the score lies if it was rounded so.
    pub fn interval(&self, rounding: Rounding) -> Interval {
        // In half units of the last digit.
        let (v, sign) = (2 * self.digits, self.digits.signum());
        let (low, high, low_closed, high_closed) = match rounding {
            Rounding::HalfUp => (v - 1, v + 1, sign > 0, sign < 0),
            Rounding::HalfEven => {
                let even = self.digits % 2 == 0;
                (v - 1, v + 1, even, even)
            }
            Rounding::Nearest => (v - 1, v + 1, true, true),
            Rounding::Truncate if sign > 0 => (v, v + 2, true, false),
            Rounding::Truncate if sign < 0 => (v - 2, v, false, true),
            Rounding::Ceil => (v - 2, v, false, true),
            Rounding::Truncate | Rounding::Any => (v - 2, v + 2, false, false),
        };
        Interval { low, high, denominator: 2 * self.scale(), low_closed, high_closed }
    }

    /// The modes of `allowed` under which `score` is printed so.
    pub fn modes(&self, allowed: Rounding, score: &Exact) -> Vec<Rounding> {
        allowed.allowed().into_iter().filter(|mode| self.interval(*mode).holds_exact(score)).collect()
    }

    /// The same figure with its trailing zero after the point dropped.
    pub fn without_trailing_zero(&self) -> Option<Self> {
        (self.decimals > 0 && self.digits % 10 == 0).then(|| {
            let text = self.text[..self.text.len() - 1].trim_end_matches('.').to_string();
            Self { text, digits: self.digits / 10, decimals: self.decimals - 1, unit: self.unit }
        })
    }

    /// `score` in this figure's unit with `decimals` digits, for reasons.
    pub fn show(&self, score: f64, decimals: u32) -> String {
        show(score, self.unit, decimals)
    }
}

/// A score in a unit, for reasons.
pub fn show(score: f64, unit: Unit, decimals: u32) -> String {
    let decimals = decimals as usize;
    match unit {
        Unit::Percent => format!("{:.decimals$} %", 100.0 * score),
        Unit::Fraction => format!("{score:.decimals$}"),
    }
}

fn complaint(text: &str) -> String {
    let fixed = text.trim().trim_end_matches('%').trim().replace(',', ".");
    let deviation =
        fixed.split_once('±').or_else(|| fixed.split_once("+-")).or_else(|| fixed.split_once("+/-"));
    let hint = match deviation {
        Some((mean, sd)) => {
            let [mean, sd] = [mean, sd].map(|part| part.trim().trim_end_matches('%').trim());
            match (mean.parse::<f64>().is_ok(), sd.parse::<f64>().is_ok()) {
                (true, true) => {
                    format!("; the deviation has a key of its own: \"{mean}\", and sd = \"{sd}\"")
                }
                (false, true) if mean.is_empty() => format!("; write \"{sd}\""),
                _ => String::new(),
            }
        }
        None if fixed != text && fixed.parse::<f64>().is_ok() => format!("; write \"{fixed}\""),
        None => String::new(),
    };
    format!("\"{text}\" is not a plain decimal such as \"54.25\"{hint}")
}

/// Fractions between `low / denominator` and `high / denominator`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    pub low: i128,
    pub high: i128,
    pub denominator: i128,
    pub low_closed: bool,
    pub high_closed: bool,
}

impl Interval {
    /// The smallest and the largest integer k with k / n inside; none where the first is larger. n > 0.
    pub fn integers(&self, n: i128) -> (i128, i128) {
        let (low, high) = (self.low * n, self.high * n);
        let floor = |value: i128| value.div_euclid(self.denominator);
        let first = if self.low_closed { -floor(-low) } else { floor(low) + 1 };
        let last = if self.high_closed { floor(high) } else { -floor(-high) - 1 };
        (first, last)
    }

    /// The integers k of 0 … most with k / n inside.
    pub fn counts(&self, n: u64, most: u64) -> std::ops::RangeInclusive<u64> {
        let (first, last) = self.integers(n.into());
        let (first, last) = (first.max(0), last.min(most.into()));
        #[allow(clippy::reversed_empty_ranges)] // how an empty range of counts is written
        if first > last { 1..=0 } else { first as u64..=last as u64 }
    }

    pub fn holds_exact(&self, score: &Exact) -> bool {
        let low = score.cmp(&self.low());
        let high = score.cmp(&self.high());
        (low.is_gt() || self.low_closed && low.is_eq()) && (high.is_lt() || self.high_closed && high.is_eq())
    }

    /// Whether `numerator / denominator` is inside; the denominator is positive and both fit 64 bits.
    pub fn holds(&self, numerator: i128, denominator: i128) -> bool {
        let left = numerator * self.denominator;
        let (low, high) = (self.low * denominator, self.high * denominator);
        (left > low || self.low_closed && left == low) && (left < high || self.high_closed && left == high)
    }

    pub fn low(&self) -> Exact {
        Exact::new(self.low, self.denominator)
    }

    pub fn high(&self) -> Exact {
        Exact::new(self.high, self.denominator)
    }

    pub fn low_f64(&self) -> f64 {
        self.low as f64 / self.denominator as f64
    }

    pub fn high_f64(&self) -> f64 {
        self.high as f64 / self.denominator as f64
    }

    /// Of what is left to 1.
    pub fn complement(&self) -> Self {
        Self {
            low: self.denominator - self.high,
            high: self.denominator - self.low,
            low_closed: self.high_closed,
            high_closed: self.low_closed,
            ..*self
        }
    }

    /// The numbers that are in both.
    pub fn common(&self, other: &Self) -> Option<Self> {
        // Denominators are twice a power of ten, so the larger is a multiple of the other.
        let denominator = self.denominator.max(other.denominator);
        let of = |interval: &Self| {
            let times = denominator / interval.denominator;
            Self { low: interval.low * times, high: interval.high * times, denominator, ..*interval }
        };
        let (a, b) = (of(self), of(other));
        let low = if (a.low, !a.low_closed) >= (b.low, !b.low_closed) { a } else { b };
        let high = if (a.high, a.high_closed) <= (b.high, b.high_closed) { a } else { b };
        let both = Self { high: high.high, high_closed: high.high_closed, ..low };
        (both.low < both.high || both.low == both.high && both.low_closed && both.high_closed).then_some(both)
    }

    /// Whether some number is in both.
    pub fn meets(&self, other: &Self) -> bool {
        let touches = |low: &Self, high: &Self| match (low.low * high.denominator)
            .cmp(&(high.high * low.denominator))
        {
            std::cmp::Ordering::Less => true,
            std::cmp::Ordering::Equal => low.low_closed && high.high_closed,
            std::cmp::Ordering::Greater => false,
        };
        touches(self, other) && touches(other, self)
    }
}

/// The fewest and the most of `n` that all intervals leave; the first is larger than the last where that is none.
pub fn counts_in_all(intervals: impl IntoIterator<Item = Interval>, n: u64) -> (u64, u64) {
    intervals.into_iter().map(|interval| interval.counts(n, n)).fold((0, n), |(first, last), range| {
        if range.is_empty() { (1, 0) } else { (first.max(*range.start()), last.min(*range.end())) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(text: &str) -> Printed {
        Printed::parse(text, Unit::Percent).unwrap()
    }

    #[test]
    fn only_plain_decimals_are_read() {
        for (text, hint) in [
            ("54,25", "write \"54.25\""),
            ("54.25%", "\"54.25\""),
            (" 1", "write \"1\""),
            ("", "plain"),
            ("5.", "plain"),
            ("1e2", "plain"),
        ] {
            let message = Printed::parse(text, Unit::Percent).unwrap_err();
            assert!(message.contains(hint), "{text}: {message}");
        }
        assert!(Printed::parse("1234567890.1234567", Unit::Fraction).unwrap_err().contains("15 digits"));
        assert_eq!(Printed::parse("-0.30", Unit::Fraction).unwrap().digits, -30);
    }

    #[test]
    fn each_rounding_has_its_interval() {
        // 433/800 = 54.125 %: a tie at two decimals.
        let tie = Exact::new(433, 800);
        let modes = |text: &str| printed(text).modes(Rounding::Any, &tie);
        assert_eq!(modes("54.13"), [Rounding::HalfUp, Rounding::Ceil]);
        assert_eq!(modes("54.12"), [Rounding::HalfEven, Rounding::Truncate]);
        assert_eq!(modes("54.11"), []);
        assert!(printed("54.12").interval(Rounding::Nearest).holds_exact(&tie));
        assert!(!printed("54.11").interval(Rounding::Any).holds_exact(&tie));
        let negative = Printed::parse("-0.2", Unit::Fraction).unwrap();
        assert_eq!(
            negative.modes(Rounding::Any, &Exact::new(-1, 4)),
            [Rounding::HalfEven, Rounding::Truncate, Rounding::Ceil]
        );
    }

    #[test]
    fn integers_inside_are_found() {
        let counts = |text: &str, rounding, n| printed(text).interval(rounding).counts(n, n);
        assert_eq!(counts("54.25", Rounding::Any, 800), 434..=434);
        assert!(counts("48.80", Rounding::Any, 800).is_empty());
        assert_eq!(counts("49.38", Rounding::HalfUp, 800), 395..=395);
        assert!(counts("49.38", Rounding::Truncate, 800).is_empty());
        assert_eq!(counts("0", Rounding::HalfUp, 800), 0..=3);
        assert_eq!(counts("100", Rounding::Any, 800), 793..=800);
    }

    #[test]
    fn zeros_at_the_end_can_be_dropped() {
        let shorter = printed("48.80").without_trailing_zero().unwrap();
        assert_eq!((shorter.text.as_str(), shorter.digits, shorter.decimals), ("48.8", 488, 1));
        assert_eq!(printed("84.0").without_trailing_zero().unwrap().text, "84");
        assert!(
            printed("48.81").without_trailing_zero().is_none()
                && printed("80").without_trailing_zero().is_none()
        );
    }
}
