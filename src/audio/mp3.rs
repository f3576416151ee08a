//! MPEG audio, decoded as mpg123 decodes it (libsndfile's and so librosa's decoder).
//!
//! Delay rule: a Xing/Info tag that counts its frames drops `529 + delay` samples at the start and everything
//! from `frames · samples − padding + 529` on (delay and padding are 0 where the tag lacks the encoder's
//! extension); without such a tag nothing is dropped. A frame whose
//! main data begins in frames that are not there is silence, and leaves its own bytes to the next ones.
//! The frame decoder (dequantisation, IMDCT, synthesis) is `nanomp3`'s; this file decides what it is fed.

use super::mono::Mono;
use super::mp3_side_info as side_info;
use super::mpeg_frames::{self, Frames, Span};
use super::mpeg_header::{HEADER_BYTES, Header};
use super::wanted::{Decoded, LoadOptions};
use super::{AudioProblem, Fault};

/// Samples a decoder's filterbanks lag behind.
const DECODER_DELAY: u64 = 529;
/// A frame's sound depends on the two frames before it, beyond the main data it borrows.
const OVERLAPPING_FRAMES: usize = 3;
/// An encoder may not have counted its tag's frame, or the last one.
const MORE_THAN_COUNTED: usize = 2;
const LARGEST_RESERVOIR: usize = 511;

pub(super) fn decode(bytes: &[u8], options: &LoadOptions) -> Result<Decoded, AudioProblem> {
    let frames = mpeg_frames::find_frames(bytes).ok_or(AudioProblem::NoSamples { format: "mp3" })?;
    if frames.spans.is_empty() {
        return Err(AudioProblem::NoSamples { format: "mp3" });
    }
    let frame_samples = frames.first.samples() as u64;
    let coded = frames.spans.len() as u64 * frame_samples;
    let (begin, end) = sound_within(&frames, coded);
    let wanted = options.window(end - begin, frames.first.rate_hz);
    let window = begin + wanted.start..begin + wanted.end;

    let first_wanted = (window.start / frame_samples) as usize;
    let start = warm_up_start(&frames, first_wanted.min(frames.spans.len() - 1));
    let mut mono = Mono::new(window, start as u64 * frame_samples);
    let mut decoder = FrameDecoder::new(bytes, &frames, start);
    let mut breaks = frames.breaks();
    let mut faults = FaultLog::new(&frames, begin, end);
    let mut heard = false;
    for (number, &span) in frames.spans.iter().enumerate().skip(start) {
        if mono.is_complete() {
            break;
        }
        if breaks.before(number) {
            decoder.forget_reservoir();
        }
        let outcome = decoder.decode(span);
        let channels = decoder.channels;
        match outcome {
            Outcome::Sound | Outcome::Fading => {
                mono.push(&decoder.pcm[..frame_samples as usize * channels], channels);
            }
            Outcome::Damaged => mono.push_silence(frame_samples as usize),
        }
        if number >= first_wanted {
            heard |= outcome != Outcome::Damaged;
            faults.channels(number, channels as u32);
            if outcome != Outcome::Sound {
                faults.silenced(number);
            }
        }
    }
    if !heard && !wanted.is_empty() {
        let what = "none of the wanted frames can be decoded".into();
        return Err(AudioProblem::Damaged { format: "mp3", what });
    }
    Ok(Decoded {
        levels: mono.levels(),
        samples: mono.samples,
        first_frame: wanted.start,
        rate_hz: frames.first.rate_hz,
        channels: frames.first.channels,
        native_frames: end - begin,
        faults: faults.finish(),
    })
}

/// The part of the coded samples that is sound, by the tag's delay and padding.
fn sound_within(frames: &Frames, coded: u64) -> (u64, u64) {
    let tag = frames.tag.and_then(|tag| Some((tag.frames?, tag.encoder_delay_padding.unwrap_or_default())));
    let Some((tagged_frames, (delay, padding))) = tag.filter(|(frames, _)| *frames > 0) else {
        return (0, coded);
    };
    let begin = (DECODER_DELAY + u64::from(delay)).min(coded);
    let tagged = u64::from(tagged_frames) * frames.first.samples() as u64;
    let end = (tagged + DECODER_DELAY).saturating_sub(padding.into()).clamp(begin, coded.max(begin));
    (begin, end)
}

