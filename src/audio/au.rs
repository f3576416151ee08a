//! Sun and NeXT `.au`, the format GTZAN was published in: a header of at least 24 bytes (magic, offset of
//! the data, its size or 0xffffffff, encoding, rate, channels), then frames.

use super::AudioProblem;
use super::pcm::{self, Encoding, PcmData};
use super::wanted::{Decoded, LoadOptions};

const UNKNOWN_SIZE: u32 = 0xffff_ffff;

pub(super) fn decode(bytes: &[u8], options: &LoadOptions) -> Result<Decoded, AudioProblem> {
    pcm::decode(&parse(bytes)?, options)
}

fn parse(bytes: &[u8]) -> Result<PcmData<'_>, AudioProblem> {
    let big_endian = bytes.starts_with(b".snd");
    let (words, _) = bytes.as_chunks::<4>();
    let [_, data_offset, size, encoding, rate_hz, channels, ..] = *words else {
        let what = format!("it ends inside its header, after {} bytes", bytes.len());
        return Err(AudioProblem::Damaged { format: "au", what });
    };
    let word = |raw: [u8; 4]| if big_endian { u32::from_be_bytes(raw) } else { u32::from_le_bytes(raw) };
    let data_offset = word(data_offset) as usize;
    let mut data = bytes.get(data_offset..).filter(|_| data_offset >= 24).ok_or_else(|| {
        let what = format!("its header puts the sound at byte {data_offset} of {}", bytes.len());
        AudioProblem::Damaged { format: "au", what }
    })?;
    let promised_bytes = Some(word(size)).filter(|&size| size != UNKNOWN_SIZE).map(u64::from);
    if let Some(promised) = promised_bytes {
        data = &data[..data.len().min(promised as usize)];
    }
    let encoding = match word(encoding) {
        1 => Encoding::Ulaw,
        2 => Encoding::I8,
        3 => Encoding::I16,
        4 => Encoding::I24,
        5 => Encoding::I32,
        6 => Encoding::F32,
        7 => Encoding::F64,
        27 => Encoding::Alaw,
        other => {
            return Err(AudioProblem::Unsupported { format: "au", what: format!("encoding number {other}") });
        }
    };
    Ok(PcmData {
        format: "au",
        encoding,
        big_endian,
        rate_hz: word(rate_hz),
        channels: word(channels),
        data,
        promised_bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::super::Fault;
    use super::*;

    fn file(size: u32, encoding: u32, channels: u32, data: &[u8]) -> Vec<u8> {
        let mut bytes = b".snd".to_vec();
        for word in [28, size, encoding, 22050, channels, 0] {
            bytes.extend(word.to_be_bytes());
        }
        bytes.extend(data);
        bytes
    }

    #[test]
    fn an_unknown_length_reaches_to_the_end_of_the_file() {
        let decoded =
            decode(&file(UNKNOWN_SIZE, 3, 1, &[0x40, 0, 0xc0, 0]), &LoadOptions::default()).unwrap();
        assert_eq!(decoded.samples, [0.5, -0.5]);
        assert_eq!(decoded.rate_hz, 22050);
        assert!(decoded.faults.is_empty());
    }

    #[test]
    fn a_short_file_keeps_what_it_has_and_says_so() {
        let decoded = decode(&file(44100, 2, 1, &[64; 11025]), &LoadOptions::default()).unwrap();
        assert_eq!(decoded.samples.len(), 11025);
        assert_eq!(decoded.faults, [Fault::EndsEarly { at_seconds: 0.5, promised_seconds: Some(2.0) }]);
    }

    #[test]
    fn impossible_headers_are_refused() {
        let say = |bytes: &[u8]| decode(bytes, &LoadOptions::default()).unwrap_err().to_string();
        assert!(say(&file(4, 23, 1, &[0; 4])).contains("encoding number 23"));
        assert!(say(&file(4, 3, 0, &[0; 4])).contains("0 channels"));
        assert!(say(b".snd\0\0\0\x18").contains("inside its header"));
        assert!(say(&[b".snd".as_slice(), &[0xff; 40]].concat()).contains("puts the sound at byte"));
    }
}
