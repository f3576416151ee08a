//! A small room: a feedback delay network of eight lines (Jot and Chaigne 1991) with a Householder mixing matrix,
//! x ← x − (2/8)·Σx, and a one-pole low-pass in each line for walls that swallow high tones.

use super::portable::exp2;

/// Lengths of the lines in milliseconds for a room of size 1; no two share a period at usual rates.
const MILLISECONDS: [f64; 8] = [29.7, 37.1, 41.1, 43.7, 53.3, 59.9, 67.1, 73.3];

/// Adds the room's answer to `send` to `out`; `seconds` is the time to fall by 60 dB.
pub fn add(send: &[f32], out: &mut [f32], share: f64, seconds: f64, size: f64, damping: f64, rate_hz: f64) {
    let lengths = MILLISECONDS.map(|length| ((length * size * 1e-3 * rate_hz) as usize).max(3));
    let mut lines = lengths.map(|length| vec![0.0f32; length]);
    let feedback =
        lengths.map(|length| exp2(-9.965_784_284_662_087 * length as f64 / (seconds.max(0.05) * rate_hz)) as f32);
    let keep = damping.clamp(0.0, 0.95) as f32;
    let share = (share * 0.5) as f32;
    let (mut at, mut dulled) = ([0usize; 8], [0.0f32; 8]);
    for (input, output) in send.iter().zip(out) {
        let mut tail = [0.0f32; 8];
        for line in 0..8 {
            let raw = lines[line][at[line]];
            dulled[line] = raw + keep * (dulled[line] - raw);
            tail[line] = dulled[line] * feedback[line];
        }
        let sum: f32 = tail.iter().sum();
        let mixed = 0.25 * sum;
        for line in 0..8 {
            lines[line][at[line]] = *input + tail[line] - mixed;
            at[line] = if at[line] + 1 == lengths[line] { 0 } else { at[line] + 1 };
        }
        *output += share * (tail[0] - tail[1] + tail[2] - tail[3] + tail[4] - tail[5] + tail[6] - tail[7]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_dies_away_by_about_sixty_decibels_in_the_stated_time() {
        let rate_hz = 22050.0;
        let mut send = vec![0.0f32; 40_000];
        send[0] = 1.0;
        let mut out = vec![0.0f32; send.len()];
        add(&send, &mut out, 1.0, 1.0, 1.0, 0.0, rate_hz);
        let energy = |from: usize| out[from..from + 4000].iter().map(|x| f64::from(x * x)).sum::<f64>();
        let early = energy(3000);
        let late = energy(3000 + 22050);
        let fall_db = 10.0 * (early / late).log10();
        assert!((50.0..70.0).contains(&fall_db), "{fall_db}");
    }
}
