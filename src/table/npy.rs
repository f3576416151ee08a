//! NumPy's NPY format (NEP 1, versions 1.0 to 3.0): the magic, a header that is a Python dict of `descr`,
//! `fortran_order` and `shape`, and the items. Numbers, booleans and texts of any width and byte order.
//!
//! A header that promises more than there is costs nothing: items are read as they come.

use std::io::{self, BufWriter, Read, Write};

const MAGIC: &[u8; 6] = b"\x93NUMPY";
const LONGEST_HEADER: usize = 1 << 20;

/// An array in C order.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NpyArray {
    pub shape: Vec<usize>,
    pub items: Items,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Items {
    Float(Vec<f64>),
    Integer(Vec<i64>),
    Text(Vec<String>),
}

impl NpyArray {
    /// The items as numbers, if they are.
    pub fn numbers(self) -> Option<Vec<f64>> {
        match self.items {
            Items::Float(values) => Some(values),
            Items::Integer(values) => Some(values.into_iter().map(|value| value as f64).collect()),
            Items::Text(_) => None,
        }
    }

    /// The items as names: texts, or whole numbers as texts.
    pub fn texts(self) -> Vec<String> {
        match self.items {
            // What is no number stands for what is not there.
            Items::Float(values) => values
                .into_iter()
                .map(|value| if value.is_nan() { String::new() } else { value.to_string() })
                .collect(),
            Items::Integer(values) => values.into_iter().map(|value| value.to_string()).collect(),
            Items::Text(values) => values,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Float,
    Signed,
    Unsigned,
    Unicode,
    Bytes,
}

struct Header {
    kind: Kind,
    big_endian: bool,
    item_bytes: usize,
    fortran_order: bool,
    shape: Vec<usize>,
}

/// Reads an array from `source`, which is known to hold no more than `available` bytes.
pub(super) fn read(source: &mut impl Read, available: u64) -> Result<NpyArray, String> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::UnexpectedEof => "the file ends inside the header".to_string(),
        _ => error.to_string(),
    };
    let mut start = [0u8; 8];
    source.read_exact(&mut start).map_err(failed)?;
    if &start[..6] != MAGIC {
        return Err("this is not an array of NumPy".to_string());
    }
    let mut length = [0u8; 4];
    match start[6] {
        1 => source.read_exact(&mut length[..2]).map_err(failed)?,
        2 | 3 => source.read_exact(&mut length).map_err(failed)?,
        version => return Err(format!("NPY version {version} is not known; save it again with numpy.save")),
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > LONGEST_HEADER {
        return Err(format!("the header says that it is {length} bytes long, which no header is"));
    }
    let mut text = vec![0u8; length];
    source.read_exact(&mut text).map_err(failed)?;
    let header = parse_header(&String::from_utf8_lossy(&text))?;

    let count = header.shape.iter().try_fold(1usize, |count, &side| count.checked_mul(side));
    let bytes = count.and_then(|count| count.checked_mul(header.item_bytes));
    let (Some(count), Some(bytes)) = (count, bytes.filter(|&bytes| bytes as u64 <= available)) else {
        return Err(format!(
            "the header promises the shape {:?}, and the file is shorter than that",
            header.shape
        ));
    };
    // A dimension of 0 with huge neighbours has no items; items without bytes could still be many.
    if header.item_bytes == 0 && count > 1 << 20 {
        return Err("the header promises more items than the file has bytes".to_string());
    }
    let mut data = Vec::new();
    source.take(bytes as u64).read_to_end(&mut data).map_err(|error| error.to_string())?;
    if data.len() < bytes {
        return Err(format!("the header promises {bytes} bytes of items, the file holds {}", data.len()));
    }
    let items = decode(&header, count, &data)?;
    let items = match header.fortran_order && header.shape.len() > 1 {
        true => match items {
            Items::Float(values) => Items::Float(to_c_order(values, &header.shape)?),
            Items::Integer(values) => Items::Integer(to_c_order(values, &header.shape)?),
            Items::Text(values) => Items::Text(to_c_order(values, &header.shape)?),
        },
        false => items,
    };
    Ok(NpyArray { shape: header.shape, items })
}

fn to_c_order<T: Clone>(items: Vec<T>, shape: &[usize]) -> Result<Vec<T>, String> {
    use ndarray::{Array2, ShapeBuilder};
    let &[rows, columns] = shape else {
        return Err(format!(
            "an array of shape {shape:?} in Fortran order is not read; use one of two dimensions"
        ));
    };
    let array = Array2::from_shape_vec((rows, columns).f(), items).map_err(|error| error.to_string())?;
    Ok(array.iter().cloned().collect())
}

fn decode(header: &Header, count: usize, data: &[u8]) -> Result<Items, String> {
    let width = header.item_bytes;
    let mut buffer = [0u8; 8];
    // Little-endian bytes of one item, widened to eight.
    let mut little = |item: &[u8], fill: u8| {
        buffer = [fill; 8];
        buffer[..item.len()].copy_from_slice(item);
        if header.big_endian {
            buffer[..item.len()].reverse();
        }
        buffer
    };
    let items = data.chunks_exact(width.max(1));
    Ok(match header.kind {
        Kind::Float => Items::Float(
            items
                .map(|item| {
                    let bits = u64::from_le_bytes(little(item, 0));
                    match width {
                        2 => half(bits as u16),
                        4 => f64::from(f32::from_bits(bits as u32)),
                        _ => f64::from_bits(bits),
                    }
                })
                .collect(),
        ),
        Kind::Signed => Items::Integer(
            items
                .map(|item| {
                    let last = if header.big_endian { item[0] } else { item[width - 1] };
                    i64::from_le_bytes(little(item, if last >= 128 { 255 } else { 0 }))
                })
                .collect(),
        ),
        Kind::Unsigned => Items::Integer(
            items
                .map(|item| {
                    i64::try_from(u64::from_le_bytes(little(item, 0)))
                        .map_err(|_| "a whole number above 2^63 is not read; save it as float64".to_string())
                })
                .collect::<Result<_, _>>()?,
        ),
        Kind::Unicode if width == 0 => Items::Text(vec![String::new(); count]),
        Kind::Bytes if width == 0 => Items::Text(vec![String::new(); count]),
        Kind::Unicode => Items::Text(
            items
                .map(|item| {
                    let codes = item.chunks_exact(4).map(|code| u64::from_le_bytes(little(code, 0)) as u32);
                    let text: Option<String> = codes.map(char::from_u32).collect();
                    text.map(|text| text.trim_end_matches('\0').to_string())
                        .ok_or_else(|| "a text holds what is no character".to_string())
                })
                .collect::<Result<_, _>>()?,
        ),
        Kind::Bytes => Items::Text(
            items.map(|item| String::from_utf8_lossy(item).trim_end_matches('\0').to_string()).collect(),
        ),
    })
}

/// IEEE 754 binary16.
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    match (exponent, fraction == 0.0) {
        (31, true) => sign * f64::INFINITY,
        (31, false) => f64::NAN,
        (0, _) => sign * fraction * 2f64.powi(-24),
        _ => sign * (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
    }
}

fn parse_header(text: &str) -> Result<Header, String> {
    let value = |key: &str| {
        let at = [format!("'{key}'"), format!("\"{key}\"")]
            .iter()
            .find_map(|k| text.find(k).map(|at| at + k.len()));
        at.and_then(|at| text[at..].trim_start().strip_prefix(':'))
            .map(str::trim_start)
            .ok_or_else(|| format!("the header has no {key}"))
    };
    let descr = value("descr")?;
    let quote = descr.chars().next().filter(|quote| matches!(quote, '\'' | '"'));
    let descr = quote
        .and_then(|quote| descr[1..].split(quote).next())
        .ok_or("records with named fields are not read; save a plain matrix")?;
    let (kind, big_endian, item_bytes) = parse_descr(descr)?;

    let fortran_order = match value("fortran_order")? {
        order if order.starts_with("True") => true,
        order if order.starts_with("False") => false,
        _ => return Err("fortran_order in the header is neither True nor False".to_string()),
    };
    let shape = value("shape")?
        .strip_prefix('(')
        .and_then(|shape| shape.split_once(')'))
        .ok_or("the shape in the header is no tuple")?
        .0;
    let sides =
        shape.split(',').map(|side| side.trim().trim_end_matches('L')).filter(|side| !side.is_empty());
    let shape = sides
        .map(|side| side.parse::<usize>().map_err(|_| format!("the shape in the header holds '{side}'")))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Header { kind, big_endian, item_bytes, fortran_order, shape })
}

