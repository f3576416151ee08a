//! FLAC, Ogg Vorbis, AAC in MP4 or ADTS, and ALAC through symphonia.
//!
//! Integers are scaled by 2^(b−1) as libsndfile does; what Ogg marks as padding is dropped. The edit lists of MP4 are not
//! followed: AAC keeps its encoder's delay and padding. A packet that cannot be decoded, or that the container's time
//! stamps show to be missing, becomes silence of its length; a file of which none can be decoded is refused.

use std::borrow::Cow;
use std::io::Cursor;
use std::ops::Range;

use symphonia::core::codecs::audio::well_known::{CODEC_ID_AAC, CODEC_ID_FLAC};
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatReader, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::packet::Packet;
use symphonia::core::units::TimeBase;

use super::adts_frames::FRAME_SAMPLES;
use super::mono::Mono;
use super::sniff::Format;
use super::wanted::{Cut, Decoded, LoadOptions, check_rate};
use super::{AudioProblem, Fault, aac_config, adts_frames, flac_blocks, mp4_atoms, ogg_pages};

pub(super) fn decode(bytes: &[u8], format: Format, options: &LoadOptions) -> Result<Decoded, AudioProblem> {
    if let Some(what) = foreign_codec(bytes, format) {
        return Err(AudioProblem::Unsupported { format: "ogg", what: what.into() });
    }
    let whole = match format {
        Format::M4a => {
            let whole = mp4_atoms::with_an_end(bytes);
            let damaged = |what| AudioProblem::Damaged { format: format.name(), what };
            mp4_atoms::check_runs(&whole).map_err(damaged)?;
            whole
        }
        // A tag of mp3's habit behind the last block would be taken for a part of it.
        Format::Flac | Format::Aac => Cow::Borrowed(nanomp3::strip_trailing_tags(bytes)),
        _ => Cow::Borrowed(bytes),
    };
    let bare;
    let mut source: &[u8] = &whole;
    let mut opened = Stream::open(source, format);
    // A picture or a list of tags that symphonia dislikes is no reason to lose the sound.
    if format == Format::Flac
        && opened.is_err()
        && let Some(without) = flac_blocks::without_tags(source)
    {
        bare = without;
        source = &bare;
        opened = Stream::open(source, format);
    }
    let stream = opened?;
    let rate_hz = stream.track.rate_hz;
    check_rate(rate_hz)?;

    // The middle is known only when the length is, and a promised length need not be true.
    let window = match options.cut {
        Cut::Start => options.window(u64::MAX, rate_hz),
        Cut::Middle => options.window(stream.promised.unwrap_or(0), rate_hz),
    };
    let may_stop = options.cut == Cut::Start && stream.promised.is_some();
    let mut heard = stream.hear(window.clone(), may_stop)?;
    let wanted = options.window(heard.native_frames, rate_hz);
    // Beyond the end nothing was asked for that could be damaged.
    if heard.channels == 0
        && (heard.native_frames == 0 || !wanted.is_empty())
        && let Some(what) = heard.first_error.take()
    {
        return Err(AudioProblem::Damaged { format: format.name(), what });
    }
    if options.cut == Cut::Middle && wanted != window {
        heard.mono = Stream::open(source, format)?.hear(wanted.clone(), true)?.mono;
    }
    Ok(Decoded {
        levels: heard.mono.levels(),
        samples: heard.mono.samples,
        first_frame: wanted.start,
        rate_hz,
        channels: heard.channels,
        native_frames: heard.native_frames,
        faults: heard.faults,
    })
}

/// A file's packets, and the track that is heard.
struct Stream<'a> {
    name: &'static str,
    reader: Box<dyn FormatReader + 'a>,
    /// What was read before it was asked for.
    ahead: Option<symphonia::core::errors::Result<Option<Packet>>>,
    track: OpenTrack,
    /// The frames of the whole file, where it says how many they are.
    promised: Option<u64>,
    /// The time stamp of the next packet, if none is missing.
    next_pts: Option<i64>,
    is_cut: bool,
}

/// What one pass over a file gives.
struct Heard {
    mono: Mono,
    channels: u32,
    native_frames: u64,
    faults: Vec<Fault>,
    /// Why the first packet that cannot be decoded cannot.
    first_error: Option<String>,
}

