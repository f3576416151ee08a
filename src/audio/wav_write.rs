//! A mono signal as a 16-bit PCM wav: RIFF header of 44 bytes, then round(32768·x) held to [−32768, 32767].
//!
//! Bytes only: whoever writes them to disk does so atomically through `disk`.

use super::Waveform;

const HEADER_BYTES: u32 = 44;

/// The whole file. A signal too long for a RIFF header (2 GiB) is cut at what the header can state.
pub fn pcm16(sound: &Waveform) -> Vec<u8> {
    let limit = ((u32::MAX - HEADER_BYTES) / 2) as usize;
    let samples = &sound.samples[..sound.samples.len().min(limit)];
    let data_bytes = 2 * samples.len() as u32;
    let mut file = Vec::with_capacity(HEADER_BYTES as usize + data_bytes as usize);
    file.extend(b"RIFF");
    file.extend((HEADER_BYTES - 8 + data_bytes).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16u32.to_le_bytes());
    // PCM, one channel.
    file.extend(1u16.to_le_bytes());
    file.extend(1u16.to_le_bytes());
    file.extend(sound.rate_hz.to_le_bytes());
    file.extend((sound.rate_hz * 2).to_le_bytes());
    file.extend(2u16.to_le_bytes());
    file.extend(16u16.to_le_bytes());
    file.extend(b"data");
    file.extend(data_bytes.to_le_bytes());
    for sample in samples {
        // NaN becomes 0 in the cast.
        file.extend(((sample * 32768.0).round().clamp(-32768.0, 32767.0) as i16).to_le_bytes());
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_and_samples_are_those_of_the_standard() {
        let samples = vec![0.0, 0.5, -1.0, 2.0, f32::NAN, 1.0 / 32768.0];
        let file = pcm16(&Waveform { samples, rate_hz: 22050 });
        assert_eq!(file.len(), 44 + 12);
        assert_eq!(&file[..4], b"RIFF");
        assert_eq!(u32::from_le_bytes(file[4..8].try_into().unwrap()), 36 + 12);
        assert_eq!(u32::from_le_bytes(file[24..28].try_into().unwrap()), 22050);
        let values: Vec<i16> =
            file[44..].chunks(2).map(|pair| i16::from_le_bytes(pair.try_into().unwrap())).collect();
        assert_eq!(values, [0, 16384, -32768, 32767, 0, 1]);
    }
}
