//! Check 8: between which macro (or weighted) F1 a given number of hits leaves room.
//!
//! Write mᵢ for the clips of class i that were missed and eᵢ for the clips wrongly taken for it; Σm = Σe = E errors,
//! and mᵢ + eᵢ ≤ E. Class i has F1 = 2(s − m) / (2s − m + e).
//!
//! - In e this is convex, so the **highest** sum is at a corner: all errors enter one class u, but for u's own, which
//!   enter one other class x. In m, with e = 0, it is concave, so the misses of the other classes are spread by taking
//!   the cheapest next miss each time. Trying every (u, x, m_u, m_x) gives the exact maximum.
//! - In m it is concave, so the **lowest** sum is at a corner too: every class is hit always or never, but for one. In e
//!   it is convex, so the errors go each time where they hurt most. Trying every set of classes never hit gives the
//!   exact minimum of the problem without mᵢ + eᵢ ≤ E; nearly always its answer obeys that as well and is the minimum
//!   itself, and where it does not, it is a bound still.
//!
//! Sums are integers in units of 2⁻⁶⁰, each class rounded down, so that the bounds hold with `classes` units to spare.

use super::tally::Tally;

/// One in fixed point.
const ONE: u128 = 1 << 60;
/// Steps that one bound may take, of some five nanoseconds each.
const MOST_STEPS: u64 = 60_000_000;

/// The classes and what each weighs in the mean: 1 each for macro, its clips for weighted.
#[derive(Debug, Clone)]
pub struct Weighted {
    pub support: Vec<u64>,
    pub weights: Vec<u64>,
}

/// One end of the envelope.
#[derive(Debug, Clone)]
pub struct End {
    /// No outcome goes beyond this mean F1 (rounded outwards).
    pub bound: f64,
    /// The same, exactly: in units of 2⁻⁶⁰ of the weighted sum.
    fixed: u128,
    /// An outcome that reaches the bound, where one was made.
    pub reached: Option<Tally>,
}

impl Weighted {
    pub fn macro_of(support: &[u64]) -> Self {
        Self { support: support.to_vec(), weights: vec![1; support.len()] }
    }

    pub fn by_support(support: &[u64]) -> Self {
        Self { support: support.to_vec(), weights: support.to_vec() }
    }

    fn total_weight(&self) -> u128 {
        self.weights.iter().map(|&weight| u128::from(weight)).sum()
    }

    fn part(&self, class: usize, missed: u64, entering: u64) -> u128 {
        let s = self.support[class];
        let (top, below) = (u128::from(2 * (s - missed)), u128::from(2 * s - missed + entering));
        (u128::from(self.weights[class]) * top * ONE).checked_div(below).unwrap_or(0)
    }

    /// What it costs to miss one clip more while nothing enters: grows with `missed`.
    fn cost(&self, class: usize, missed: u64) -> u128 {
        self.part(class, missed, 0) - self.part(class, missed + 1, 0)
    }

    fn end(&self, fixed: u128, reached: Option<Tally>) -> End {
        let bound = fixed as f64 / ONE as f64 / self.total_weight() as f64;
        End { bound, fixed, reached }
    }

    fn tally(&self, missed: &[u64], entering: &[u64]) -> Tally {
        let hits: Vec<u64> = self.support.iter().zip(missed).map(|(s, m)| s - m).collect();
        let taken = hits.iter().zip(entering).map(|(t, e)| t + e).collect();
        Tally { support: self.support.clone(), hits, taken }
    }

    /// Classes alike in support and weight, by their first member, with all members.
    fn kinds(&self) -> Vec<Vec<usize>> {
        let mut kinds: Vec<Vec<usize>> = Vec::new();
        for class in 0..self.support.len() {
            let alike = |kind: &&mut Vec<usize>| {
                self.support[kind[0]] == self.support[class] && self.weights[kind[0]] == self.weights[class]
            };
            match kinds.iter_mut().find(alike) {
                Some(kind) => kind.push(class),
                None => kinds.push(vec![class]),
            }
        }
        kinds
    }

    /// The classes that errors may enter, and where its own go; of classes alike one stands for all.
    fn pairs(&self) -> Vec<(usize, usize)> {
        let kinds = self.kinds();
        let of = |u: &Vec<usize>| {
            let first = u[0];
            let others = kinds.iter().filter_map(move |x| Some((first, *x.iter().find(|&&x| x != first)?)));
            others.collect::<Vec<_>>()
        };
        kinds.iter().flat_map(of).collect()
    }

