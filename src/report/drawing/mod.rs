//! A picture as a list of marks, and its two ways out: SVG (light and dark, read aloud) and PNG (plotters, with a font
//! of its own). No font of the system is asked for.

mod axes;
mod colours;
mod png;
mod raster;
mod sheet;
mod svg;

pub use axes::{Frame, Scale};
pub use colours::{Ink, diverging, readable_on, sequential};
pub use raster::{png, text_width};
pub use sheet::{Align, Sheet};
pub use svg::{SVG_STYLE, escape, svg};

#[derive(Debug, thiserror::Error)]
#[error("cannot draw {picture}: {reason}")]
pub struct DrawError {
    pub picture: String,
    pub reason: String,
}