impl<'a> Stream<'a> {
    fn open(bytes: &'a [u8], format: Format) -> Result<Self, AudioProblem> {
        let name = format.name();
        let mut hint = Hint::new();
        hint.with_extension(name);
        let source = MediaSourceStream::new(Box::new(Cursor::new(bytes)), Default::default());
        let reader = symphonia::default::get_probe()
            .probe(&hint, source, Default::default(), Default::default())
            .map_err(|error| AudioProblem::Damaged { format: name, what: error.to_string() })?;
        let track = open_track(reader.as_ref(), name)?;
        let promised = track.promised;
        let mut stream = Self { name, reader, ahead: None, track, promised, next_pts: None, is_cut: false };
        match format {
            Format::Ogg => stream.read_the_beginning_of_ogg(bytes),
            // symphonia only estimates how many frames there are.
            Format::Aac => {
                let frames = adts_frames::count(bytes);
                stream.promised = Some(frames.whole * FRAME_SAMPLES).filter(|&frames| frames > 0);
                stream.is_cut = frames.is_cut;
            }
            _ => {}
        }
        Ok(stream)
    }

    /// The last page of an Ogg stream says when it ends, not how long it is: that the first packet tells, which need not
    /// begin at 0.
    fn read_the_beginning_of_ogg(&mut self, bytes: &[u8]) {
        let first = self.reader.next_packet();
        let begin = match &first {
            Ok(Some(packet)) if packet.track_id == self.track.id => {
                let unheard = packet.trim_start.get();
                let begin = packet.pts.get().saturating_add_unsigned(unheard);
                // Of a stream that was cut out of a longer one, or joined late, nothing is lost; of one that lacks a page
                // or two its beginning is.
                let most = i64::from(self.track.rate_hz) * LONGEST_LOST_SECONDS;
                let lost = begin <= most && ogg_pages::lacks_first_pages(bytes, packet.track_id);
                let begin = if lost { begin.min(0) } else { begin };
                self.next_pts = Some(begin.saturating_sub_unsigned(unheard));
                Some(begin)
            }
            _ => None,
        };
        self.ahead = Some(first);
        self.is_cut = ogg_pages::is_cut(bytes);
        // Of streams in a chain only the first one's end is known.
        let end = self.promised.filter(|_| !ogg_pages::is_chained(bytes));
        let length = |(end, begin): (u64, i64)| i64::try_from(end).ok()?.checked_sub(begin);
        let length = end.zip(begin).and_then(length).and_then(|length| u64::try_from(length).ok());
        self.promised = length.filter(|&frames| frames > 0);
    }

