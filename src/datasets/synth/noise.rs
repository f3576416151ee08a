//! White noise, uniform in [−1, 1), four 16-bit samples from each 64-bit draw.

use crate::random::Draws;

pub struct Noise {
    draws: Draws,
    word: u64,
    samples_left: u8,
}

impl Noise {
    pub fn new(seed: u64, label: &str) -> Self {
        Self { draws: Draws::new(seed, label), word: 0, samples_left: 0 }
    }

    pub fn sample(&mut self) -> f32 {
        if self.samples_left == 0 {
            self.word = self.draws.seed();
            self.samples_left = 4;
        }
        let sample = self.word as u16 as i16;
        self.word >>= 16;
        self.samples_left -= 1;
        f32::from(sample) / 32768.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_white_and_centred() {
        let mut noise = Noise::new(3, "test");
        let samples: Vec<f64> = (0..40_000).map(|_| f64::from(noise.sample())).collect();
        let n = samples.len() as f64;
        let mean = samples.iter().sum::<f64>() / n;
        let variance = samples.iter().map(|x| x * x).sum::<f64>() / n;
        let neighbour = samples.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>() / n;
        assert!(mean.abs() < 0.01 && (variance - 1.0 / 3.0).abs() < 0.01 && neighbour.abs() < 0.01);
    }
}
