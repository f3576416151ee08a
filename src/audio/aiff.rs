//! AIFF and AIFF-C: chunks as in RIFF but big endian; `COMM` says how the samples lie in `SSND`.

use super::AudioProblem;
use super::pcm::{self, Encoding, PcmData};
use super::wanted::{Decoded, LoadOptions};

pub(super) fn decode(bytes: &[u8], options: &LoadOptions) -> Result<Decoded, AudioProblem> {
    let mut description = None;
    let mut sound = None;
    let mut rest = bytes.get(12..).unwrap_or_default();
    while let Some((head, body)) = rest.split_at_checked(8) {
        let size = u32::from_be_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let held = &body[..body.len().min(size)];
        match &head[..4] {
            // Written into a pipe: the size was never known.
            b"SSND" if sound.is_none() && size == 0 => {
                sound = Some(body);
                break;
            }
            b"COMM" if description.is_none() => description = Some(describe(held)?),
            b"SSND" if sound.is_none() => sound = Some(held),
            _ => {}
        }
        rest = body.get(size + size % 2..).unwrap_or_default();
    }
    let damaged = |what: &str| AudioProblem::Damaged { format: "aiff", what: what.into() };
    let description = description.ok_or_else(|| damaged("it has no COMM chunk"))?;
    let sound = sound.ok_or_else(|| damaged("it has no SSND chunk"))?;
    let (head, data) = sound.split_at_checked(8).ok_or_else(|| damaged("its SSND chunk has no header"))?;
    let offset = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
    let data = data.get(offset..).unwrap_or_default();
    let frame_bytes = u64::from(description.channels) * description.encoding.bytes() as u64;
    let promised = Some(u64::from(description.frames) * frame_bytes).filter(|bytes| *bytes > 0);
    let most = promised.map_or(data.len(), |bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    let pcm = PcmData {
        format: "aiff",
        encoding: description.encoding,
        big_endian: description.big_endian,
        rate_hz: description.rate_hz,
        channels: description.channels,
        data: &data[..data.len().min(most)],
        promised_bytes: promised,
    };
    pcm::decode(&pcm, options)
}

/// The `COMM` chunk.
struct Description {
    channels: u32,
    frames: u32,
    rate_hz: u32,
    encoding: Encoding,
    big_endian: bool,
}

fn describe(body: &[u8]) -> Result<Description, AudioProblem> {
    let Some(&[c0, c1, f0, f1, f2, f3, b0, b1, ref rate @ ..]) = body.first_chunk::<18>() else {
        let what = format!("its COMM chunk has only {} bytes", body.len());
        return Err(AudioProblem::Damaged { format: "aiff", what });
    };
    let bits = u16::from_be_bytes([b0, b1]);
    let compression: [u8; 4] = body.get(18..22).and_then(|name| name.try_into().ok()).unwrap_or(*b"NONE");
    let plain = Encoding::signed(usize::from(bits).div_ceil(8));
    let encoding = match &compression {
        b"NONE" | b"twos" | b"sowt" => plain,
        b"in24" | b"42ni" | b"42n1" => Some(Encoding::I24),
        b"in32" | b"23ni" | b"23n1" => Some(Encoding::I32),
        b"raw " => Some(Encoding::U8),
        b"fl32" | b"FL32" => Some(Encoding::F32),
        b"fl64" | b"FL64" => Some(Encoding::F64),
        b"ulaw" | b"ULAW" => Some(Encoding::Ulaw),
        b"alaw" | b"ALAW" => Some(Encoding::Alaw),
        _ => None,
    };
    let encoding = encoding.ok_or_else(|| AudioProblem::Unsupported {
        format: "aiff",
        what: format!("compression {:?} of {bits} bits", String::from_utf8_lossy(&compression)),
    })?;
    Ok(Description {
        channels: u16::from_be_bytes([c0, c1]).into(),
        frames: u32::from_be_bytes([f0, f1, f2, f3]),
        rate_hz: from_extended(rate),
        encoding,
        big_endian: !matches!(&compression, b"sowt" | b"42ni" | b"42n1" | b"23ni" | b"23n1"),
    })
}

/// An 80-bit IEEE 754 extended number, rounded to whole hertz; 0 for what no rate can be.
fn from_extended(raw: &[u8; 10]) -> u32 {
    let exponent = i32::from(u16::from_be_bytes([raw[0], raw[1]])) - 16383 - 63;
    let mut mantissa = [0; 8];
    mantissa.copy_from_slice(&raw[2..]);
    let value = u64::from_be_bytes(mantissa) as f64 * f64::from(exponent.clamp(-1000, 900)).exp2();
    if value < 4e9 { value.round() as u32 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extended_rates_are_read() {
        assert_eq!(from_extended(&[0x40, 0x0e, 0xac, 0x44, 0, 0, 0, 0, 0, 0]), 44100);
        assert_eq!(from_extended(&[0x40, 0x0b, 0xfa, 0, 0, 0, 0, 0, 0, 0]), 8000);
        assert_eq!(from_extended(&[0xff; 10]), 0);
        assert_eq!(from_extended(&[0; 10]), 0);
    }

    /// As ffmpeg writes it into a pipe: neither the frames nor the sound's size are known.
    #[test]
    fn what_came_through_a_pipe_is_read_to_its_end() {
        let mut bytes = b"FORM\0\0\0\0AIFFCOMM\0\0\0\x12".to_vec();
        bytes.extend([0, 1, 0, 0, 0, 0, 0, 16, 0x40, 0x0b, 0xfa, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend(b"SSND\0\0\0\0\0\0\0\0\0\0\0\0\x40\0\x20\0");
        let decoded = decode(&bytes, &LoadOptions::default()).unwrap();
        assert_eq!(decoded.samples, [0.5, 0.25]);
        assert!(decoded.faults.is_empty());
    }

    #[test]
    fn the_compression_says_the_byte_order() {
        let file = |name: &[u8; 4], data: &[u8]| {
            let mut bytes = b"FORM\0\0\0\0AIFCCOMM\0\0\0\x18".to_vec();
            bytes.extend([0, 1, 0, 0, 0, 1, 0, 16, 0x40, 0x0b, 0xfa, 0, 0, 0, 0, 0, 0, 0]);
            bytes.extend(name);
            bytes.extend(b"\0\0SSND");
            bytes.extend((data.len() as u32 + 8).to_be_bytes());
            bytes.extend([0; 8]);
            bytes.extend(data);
            decode(&bytes, &LoadOptions::default()).map(|d| d.samples).map_err(|e| e.to_string())
        };
        assert_eq!(file(b"NONE", &[0x40, 0]).unwrap(), [0.5]);
        assert_eq!(file(b"sowt", &[0, 0x40]).unwrap(), [0.5]);
        assert_eq!(file(b"42n1", &[0, 0, 0x40]).unwrap(), [0.5]);
        assert_eq!(file(b"fl32", &0.25f32.to_be_bytes()).unwrap(), [0.25]);
        assert!(file(b"ima4", &[0, 0]).unwrap_err().contains("ima4"));
    }
}
