//! Colours that stay apart for colour-blind readers (M. Okabe, K. Ito, 2008), on light and on dark ground, and the
//! two ramps of the heat maps.

/// What a mark is drawn with. All but `Fixed` follow the reader's light or dark ground.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ink {
    Text,
    Faint,
    Grid,
    Ground,
    /// The figure a paper printed.
    Published,
    /// The n-th of several.
    Series(usize),
    Fixed(u8, u8, u8),
}

type Rgb = (u8, u8, u8);

/// Light ground, dark ground.
pub const TEXT: [Rgb; 2] = [(0x22, 0x22, 0x22), (0xe8, 0xe8, 0xe8)];
pub const FAINT: [Rgb; 2] = [(0x66, 0x66, 0x66), (0xa8, 0xa8, 0xa8)];
pub const GRID: [Rgb; 2] = [(0xdd, 0xdd, 0xdd), (0x3c, 0x3c, 0x40)];
pub const GROUND: [Rgb; 2] = [(0xff, 0xff, 0xff), (0x16, 0x17, 0x1a)];
pub const PUBLISHED: [Rgb; 2] = [(0xc0, 0x39, 0x2b), (0xff, 0x7a, 0x6b)];
pub const SERIES: [[Rgb; 2]; 8] = [
    [(0x00, 0x5f, 0xa8), (0x6c, 0xb6, 0xff)],
    [(0xd5, 0x5e, 0x00), (0xff, 0x9a, 0x4d)],
    [(0x00, 0x85, 0x60), (0x3d, 0xd6, 0xa8)],
    [(0xb0, 0x4a, 0x8a), (0xf0, 0x9a, 0xcf)],
    [(0x3a, 0xa0, 0xd8), (0xa5, 0xdc, 0xff)],
    [(0x9a, 0x7d, 0x00), (0xe8, 0xcf, 0x4a)],
    [(0x6a, 0x51, 0xa3), (0xb9, 0xa6, 0xf0)],
    [(0x4d, 0x4d, 0x4d), (0xc8, 0xc8, 0xc8)],
];

impl Ink {
    /// The class an SVG gives it, or the colour itself.
    pub fn name(self) -> Result<String, String> {
        match self {
            Self::Text => Ok("ink".to_string()),
            Self::Faint => Ok("faint".to_string()),
            Self::Grid => Ok("grid".to_string()),
            Self::Ground => Ok("ground".to_string()),
            Self::Published => Ok("published".to_string()),
            Self::Series(n) => Ok(format!("s{}", n % SERIES.len())),
            Self::Fixed(r, g, b) => Err(format!("#{r:02x}{g:02x}{b:02x}")),
        }
    }

    /// On light ground.
    pub fn rgb(self) -> Rgb {
        match self {
            Self::Text => TEXT[0],
            Self::Faint => FAINT[0],
            Self::Grid => GRID[0],
            Self::Ground => GROUND[0],
            Self::Published => PUBLISHED[0],
            Self::Series(n) => SERIES[n % SERIES.len()][0],
            Self::Fixed(r, g, b) => (r, g, b),
        }
    }
}

/// A ramp through these colours, `at` in 0…1.
fn ramp(stops: &[Rgb], at: f64) -> Rgb {
    let at = if at.is_finite() { at.clamp(0.0, 1.0) } else { 0.0 } * (stops.len() - 1) as f64;
    let low = (at.floor() as usize).min(stops.len() - 2);
    let part = at - low as f64;
    let mix = |a: u8, b: u8| (f64::from(a) + part * (f64::from(b) - f64::from(a))).round() as u8;
    let ((r, g, b), (s, t, u)) = (stops[low], stops[low + 1]);
    (mix(r, s), mix(g, t), mix(b, u))
}

/// Pale to deep blue: shares and loudness. Lightness falls evenly, so that it reads in grey too.
pub fn sequential(at: f64) -> Rgb {
    ramp(
        &[(0xf4, 0xf8, 0xfc), (0xb9, 0xd4, 0xec), (0x6a, 0xa6, 0xd6), (0x23, 0x6c, 0xb0), (0x08, 0x2f, 0x66)],
        at,
    )
}

/// Blue below, white at 0, orange above; `at` in −1…1.
pub fn diverging(at: f64) -> Rgb {
    ramp(
        &[(0x0b, 0x4a, 0x8f), (0x7f, 0xb2, 0xdd), (0xf7, 0xf7, 0xf7), (0xf0, 0xa8, 0x72), (0xa8, 0x45, 0x00)],
        (at + 1.0) / 2.0,
    )
}

/// Black or white, whichever can be read on `ground`.
pub fn readable_on((r, g, b): Rgb) -> Ink {
    let light = 0.299 * f64::from(r) + 0.587 * f64::from(g) + 0.114 * f64::from(b);
    if light > 140.0 { Ink::Fixed(0x1a, 0x1a, 0x1a) } else { Ink::Fixed(0xff, 0xff, 0xff) }
}
