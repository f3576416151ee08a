//! Who is ranked above whom, by the probability of each class: what areas under ROC curves are made from.

use super::predictions::Predictions;

/// The clips of a test side in the order of each class's probability: sorted once, however often they are redrawn.
pub struct Ranking {
    /// By class.
    orders: Vec<Vec<Place>>,
}

struct Place {
    clip: usize,
    /// Whether its probability is another than that of the place before.
    rises: bool,
}

impl Ranking {
    /// `None` without probabilities.
    pub fn of(predictions: &Predictions) -> Option<Self> {
        let table = predictions.probabilities.as_ref()?;
        let order = |class: usize| {
            let mut clips: Vec<usize> = (0..table.len()).collect();
            clips.sort_unstable_by(|a, b| table[*a][class].total_cmp(&table[*b][class]));
            let mut last = f64::NAN;
            let place = |clip: usize| {
                let rises = table[clip][class] != last;
                last = table[clip][class];
                Place { clip, rises }
            };
            clips.into_iter().map(place).collect()
        };
        Some(Self { orders: (0..predictions.classes.len()).map(order).collect() })
    }

    /// Who is ranked above whom, each clip counted as often as its weight says.
    pub fn wins(&self, predictions: &Predictions, weights: &[u32]) -> Wins {
        let (truth, classes) = (&predictions.truth, predictions.classes.len());
        let mut clips = vec![0.0; classes];
        truth.iter().zip(weights).for_each(|(class, weight)| clips[*class] += f64::from(*weight));
        let mut above = vec![0.0; classes * classes];
        for (class, (order, above)) in
            self.orders.iter().zip(above.chunks_exact_mut(classes.max(1))).enumerate()
        {
            // Of every class, how many clips are ranked lower.
            let mut below = vec![0.0; classes];
            for ties in order.chunk_by(|_, next| !next.rises) {
                let weight = |place: &Place| f64::from(weights[place.clip]);
                let own: f64 = ties.iter().filter(|place| truth[place.clip] == class).map(weight).sum();
                if own > 0.0 {
                    above.iter_mut().zip(&below).for_each(|(above, below)| *above += own * below);
                    ties.iter().for_each(|place| above[truth[place.clip]] += own * weight(place) / 2.0);
                }
                ties.iter().for_each(|place| below[truth[place.clip]] += weight(place));
            }
        }
        Wins { above, clips }
    }
}

/// All pairs of clips of two classes, ties counting half: halves of whole numbers, so that sums of them are exact.
pub struct Wins {
    /// class × class: in how many pairs the clip of the first has more of the first's probability.
    above: Vec<f64>,
    /// Of each class.
    clips: Vec<f64>,
}

impl Wins {
    fn area(above: f64, positives: f64, negatives: f64) -> Option<f64> {
        (positives > 0.0 && negatives > 0.0).then(|| above / (positives * negatives))
    }

    pub(super) fn one_vs_rest(&self, weighted: bool) -> Option<f64> {
        let (classes, all) = (self.clips.len(), self.clips.iter().sum::<f64>());
        mean((0..classes).map(|class| {
            let above = &self.above[class * classes..][..classes];
            let above: f64 = (0..classes).filter(|other| *other != class).map(|other| above[other]).sum();
            let clips = self.clips[class];
            Some((Self::area(above, clips, all - clips)?, if weighted { clips } else { 1.0 }))
        }))
    }

    pub(super) fn one_vs_one(&self, weighted: bool) -> Option<f64> {
        let classes = self.clips.len();
        let side = |a: usize, b: usize| Self::area(self.above[a * classes + b], self.clips[a], self.clips[b]);
        mean((0..classes).flat_map(|a| (a + 1..classes).map(move |b| (a, b))).map(|(a, b)| {
            let clips = self.clips[a] + self.clips[b];
            Some(((side(a, b)? + side(b, a)?) / 2.0, if weighted { clips } else { 1.0 }))
        }))
    }
}

fn mean(parts: impl Iterator<Item = Option<(f64, f64)>>) -> Option<f64> {
    let (mut sum, mut weights) = (0.0, 0.0);
    for part in parts {
        let (area, weight) = part?;
        sum += weight * area;
        weights += weight;
    }
    (weights > 0.0).then(|| sum / weights)
}