    /// Decodes, and keeps the sound of a window; stops behind it where that is allowed.
    fn hear(mut self, window: Range<u64>, may_stop: bool) -> Result<Heard, AudioProblem> {
        let rate_hz = self.track.rate_hz;
        let mut progress = Progress {
            mono: Mono::new(window, 0),
            rate_hz,
            channels: 0,
            faults: Vec::new(),
            interleaved: Vec::new(),
            silence_left: u64::from(rate_hz) * LONGEST_SILENCE_SECONDS,
            packet_frames: FRAME_SAMPLES,
            first_error: None,
        };
        while !(may_stop && progress.mono.is_complete()) {
            match self.ahead.take().unwrap_or_else(|| self.reader.next_packet()) {
                Ok(Some(packet)) if packet.track_id == self.track.id => {
                    if !self.decode_packet(&packet, &mut progress) {
                        progress.broken("too much is missing".into());
                        break;
                    }
                }
                Ok(Some(_)) => {}
                Ok(None) => break,
                // Another stream is chained behind the first.
                Err(Error::ResetRequired) => {
                    let at_seconds = progress.seconds();
                    match open_track(self.reader.as_ref(), self.name) {
                        Ok(track) => self.track = track,
                        Err(problem) if progress.mono.position() == 0 => return Err(problem),
                        Err(problem) => {
                            progress.broken(problem.to_string());
                            break;
                        }
                    }
                    self.next_pts = None;
                    let to_hz = self.track.rate_hz;
                    if to_hz != rate_hz {
                        progress.faults.push(Fault::RateChange { at_seconds, from_hz: rate_hz, to_hz });
                        break;
                    }
                }
                Err(Error::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => break,
                Err(error) => {
                    progress.broken(error.to_string());
                    break;
                }
            }
        }
        let stopped = may_stop && progress.mono.is_complete();
        Ok(progress.finish(self.promised, stopped, self.is_cut && !stopped))
    }

    /// `false` when more sound is missing than is believed.
    fn decode_packet(&mut self, packet: &Packet, progress: &mut Progress) -> bool {
        let pts = packet.pts.get();
        let missing = self.next_pts.map_or(0, |next| pts.saturating_sub(next)).max(0);
        let coded = packet.trim_start.get().saturating_add(packet.dur.get());
        self.next_pts = pts.checked_add_unsigned(coded);
        let frames = match self.track.packet_frames {
            Some(frames) => frames,
            None if self.track.counts_samples => packet.dur.get(),
            None => progress.packet_frames,
        };
        progress.fill(if self.track.counts_samples { missing as u64 } else { 0 })
            && progress.take(self.track.decoder.decode(packet), frames)
    }
}

struct OpenTrack {
    id: u32,
    decoder: Box<dyn AudioDecoder>,
    rate_hz: u32,
    /// What the container says of its length, or of its end.
    promised: Option<u64>,
    /// Time stamps are sample numbers.
    counts_samples: bool,
    /// The frames of a packet, where all hold the same number.
    packet_frames: Option<u64>,
}

fn open_track(reader: &dyn FormatReader, name: &'static str) -> Result<OpenTrack, AudioProblem> {
    let no_sound =
        || AudioProblem::Unsupported { format: name, what: "no sound track of a known codec".into() };
    let track = reader.default_track(TrackType::Audio).ok_or_else(no_sound)?;
    let codec = track.codec_params.as_ref().and_then(|codec| codec.audio()).ok_or_else(no_sound)?;
    let is_aac = codec.codec == CODEC_ID_AAC;
    if is_aac && codec.extra_data.as_deref().is_some_and(aac_config::has_sbr) {
        return Err(AudioProblem::Unsupported { format: name, what: "HE-AAC (SBR) sound".into() });
    }
    // The side channel of such has 33 bits, of which symphonia 0.6 reads none right and says nothing.
    let is_stereo = codec.channels.as_ref().is_some_and(|channels| channels.count() == 2);
    if codec.codec == CODEC_ID_FLAC && codec.bits_per_sample == Some(32) && is_stereo {
        let what = "FLAC in stereo with 32 bits a sample (convert it to 24)".into();
        return Err(AudioProblem::Unsupported { format: name, what });
    }
    let decoder = symphonia::default::get_codecs()
        .make_audio_decoder(codec, &AudioDecoderOptions::default())
        .map_err(|error| AudioProblem::Unsupported { format: name, what: error.to_string() })?;
    // What the sound says of itself goes first: MP4 has no room for rates above 65 535 Hz, and of HE-AAC it may state the
    // double of what is decoded.
    let own_rate_hz = decoder.codec_params().sample_rate.filter(|&rate_hz| rate_hz > 0);
    let rate_hz = own_rate_hz
        .or(codec.sample_rate)
        .ok_or_else(|| AudioProblem::Damaged { format: name, what: "it states no sample rate".into() })?;
    let counts_samples = track.time_base.is_some() && track.time_base == TimeBase::try_from_recip(rate_hz);
    let packet_frames = is_aac.then_some(FRAME_SAMPLES);
    let stated = track.duration.map(|ticks| ticks.get()).filter(|&frames| counts_samples && frames > 0);
    // The padding in the last packet is not counted, but decoded.
    let promised = stated.and_then(|frames| frames.checked_next_multiple_of(packet_frames.unwrap_or(1)));
    Ok(OpenTrack { id: track.id, decoder, rate_hz, promised, counts_samples, packet_frames })
}

struct Progress {
    mono: Mono,
    rate_hz: u32,
    channels: u32,
    faults: Vec<Fault>,
    interleaved: Vec<f32>,
    /// Time stamps are a file's word: this many more silent frames are believed.
    silence_left: u64,
    /// Of the last packet that was decoded.
    packet_frames: u64,
    first_error: Option<String>,
}

const LONGEST_SILENCE_SECONDS: u64 = 30;
/// What the first pages of an Ogg stream may have held if they are lost; a page holds 64 KB at most.
const LONGEST_LOST_SECONDS: i64 = 5;

type DecodedPacket<'a> = symphonia::core::errors::Result<symphonia::core::audio::GenericAudioBufferRef<'a>>;

impl Progress {
    fn seconds(&self) -> f64 {
        self.mono.position() as f64 / f64::from(self.rate_hz)
    }

    /// What follows cannot be read.
    fn broken(&mut self, what: String) {
        let at_seconds = self.seconds();
        self.faults.push(Fault::Broken { at_seconds, what });
    }

    /// Takes a packet's samples; `false` when there is more silence than is believed.
    fn take(&mut self, decoded: DecodedPacket, frames: u64) -> bool {
        let buffer = match decoded {
            Ok(buffer) => buffer,
            Err(error) => {
                self.first_error.get_or_insert_with(|| error.to_string());
                return self.fill(frames);
            }
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
        self.packet_frames = buffer.frames() as u64;
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

    fn finish(mut self, promised: Option<u64>, stopped: bool, is_cut: bool) -> Heard {
        let decoded = self.mono.position();
        let native_frames = if stopped { promised.unwrap_or(decoded).max(decoded) } else { decoded };
        let missing = promised.filter(|&promised| promised > native_frames);
        if missing.is_some() || is_cut {
            let promised_seconds = missing.map(|frames| frames as f64 / f64::from(self.rate_hz));
            self.faults.push(Fault::EndsEarly { at_seconds: self.seconds(), promised_seconds });
        }
        let Self { mono, channels, faults, first_error, .. } = self;
        Heard { mono, channels, native_frames, faults, first_error }
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
