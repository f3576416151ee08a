//! Uncompressed samples become f32 as libsndfile scales them: an integer of b bits is divided by 2^(b−1),
//! G.711 bytes are expanded to 16 bits first, floats are taken as they are.

use super::mono::Mono;
use super::wanted::{Decoded, LoadOptions, check_rate};
use super::{AudioProblem, Fault};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    U8,
    I8,
    I16,
    I24,
    I32,
    F32,
    F64,
    Ulaw,
    Alaw,
}

impl Encoding {
    pub fn bytes(self) -> usize {
        match self {
            Self::U8 | Self::I8 | Self::Ulaw | Self::Alaw => 1,
            Self::I16 => 2,
            Self::I24 => 3,
            Self::I32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// Signed integers by the bytes they are kept in.
    pub fn signed(bytes: usize) -> Option<Self> {
        [Self::I8, Self::I16, Self::I24, Self::I32].into_iter().find(|encoding| encoding.bytes() == bytes)
    }
}

/// Samples lying in a file, frame after frame.
#[derive(Debug)]
pub(super) struct PcmData<'a> {
    pub format: &'static str,
    pub encoding: Encoding,
    pub big_endian: bool,
    pub rate_hz: u32,
    pub channels: u32,
    pub data: &'a [u8],
    /// The size the header gives `data`, where it gives one.
    pub promised_bytes: Option<u64>,
}

/// Samples expanded at a time.
const BLOCK_SAMPLES: usize = 8192;

pub(super) fn decode(pcm: &PcmData, options: &LoadOptions) -> Result<Decoded, AudioProblem> {
    check_rate(pcm.rate_hz)?;
    if pcm.channels == 0 {
        return Err(AudioProblem::Damaged { format: pcm.format, what: "it states 0 channels".into() });
    }
    let channels = pcm.channels as usize;
    let frame_bytes = channels * pcm.encoding.bytes();
    let frames = (pcm.data.len() / frame_bytes) as u64;
    let seconds = |frames: u64| frames as f64 / f64::from(pcm.rate_hz);
    let mut faults = Vec::new();
    // What is missing of less than a frame is no sound.
    let promised = pcm.promised_bytes.map(|bytes| bytes / frame_bytes as u64);
    if let Some(promised) = promised.filter(|&promised| promised > frames) {
        let promised_seconds = Some(seconds(promised));
        faults.push(Fault::EndsEarly { at_seconds: seconds(frames), promised_seconds });
    }
    let window = options.window(frames, pcm.rate_hz);
    let wanted = &pcm.data[window.start as usize * frame_bytes..window.end as usize * frame_bytes];
    let mut mono = Mono::new(window.clone(), window.start);
    let mut block = Vec::new();
    for bytes in wanted.chunks(frame_bytes * (BLOCK_SAMPLES / channels).max(1)) {
        block.clear();
        expand(bytes, pcm.encoding, pcm.big_endian, &mut block);
        mono.push(&block, channels);
    }
    Ok(Decoded {
        levels: mono.levels(),
        samples: mono.samples,
        first_frame: window.start,
        rate_hz: pcm.rate_hz,
        channels: pcm.channels,
        native_frames: frames,
        faults,
    })
}

fn expand(bytes: &[u8], encoding: Encoding, big_endian: bool, out: &mut Vec<f32>) {
    let full_scale = |integer: i32| integer as f32 * (1.0 / 2_147_483_648.0);
    match encoding {
        Encoding::U8 => out.extend(bytes.iter().map(|&b| (i16::from(b) - 128) as f32 * (1.0 / 128.0))),
        Encoding::I8 => out.extend(bytes.iter().map(|&b| f32::from(b as i8) * (1.0 / 128.0))),
        Encoding::Ulaw => out.extend(bytes.iter().map(|&b| f32::from(from_ulaw(b)) * (1.0 / 32768.0))),
        Encoding::Alaw => out.extend(bytes.iter().map(|&b| f32::from(from_alaw(b)) * (1.0 / 32768.0))),
        Encoding::I16 => {
            let value = if big_endian { i16::from_be_bytes } else { i16::from_le_bytes };
            each(bytes, out, |b| f32::from(value(b)) * (1.0 / 32768.0));
        }
        Encoding::I24 if big_endian => {
            each(bytes, out, |[a, b, c]| full_scale(i32::from_be_bytes([a, b, c, 0])));
        }
        Encoding::I24 => each(bytes, out, |[a, b, c]| full_scale(i32::from_le_bytes([0, a, b, c]))),
        Encoding::I32 => {
            let value = if big_endian { i32::from_be_bytes } else { i32::from_le_bytes };
            each(bytes, out, |b| full_scale(value(b)));
        }
        Encoding::F32 => each(bytes, out, if big_endian { f32::from_be_bytes } else { f32::from_le_bytes }),
        Encoding::F64 => {
            let value = if big_endian { f64::from_be_bytes } else { f64::from_le_bytes };
            each(bytes, out, |b| value(b) as f32);
        }
    }
}

fn each<const N: usize>(bytes: &[u8], out: &mut Vec<f32>, value: impl Fn([u8; N]) -> f32) {
    out.extend(bytes.as_chunks::<N>().0.iter().map(|&chunk| value(chunk)));
}

/// ITU-T G.711 µ-law: sign, three bits of exponent, four of mantissa, all inverted, bias 132.
fn from_ulaw(byte: u8) -> i16 {
    let bits = !byte;
    let magnitude = (((i16::from(bits & 0x0f) << 3) + 132) << ((bits >> 4) & 7)) - 132;
    if bits & 0x80 != 0 { -magnitude } else { magnitude }
}

/// ITU-T G.711 A-law: even bits inverted, the first segment linear.
fn from_alaw(byte: u8) -> i16 {
    let bits = byte ^ 0x55;
    let mantissa = (i16::from(bits & 0x0f) << 4) + 8;
    let magnitude = match (bits >> 4) & 7 {
        0 => mantissa,
        segment => (mantissa + 256) << (segment - 1),
    };
    if bits & 0x80 != 0 { magnitude } else { -magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_scaled_by_their_full_range() {
        let one = |bytes: &[u8], encoding, big_endian| {
            let mut out = Vec::new();
            expand(bytes, encoding, big_endian, &mut out);
            out
        };
        assert_eq!(one(&[0, 128, 255], Encoding::U8, false), [-1.0, 0.0, 127.0 / 128.0]);
        assert_eq!(one(&[0x80, 0x7f], Encoding::I8, false), [-1.0, 127.0 / 128.0]);
        assert_eq!(one(&[0, 0x80, 1, 0], Encoding::I16, false), [-1.0, 1.0 / 32768.0]);
        assert_eq!(one(&[0x80, 0, 0, 1], Encoding::I16, true), [-1.0, 1.0 / 32768.0]);
        assert_eq!(one(&[1, 0, 0, 0, 0, 0x80], Encoding::I24, false), [1.0 / 8_388_608.0, -1.0]);
        assert_eq!(one(&[0x40, 0, 0], Encoding::I24, true), [0.5]);
        assert_eq!(one(&[0, 0, 0, 0xc0], Encoding::I32, false), [-0.5]);
        assert_eq!(one(&0.1f64.to_be_bytes(), Encoding::F64, true), [0.1]);
    }

    #[test]
    fn a_file_ends_early_where_a_whole_frame_is_missing() {
        let bytes = [0; 8];
        let faults = |promised_bytes, held: usize| {
            let pcm = PcmData {
                format: "wav",
                encoding: Encoding::I16,
                big_endian: false,
                rate_hz: 8000,
                channels: 2,
                data: &bytes[..held],
                promised_bytes: Some(promised_bytes),
            };
            decode(&pcm, &LoadOptions::default()).unwrap().faults
        };
        assert_eq!([faults(11, 8), faults(8, 8), faults(6, 5)].concat(), []);
        assert!(matches!(faults(12, 8)[..], [Fault::EndsEarly { .. }]));
        assert!(matches!(faults(8, 7)[..], [Fault::EndsEarly { .. }]));
    }

    /// The ends and the middle of the tables printed in ITU-T G.711.
    #[test]
    fn g711_expands_to_the_standards_values() {
        assert_eq!([0x00, 0x80, 0x7f, 0xff, 0xf0].map(from_ulaw), [-32124, 32124, 0, 0, 120]);
        assert_eq!([0x2a, 0xaa, 0x55, 0xd5].map(from_alaw), [-32256, 32256, -8, 8]);
    }
}
