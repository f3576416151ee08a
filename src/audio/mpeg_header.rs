//! The four bytes before every MPEG audio frame (ISO/IEC 11172-3 §2.4.1.3, 13818-3 §2.4.1.3 and the 2.5
//! extension): layer, rates, channels, and from them the frame's length.

/// What a frame's four header bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub layer: u8,
    /// MPEG 2 and 2.5: half the samples, half the reservoir.
    pub low_rate: bool,
    pub rate_hz: u32,
    pub channels: u32,
    pub has_crc: bool,
    kbps: u32,
    pub padding: usize,
    version: u8,
    raw: [u8; HEADER_BYTES],
}

pub(super) const HEADER_BYTES: usize = 4;

/// Kilobits per second by the header's four bits: MPEG 1 layers I to III, then MPEG 2 layer I and the others.
const KBPS: [[u16; 15]; 5] = [
    [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];

impl Header {
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let raw @ [sync, b1, b2, b3] = *bytes.first_chunk()?;
        let (version, layer_bits) = (b1 >> 3 & 3, b1 >> 1 & 3);
        let (bitrate, rate) = (usize::from(b2 >> 4), usize::from(b2 >> 2 & 3));
        let extension_beyond_layer_3 = version == 0 && layer_bits != 1;
        if sync != 0xff || b1 & 0xe0 != 0xe0 || version == 1 || layer_bits == 0 || extension_beyond_layer_3 {
            return None;
        }
        if bitrate == 15 || rate == 3 {
            return None;
        }
        let layer = 4 - layer_bits;
        let low_rate = version != 3;
        let row = match (low_rate, layer) {
            (false, layer) => usize::from(layer) - 1,
            (true, 1) => 3,
            (true, _) => 4,
        };
        let halvings = match version {
            3 => 0,
            2 => 1,
            _ => 2,
        };
        Some(Self {
            layer,
            low_rate,
            rate_hz: [44100, 48000, 32000][rate] >> halvings,
            channels: if b3 >> 6 == 3 { 1 } else { 2 },
            has_crc: b1 & 1 == 0,
            kbps: KBPS[row][bitrate].into(),
            padding: usize::from(b2 >> 1 & 1) * if layer == 1 { 4 } else { 1 },
            version,
            raw,
        })
    }

    /// Samples per channel.
    pub fn samples(&self) -> usize {
        match self.layer {
            1 => 384,
            3 if self.low_rate => 576,
            _ => 1152,
        }
    }

    pub fn is_free_format(&self) -> bool {
        self.kbps == 0
    }

    /// The whole frame's length; `free_bytes` is that of an unpadded free-format frame.
    pub fn bytes(&self, free_bytes: usize) -> usize {
        let fixed = self.samples() * self.kbps as usize * 125 / self.rate_hz as usize;
        let unpadded = match (self.kbps, self.layer) {
            (0, _) => free_bytes,
            (_, 1) => fixed & !3,
            _ => fixed,
        };
        unpadded + self.padding
    }

    /// The same stream's header for the longest frame, without checksum or padding.
    pub fn longest(&self) -> [u8; HEADER_BYTES] {
        let [sync, kind, rate, mode] = self.raw;
        let bitrate = if self.is_free_format() { 0 } else { 14 << 4 };
        [sync, kind | 1, (rate & 0x0c) | bitrate, mode]
    }

    pub fn continues(&self, first: &Self) -> bool {
        (self.version, self.layer, self.rate_hz, self.is_free_format())
            == (first.version, first.layer, first.rate_hz, first.is_free_format())
    }

    /// Layer III's side information.
    pub fn side_bytes(&self) -> usize {
        match (self.low_rate, self.channels) {
            (false, 1) => 17,
            (false, _) => 32,
            (true, 1) => 9,
            (true, _) => 17,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// MPEG 1 layer III, 128 kbit/s, 44.1 kHz, stereo.
    const HEADER: [u8; 4] = [0xff, 0xfb, 0x90, 0x00];

    #[test]
    fn headers_give_the_standards_lengths() {
        let parse = |bytes: [u8; 4]| Header::parse(&bytes).unwrap();
        assert_eq!(parse(HEADER).bytes(0), 417);
        assert_eq!(parse([0xff, 0xfb, 0x92, 0]).bytes(0), 418);
        let low = parse([0xff, 0xf3, 0x84, 0xc0]);
        assert_eq!((low.rate_hz, low.channels, low.samples(), low.bytes(0)), (24000, 1, 576, 192));
        let lowest = parse([0xff, 0xe3, 0x18, 0xc0]);
        assert_eq!((lowest.rate_hz, lowest.bytes(0), lowest.side_bytes()), (8000, 72, 9));
        for bad in
            [[0xff, 0xfb, 0xf0, 0], [0xff, 0xfb, 0x9c, 0], [0xff, 0xf9, 0x90, 0], [0xfe, 0xfb, 0x90, 0]]
        {
            assert_eq!(Header::parse(&bad), None);
        }
    }
}
