//! A sheet as SVG. Colours are classes that a style sheet gives for light and for dark ground; every bar and dot
//! carries its words as a tooltip; title and description are read aloud.

use std::fmt::Write;

use super::colours::{FAINT, GRID, GROUND, Ink, PUBLISHED, SERIES, TEXT};
use super::png::png_bytes;
use super::sheet::{Align, Mark, Sheet, Words};

/// The style that [`svg`] puts into each picture that stands alone.
pub const SVG_STYLE: fn() -> String = style;

fn style() -> String {
    let mut text = String::from(
        "svg.gb{font-family:'DejaVu Sans',Verdana,Geneva,sans-serif;text-rendering:geometricPrecision}",
    );
    text += &rules(0);
    let _ = write!(text, "@media(prefers-color-scheme:dark){{{}}}", rules(1));
    text
}

fn rules(ground: usize) -> String {
    let named =
        [("ink", TEXT), ("faint", FAINT), ("grid", GRID), ("ground", GROUND), ("published", PUBLISHED)];
    let series = SERIES.iter().enumerate().map(|(n, colours)| (format!("s{n}"), colours[ground]));
    named
        .iter()
        .map(|(name, colours)| (name.to_string(), colours[ground]))
        .chain(series)
        .map(|(name, (r, g, b))| {
            format!(
                ".gb .f-{name}{{fill:#{r:02x}{g:02x}{b:02x}}}.gb .l-{name}{{stroke:#{r:02x}{g:02x}{b:02x}}}"
            )
        })
        .collect()
}

/// `styled` puts the style in; a page that has it leaves it out.
pub fn svg(sheet: &Sheet, styled: bool) -> String {
    let (width, height) = (number(sheet.width), number(sheet.height));
    let label = escape(&format!("{}. {}", sheet.title, sheet.description));
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"gb\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\" aria-label=\"{label}\">\n"
    );
    if styled {
        let _ = writeln!(text, "<title>{}</title><style>{}</style>", escape(&sheet.title), style());
    }
    let _ = writeln!(text, "<rect class=\"f-ground\" width=\"{width}\" height=\"{height}\"/>");
    for mark in &sheet.marks {
        text += &element(mark);
        text.push('\n');
    }
    text + "</svg>\n"
}

fn element(mark: &Mark) -> String {
    match mark {
        Mark::Line { points, ink, width, dashed } => {
            let dash = if *dashed { " stroke-dasharray=\"5 4\"" } else { "" };
            let (points, width) = (list(points), number(*width));
            format!(
                "<polyline points=\"{points}\" fill=\"none\" {} stroke-width=\"{width}\"{dash}/>",
                stroke(*ink)
            )
        }
        Mark::Area { points, ink, opacity } => {
            format!("<polygon points=\"{}\" {}{}/>", list(points), fill(*ink), seen(*opacity))
        }
        Mark::Bar { x, y, width, height, ink, opacity, tip } => {
            let [x, y, width, height] = [x, y, width, height].map(|value| number(*value));
            let open = format!(
                "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" {}{}",
                fill(*ink),
                seen(*opacity)
            );
            closed(&open, tip, "rect")
        }
        Mark::Dot { x, y, radius, ink, shape, opacity, tip } => {
            let corners = shape.corners(*x, *y, *radius);
            let (name, place) = if corners.is_empty() {
                let [x, y, radius] = [x, y, radius].map(|value| number(*value));
                ("circle", format!("cx=\"{x}\" cy=\"{y}\" r=\"{radius}\""))
            } else {
                ("polygon", format!("points=\"{}\"", list(&corners)))
            };
            closed(&format!("<{name} {place} {}{}", fill(*ink), seen(*opacity)), tip, name)
        }
        Mark::Words(words) => said(words),
        Mark::Image { x, y, width, height, columns, rows, rgb } => {
            let [x, y, width, height] = [x, y, width, height].map(|value| number(*value));
            let data = base64(&png_bytes(*columns, *rows, rgb));
            format!(
                "<image x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" preserveAspectRatio=\"none\" \
                 style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{data}\"/>"
            )
        }
    }
}

fn closed(open: &str, tip: &str, name: &str) -> String {
    if tip.is_empty() {
        format!("{open}/>")
    } else {
        format!("{open}><title>{}</title></{name}>", escape(tip))
    }
}

fn said(words: &Words) -> String {
    let anchor = match words.align {
        Align::Left => "",
        Align::Middle => " text-anchor=\"middle\"",
        Align::Right => " text-anchor=\"end\"",
    };
    let [x, y, size] = [words.x, words.y, words.size].map(number);
    let turn = if words.turned { format!(" transform=\"rotate(-90 {x} {y})\"") } else { String::new() };
    // Not dominant-baseline: readers of SVG differ over it.
    let drop = number(0.35 * words.size);
    let text = escape(&words.text);
    format!(
        "<text x=\"{x}\" y=\"{y}\" dy=\"{drop}\" font-size=\"{size}\"{anchor}{turn} {}>{text}</text>",
        fill(words.ink)
    )
}

fn fill(ink: Ink) -> String {
    match ink.name() {
        Ok(name) => format!("class=\"f-{name}\""),
        Err(colour) => format!("fill=\"{colour}\""),
    }
}

fn stroke(ink: Ink) -> String {
    match ink.name() {
        Ok(name) => format!("class=\"l-{name}\""),
        Err(colour) => format!("stroke=\"{colour}\""),
    }
}

fn seen(opacity: f64) -> String {
    if opacity < 1.0 { format!(" opacity=\"{}\"", number(opacity)) } else { String::new() }
}

fn list(points: &[(f64, f64)]) -> String {
    points.iter().map(|(x, y)| format!("{},{}", number(*x), number(*y))).collect::<Vec<_>>().join(" ")
}

fn number(value: f64) -> String {
    format!("{}", (value * 100.0).round() / 100.0)
}

/// Text as it may stand in XML and HTML, in attributes too. What XML forbids becomes a space.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            control if control.is_control() && control != '\n' => escaped.push(' '),
            '\u{fffe}' | '\u{ffff}' => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

/// RFC 4648.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let word =
            three.iter().enumerate().fold(0u32, |word, (n, byte)| word | u32::from(*byte) << (16 - 8 * n));
        for digit in 0..4 {
            let shown = digit <= three.len();
            let place = (word >> (18 - 6 * digit) & 63) as usize;
            text.push(if shown { char::from(DIGITS[place]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_the_rfcs() {
        assert_eq!(base64(b"foobar"), "Zm9vYmFy");
        assert_eq!([base64(b"fooba"), base64(b"foob"), base64(b"")], ["Zm9vYmE=", "Zm9vYg==", ""]);
    }

    #[test]
    fn nothing_a_user_writes_becomes_markup() {
        let mut sheet = Sheet::new("x", "<script>alert(1)</script>", 100.0, 50.0).described("\"a\" & 'b'");
        sheet.bar((0.0, 0.0), (1.0, 1.0), Ink::Series(0), 1.0, "</title><b>");
        let text = svg(&sheet, true);
        assert!(!text.contains("<script") && !text.contains("<b>") && !text.contains("\"a\""), "{text}");
    }
}
