//! The list of marks that a picture is.

use super::colours::{Ink, SERIES};

/// A picture: what it shows in words, and its marks from back to front. Lengths are in CSS pixels.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// Names the file.
    pub name: String,
    pub title: String,
    /// What a reader who cannot see it should know.
    pub description: String,
    pub width: f64,
    pub height: f64,
    pub marks: Vec<Mark>,
}

#[derive(Debug, Clone)]
pub enum Mark {
    Line {
        points: Vec<(f64, f64)>,
        ink: Ink,
        width: f64,
        dashed: bool,
    },
    Area {
        points: Vec<(f64, f64)>,
        ink: Ink,
        opacity: f64,
    },
    Bar {
        x: f64,
        y: f64,
        width: f64,
        height: f64,
        ink: Ink,
        opacity: f64,
        tip: String,
    },
    Dot {
        x: f64,
        y: f64,
        radius: f64,
        ink: Ink,
        shape: Shape,
        opacity: f64,
        tip: String,
    },
    Words(Words),
    /// `rgb` holds `columns × rows × 3` bytes, the top row first.
    Image {
        x: f64,
        y: f64,
        width: f64,
        height: f64,
        columns: usize,
        rows: usize,
        rgb: Vec<u8>,
    },
}

#[derive(Debug, Clone)]
pub struct Words {
    pub text: String,
    /// The middle of the line's height, and the side that `align` says.
    pub x: f64,
    pub y: f64,
    pub size: f64,
    pub align: Align,
    pub ink: Ink,
    /// Reads upwards.
    pub turned: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Middle,
    Right,
}

/// Series differ in shape as well as in colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Circle,
    Square,
    Triangle,
    Diamond,
}

impl Shape {
    /// Where the colours begin again the shapes are shifted, so that 32 series look different.
    pub fn of(series: usize) -> Self {
        [Self::Circle, Self::Square, Self::Triangle, Self::Diamond][(series + series / SERIES.len()) % 4]
    }

    /// Corners around (x, y); a circle has none.
    pub fn corners(self, x: f64, y: f64, radius: f64) -> Vec<(f64, f64)> {
        let r = radius;
        match self {
            Self::Circle => Vec::new(),
            Self::Square => {
                let r = 0.86 * r;
                vec![(x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r)]
            }
            Self::Triangle => vec![(x, y - 1.15 * r), (x + r, y + 0.75 * r), (x - r, y + 0.75 * r)],
            Self::Diamond => vec![(x, y - 1.2 * r), (x + 1.1 * r, y), (x, y + 1.2 * r), (x - 1.1 * r, y)],
        }
    }
}

impl Sheet {
    /// An empty sheet with its title at the top.
    pub fn new(name: &str, title: &str, width: f64, height: f64) -> Self {
        let mut sheet = Self {
            name: name.to_string(),
            title: title.to_string(),
            description: String::new(),
            width,
            height,
            marks: Vec::new(),
        };
        sheet.words(title, (14.0, 20.0), 15.0, Align::Left, Ink::Text);
        sheet
    }

    pub fn described(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    pub fn line(&mut self, points: &[(f64, f64)], ink: Ink, width: f64) {
        self.marks.push(Mark::Line { points: points.to_vec(), ink, width, dashed: false });
    }

    pub fn dashes(&mut self, points: &[(f64, f64)], ink: Ink, width: f64) {
        self.marks.push(Mark::Line { points: points.to_vec(), ink, width, dashed: true });
    }

    pub fn bar(
        &mut self,
        (x, y): (f64, f64),
        (width, height): (f64, f64),
        ink: Ink,
        opacity: f64,
        tip: &str,
    ) {
        self.marks.push(Mark::Bar { x, y, width, height, ink, opacity, tip: tip.to_string() });
    }

    pub fn dot(&mut self, (x, y): (f64, f64), radius: f64, series: usize, opacity: f64, tip: &str) {
        self.marks.push(Mark::Dot {
            x,
            y,
            radius,
            ink: Ink::Series(series),
            shape: Shape::of(series),
            opacity,
            tip: tip.to_string(),
        });
    }

    pub fn words(&mut self, text: &str, (x, y): (f64, f64), size: f64, align: Align, ink: Ink) {
        let text = text.to_string();
        self.marks.push(Mark::Words(Words { text, x, y, size, align, ink, turned: false }));
    }

    pub fn upright(&mut self, text: &str, (x, y): (f64, f64), size: f64, ink: Ink) {
        let (text, align) = (text.to_string(), Align::Middle);
        self.marks.push(Mark::Words(Words { text, x, y, size, align, ink, turned: true }));
    }

    pub fn image(&mut self, at: (f64, f64), size: (f64, f64), columns: usize, rows: usize, rgb: Vec<u8>) {
        let ((x, y), (width, height)) = (at, size);
        self.marks.push(Mark::Image { x, y, width, height, columns, rows, rgb });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_of_thirty_two_series_share_colour_and_shape() {
        for a in 0..32 {
            assert!(
                (0..a).all(|b| a % SERIES.len() != b % SERIES.len() || Shape::of(a) != Shape::of(b)),
                "{a}"
            );
        }
    }
}
