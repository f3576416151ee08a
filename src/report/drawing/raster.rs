//! A sheet as PNG, by plotters. Drawn at four times its size and averaged to twice, so that edges are smooth; a large one
//! at less, and one that would take gigabytes not at all. Text in the font beside this file (a subset of DejaVu Sans, see
//! `sans.LICENSE.txt`).

use std::sync::OnceLock;

use ab_glyph::{Font, FontRef, GlyphId, PxScale, ScaleFont, point};
use plotters::backend::{BitMapBackend, DrawingBackend};
use plotters::style::{Color, RGBAColor, RGBColor, ShapeStyle};

use super::DrawError;
use super::colours::Ink;
use super::png::png_bytes;
use super::sheet::{Align, Mark, Sheet, Words};

/// How much larger than the sheet it is drawn, the finest that there is room for.
const SCALES: [f64; 3] = [4.0, 3.0, 2.0];
/// Pixels that are drawn at most, of three bytes each.
const MOST_PIXELS: f64 = 40e6;
/// Drawn pixels along each side of one of the file's.
const AVERAGED: usize = 2;

fn font() -> Option<&'static FontRef<'static>> {
    static FONT: OnceLock<Option<FontRef<'static>>> = OnceLock::new();
    FONT.get_or_init(|| FontRef::try_from_slice(include_bytes!("sans.ttf")).ok()).as_ref()
}

/// How wide `text` is at `size` (of the em), without kerning.
pub fn text_width(text: &str, size: f64) -> f64 {
    let Some(font) = font() else { return 0.6 * size * text.chars().count() as f64 };
    let units: f32 = text.chars().map(|letter| font.h_advance_unscaled(font.glyph_id(letter))).sum();
    f64::from(units) * size / f64::from(font.units_per_em().unwrap_or(2048.0))
}

fn scale_of(sheet: &Sheet) -> Option<f64> {
    let pixels = |scale: f64| (sheet.width * scale) * (sheet.height * scale);
    SCALES.into_iter().find(|scale| pixels(*scale) <= MOST_PIXELS)
}

/// The picture at two pixels a CSS pixel, a large one at less, on light ground; none where it is too large for a PNG.
pub fn png(sheet: &Sheet) -> Result<Option<Vec<u8>>, DrawError> {
    let failed = |reason: String| DrawError { picture: sheet.name.clone(), reason };
    let Some(scale) = scale_of(sheet) else { return Ok(None) };
    let (width, height) = ((sheet.width * scale) as usize, (sheet.height * scale) as usize);
    let mut pixels = vec![255u8; width * height * 3];
    {
        let mut canvas = BitMapBackend::with_buffer(&mut pixels, (width as u32, height as u32));
        for mark in &sheet.marks {
            draw(&mut canvas, mark, scale).map_err(failed)?;
        }
        canvas.present().map_err(|error| failed(reason(error)))?;
    }
    let (columns, rows) = (width / AVERAGED, height / AVERAGED);
    let mut small = vec![0u8; columns * rows * 3];
    for row in 0..rows {
        for column in 0..columns {
            for channel in 0..3 {
                let mut sum = 0u32;
                for y in 0..AVERAGED {
                    let start = ((AVERAGED * row + y) * width + AVERAGED * column) * 3 + channel;
                    sum += (0..AVERAGED).map(|x| u32::from(pixels[start + 3 * x])).sum::<u32>();
                }
                small[(row * columns + column) * 3 + channel] = (sum / (AVERAGED * AVERAGED) as u32) as u8;
            }
        }
    }
    Ok(Some(png_bytes(columns, rows, &small)))
}