    /// What the highest mean F1 costs, whatever the hits.
    pub fn steps(&self) -> u64 {
        let clips: u64 = self.support.iter().sum();
        let of = |&(u, x): &(usize, usize)| {
            self.support[u].saturating_mul(self.support[x]).saturating_add(20 * clips)
        };
        self.pairs().iter().map(of).fold(0, u64::saturating_add)
    }

    /// The highest mean F1 with so many hits; `None` where finding it would take too long.
    pub fn highest(&self, hits: u64) -> Option<End> {
        let clips: u64 = self.support.iter().sum();
        let errors = clips.checked_sub(hits)?;
        let classes = self.support.len();
        if errors == 0 {
            let none = vec![0; classes];
            let fixed = (0..classes).map(|class| self.part(class, 0, 0)).sum();
            return Some(self.end(fixed, Some(self.tally(&none, &none))));
        }
        if self.steps() > MOST_STEPS {
            return None;
        }
        let pairs = self.pairs();
        let mut best: Option<(u128, usize, usize, u64, u64)> = None;
        for &(u, x) in &pairs {
            let rest = self.spread(u, x);
            for m_u in 0..=self.support[u].min(errors) {
                for m_x in 0..=self.support[x].min(errors - m_u) {
                    let Some(others) = rest.get((errors - m_u - m_x) as usize) else { continue };
                    let sum = others.0 + self.part(u, m_u, errors - m_u) + self.part(x, m_x, m_u);
                    if best.is_none_or(|known| sum > known.0) {
                        best = Some((sum, u, x, m_u, m_x));
                    }
                }
            }
        }
        let (sum, u, x, m_u, m_x) = best?;
        let (mut missed, mut entering) = (vec![0; classes], vec![0; classes]);
        for &(_, class) in &self.spread(u, x)[1..=(errors - m_u - m_x) as usize] {
            missed[class] += 1;
        }
        (missed[u], missed[x], entering[u], entering[x]) = (m_u, m_x, errors - m_u, m_u);
        let spare = classes as u128;
        Some(self.end(sum + spare, Some(self.tally(&missed, &entering))))
    }

    /// The highest sum of the classes other than `u` and `x` with 0, 1, 2 … misses among them, and the class of the
    /// last miss.
    fn spread(&self, u: usize, x: usize) -> Vec<(u128, usize)> {
        let others: Vec<usize> = (0..self.support.len()).filter(|&class| class != u && class != x).collect();
        let mut costs: Vec<(u128, usize)> = others
            .iter()
            .flat_map(|&class| (0..self.support[class]).map(move |missed| (self.cost(class, missed), class)))
            .collect();
        // Within a class costs grow, up to the rounding of the last bit, which `classes` spare units cover.
        costs.sort_unstable();
        let mut sum: u128 = others.iter().map(|&class| self.part(class, 0, 0)).sum();
        let mut sums = vec![(sum, usize::MAX)];
        for (cost, class) in costs {
            sum -= cost;
            sums.push((sum, class));
        }
        sums
    }

    /// The lowest mean F1 with so many hits, or a bound below it; `None` where finding it would take too long.
    pub fn lowest(&self, hits: u64) -> Option<End> {
        let clips: u64 = self.support.iter().sum();
        let errors = clips.checked_sub(hits)?;
        let classes = self.support.len();
        let kinds = self.kinds();
        let sets: u64 = kinds.iter().fold(1u64, |sets, kind| sets.saturating_mul(kind.len() as u64 + 1));
        if sets.saturating_mul(classes as u64 * 200) > MOST_STEPS {
            return None;
        }
        let mut best: Option<(u128, Vec<u64>, Vec<u64>)> = None;
        let mut never = vec![0usize; kinds.len()];
        loop {
            let missed_all: u64 =
                kinds.iter().zip(&never).map(|(kind, &count)| count as u64 * self.support[kind[0]]).sum();
            if let Some(rest) = errors.checked_sub(missed_all) {
                for (partly, kind) in kinds.iter().enumerate() {
                    let free = never[partly] < kind.len();
                    if rest > self.support[kind[0]] || rest > 0 && !free {
                        continue;
                    }
                    let mut missed = vec![0; classes];
                    for (kind, &count) in kinds.iter().zip(&never) {
                        kind[..count].iter().for_each(|&class| missed[class] = self.support[class]);
                    }
                    if rest > 0 {
                        missed[kind[never[partly]]] = rest;
                    }
                    let entering = self.worst_entering(&missed, errors);
                    let sum =
                        (0..classes).map(|class| self.part(class, missed[class], entering[class])).sum();
                    if best.as_ref().is_none_or(|known| sum < known.0) {
                        best = Some((sum, missed, entering));
                    }
                    if rest == 0 {
                        break;
                    }
                }
            }
            let Some(place) = (0..kinds.len()).find(|&place| never[place] < kinds[place].len()) else {
                break;
            };
            never[place] += 1;
            never[..place].fill(0);
        }
        let (sum, missed, mut entering) = best?;
        self.send_home(&missed, &mut entering, errors);
        let tally = self.tally(&missed, &entering);
        let sent: u128 = (0..classes).map(|class| self.part(class, missed[class], entering[class])).sum();
        let reached = (sent == sum && tally.exists()).then_some(tally);
        Some(self.end(sum, reached))
    }

