//! Batch normalisation (Ioffe & Szegedy 2015), with the ReLU that follows it in the same pass.
//!
//! y = γ (x − μ)/√(σ² + ε) + β by channel over clips and positions; σ² is biased, the running variance is not.
//! dβ = Σ dy, dγ = Σ dy x̂, dx = γ/√(σ² + ε) · (dy − dβ/m − x̂ dγ/m), so that dx = a dy + b x + c by channel.

use rayon::prelude::*;

use super::pointwise::rectified;
use crate::audio::vectorised::vectorised;

/// Clips are counted by `x.len() / (channels · plane)`.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    pub channels: usize,
    pub plane: usize,
}

/// Mean and variance of the batch by channel.
#[derive(Debug, Clone, Default)]
pub struct Moments {
    pub mean: Vec<f32>,
    pub inverse_deviation: Vec<f32>,
}

vectorised! {
    /// Σ v and Σ v², in sixteen running sums each.
    fn sums<'a>(values: &'a [f32]) -> [f64; 2] {
        let (mut plain, mut squares) = ([0.0f32; 16], [0.0f32; 16]);
        let (blocks, rest) = values.as_chunks::<16>();
        for block in blocks {
            for lane in 0..16 {
                plain[lane] += block[lane];
                squares[lane] = block[lane].mul_add(block[lane], squares[lane]);
            }
        }
        let (mut sum, mut square) = (0.0f64, 0.0f64);
        for lane in 0..16 {
            sum += f64::from(plain[lane]);
            square += f64::from(squares[lane]);
        }
        for value in rest {
            sum += f64::from(*value);
            square += f64::from(*value) * f64::from(*value);
        }
        [sum, square]
    }
}

vectorised! {
    /// Σ d and Σ d·(x − shift), where d is dy, or 0 where the ReLU's `y` is 0.
    fn gradient_sums<'a>(dy: &'a [f32], x: &'a [f32], y: Option<&'a [f32]>, shift: f32) -> [f64; 2] {
        let (mut plain, mut products) = ([0.0f32; 16], [0.0f32; 16]);
        let n = dy.len().min(x.len()) / 16 * 16;
        match y {
            Some(y) => {
                for ((dy, x), y) in dy.as_chunks::<16>().0.iter().zip(x.as_chunks::<16>().0).zip(y.as_chunks::<16>().0) {
                    for lane in 0..16 {
                        let d = if y[lane] > 0.0 { dy[lane] } else { 0.0 };
                        plain[lane] += d;
                        products[lane] = d.mul_add(x[lane] - shift, products[lane]);
                    }
                }
            }
            None => {
                for (dy, x) in dy.as_chunks::<16>().0.iter().zip(x.as_chunks::<16>().0) {
                    for lane in 0..16 {
                        plain[lane] += dy[lane];
                        products[lane] = dy[lane].mul_add(x[lane] - shift, products[lane]);
                    }
                }
            }
        }
        let (mut sum, mut product) = (0.0f64, 0.0f64);
        for lane in 0..16 {
            sum += f64::from(plain[lane]);
            product += f64::from(products[lane]);
        }
        for at in n..dy.len() {
            let d = if y.is_none_or(|y| y[at] > 0.0) { f64::from(dy[at]) } else { 0.0 };
            sum += d;
            product += d * f64::from(x[at] - shift);
        }
        [sum, product]
    }
}

vectorised! {
    fn scale_and_shift<'a>(x: &'a [f32], y: &'a mut [f32], scale: f32, shift: f32, relu: bool) -> () {
        if relu {
            y.iter_mut().zip(x).for_each(|(y, x)| *y = rectified(x.mul_add(scale, shift)));
        } else {
            y.iter_mut().zip(x).for_each(|(y, x)| *y = x.mul_add(scale, shift));
        }
    }
}

vectorised! {
    fn combine<'a>(dy: &'a [f32], x: &'a [f32], y: Option<&'a [f32]>, dx: &'a mut [f32], abc: [f32; 3]) -> () {
        let [a, b, c] = abc;
        match y {
            Some(y) => dx.iter_mut().zip(dy).zip(x.iter().zip(y)).for_each(|((dx, dy), (x, y))| {
                let d = if *y > 0.0 { *dy } else { 0.0 };
                *dx = a.mul_add(d, b.mul_add(*x, c));
            }),
            None => dx.iter_mut().zip(dy).zip(x).for_each(|((dx, dy), x)| *dx = a.mul_add(*dy, b.mul_add(*x, c))),
        }
    }
}

impl Layout {
    fn size(self) -> usize {
        self.channels * self.plane
    }

    /// A pair of sums by channel, clip by clip.
    fn by_channel(
        self,
        clips: usize,
        sums: impl Fn(usize, std::ops::Range<usize>) -> [f64; 2] + Sync,
    ) -> Vec<[f64; 2]> {
        let one = |channel: usize| {
            (0..clips).fold([0.0, 0.0], |total: [f64; 2], clip| {
                let start = clip * self.size() + channel * self.plane;
                let [a, b] = sums(channel, start..start + self.plane);
                [total[0] + a, total[1] + b]
            })
        };
        match self.channels * clips * self.plane < 1 << 14 {
            true => (0..self.channels).map(one).collect(),
            false => (0..self.channels).into_par_iter().map(one).collect(),
        }
    }