/// `<f8` → float, little-endian, eight bytes.
fn parse_descr(descr: &str) -> Result<(Kind, bool, usize), String> {
    let unread = || match descr {
        "|O" | "O" => {
            "holds Python objects, which are not read; save texts with array.astype(str)".to_string()
        }
        _ => format!("items of type '{descr}' are not read; save them as float64, int64 or texts"),
    };
    let (order, rest) = match descr.chars().next() {
        Some(order @ ('<' | '>' | '|' | '=')) => (order, &descr[1..]),
        _ => ('=', descr),
    };
    let Some(letter) = rest.chars().next().filter(char::is_ascii) else { return Err(unread()) };
    let width: usize = rest[1..].parse().map_err(|_| unread())?;
    let (kind, item_bytes) = match (letter, width) {
        ('f', 2 | 4 | 8) => (Kind::Float, width),
        ('i', 1 | 2 | 4 | 8) => (Kind::Signed, width),
        ('u', 1 | 2 | 4 | 8) | ('b', 1) => (Kind::Unsigned, width),
        ('U', _) => (Kind::Unicode, width.checked_mul(4).ok_or_else(unread)?),
        ('S', _) => (Kind::Bytes, width),
        _ => return Err(unread()),
    };
    Ok((kind, order == '>', item_bytes))
}