    /// Errors sent one by one to where they lower the sum most: the minimum, because each class is convex in them.
    fn worst_entering(&self, missed: &[u64], errors: u64) -> Vec<u64> {
        let hit: Vec<usize> =
            (0..missed.len()).filter(|&class| missed[class] < self.support[class]).collect();
        let mut entering = vec![0u64; missed.len()];
        if hit.is_empty() {
            return entering;
        }
        let top = |class: usize| (2 * self.weights[class] * (self.support[class] - missed[class])) as f64;
        let below = |class: usize| (2 * self.support[class] - missed[class]) as f64;
        // A first guess: all slopes equal to `level`, by bisection; at most E units in all.
        let guess = |level: f64, class: usize| {
            ((top(class) / level).sqrt() - below(class)).clamp(0.0, errors as f64).floor() as u64
        };
        let (mut low, mut high) = (1e-18f64, 1e18f64);
        for _ in 0..100 {
            let level = (low * high).sqrt();
            let sum: u64 = hit.iter().map(|&class| guess(level, class)).sum();
            if sum > errors { low = level } else { high = level }
        }
        hit.iter().for_each(|&class| entering[class] = guess(high, class));
        let mut left = errors - hit.iter().map(|&class| entering[class]).sum::<u64>();
        // The gain of one unit more, top / (b (b + 1)), compared exactly.
        let gain = |class: usize, entering: u64| {
            let b = u128::from(2 * self.support[class] - missed[class] + entering);
            (u128::from(2 * self.weights[class] * (self.support[class] - missed[class])), b * (b + 1))
        };
        let more = |a: (u128, u128), b: (u128, u128)| (a.0 * b.1).cmp(&(b.0 * a.1));
        let best = |entering: &[u64]| {
            hit.iter()
                .copied()
                .max_by(|&a, &b| more(gain(a, entering[a]), gain(b, entering[b])).then(b.cmp(&a)))
        };
        let least = |entering: &[u64]| {
            let used = hit.iter().copied().filter(|&class| entering[class] > 0);
            used.min_by(|&a, &b| more(gain(a, entering[a] - 1), gain(b, entering[b] - 1)).then(a.cmp(&b)))
        };
        while left > 0 {
            let Some(class) = best(&entering) else { break };
            entering[class] += 1;
            left -= 1;
        }
        while let (Some(to), Some(from)) = (best(&entering), least(&entering)) {
            if to == from || more(gain(to, entering[to]), gain(from, entering[from] - 1)).is_le() {
                break;
            }
            entering[to] += 1;
            entering[from] -= 1;
        }
        entering
    }

    /// Where no class can take every error, those left over enter classes that are never hit; and no class takes an
    /// error that leaves it.
    fn send_home(&self, missed: &[u64], entering: &mut [u64], errors: u64) {
        for class in 0..missed.len() {
            entering[class] = entering[class].min(errors - missed[class]);
        }
        let mut left = errors - entering.iter().sum::<u64>();
        for pass in [false, true] {
            for class in 0..missed.len() {
                let never_hit = missed[class] == self.support[class];
                if never_hit != pass {
                    let moved = left.min(errors - missed[class] - entering[class]);
                    entering[class] += moved;
                    left -= moved;
                }
            }
        }
    }

