//! RIFF WAVE: chunks of a name, a size and a body; `fmt ` says how the samples lie in `data`. Also RIFX (big
//! endian), RF64 and BW64 (sizes beyond 4 GiB), WAVE_FORMAT_EXTENSIBLE, G.711 and mp3 inside.

use super::AudioProblem;
use super::mp3;
use super::pcm::{self, Encoding, PcmData};
use super::wanted::{Decoded, LoadOptions};

/// Writers that do not know the length in advance leave a size from here on.
const UNKNOWN_SIZE: u64 = 0x7fff_0000;
const EXTENSIBLE: u16 = 0xfffe;

pub(super) fn decode(bytes: &[u8], options: &LoadOptions) -> Result<Decoded, AudioProblem> {
    let (description, data, promised) = find_chunks(bytes)?;
    match description.coding()? {
        Coding::Mp3 => mp3::decode(data, options),
        Coding::Pcm(encoding) => {
            let pcm = PcmData {
                format: "wav",
                encoding,
                big_endian: description.big_endian,
                rate_hz: description.rate_hz,
                channels: description.channels,
                data,
                promised_bytes: promised,
            };
            pcm::decode(&pcm, options)
        }
    }
}

/// The `fmt ` chunk.
struct Description {
    big_endian: bool,
    tag: u16,
    channels: u32,
    rate_hz: u32,
    frame_bytes: u32,
    bits: u16,
}

enum Coding {
    Pcm(Encoding),
    Mp3,
}

/// The description, the samples, and the size the file gives the samples, where it gives one.
fn find_chunks(bytes: &[u8]) -> Result<(Description, &[u8], Option<u64>), AudioProblem> {
    let big_endian = bytes.starts_with(b"RIFX");
    // Sizes are filled in last: a writer that was killed, or that wrote into a pipe, left them as they were.
    let riff = Fields { bytes: bytes.get(4..8).unwrap_or_default(), big_endian }.long(0);
    let ends_at = |place: usize| riff.is_some_and(|size| size as usize + 8 <= place);
    let (mut description, mut found, mut long_size) = (None, None, None);
    let mut rest = bytes.get(12..).unwrap_or_default();
    while let Some((head, body)) = rest.split_at_checked(8) {
        let stated = Fields { bytes: &head[4..], big_endian }.long(0).unwrap_or(0);
        // RF64: the real size, where the chunk's 32 bits are all ones.
        let long = long_size.filter(|size| &head[..4] == b"data" && stated == u32::MAX && *size > 0);
        let size = long.unwrap_or(u64::from(stated));
        let length = usize::try_from(size).unwrap_or(usize::MAX);
        let held = &body[..body.len().min(length)];
        match &head[..4] {
            b"fmt " if description.is_none() => description = Some(describe(held, big_endian)?),
            b"ds64" => {
                long_size = held.get(8..16).map(|raw| u64::from_le_bytes(raw.try_into().unwrap_or_default()))
            }
            b"data" if found.is_none() && size == 0 && ends_at(bytes.len() - body.len()) => {
                found = Some((body, None));
                break;
            }
            b"data" if found.is_none() => {
                let known = long.is_some() || size < UNKNOWN_SIZE;
                found = Some((held, known.then_some(size)));
            }
            _ => {}
        }
        // Bodies are padded to an even length.
        rest = body.get(length.saturating_add(length % 2)..).unwrap_or_default();
    }
    let missing =
        |chunk: &str| AudioProblem::Damaged { format: "wav", what: format!("it has no {chunk} chunk") };
    let description = description.ok_or_else(|| missing("fmt"))?;
    let (data, promised) = found.ok_or_else(|| missing("data"))?;
    Ok((description, data, promised))
}

/// Numbers in a chunk's body.
struct Fields<'a> {
    bytes: &'a [u8],
    big_endian: bool,
}

impl Fields<'_> {
    fn short(&self, at: usize) -> Option<u16> {
        let raw = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.big_endian { u16::from_be_bytes(raw) } else { u16::from_le_bytes(raw) })
    }

    fn long(&self, at: usize) -> Option<u32> {
        let raw = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.big_endian { u32::from_be_bytes(raw) } else { u32::from_le_bytes(raw) })
    }
}

fn describe(body: &[u8], big_endian: bool) -> Result<Description, AudioProblem> {
    let fields = Fields { bytes: body, big_endian };
    let read = || {
        let tag = match fields.short(0)? {
            // The true tag is the head of the sub-format's GUID.
            EXTENSIBLE => fields.short(24)?,
            tag => tag,
        };
        Some(Description {
            big_endian,
            tag,
            channels: fields.short(2)?.into(),
            rate_hz: fields.long(4)?,
            frame_bytes: fields.short(12)?.into(),
            bits: fields.short(14)?,
        })
    };
    let what = || format!("its fmt chunk has only {} bytes", body.len());
    read().ok_or_else(|| AudioProblem::Damaged { format: "wav", what: what() })
}

impl Description {
    fn coding(&self) -> Result<Coding, AudioProblem> {
        let unsupported = |what: String| AudioProblem::Unsupported { format: "wav", what };
        let encoding = match (self.tag, self.sample_bytes()) {
            (1, 1) => Encoding::U8,
            (1, bytes) => Encoding::signed(bytes)
                .ok_or_else(|| unsupported(format!("integer samples of {} bits", self.bits)))?,
            (3, 4) => Encoding::F32,
            (3, 8) => Encoding::F64,
            (3, _) => return Err(unsupported(format!("float samples of {} bits", self.bits))),
            (6, _) => Encoding::Alaw,
            (7, _) => Encoding::Ulaw,
            (0x50 | 0x55, _) => return Ok(Coding::Mp3),
            (2, _) => return Err(unsupported("Microsoft ADPCM".into())),
            (0x11, _) => return Err(unsupported("IMA ADPCM".into())),
            (0x31, _) => return Err(unsupported("GSM 6.10".into())),
            (tag, _) => return Err(unsupported(format!("codec number {tag:#06x}"))),
        };
        Ok(Coding::Pcm(encoding))
    }

