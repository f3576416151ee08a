//! FLAC, Ogg Vorbis, AAC in MP4 or ADTS, and ALAC through symphonia.
//!
//! Integers are scaled by 2^(b−1) as libsndfile does; what the container marks as encoder delay or padding is
//! dropped. A packet that cannot be decoded, or that the container's time stamps show to be missing, becomes
//! silence of its length.

use std::borrow::Cow;
use std::io::Cursor;

use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatReader, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::units::TimeBase;

use super::mono::Mono;
use super::sniff::Format;
use super::wanted::{Cut, Decoded, LoadOptions, check_rate};
use super::{AudioProblem, Fault, mp4_atoms};

pub(super) fn decode(bytes: &[u8], format: Format, options: &LoadOptions) -> Result<Decoded, AudioProblem> {
    let name = format.name();
    if let Some(what) = foreign_codec(bytes, format) {
        return Err(AudioProblem::Unsupported { format: "ogg", what: what.into() });
    }
    let whole = match format {
        Format::M4a => {
            let whole = mp4_atoms::with_an_end(bytes);
            mp4_atoms::check_runs(&whole).map_err(|what| AudioProblem::Damaged { format: name, what })?;
            whole
        }
        // A tag of mp3's habit behind the last block would be taken for a part of it.
        Format::Flac => Cow::Borrowed(nanomp3::strip_trailing_tags(bytes)),
        _ => Cow::Borrowed(bytes),
    };
    let bytes = whole.as_ref();
    let mut hint = Hint::new();
    hint.with_extension(if format == Format::Ogg { "ogg" } else { name });
    let source = MediaSourceStream::new(Box::new(Cursor::new(bytes)), Default::default());
    let mut reader = symphonia::default::get_probe()
        .probe(&hint, source, Default::default(), Default::default())
        .map_err(|error| AudioProblem::Damaged { format: name, what: error.to_string() })?;
    let mut track = open_track(reader.as_ref(), name)?;
    let (rate_hz, promised) = (track.rate_hz, track.promised);
    check_rate(rate_hz)?;

    // A window in the middle is known only when the whole length is: then all is kept until the end.
    let window = match options.cut {
        Cut::Start => options.window(u64::MAX, rate_hz),
        Cut::Middle => 0..u64::MAX,
    };
    let may_stop = promised.is_some();
    let mut progress = Progress {
        mono: Mono::new(window, 0),
        rate_hz,
        channels: 0,
        faults: Vec::new(),
        interleaved: Vec::new(),
        silence_left: u64::from(rate_hz) * LONGEST_SILENCE_SECONDS,
    };
    let mut next_pts = None;
    while !(may_stop && progress.mono.is_complete()) {
        match reader.next_packet() {
            Ok(Some(packet)) if packet.track_id == track.id => {
                let missing = next_pts.map_or(0, |next| packet.pts.get().saturating_sub(next)).max(0);
                let coded = packet.trim_start.get().saturating_add(packet.dur.get());
                next_pts = packet.pts.get().checked_add_unsigned(coded);
                let whole = progress.fill(if track.counts_samples { missing as u64 } else { 0 })
                    && progress.take(track.decoder.decode(&packet), packet.dur.get());
                if !whole {
                    let at_seconds = progress.seconds();
                    progress.faults.push(Fault::Broken { at_seconds, what: "too much is missing".into() });
                    break;
                }
            }
            Ok(Some(_)) => {}
            Ok(None) => break,
            // Another stream is chained behind the first.
            Err(Error::ResetRequired) => {
                let at_seconds = progress.seconds();
                track = open_track(reader.as_ref(), name)?;
                next_pts = None;
                if track.rate_hz != rate_hz {
                    progress.faults.push(Fault::RateChange {
                        at_seconds,
                        from_hz: rate_hz,
                        to_hz: track.rate_hz,
                    });
                    break;
                }
            }
            Err(Error::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => break,
            Err(error) => {
                let at_seconds = progress.seconds();
                progress.faults.push(Fault::Broken { at_seconds, what: error.to_string() });
                break;
            }
        }
    }
    let stopped = may_stop && progress.mono.is_complete();
    Ok(progress.finish(options, promised, stopped, !stopped && ogg_is_cut(bytes, format)))
}

struct OpenTrack {
    id: u32,
    decoder: Box<dyn AudioDecoder>,
    rate_hz: u32,
    promised: Option<u64>,
    /// Time stamps are sample numbers.
    counts_samples: bool,
}

fn open_track(reader: &dyn FormatReader, name: &'static str) -> Result<OpenTrack, AudioProblem> {
    let no_sound =
        || AudioProblem::Unsupported { format: name, what: "no sound track of a known codec".into() };
    let track = reader.default_track(TrackType::Audio).ok_or_else(no_sound)?;
    let codec = track.codec_params.as_ref().and_then(|codec| codec.audio()).ok_or_else(no_sound)?;
    let decoder = symphonia::default::get_codecs()
        .make_audio_decoder(codec, &AudioDecoderOptions::default())
        .map_err(|error| AudioProblem::Unsupported { format: name, what: error.to_string() })?;
    let rate_hz = codec
        .sample_rate
        .ok_or_else(|| AudioProblem::Damaged { format: name, what: "it states no sample rate".into() })?;
    let promised = track.num_frames.filter(|&frames| frames > 0);
    let counts_samples = track.time_base.is_some() && track.time_base == TimeBase::try_from_recip(rate_hz);
    Ok(OpenTrack { id: track.id, decoder, rate_hz, promised, counts_samples })
}

struct Progress {
    mono: Mono,
    rate_hz: u32,
    channels: u32,
    faults: Vec<Fault>,
    interleaved: Vec<f32>,
    /// Time stamps are a file's word: this many more silent frames are believed.
    silence_left: u64,
}

const LONGEST_SILENCE_SECONDS: u64 = 30;

type DecodedPacket<'a> = symphonia::core::errors::Result<symphonia::core::audio::GenericAudioBufferRef<'a>>;

impl Progress {
    fn seconds(&self) -> f64 {
        self.mono.position() as f64 / f64::from(self.rate_hz)
    }

    /// Takes a packet's samples; `false` when there is more silence than is believed.
    fn take(&mut self, decoded: DecodedPacket, frames: u64) -> bool {
        let Ok(buffer) = decoded else {
            return self.fill(frames);
        };
        let channels = buffer.num_planes() as u32;
        if buffer.frames() == 0 || channels == 0 {
            return true;
        }
        if self.channels != channels && self.channels != 0 {
            let at_seconds = self.seconds();
            self.faults.push(Fault::ChannelsChange { at_seconds, from: self.channels, to: channels });
        }
        self.channels = channels;
        self.interleaved.clear();
        buffer.copy_to_vec_interleaved(&mut self.interleaved);
        self.mono.push(&self.interleaved, channels as usize);
        true
    }

    /// Puts silence where sound is missing.
    fn fill(&mut self, frames: u64) -> bool {
        if frames == 0 {
            return true;
        }
        if frames > self.silence_left {
            return false;
        }
        self.silence_left -= frames;
        let at_seconds = self.seconds();
        self.mono.push_silence(frames as usize);
        let seconds = frames as f64 / f64::from(self.rate_hz);
        match self.faults.last_mut() {
            Some(Fault::Silenced { at_seconds: start, seconds: length })
                if (*start + *length - at_seconds).abs() < 1e-6 =>
            {
                *length += seconds;
            }
            _ => self.faults.push(Fault::Silenced { at_seconds, seconds }),
        }
        true
    }

    fn finish(
        mut self,
        options: &LoadOptions,
        promised: Option<u64>,
        stopped: bool,
        is_cut: bool,
    ) -> Decoded {
        let decoded = self.mono.position();
        let native_frames = if stopped { promised.unwrap_or(decoded).max(decoded) } else { decoded };
        let missing = promised.filter(|&promised| promised > native_frames);
        if missing.is_some() || is_cut {
            let promised_seconds = missing.map(|frames| frames as f64 / f64::from(self.rate_hz));
            self.faults.push(Fault::EndsEarly { at_seconds: self.seconds(), promised_seconds });
        }
        let window = options.window(native_frames, self.rate_hz);
        let levels = self.mono.levels();
        let mut samples = self.mono.samples;
        if options.cut == Cut::Middle {
            samples.truncate(window.end as usize);
            samples.drain(..window.start as usize);
        }
        Decoded {
            samples,
            first_frame: window.start,
            rate_hz: self.rate_hz,
            channels: self.channels,
            native_frames,
            levels,
            faults: self.faults,
        }
    }
}

/// Codecs that come in Ogg and are not decoded here.
fn foreign_codec(bytes: &[u8], format: Format) -> Option<&'static str> {
    let head = &bytes[..bytes.len().min(200)];
    let holds = |magic: &[u8]| head.windows(magic.len()).any(|window| window == magic);
    match format {
        Format::Ogg if holds(b"OpusHead") => Some("Opus sound"),
        Format::Ogg if holds(b"Speex   ") => Some("Speex sound"),
        _ => None,
    }
}

/// Whether the last Ogg page is not marked as the end of its stream.
fn ogg_is_cut(bytes: &[u8], format: Format) -> bool {
    const LONGEST_PAGE: usize = 27 + 255 + 255 * 255;
    const END_OF_STREAM: u8 = 4;
    let tail = &bytes[bytes.len().saturating_sub(LONGEST_PAGE)..];
    let last_page = tail.windows(6).rfind(|window| window.starts_with(b"OggS\0"));
    format == Format::Ogg && last_page.is_none_or(|page| page[5] & END_OF_STREAM == 0)
}
