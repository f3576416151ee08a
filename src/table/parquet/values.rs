//! The values of Parquet's pages: which are there, and what they are.

use super::bits::{deltas, runs};
use super::rest::Rest;
use super::thrift::{Fields, Value};

/// What a column holds, as it lies in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Truth,
    Whole { bytes: usize, signed: bool },
    Single,
    Double,
    Text,
}

/// A column's values, as far as they have been read.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    Truth(Vec<Option<bool>>),
    Whole(Vec<Option<i64>>),
    /// A missing one is NaN.
    Real(Vec<f64>),
    Text(Vec<Option<String>>),
}

impl Kind {
    /// Of an item of the schema; for what is not read, its words.
    pub(super) fn of(item: &Fields<'_>) -> Result<Self, String> {
        let whole = |number: i16| item.get(&number).and_then(Value::whole);
        let logical = item.get(&10).and_then(Value::fields).and_then(|choice| choice.keys().next().copied());
        let refuse = |kind: &str| Err(kind.to_string());
        match (whole(6), logical) {
            (Some(5), _) | (_, Some(5)) => return refuse("Decimal"),
            (Some(6), _) | (_, Some(6)) => return refuse("Date"),
            (Some(7 | 8), _) | (_, Some(7)) => return refuse("Time"),
            (Some(9 | 10), _) | (_, Some(8)) => return refuse("Timestamp"),
            (Some(21), _) => return refuse("Interval"),
            (_, Some(14)) => return refuse("Uuid"),
            (_, Some(15)) => return refuse("Float16"),
            _ => {}
        }
        let unsigned = matches!(whole(6), Some(11..=14))
            || item
                .get(&10)
                .and_then(Value::fields)
                .and_then(|choice| choice.get(&10)?.fields()?.get(&2)?.truth())
                .is_some_and(|signed| !signed);
        match whole(1) {
            Some(0) => Ok(Self::Truth),
            Some(1) => Ok(Self::Whole { bytes: 4, signed: !unsigned }),
            Some(2) => Ok(Self::Whole { bytes: 8, signed: !unsigned }),
            Some(3) => refuse("Timestamp"),
            Some(4) => Ok(Self::Single),
            Some(5) => Ok(Self::Double),
            // Text, a choice among words, JSON.
            Some(6) if matches!(whole(6), Some(0 | 4 | 19)) || matches!(logical, Some(1 | 4 | 12)) => {
                Ok(Self::Text)
            }
            _ => refuse("Binary"),
        }
    }

    fn width(self) -> usize {
        match self {
            Self::Whole { bytes, .. } => bytes,
            Self::Single => 4,
            Self::Double => 8,
            Self::Truth | Self::Text => 1,
        }
    }
}

impl Values {
    pub fn none(kind: Kind) -> Self {
        match kind {
            Kind::Truth => Self::Truth(Vec::new()),
            Kind::Whole { .. } => Self::Whole(Vec::new()),
            Kind::Single | Kind::Double => Self::Real(Vec::new()),
            Kind::Text => Self::Text(Vec::new()),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Truth(values) => values.len(),
            Self::Whole(values) => values.len(),
            Self::Real(values) => values.len(),
            Self::Text(values) => values.len(),
        }
    }

    /// What follows each other in `from`, where it is there.
    fn spread(&mut self, from: Self, present: &[bool]) -> Result<(), String> {
        fn put<T>(into: &mut Vec<Option<T>>, from: Vec<Option<T>>, present: &[bool]) {
            let mut from = from.into_iter();
            into.extend(present.iter().map(|there| if *there { from.next().flatten() } else { None }));
        }
        match (self, from) {
            (Self::Truth(into), Self::Truth(from)) => put(into, from, present),
            (Self::Whole(into), Self::Whole(from)) => put(into, from, present),
            (Self::Text(into), Self::Text(from)) => put(into, from, present),
            (Self::Real(into), Self::Real(from)) => {
                let mut from = from.into_iter();
                let next = |there: &bool| if *there { from.next() } else { None };
                into.extend(present.iter().map(next).map(|value| value.unwrap_or(f64::NAN)));
            }
            _ => return Err("its values change their kind".to_string()),
        }
        Ok(())
    }