    /// Mean and biased variance by channel.
    fn statistics(self, x: &[f32]) -> Vec<[f64; 2]> {
        let clips = x.len() / self.size().max(1);
        let count = (clips * self.plane) as f64;
        let mut found = self.by_channel(clips, |_, range| sums(&x[range]));
        for pair in &mut found {
            let mean = pair[0] / count;
            *pair = [mean, (pair[1] / count - mean * mean).max(0.0)];
        }
        // Where the mean dwarfs the spread the difference of squares has no digits left.
        let poor = found.iter().any(|[mean, variance]| *variance < 1e-4 * mean * mean);
        if poor {
            let means: Vec<f64> = found.iter().map(|pair| pair[0]).collect();
            let again = self.by_channel(clips, |channel, range| {
                let squares = x[range].iter().map(|v| (f64::from(*v) - means[channel]).powi(2)).sum::<f64>();
                [squares, 0.0]
            });
            found.iter_mut().zip(again).for_each(|(pair, again)| pair[1] = again[0] / count);
        }
        found
    }

    fn apply(self, x: &[f32], y: &mut [f32], scale: &[f32], shift: &[f32], relu: bool) {
        let size = self.size().max(1);
        y.par_chunks_mut(size).zip(x.par_chunks(size)).with_min_len(1 + (1 << 14) / size).for_each(
            |(y, x)| {
                if self.plane == 1 {
                    for (at, slot) in y.iter_mut().enumerate() {
                        let value = x[at].mul_add(scale[at], shift[at]);
                        *slot = if relu { rectified(value) } else { value };
                    }
                    return;
                }
                for (channel, (y, x)) in y.chunks_mut(self.plane).zip(x.chunks(self.plane)).enumerate() {
                    scale_and_shift(x, y, scale[channel], shift[channel], relu);
                }
            },
        );
    }

    /// Normalises by the batch and moves the running statistics towards it.
    #[allow(clippy::too_many_arguments)]
    pub fn train(
        self,
        x: &[f32],
        y: &mut [f32],
        [gamma, beta]: [&[f32]; 2],
        [running_mean, running_variance]: [&mut [f32]; 2],
        momentum: f32,
        epsilon: f32,
        relu: bool,
    ) -> Moments {
        let count = (x.len() / self.channels.max(1)) as f64;
        let statistics = self.statistics(x);
        let mut moments = Moments::default();
        let (mut scale, mut shift) = (Vec::new(), Vec::new());
        for (channel, [mean, variance]) in statistics.into_iter().enumerate() {
            let inverse = 1.0 / (variance + f64::from(epsilon)).sqrt();
            let gain = f64::from(gamma[channel]) * inverse;
            scale.push(gain as f32);
            shift.push((f64::from(beta[channel]) - mean * gain) as f32);
            moments.mean.push(mean as f32);
            moments.inverse_deviation.push(inverse as f32);
            let unbiased = if count > 1.0 { variance * count / (count - 1.0) } else { variance };
            let towards = |old: f32, new: f64| (1.0 - momentum) * old + momentum * new as f32;
            running_mean[channel] = towards(running_mean[channel], mean);
            running_variance[channel] = towards(running_variance[channel], unbiased);
        }
        self.apply(x, y, &scale, &shift, relu);
        moments
    }

    /// Normalises by the running statistics.
    pub fn evaluate(
        self,
        x: &[f32],
        y: &mut [f32],
        [gamma, beta]: [&[f32]; 2],
        [mean, variance]: [&[f32]; 2],
        epsilon: f32,
        relu: bool,
    ) {
        let scale: Vec<f32> = gamma.iter().zip(variance).map(|(g, v)| g / (v + epsilon).sqrt()).collect();
        let shift: Vec<f32> = beta.iter().zip(mean.iter().zip(&scale)).map(|(b, (m, s))| b - m * s).collect();
        self.apply(x, y, &scale, &shift, relu);
    }

    /// Gives dx, dγ and dβ. `y` is the output where a ReLU followed.
    #[allow(clippy::too_many_arguments)]
    pub fn backward(
        self,
        x: &[f32],
        y: Option<&[f32]>,
        dy: &[f32],
        dx: &mut [f32],
        gamma: &[f32],
        [d_gamma, d_beta]: [&mut [f32]; 2],
        moments: &Moments,
    ) {
        let size = self.size().max(1);
        let clips = x.len() / size;
        let count = (clips * self.plane) as f64;
        let found = self.by_channel(clips, |channel, range| {
            gradient_sums(&dy[range.clone()], &x[range.clone()], y.map(|y| &y[range]), moments.mean[channel])
        });
        let mut abc = Vec::with_capacity(self.channels);
        for (channel, [sum, product]) in found.into_iter().enumerate() {
            let inverse = f64::from(moments.inverse_deviation[channel]);
            let with_normal = product * inverse;
            d_beta[channel] = sum as f32;
            d_gamma[channel] = with_normal as f32;
            let a = f64::from(gamma[channel]) * inverse;
            let b = -a * inverse * with_normal / count;
            let c = -a * sum / count - b * f64::from(moments.mean[channel]);
            abc.push([a as f32, b as f32, c as f32]);
        }
        let (dys, xs) = (dy.par_chunks(size), x.par_chunks(size));
        dx.par_chunks_mut(size).zip(dys.zip(xs)).enumerate().with_min_len(1 + (1 << 14) / size).for_each(
            |(clip, (dx, (dy, x)))| {
                let y = y.map(|y| &y[clip * size..][..size]);
                for (channel, abc) in abc.iter().enumerate() {
                    let range = channel * self.plane..(channel + 1) * self.plane;
                    let y = y.map(|y| &y[range.clone()]);
                    combine(&dy[range.clone()], &x[range.clone()], y, &mut dx[range], *abc);
                }
            },
        );
    }
}
