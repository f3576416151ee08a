//! A PNG file of 8-bit RGB (W3C PNG, third edition): signature, IHDR, one IDAT, IEND. A row like the one
//! above it is filtered by `Up`, any other not at all: drawings are flat, and that is what deflate likes best of them.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// `rgb` holds `columns × rows × 3` bytes; what is missing is black.
pub fn png_bytes(columns: usize, rows: usize, rgb: &[u8]) -> Vec<u8> {
    let stride = 3 * columns.max(1);
    let mut filtered = Vec::with_capacity((stride + 1) * rows.max(1));
    for row in 0..rows.max(1) {
        let line = |row: usize| rgb.get(row * stride..(row + 1) * stride);
        let own = line(row);
        if row > 0 && own.is_some() && own == line(row - 1) {
            filtered.push(2);
            filtered.extend(std::iter::repeat_n(0, stride));
        } else {
            filtered.push(0);
            filtered.extend_from_slice(own.unwrap_or_default());
            filtered.resize((stride + 1) * (row + 1), 0);
        }
    }
    let mut header = Vec::with_capacity(13);
    header.extend_from_slice(&(columns.max(1) as u32).to_be_bytes());
    header.extend_from_slice(&(rows.max(1) as u32).to_be_bytes());
    header.extend_from_slice(&[8, 2, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut file, b"IHDR", &header);
    chunk(&mut file, b"IDAT", &deflated(&filtered));
    chunk(&mut file, b"IEND", &[]);
    file
}

/// Writing to memory cannot fail; should it, the picture is empty and the program goes on.
fn deflated(bytes: &[u8]) -> Vec<u8> {
    // Level 9 is a tenth smaller and takes three times as long.
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_default()
}

fn chunk(file: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    file.extend_from_slice(&(data.len() as u32).to_be_bytes());
    let start = file.len();
    file.extend_from_slice(kind);
    file.extend_from_slice(data);
    let sum = crc32fast::hash(&file[start..]);
    file.extend_from_slice(&sum.to_be_bytes());
}
