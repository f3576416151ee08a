//! A plucked string after Karplus and Strong (1983), with Jaffe and Smith's (1983) loss: a burst of noise, made
//! dull by the softness of the finger, runs round a delay of one period through a two-point average.

use super::filters::OnePole;
use super::noise::Noise;
use super::portable::{decay_factor, exp2};
use super::voice::{Note, Voice};

/// Adds the note to `out`, whose first sample is the note's start.
pub fn add(note: &Note, voice: &Voice, rate_hz: f64, noise: &mut Noise, out: &mut [f32]) {
    // The average w·x[n] + (1−w)·x[n−1] delays by 1−w samples, which the period has to make up for.
    let weight = 0.5 + 0.42 * voice.brightness;
    let period = (rate_hz / note.hertz - (1.0 - weight)).max(2.0);
    let whole = period as usize;
    let fraction = (period - whole as f64) as f32;
    let finger = 700.0 * exp2(3.6 * voice.brightness) * (0.6 + 0.4 * note.velocity);
    let mut dull = OnePole::new(finger.min(0.45 * rate_hz), rate_hz);
    let mut string: Vec<f32> = (0..whole + 1).map(|_| dull.low(noise.sample())).collect();
    // Where the string is plucked takes the harmonics with a node there out of the burst.
    let pluck = 1 + ((0.08 + 0.3 * voice.character) * whole as f64) as usize;
    for position in (pluck..string.len()).rev() {
        string[position] -= 0.9 * string[position - pluck];
    }
    let energy: f32 = string.iter().map(|x| x * x).sum::<f32>() / string.len() as f32;
    let scale = 0.45 * note.velocity as f32 / energy.max(1e-9).sqrt();
    string.iter_mut().for_each(|sample| *sample *= scale);

    let ring_seconds = (0.25 + 1.8 * voice.ring) * (220.0 / note.hertz).clamp(0.3, 2.0);
    let loss = decay_factor(ring_seconds, note.hertz) as f32;
    let damped = decay_factor(0.07, note.hertz) as f32;
    let held = (note.hold_seconds * rate_hz) as usize;
    let length = out.len().min(held + (0.5 * rate_hz) as usize);
    let weight = weight as f32;
    let (mut at, mut previous) = (0, 0.0f32);
    for (position, sample) in out[..length].iter_mut().enumerate() {
        let next = if at + 1 == string.len() { 0 } else { at + 1 };
        let read = string[next] + fraction * (string[at] - string[next]);
        let averaged = weight * read + (1.0 - weight) * previous;
        previous = read;
        string[at] = averaged * if position < held { loss } else { damped };
        *sample += read;
        at = next;
    }
}