    /// The words at these places; texts of `room` bytes at most.
    fn picked(&self, places: &[u32], room: usize) -> Result<Self, String> {
        let places = || places.iter().map(|place| *place as usize);
        if places().any(|place| place >= self.len()) {
            return Err("it asks for a word that its dictionary lacks".to_string());
        }
        if let Self::Text(words) = self {
            let length = |place: usize| words[place].as_ref().map_or(0, String::len);
            if places().fold(0usize, |sum, place| sum.saturating_add(length(place))) > room {
                return Err(TOO_MUCH_TEXT.to_string());
            }
        }
        Ok(match self {
            Self::Truth(words) => Self::Truth(places().map(|place| words[place]).collect()),
            Self::Whole(words) => Self::Whole(places().map(|place| words[place]).collect()),
            Self::Real(words) => Self::Real(places().map(|place| words[place]).collect()),
            Self::Text(words) => Self::Text(places().map(|place| words[place].clone()).collect()),
        })
    }
}

/// Reads one column's pages of one row group.
pub(super) struct PageValues {
    pub kind: Kind,
    pub optional: bool,
    /// Of the present row group.
    pub dictionary: Option<Values>,
    /// How many bytes of text may still come: one long word may stand for all rows.
    pub room: usize,
}

/// How old writers packed levels; the format has given it up.
const BIT_PACKED: usize = 4;

pub(super) const PROMISES_TOO_MUCH: &str = "a page of it promises more than it can hold";
const TOO_MUCH_TEXT: &str = "it promises more text than this file can hold";

impl PageValues {
    /// A page of the first version: levels, packed as `levels` says, and values together.
    pub fn read(
        &mut self,
        page: &[u8],
        count: usize,
        (levels, encoding): (usize, usize),
        into: &mut Values,
    ) -> Result<(), String> {
        let mut rest = Rest(page);
        let present = match (self.optional, levels) {
            (false, _) => self.present(&[], count)?,
            (true, BIT_PACKED) => first_bits_first(rest.take(count.div_ceil(8))?, count),
            (true, _) => {
                let length = rest.length()?;
                self.present(rest.take(length)?, count)?
            }
        };
        self.add(rest.0, &present, encoding, into)
    }

    /// Which of a page's values are there.
    pub fn present(&self, levels: &[u8], count: usize) -> Result<Vec<bool>, String> {
        match self.optional {
            true => Ok(runs(levels, 1, count)?.into_iter().map(|level| level == 1).collect()),
            false => Ok(vec![true; count]),
        }
    }

    pub fn add(
        &mut self,
        body: &[u8],
        present: &[bool],
        encoding: usize,
        into: &mut Values,
    ) -> Result<(), String> {
        let count = present.iter().filter(|there| **there).count();
        let values = match encoding {
            // Where nothing is there, not even the width of a place needs to be.
            _ if count == 0 => Values::none(self.kind),
            0 => self.words(body, count)?,
            2 | 8 => {
                let dictionary = self.dictionary.as_ref().ok_or("its dictionary is missing")?;
                let (width, places) = body.split_first().ok_or("a page of it ends too early")?;
                dictionary.picked(&runs(places, usize::from(*width), count)?, self.room)?
            }
            3 if self.kind == Kind::Truth => {
                let mut rest = Rest(body);
                let length = rest.length()?;
                let truths = runs(rest.take(length)?, 1, count)?;
                Values::Truth(truths.into_iter().map(|truth| Some(truth == 1)).collect())
            }
            5 => self.wholes(deltas(&mut Rest(body), count)?)?,
            6 if self.kind == Kind::Text => self.texts(lengthy(&mut Rest(body), count)?)?,
            7 if self.kind == Kind::Text => {
                let mut rest = Rest(body);
                let shared = deltas(&mut rest, count)?;
                self.texts(continued(shared, lengthy(&mut rest, count)?, self.room)?)?
            }
            9 if !matches!(self.kind, Kind::Truth | Kind::Text) => {
                self.words(&gathered(body, self.kind.width(), count)?, count)?
            }
            other => {
                return Err(format!(
                    "its encoding (number {other}) is not read; write it with pyarrow's usual settings"
                ));
            }
        };
        if let Values::Text(texts) = &values {
            let length = texts.iter().flatten().map(String::len).sum();
            self.room = self.room.checked_sub(length).ok_or(TOO_MUCH_TEXT)?;
        }
        into.spread(values, present)
    }