/// The frame to start with so that `wanted` decodes as if the whole stream before it had been decoded.
fn warm_up_start(frames: &Frames, wanted: usize) -> usize {
    let overlapping = wanted.saturating_sub(OVERLAPPING_FRAMES);
    let mut borrowed = 0;
    (0..overlapping)
        .rev()
        .find(|&number| {
            let header_and_side = HEADER_BYTES + 2 + frames.first.side_bytes();
            borrowed += frames.spans[number].bytes.saturating_sub(header_and_side);
            borrowed >= LARGEST_RESERVOIR
        })
        .unwrap_or(0)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// The frame's samples lie in the buffer.
    Sound,
    /// The frame cannot be decoded; the end of the frame before it lies in the buffer, then zeros.
    Fading,
    /// The frame cannot be decoded, and the buffer holds nothing of use.
    Damaged,
}

struct FrameDecoder<'a> {
    bytes: &'a [u8],
    frames: &'a Frames,
    decoder: nanomp3::Decoder,
    pcm: Box<[f32; nanomp3::MAX_SAMPLES_PER_FRAME]>,
    /// Of the last frame.
    channels: usize,
    /// Bytes of main data that later frames may borrow.
    reservoir: usize,
    /// The last of those bytes; kept only up to what can be borrowed.
    main_data: Vec<u8>,
    /// Frames lacking their reservoir at the very start are how cut files begin, not damage.
    opening: bool,
    /// A decoder that holds no frame length yet learns that of free format from the frames that follow.
    needs_lookahead: bool,
}

impl<'a> FrameDecoder<'a> {
    fn new(bytes: &'a [u8], frames: &'a Frames, start: usize) -> Self {
        Self {
            bytes,
            frames,
            decoder: nanomp3::Decoder::new(),
            pcm: Box::new([0.0; nanomp3::MAX_SAMPLES_PER_FRAME]),
            channels: frames.first.channels as usize,
            reservoir: 0,
            main_data: Vec::new(),
            opening: start == 0,
            needs_lookahead: frames.first.is_free_format(),
        }
    }

    fn decode(&mut self, span: Span) -> Outcome {
        let frame = &self.bytes[span.offset..span.offset + span.bytes];
        let Some(header) = Header::parse(frame) else {
            return Outcome::Damaged;
        };
        self.channels = header.channels as usize;
        if header.layer != 3 {
            return self.run(span);
        }
        let Some((side, main_data)) = side_info::split(frame, &header) else {
            return Outcome::Damaged;
        };
        let borrowed = side_info::main_data_begin(side, &header);
        let sound = side_info::is_sound(side, &header, main_data.len());
        let silent = borrowed > self.reservoir;
        let longest = if header.low_rate { 255 } else { LARGEST_RESERVOIR };
        self.reservoir = (self.reservoir + main_data.len()).min(longest);
        if main_data.len() >= LARGEST_RESERVOIR {
            self.main_data.clear();
        }
        self.main_data.extend_from_slice(main_data);
        if self.main_data.len() > 8 * LARGEST_RESERVOIR {
            self.main_data.drain(..self.main_data.len() - LARGEST_RESERVOIR);
        }
        if sound && !silent {
            self.opening = false;
            return self.run(span);
        }
        self.run_silence(&header);
        match (sound, self.opening) {
            (true, true) => Outcome::Sound,
            (true, false) => Outcome::Fading,
            (false, _) => Outcome::Damaged,
        }
    }

    /// What later frames would borrow across a gap is not what they mean.
    fn forget_reservoir(&mut self) {
        self.reservoir = 0;
        self.main_data.clear();
    }