fn reason(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn draw(canvas: &mut BitMapBackend, mark: &Mark, scale: f64) -> Result<(), String> {
    let drawn = |(x, y): (f64, f64)| ((x * scale).round() as i32, (y * scale).round() as i32);
    match mark {
        Mark::Line { points, ink, width, dashed } => {
            let style = ShapeStyle {
                color: colour(*ink, 1.0),
                filled: false,
                stroke_width: (width * scale).round().max(1.0) as u32,
            };
            let stretches = if *dashed { dashes(points) } else { vec![points.clone()] };
            stretches.iter().try_for_each(|stretch| {
                canvas.draw_path(stretch.iter().map(|at| drawn(*at)), &style).map_err(reason)
            })
        }
        Mark::Area { points, ink, opacity } => {
            canvas.fill_polygon(points.iter().map(|at| drawn(*at)), &colour(*ink, *opacity)).map_err(reason)
        }
        Mark::Bar { x, y, width, height, ink, opacity, .. } => {
            let style = colour(*ink, *opacity).filled();
            let (left, top) = drawn((*x, *y));
            let (right, bottom) = drawn((x + width, y + height));
            // plotters paints the far edge too.
            canvas
                .draw_rect((left, top), (left.max(right - 1), top.max(bottom - 1)), &style, true)
                .map_err(reason)
        }
        Mark::Dot { x, y, radius, ink, shape, opacity, .. } => {
            let corners = shape.corners(*x, *y, *radius);
            let style = colour(*ink, *opacity).filled();
            if corners.is_empty() {
                let radius = (radius * scale).round() as u32;
                return canvas.draw_circle(drawn((*x, *y)), radius, &style, true).map_err(reason);
            }
            canvas.fill_polygon(corners.iter().map(|at| drawn(*at)), &colour(*ink, *opacity)).map_err(reason)
        }
        Mark::Words(words) => say(canvas, words, scale),
        Mark::Image { x, y, width, height, columns, rows, rgb } => {
            let ((left, top), (right, bottom)) = (drawn((*x, *y)), drawn((x + width, y + height)));
            for py in top..bottom {
                let row = ((py - top) as usize * rows / (bottom - top) as usize).min(rows - 1);
                for px in left..right {
                    let column = ((px - left) as usize * columns / (right - left) as usize).min(columns - 1);
                    let at = 3 * (row * columns + column);
                    if let Some(&[r, g, b]) = rgb.get(at..at + 3) {
                        canvas.draw_pixel((px, py), RGBColor(r, g, b).to_backend_color()).map_err(reason)?;
                    }
                }
            }
            Ok(())
        }
    }
}

/// Letter by letter, the middle of its capitals on the words' place.
fn say(canvas: &mut BitMapBackend, words: &Words, scale: f64) -> Result<(), String> {
    let font = font().ok_or("its font cannot be read")?;
    let size = words.size * scale;
    let em = font.height_unscaled() / font.units_per_em().unwrap_or(2048.0);
    let scaled = font.as_scaled(PxScale::from(size as f32 * em));
    let width = text_width(&words.text, size);
    let mut pen = match words.align {
        Align::Left => 0.0,
        Align::Middle => -width / 2.0,
        Align::Right => -width,
    } as f32;
    let (x, y) = (words.x * scale, words.y * scale);
    let ink = colour(words.ink, 1.0);
    let mut before: Option<GlyphId> = None;
    for letter in words.text.chars() {
        let id = scaled.glyph_id(letter);
        pen += before.map_or(0.0, |before| scaled.kern(before, id));
        before = Some(id);
        let glyph = id.with_scale_and_position(scaled.scale(), point(pen, 0.35 * size as f32));
        pen += scaled.h_advance(id);
        let Some(outline) = scaled.outline_glyph(glyph) else { continue };
        let (left, top) = (f64::from(outline.px_bounds().min.x), f64::from(outline.px_bounds().min.y));
        let mut outcome = Ok(());
        outline.draw(|column, row, cover| {
            let (along, down) = (left + f64::from(column), top + f64::from(row));
            let at = if words.turned { (x + down, y - along) } else { (x + along, y + down) };
            let pixel = ink.mix(f64::from(cover)).to_backend_color();
            if let Err(error) = canvas.draw_pixel((at.0.round() as i32, at.1.round() as i32), pixel) {
                outcome = Err(reason(error));
            }
        });
        outcome?;
    }
    Ok(())
}

fn colour(ink: Ink, opacity: f64) -> RGBAColor {
    let (r, g, b) = ink.rgb();
    RGBColor(r, g, b).mix(opacity)
}

/// The path cut into stretches of 5 with gaps of 4, as the SVG's.
fn dashes(points: &[(f64, f64)]) -> Vec<Vec<(f64, f64)>> {
    let mut stretches = Vec::new();
    for pair in points.windows(2) {
        let ((x, y), (to_x, to_y)) = (pair[0], pair[1]);
        let length = (to_x - x).hypot(to_y - y);
        let at = |along: f64| {
            let part = (along / length).min(1.0);
            (x + part * (to_x - x), y + part * (to_y - y))
        };
        let steps = (length / 9.0).ceil() as usize;
        stretches.extend((0..steps).map(|step| vec![at(9.0 * step as f64), at(9.0 * step as f64 + 5.0)]));
    }
    stretches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_picture_is_drawn_coarser_and_a_huge_one_not_at_all() {
        let size = |width: f64, height: f64| scale_of(&Sheet::new("x", "t", width, height));
        assert_eq!(size(900.0, 500.0), Some(4.0));
        assert_eq!(size(900.0, 4000.0), Some(3.0));
        assert_eq!(size(2000.0, 4000.0), Some(2.0));
        // The confusion matrices of 500 classes.
        assert_eq!(size(4684.0, 9440.0), None);
        assert!(png(&Sheet::new("x", "t", 4684.0, 9440.0)).unwrap().is_none());
        let small = png(&Sheet::new("x", "t", 64.0, 32.0)).unwrap().unwrap();
        assert_eq!(small[16..24], [0, 0, 0, 128, 0, 0, 0, 64], "columns and rows of the header");
    }
}
