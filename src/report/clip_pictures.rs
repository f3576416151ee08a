//! Pictures of one clip: spectrogram, its harmonic and percussive parts, chroma, tempogram.

use ndarray::Array2;

use super::drawing::{Align, Frame, Ink, Scale, Sheet, sequential};
use crate::audio::Waveform;
use crate::features::{ClipViews, FeatureError, clip_views};

/// Pixels of a picture's field: a pixel is the loudest of the cells under it.
const ACROSS: usize = 760;
const LOWEST_HZ: f64 = 32.7;
const BPM: [f64; 2] = [30.0, 320.0];
const PITCHES: [&str; 12] = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];

/// The clip's pictures and its tempo in beats a minute.
pub fn clip_pictures(name: &str, waveform: &Waveform) -> Result<(Vec<Sheet>, f64), FeatureError> {
    let views = clip_views(waveform)?;
    let seconds = waveform.seconds();
    let pictures = vec![
        spectrogram(name, &views, seconds),
        parts(name, &views, seconds),
        chroma(name, &views, seconds),
        tempogram(name, &views, seconds),
    ];
    Ok((pictures, views.tempo))
}

fn field(top: f64, height: f64, seconds: f64, y: Scale) -> Frame {
    let x = Scale::linear(0.0, seconds.max(1e-3));
    Frame { left: 74.0, top, width: ACROSS as f64, height, x, y }
}

fn spectrogram(name: &str, views: &ClipViews, seconds: f64) -> Sheet {
    let mut sheet = Sheet::new("spectrogram", &format!("{name}: spectrogram"), 860.0, 420.0)
        .described("Loudness by time and frequency, in decibels below the clip's loudest point");
    let frame = hertz_field(46.0, 290.0, seconds, views);
    heat(&mut sheet, &frame, &by_hertz(&views.spectrogram, views, 290));
    hertz_axis(&mut sheet, &frame);
    seconds_axis(&mut sheet, &frame);
    legend(&mut sheet, (frame.left, frame.bottom() + 62.0), "−80 dB", "0 dB, the loudest");
    sheet
}

fn parts(name: &str, views: &ClipViews, seconds: f64) -> Sheet {
    let mut sheet = Sheet::new("harmonic-percussive", &format!("{name}: what sounds on, what is struck"), 860.0, 620.0)
        .described("The spectrogram parted by median filtering: harmonic above, percussive below, on one scale of decibels");
    for (place, (title, part)) in
        [("harmonic", &views.harmonic), ("percussive", &views.percussive)].into_iter().enumerate()
    {
        let frame = hertz_field(64.0 + 250.0 * place as f64, 210.0, seconds, views);
        sheet.words(title, (frame.left, frame.top - 10.0), 12.5, Align::Left, Ink::Text);
        heat(&mut sheet, &frame, &by_hertz(part, views, 210));
        hertz_axis(&mut sheet, &frame);
        if place == 1 {
            seconds_axis(&mut sheet, &frame);
            legend(
                &mut sheet,
                (frame.left, frame.bottom() + 62.0),
                "−80 dB",
                "0 dB, the loudest of the clip",
            );
        }
    }
    sheet
}

fn chroma(name: &str, views: &ClipViews, seconds: f64) -> Sheet {
    let mut sheet = Sheet::new("chroma", &format!("{name}: chroma"), 860.0, 410.0)
        .described("Strength of the twelve pitch classes over time, each frame's strongest 1");
    let frame = field(46.0, 276.0, seconds, Scale::linear(0.0, 12.0));
    let from_top: Vec<Vec<f32>> = (0..12)
        .rev()
        .map(|pitch| over_time(&views.chroma, |row| row.get(pitch).copied().unwrap_or(0.0)))
        .collect();
    heat(&mut sheet, &frame, &from_top);
    for (pitch, name) in PITCHES.iter().enumerate() {
        let y = frame.y_at(pitch as f64 + 0.5);
        sheet.words(name, (frame.left - 8.0, y), 12.0, Align::Right, Ink::Text);
    }
    seconds_axis(&mut sheet, &frame);
    legend(&mut sheet, (frame.left, frame.bottom() + 62.0), "0", "1, the strongest of its frame");
    sheet
}

fn tempogram(name: &str, views: &ClipViews, seconds: f64) -> Sheet {
    let title = format!("{name}: tempogram, {:.0} beats a minute", views.tempo);
    let mut sheet = Sheet::new("tempogram", &title, 860.0, 410.0)
        .described("How well the onsets of 8 seconds fit a beat of each tempo; the dashed line is the tempo of the whole clip");
    let y = Scale { low: BPM[0], high: BPM[1], logarithmic: true };
    let frame = field(46.0, 276.0, seconds, y);
    let rows = 276;
    let per_lag = 60.0 * f64::from(views.rate_hz) / views.hop_samples as f64;
    let lines: Vec<Vec<f32>> = (0..rows)
        .map(|row| {
            let part = 1.0 - (row as f64 + 0.5) / rows as f64;
            let lag = per_lag / (BPM[0] * (BPM[1] / BPM[0]).powf(part));
            let (low, share) = (lag.floor() as usize, (lag - lag.floor()) as f32);
            over_time(&views.tempogram, |lags| {
                let at = |lag: usize| lags.get(lag).copied().unwrap_or(0.0);
                ((1.0 - share) * at(low) + share * at(low + 1)).clamp(0.0, 1.0)
            })
        })
        .collect();
    heat(&mut sheet, &frame, &lines);
    for bpm in [30.0, 60.0, 90.0, 120.0, 180.0, 240.0, 320.0] {
        sheet.words(&format!("{bpm:.0}"), (frame.left - 8.0, frame.y_at(bpm)), 12.0, Align::Right, Ink::Text);
    }
    sheet.upright("beats a minute", (frame.left - 48.0, frame.top + frame.height / 2.0), 12.5, Ink::Text);
    if (BPM[0]..BPM[1]).contains(&views.tempo) {
        let y = frame.y_at(views.tempo);
        sheet.dashes(&[(frame.left, y), (frame.right(), y)], Ink::Fixed(0xd5, 0x5e, 0x00), 2.0);
    }
    seconds_axis(&mut sheet, &frame);
    legend(&mut sheet, (frame.left, frame.bottom() + 62.0), "0", "1, repeats exactly");
    sheet
}