    /// 20 bits lie in 3 bytes or, where the frame size says so, in 4.
    fn sample_bytes(&self) -> usize {
        let tight = usize::from(self.bits).div_ceil(8);
        match self.frame_bytes.checked_div(self.channels) {
            Some(stated @ 1..=8)
                if self.frame_bytes.is_multiple_of(self.channels) && stated as usize >= tight =>
            {
                stated as usize
            }
            _ => tight,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Fault;
    use super::*;

    fn file(tag: u16, channels: u16, rate_hz: u32, bits: u16, promised: u32, data: &[u8]) -> Vec<u8> {
        let frame = channels.wrapping_mul(bits / 8);
        let mut bytes = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0".to_vec();
        bytes.extend([tag.to_le_bytes(), channels.to_le_bytes()].concat());
        bytes.extend([rate_hz.to_le_bytes(), rate_hz.wrapping_mul(frame.into()).to_le_bytes()].concat());
        bytes.extend([frame.to_le_bytes(), bits.to_le_bytes()].concat());
        bytes.extend(b"LIST\x03\0\0\0odd\0data");
        bytes.extend(promised.to_le_bytes());
        bytes.extend(data);
        bytes
    }

    fn samples(bytes: &[u8]) -> Result<Vec<f32>, String> {
        decode(bytes, &LoadOptions::default()).map(|d| d.samples).map_err(|e| e.to_string())
    }

    #[test]
    fn one_sample_six_channels_and_float_work() {
        assert_eq!(samples(&file(1, 1, 8000, 16, 2, &[0, 0x40])).unwrap(), [0.5]);
        let frame: Vec<u8> =
            [0.5f32, 0.25, 0.125, 0.0, -0.5, 1.0].iter().flat_map(|x| x.to_le_bytes()).collect();
        assert_eq!(samples(&file(3, 6, 192_000, 32, 24, &frame)).unwrap(), [1.375f32 / 6.0]);
    }

    #[test]
    fn a_chunk_larger_than_the_file_is_a_fault_and_an_unknown_length_is_none() {
        let short = decode(&file(1, 1, 8000, 16, 32000, &[0; 8000]), &LoadOptions::default()).unwrap();
        assert_eq!(short.faults, [Fault::EndsEarly { at_seconds: 0.5, promised_seconds: Some(2.0) }]);
        let piped = decode(&file(1, 1, 8000, 16, u32::MAX, &[0; 8001]), &LoadOptions::default()).unwrap();
        assert_eq!((piped.samples.len(), piped.faults.len()), (4000, 0));
    }

    #[test]
    fn sizes_that_were_never_filled_in_promise_nothing() {
        let mut left = file(1, 1, 8000, 16, 0, &[0, 0x40, 0, 0x20]);
        // Python's wave says at first where the sound begins.
        for riff in [0u32, 8, 36] {
            left[4..8].copy_from_slice(&riff.to_le_bytes());
            let decoded = decode(&left, &LoadOptions::default()).unwrap();
            assert_eq!((decoded.samples, decoded.faults), (vec![0.5, 0.25], Vec::new()));
        }
        // Where the file's size was filled in, the sound's was too: there is none.
        left[4..8].copy_from_slice(&100u32.to_le_bytes());
        assert!(decode(&left, &LoadOptions::default()).unwrap().samples.is_empty());
    }

    #[test]
    fn long_sizes_end_the_sound_where_they_say() {
        let rf64 = |size: u64| {
            let mut bytes = b"RF64\xff\xff\xff\xffWAVEds64\x1c\0\0\0".to_vec();
            bytes.extend([200u64, size, 2].map(u64::to_le_bytes).concat());
            bytes.extend([0; 4]);
            bytes.extend(&file(1, 1, 8000, 16, u32::MAX, &[0, 0x40, 0, 0x20])[12..]);
            // What follows the sound is none.
            bytes.extend(b"LIST\x04\0\0\0name");
            decode(&bytes, &LoadOptions::default()).unwrap()
        };
        let whole = rf64(4);
        assert_eq!((whole.samples, whole.faults.len()), (vec![0.5, 0.25], 0));
        assert!(matches!(rf64(1 << 40).faults[..], [Fault::EndsEarly { .. }]));
        assert_eq!(rf64(0).faults, [], "a size that nobody filled in promises nothing");
    }

    #[test]
    fn hostile_headers_are_refused_in_words() {
        let say = |bytes: &[u8]| samples(bytes).unwrap_err();
        assert!(say(&file(1, 0, 8000, 16, 2, &[0; 2])).contains("0 channels"));
        assert!(say(&file(1, 1, 0, 16, 2, &[0; 2])).contains("0 Hz"));
        assert!(say(&file(0x11, 1, 8000, 4, 2, &[0; 2])).contains("IMA ADPCM"));
        assert!(say(&file(3, 1, 8000, 16, 2, &[0; 2])).contains("float samples of 16 bits"));
        assert!(say(b"RIFF\0\0\0\0WAVEfmt \x02\0\0\0\x01\0").contains("only 2 bytes"));
        assert!(say(b"RIFF\0\0\0\0WAVE").contains("no fmt chunk"));
        assert_eq!(samples(&file(1, 65535, 8000, 16, 2, &[0; 2])).unwrap(), [0.0f32; 0]);
    }
}