    fn run(&mut self, span: Span) -> Outcome {
        let length = match self.needs_lookahead {
            // The two frames behind it; were it all of the file, a stream of damaged frames would be read as often as
            // it has frames.
            true => (3 * (span.bytes + HEADER_BYTES)).min(self.bytes.len() - span.offset),
            false => span.bytes,
        };
        let (_, result) = self.decoder.decode(&self.bytes[span.offset..][..length], &mut self.pcm[..]);
        self.needs_lookahead = result.is_err() && self.frames.first.is_free_format();
        match result {
            Ok(info) if usize::from(info.channels.num()) == self.channels => Outcome::Sound,
            _ => Outcome::Damaged,
        }
    }

    /// Lets the last frame's overlap die away, as mpg123 does, by a frame of empty granules that carries
    /// the bytes later frames may borrow.
    fn run_silence(&mut self, header: &Header) {
        let kept = self.main_data.len().min(LARGEST_RESERVOIR);
        let carrier = side_info::silent_frame(
            header,
            self.frames.free_bytes,
            &self.main_data[self.main_data.len() - kept..],
        );
        let produced = self.decoder.decode(&carrier, &mut self.pcm[..]).1;
        if produced.is_err() {
            self.pcm.fill(0.0);
        }
    }
}

/// Faults in the order of the file, neighbours joined.
struct FaultLog<'a> {
    frames: &'a Frames,
    begin: u64,
    end: u64,
    channels: u32,
    /// Silenced frames: the first and the number behind the last.
    silenced: Vec<(usize, usize)>,
    changes: Vec<Fault>,
}

impl<'a> FaultLog<'a> {
    fn new(frames: &'a Frames, begin: u64, end: u64) -> Self {
        Self {
            frames,
            begin,
            end,
            channels: frames.first.channels,
            silenced: Vec::new(),
            changes: Vec::new(),
        }
    }

    fn seconds(&self, frame: usize) -> f64 {
        let sample = (frame as u64 * self.frames.first.samples() as u64).saturating_sub(self.begin);
        sample as f64 / f64::from(self.frames.first.rate_hz)
    }

    fn silenced(&mut self, frame: usize) {
        match self.silenced.last_mut() {
            Some((_, end)) if *end == frame => *end += 1,
            _ => self.silenced.push((frame, frame + 1)),
        }
    }

    fn channels(&mut self, frame: usize, channels: u32) {
        if channels != self.channels {
            let at_seconds = self.seconds(frame);
            self.changes.push(Fault::ChannelsChange { at_seconds, from: self.channels, to: channels });
            self.channels = channels;
        }
    }

    fn finish(mut self) -> Vec<Fault> {
        let mut faults: Vec<Fault> = std::mem::take(&mut self.changes);
        for gap in &self.frames.gaps {
            faults.push(Fault::Skipped { at_seconds: self.seconds(gap.frame), bytes: gap.bytes });
        }
        for &(start, end) in &self.silenced {
            let at_seconds = self.seconds(start);
            faults.push(Fault::Silenced { at_seconds, seconds: self.seconds(end) - at_seconds });
        }
        let last = self.frames.spans.len();
        let at_seconds = (self.end - self.begin) as f64 / f64::from(self.frames.first.rate_hz);
        if let Some(to_hz) = self.frames.other_rate_hz {
            faults.push(Fault::RateChange { at_seconds, from_hz: self.frames.first.rate_hz, to_hz });
        }
        let promised = self.frames.tag.and_then(|tag| tag.frames).map(|frames| frames as usize);
        if promised.is_some_and(|promised| promised > last) {
            let promised_seconds = promised.map(|frames| self.seconds(frames));
            faults.push(Fault::EndsEarly { at_seconds, promised_seconds });
        } else if promised.is_some_and(|promised| promised > 0 && last > promised + MORE_THAN_COUNTED) {
            // As of two files joined; what the tag does not count is no part of its sound.
            let what = "more frames follow than its tag counts".to_string();
            faults.push(Fault::Broken { at_seconds, what });
        } else if self.frames.partial_end {
            faults.push(Fault::EndsEarly { at_seconds, promised_seconds: None });
        }
        faults.sort_by(|a, b| a.at_seconds().total_cmp(&b.at_seconds()));
        faults
    }
}