/// The header of a C-ordered little-endian array, padded to 64 bytes as NumPy does.
fn write_header(out: &mut impl Write, descr: &str, shape: &[usize]) -> io::Result<()> {
    let sides: Vec<String> = shape.iter().map(usize::to_string).collect();
    let tuple = if shape.len() == 1 { format!("({},)", sides[0]) } else { format!("({})", sides.join(", ")) };
    let dict = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {tuple}, }}");
    let padded = (MAGIC.len() + 4 + dict.len() + 1).next_multiple_of(64) - MAGIC.len() - 4;
    let length = u16::try_from(padded).map_err(io::Error::other)?;
    out.write_all(MAGIC)?;
    out.write_all(&[1, 0])?;
    out.write_all(&length.to_le_bytes())?;
    writeln!(out, "{dict:<width$}", width = padded - 1)
}

pub(super) fn write_f64(
    out: &mut impl Write,
    shape: &[usize],
    values: impl Iterator<Item = f64>,
) -> io::Result<()> {
    write_header(out, "<f8", shape)?;
    let mut out = BufWriter::with_capacity(1 << 16, out);
    values.into_iter().try_for_each(|value| out.write_all(&value.to_le_bytes()))?;
    out.flush()
}

pub(super) fn write_f32(
    out: &mut impl Write,
    shape: &[usize],
    values: impl Iterator<Item = f32>,
) -> io::Result<()> {
    write_header(out, "<f4", shape)?;
    let mut out = BufWriter::with_capacity(1 << 16, out);
    values.into_iter().try_for_each(|value| out.write_all(&value.to_le_bytes()))?;
    out.flush()
}

/// Texts as NumPy's fixed-width unicode.
pub(super) fn write_texts(out: &mut impl Write, texts: &[impl AsRef<str>]) -> io::Result<()> {
    let width = texts.iter().map(|text| text.as_ref().chars().count()).max().unwrap_or(0).max(1);
    write_header(out, &format!("<U{width}"), &[texts.len()])?;
    let mut out = BufWriter::with_capacity(1 << 16, out);
    for text in texts {
        let codes = text.as_ref().chars().map(u32::from).chain(std::iter::repeat(0)).take(width);
        for code in codes {
            out.write_all(&code.to_le_bytes())?;
        }
    }
    out.flush()
}
