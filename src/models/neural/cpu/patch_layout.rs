//! How the patches of a convolution are laid out: a stretch of positions and some channels at a time, of one clip or of
//! several side by side.

use std::ops::Range;

use super::patches::Windows;
use super::products::{places, row_step};
use crate::models::neural::blueprint::Shape;

/// Values of the patches in work: a few hundred kilobytes.
const IN_WORK: usize = 48 << 10;
/// Clips whose images are small are laid side by side until there are so many positions.
const SIDE_BY_SIDE: usize = 512;

/// How the patches of a convolution are laid out.
pub struct Layout {
    /// What is laid out: the windows, or the padded row they slide along.
    pub laid_out: Windows,
    pub sliding: bool,
    /// Clips side by side.
    pub group: usize,
    /// Output positions of a stretch.
    pub stretch: usize,
    /// Channels laid out at once.
    pub channels: usize,
}

/// What lies in the matrix of patches now.
pub struct Laid {
    /// From one clip's first position to the next's.
    pub pitch: usize,
    /// Columns that a product runs over.
    pub columns: usize,
}

impl Layout {
    pub fn new(windows: Windows, deepest: usize) -> Self {
        let plane = windows.output.plane();
        let area = windows.kernel[0] * windows.kernel[1];
        let sliding = windows.slides();
        let rows_of_channel = if sliding.is_some() { 1 } else { area };
        let channels = (deepest / area).clamp(1, windows.input.channels);
        let (group, stretch) = if plane < SIDE_BY_SIDE / 2 {
            (SIDE_BY_SIDE.div_ceil(plane.max(1)), plane)
        } else {
            let room = (IN_WORK / (channels * rows_of_channel)).clamp(128, 2048);
            let width = windows.output.columns;
            let whole_rows = if width <= room { room / width * width } else { room };
            (1, whole_rows.min(plane))
        };
        // Groups are wider than a stretch; fewer channels then.
        let wide = group * (stretch + if sliding.is_some() { windows.kernel[1] } else { 0 });
        let fit = (2 * IN_WORK / (wide.max(1) * rows_of_channel)).max(1);
        let laid_out = sliding.unwrap_or(windows);
        Self { laid_out, sliding: sliding.is_some(), group, stretch, channels: channels.min(fit) }
    }

    pub fn stretches(&self, plane: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        let stretch = self.stretch.max(1);
        (0..plane).step_by(stretch).map(move |start| start..(start + stretch).min(plane))
    }

    pub fn blocks(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let (all, some) = (self.laid_out.input.channels, self.channels);
        (0..all).step_by(some).map(move |start| start..(start + some).min(all))
    }

    /// Columns of the kernel beyond the first, where it slides.
    fn overhang(&self, kernel: [usize; 2]) -> usize {
        if self.sliding { kernel[1] - 1 } else { 0 }
    }

    pub fn laid(&self, positions: &Range<usize>, clips: usize, kernel: [usize; 2]) -> Laid {
        let pitch = positions.len() + self.overhang(kernel);
        Laid { pitch, columns: clips * pitch - self.overhang(kernel) }
    }

    pub fn step(&self, kernel: [usize; 2]) -> usize {
        row_step(self.group * (self.stretch + self.overhang(kernel)))
    }

    /// Values that the matrix needs.
    pub fn room(&self, kernel: [usize; 2]) -> usize {
        let rows = if self.sliding { 1 } else { kernel[0] * kernel[1] };
        self.channels * rows * self.step(kernel)
    }

    /// Lays out some channels of some clips; gives where each row of patches begins.
    pub fn lay_out(
        &self,
        images: &[f32],
        channels: &Range<usize>,
        positions: &Range<usize>,
        kernel: [usize; 2],
        matrix: &mut [f32],
    ) -> Vec<usize> {
        let size = self.laid_out.input.len();
        let step = self.step(kernel);
        let overhang = self.overhang(kernel);
        let pitch = positions.len() + overhang;
        for (clip, image) in images.chunks(size).enumerate() {
            let seen = positions.start..positions.end + overhang;
            self.laid_out.lay_out(image, channels.clone(), seen, matrix, step, clip * pitch);
        }
        if self.sliding {
            channels
                .clone()
                .flat_map(|channel| places((channel - channels.start) * step, 1, kernel[1]))
                .collect()
        } else {
            places(0, step, channels.len() * kernel[0] * kernel[1])
        }
    }
}

impl Windows {
    /// The padded row along which the kernel slides, where it does: one row, stride 1.
    fn slides(&self) -> Option<Windows> {
        let one_row = self.input.rows == 1 && self.kernel[0] == 1 && self.padding[0] == 0;
        let columns = self.input.columns + 2 * self.padding[1];
        let output = Shape { columns, rows: 1, ..self.input };
        (one_row && self.stride == [1, 1]).then_some(Windows { kernel: [1, 1], output, ..*self })
    }
}