    /// `count` values as they are (`PLAIN`).
    pub fn words(&self, bytes: &[u8], count: usize) -> Result<Values, String> {
        let mut rest = Rest(bytes);
        if self.kind == Kind::Text {
            let mut texts = Vec::new();
            for _ in 0..count {
                let length = rest.length()?;
                texts.push(rest.take(length)?.to_vec());
            }
            return self.texts(texts);
        }
        if self.kind == Kind::Truth {
            let packed = rest.take(count.div_ceil(8))?;
            let truth = |place: usize| Some(packed[place / 8] >> (place % 8) & 1 == 1);
            return Ok(Values::Truth((0..count).map(truth).collect()));
        }
        let width = self.kind.width();
        let length = count.checked_mul(width).ok_or(PROMISES_TOO_MUCH)?;
        let cells = rest.take(length)?.chunks_exact(width);
        let bits = |cell: &[u8]| cell.iter().rev().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
        Ok(match self.kind {
            Kind::Single => {
                Values::Real(cells.map(|cell| f64::from(f32::from_bits(bits(cell) as u32))).collect())
            }
            Kind::Double => Values::Real(cells.map(|cell| f64::from_bits(bits(cell))).collect()),
            _ => self.wholes(cells.map(|cell| bits(cell) as i64).collect())?,
        })
    }

    /// With the sign that the column's kind has.
    fn wholes(&self, values: Vec<i64>) -> Result<Values, String> {
        let Kind::Whole { bytes, signed } = self.kind else {
            return Err("its encoding does not fit its kind".to_string());
        };
        let value = |value: i64| match (bytes, signed) {
            (4, true) => Ok(Some(i64::from(value as i32))),
            (4, false) => Ok(Some(i64::from(value as u32))),
            (_, false) if value < 0 => Err(format!("{} is too large a number", value as u64)),
            _ => Ok(Some(value)),
        };
        Ok(Values::Whole(values.into_iter().map(value).collect::<Result<_, _>>()?))
    }

    fn texts(&self, texts: Vec<Vec<u8>>) -> Result<Values, String> {
        let text =
            |bytes| String::from_utf8(bytes).map(Some).map_err(|_| "a text of it is not UTF-8".to_string());
        Ok(Values::Text(texts.into_iter().map(text).collect::<Result<_, _>>()?))
    }
}

/// One bit a value, a byte's highest first (`BIT_PACKED` of width 1).
fn first_bits_first(bytes: &[u8], count: usize) -> Vec<bool> {
    (0..count).map(|place| bytes[place / 8] << (place % 8) & 0x80 != 0).collect()
}

/// Texts with all lengths before them (`DELTA_LENGTH_BYTE_ARRAY`).
fn lengthy(rest: &mut Rest<'_>, count: usize) -> Result<Vec<Vec<u8>>, String> {
    let lengths = deltas(rest, count)?;
    lengths
        .into_iter()
        .map(|length| {
            let length = usize::try_from(length).map_err(|_| "a text of it has a length below 0")?;
            Ok(rest.take(length)?.to_vec())
        })
        .collect()
}

/// Texts that begin as the one before (`DELTA_BYTE_ARRAY`).
fn continued(shared: Vec<i64>, ends: Vec<Vec<u8>>, room: usize) -> Result<Vec<Vec<u8>>, String> {
    let mut texts: Vec<Vec<u8>> = Vec::new();
    let mut bytes = 0usize;
    for (shared, end) in shared.into_iter().zip(ends) {
        let before = texts.last().map_or(&[][..], Vec::as_slice);
        let shared = usize::try_from(shared).ok().and_then(|shared| before.get(..shared));
        let text = [shared.ok_or("a text of it shares more than the one before has")?, &end].concat();
        bytes += text.len();
        if bytes > room {
            return Err(TOO_MUCH_TEXT.to_string());
        }
        texts.push(text);
    }
    Ok(texts)
}

/// All first bytes, then all second bytes, … put together again (`BYTE_STREAM_SPLIT`).
fn gathered(bytes: &[u8], width: usize, count: usize) -> Result<Vec<u8>, String> {
    let length = count.checked_mul(width).ok_or(PROMISES_TOO_MUCH)?;
    let planes = Rest(bytes).take(length)?;
    Ok((0..length).map(|at| planes[at % width * count + at / width]).collect())
}