fn hertz_field(top: f64, height: f64, seconds: f64, views: &ClipViews) -> Frame {
    let high = (f64::from(views.rate_hz) / 2.0).max(2.0 * LOWEST_HZ);
    field(top, height, seconds, Scale { low: LOWEST_HZ, high, logarithmic: true })
}

fn hertz_axis(sheet: &mut Sheet, frame: &Frame) {
    for hertz in [50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10_000.0] {
        if hertz < frame.y.high {
            let y = frame.y_at(hertz);
            let text =
                if hertz < 1000.0 { format!("{hertz:.0}") } else { format!("{:.0} k", hertz / 1000.0) };
            sheet.words(&text, (frame.left - 8.0, y), 12.0, Align::Right, Ink::Text);
            sheet.line(&[(frame.left - 5.0, y), (frame.left, y)], Ink::Faint, 1.0);
        }
    }
    sheet.upright("hertz", (frame.left - 50.0, frame.top + frame.height / 2.0), 12.5, Ink::Text);
}

fn seconds_axis(sheet: &mut Sheet, frame: &Frame) {
    for value in frame.x.ticks(10) {
        let x = frame.x_at(value);
        sheet.line(&[(x, frame.bottom()), (x, frame.bottom() + 5.0)], Ink::Faint, 1.0);
        let text = format!("{}", (value * 1000.0).round() / 1000.0);
        sheet.words(&text, (x, frame.bottom() + 15.0), 12.0, Align::Middle, Ink::Text);
    }
    let middle = frame.left + frame.width / 2.0;
    sheet.words("seconds", (middle, frame.bottom() + 34.0), 12.5, Align::Middle, Ink::Text);
}

fn legend(sheet: &mut Sheet, (x, y): (f64, f64), low: &str, high: &str) {
    const STEPS: usize = 64;
    let rgb = (0..STEPS).flat_map(|step| bytes(sequential(step as f64 / (STEPS - 1) as f64))).collect();
    let start = x + super::drawing::text_width(low, 11.5) + 8.0;
    sheet.words(low, (x, y), 11.5, Align::Left, Ink::Text);
    sheet.image((start, y - 6.0), (180.0, 12.0), STEPS, 1, rgb);
    sheet.words(high, (start + 188.0, y), 11.5, Align::Left, Ink::Text);
}

/// One value a pixel across: the largest of its frames.
fn over_time(matrix: &Array2<f32>, read: impl Fn(&[f32]) -> f32) -> Vec<f32> {
    let frames = matrix.nrows().max(1);
    let across = ACROSS.min(frames);
    let value = |frame: usize| matrix.row(frame.min(matrix.nrows() - 1)).to_slice().map_or(0.0, &read);
    (0..across)
        .map(|pixel| {
            let (from, to) = (pixel * frames / across, ((pixel + 1) * frames).div_ceil(across));
            (from..to.max(from + 1)).map(value).fold(f32::NEG_INFINITY, f32::max)
        })
        .collect()
}

/// Decibels as 0…1, `rows` lines evenly spaced in the logarithm of frequency, the highest first.
fn by_hertz(decibels: &Array2<f32>, views: &ClipViews, rows: usize) -> Vec<Vec<f32>> {
    let high = (f64::from(views.rate_hz) / 2.0).max(2.0 * LOWEST_HZ);
    let bins = decibels.ncols().max(2);
    let per_bin = f64::from(views.rate_hz) / 2.0 / (bins - 1) as f64;
    let edge = |row: usize| LOWEST_HZ * (high / LOWEST_HZ).powf(1.0 - row as f64 / rows as f64) / per_bin;
    (0..rows)
        .map(|row| {
            let (upper, lower) = (edge(row), edge(row + 1));
            over_time(decibels, |frame| {
                let at = |bin: f64| frame[(bin.max(0.0) as usize).min(frame.len() - 1)];
                let level = if upper - lower >= 1.0 {
                    let last = (upper as usize).min(frame.len() - 1);
                    frame[(lower as usize).min(last)..=last].iter().copied().fold(-80.0, f32::max)
                } else {
                    let middle = (upper + lower) / 2.0;
                    let share = (middle - middle.floor()) as f32;
                    (1.0 - share) * at(middle) + share * at(middle + 1.0)
                };
                (level + 80.0) / 80.0
            })
        })
        .collect()
}

fn heat(sheet: &mut Sheet, frame: &Frame, lines: &[Vec<f32>]) {
    let columns = lines.first().map_or(1, Vec::len);
    let rgb = lines.iter().flatten().flat_map(|value| bytes(sequential(f64::from(*value)))).collect();
    sheet.image((frame.left, frame.top), (frame.width, frame.height), columns, lines.len(), rgb);
}

fn bytes((r, g, b): (u8, u8, u8)) -> [u8; 3] {
    [r, g, b]
}