    /// Whether a mean F1 of `numerator / denominator` or less is below `end` for certain.
    pub fn is_below(&self, end: &End, numerator: i128, denominator: i128) -> bool {
        // numerator / denominator · weight · ONE < fixed, with room: everything fits 128 bits for claims this size.
        let scaled = mul_wide(numerator.max(0) as u128, self.total_weight(), denominator as u128);
        scaled.is_some_and(|scaled| scaled + 1 < end.fixed)
    }

    /// Whether a mean F1 of `numerator / denominator` or more is above `end` for certain.
    pub fn is_above(&self, end: &End, numerator: i128, denominator: i128) -> bool {
        let scaled = mul_wide(numerator.max(0) as u128, self.total_weight(), denominator as u128);
        scaled.is_some_and(|scaled| scaled > end.fixed)
    }
}

/// ⌊a · b · 2⁶⁰ / d⌋ where it fits.
fn mul_wide(a: u128, b: u128, d: u128) -> Option<u128> {
    let product = a.checked_mul(b)?;
    let (whole, mut rest) = (product / d, product % d);
    let mut result = whole.checked_mul(ONE)?;
    // 60 binary digits of rest / d, a few at a time so that nothing overflows.
    let mut shift = 60;
    while shift > 0 {
        let step = shift.min(rest.leading_zeros()).min(10);
        if step == 0 {
            return None;
        }
        rest <<= step;
        shift -= step;
        result = result.checked_add((rest / d) << shift)?;
        rest %= d;
    }
    Some(result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every outcome of a small set: (hits, sum in fixed point).
    fn every_outcome(classes: &Weighted) -> Vec<(u64, f64)> {
        fn descend(
            classes: &Weighted,
            hits: &mut Vec<u64>,
            taken: &mut Vec<u64>,
            found: &mut Vec<(u64, f64)>,
        ) {
            let class = hits.len();
            if class == classes.support.len() {
                let tally =
                    Tally { support: classes.support.clone(), hits: hits.clone(), taken: taken.clone() };
                if tally.exists() {
                    let sum: f64 = (0..class)
                        .map(|i| {
                            let below = (tally.support[i] + taken[i]) as f64;
                            classes.weights[i] as f64 * 2.0 * hits[i] as f64 / below
                        })
                        .sum();
                    found.push((tally.total_hits(), sum / classes.total_weight() as f64));
                }
                return;
            }
            let clips: u64 = classes.support.iter().sum();
            for hit in 0..=classes.support[class] {
                for take in hit..=clips {
                    hits.push(hit);
                    taken.push(take);
                    descend(classes, hits, taken, found);
                    hits.pop();
                    taken.pop();
                }
            }
        }
        let mut found = Vec::new();
        descend(classes, &mut Vec::new(), &mut Vec::new(), &mut found);
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn the_ends_are_those_of_trying_everything(support in prop::collection::vec(1u64..5, 2..4), weighted: bool) {
            let classes =
                if weighted { Weighted::by_support(&support) } else { Weighted::macro_of(&support) };
            let outcomes = every_outcome(&classes);
            for hits in 0..=support.iter().sum::<u64>() {
                let sums: Vec<f64> = outcomes.iter().filter(|known| known.0 == hits).map(|known| known.1).collect();
                if sums.is_empty() {
                    continue;
                }
                let high = sums.iter().copied().fold(f64::MIN, f64::max);
                let low = sums.iter().copied().fold(f64::MAX, f64::min);
                let highest = classes.highest(hits).unwrap();
                prop_assert!((highest.bound - high).abs() < 1e-12, "{:?} {hits}: {} {high}", support, highest.bound);
                prop_assert!(highest.reached.is_some_and(|tally| tally.exists() && tally.total_hits() == hits));
                let lowest = classes.lowest(hits).unwrap();
                prop_assert!(lowest.bound <= low + 1e-12);
                if lowest.reached.is_some() {
                    prop_assert!((lowest.bound - low).abs() < 1e-12, "{:?} {hits}: {} {low}", support, lowest.bound);
                }
            }
        }
    }

    #[test]
    fn the_ends_of_an_accuracy_of_57_percent_on_eight_times_a_hundred() {
        // 0.57 is 452 to 460 of 800.
        let classes = Weighted::macro_of(&[100; 8]);
        let (low, high) = (classes.lowest(452).unwrap(), classes.highest(460).unwrap());
        assert!(low.reached.is_some());
        assert_eq!(
            (format!("{:.4}", low.bound), format!("{:.4}", high.bound)),
            ("0.4286".into(), "0.6594".into())
        );
    }
}
