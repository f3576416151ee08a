//! Apache Thrift's compact protocol, as Parquet's headers are written in it: any struct, as numbered fields.
//! <https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>

use std::collections::BTreeMap;

use super::rest::{Rest, zigzag};

const DEEPEST: usize = 24;
const DAMAGED: &str = "a header of it is damaged";

/// A struct's fields by their numbers.
pub(super) type Fields<'a> = BTreeMap<i16, Value<'a>>;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'a> {
    Truth(bool),
    Whole(i64),
    Bytes(&'a [u8]),
    List(Vec<Value<'a>>),
    Struct(Fields<'a>),
    /// Kinds that Parquet's headers do not need: fractions and maps.
    Other,
}

impl<'a> Value<'a> {
    pub fn whole(&self) -> Option<i64> {
        if let Self::Whole(value) = self { Some(*value) } else { None }
    }

    pub fn truth(&self) -> Option<bool> {
        if let Self::Truth(value) = self { Some(*value) } else { None }
    }

    pub fn bytes(&self) -> Option<&'a [u8]> {
        if let Self::Bytes(value) = self { Some(value) } else { None }
    }

    pub fn list(&self) -> Option<&[Value<'a>]> {
        if let Self::List(value) = self { Some(value) } else { None }
    }

    pub fn fields(&self) -> Option<&Fields<'a>> {
        if let Self::Struct(value) = self { Some(value) } else { None }
    }
}

/// The struct that the bytes begin with, and its length in them.
pub(super) fn read_struct(bytes: &[u8]) -> Result<(Fields<'_>, usize), String> {
    let mut reader = Reader { rest: Rest(bytes) };
    let fields = reader.fields(0)?;
    Ok((fields, bytes.len() - reader.rest.0.len()))
}

struct Reader<'a> {
    rest: Rest<'a>,
}

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Result<u8, String> {
        Ok(self.take(1)?[0])
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], String> {
        self.rest.take(length).map_err(|_| DAMAGED.to_string())
    }

    fn whole(&mut self) -> Result<i64, String> {
        self.rest.unsigned().map(zigzag).map_err(|_| DAMAGED.to_string())
    }

    fn length(&mut self) -> Result<usize, String> {
        self.rest
            .unsigned()
            .ok()
            .and_then(|length| usize::try_from(length).ok())
            .ok_or_else(|| DAMAGED.to_string())
    }

    fn fields(&mut self, depth: usize) -> Result<Fields<'a>, String> {
        let mut fields = Fields::new();
        let mut number = 0i16;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Ok(fields);
            }
            number = match head >> 4 {
                0 => i16::try_from(self.whole()?).map_err(|_| DAMAGED)?,
                step => number.checked_add(i16::from(step)).ok_or(DAMAGED)?,
            };
            let value = match head & 15 {
                kind @ (1 | 2) => Value::Truth(kind == 1),
                kind => self.value(kind, depth)?,
            };
            fields.insert(number, value);
        }
    }

    fn value(&mut self, kind: u8, depth: usize) -> Result<Value<'a>, String> {
        if depth > DEEPEST {
            return Err(DAMAGED.to_string());
        }
        Ok(match kind {
            // Inside of a list a truth takes a byte.
            1 | 2 => Value::Truth(self.byte()? == 1),
            3 => Value::Whole(i64::from(self.byte()? as i8)),
            4..=6 => Value::Whole(self.whole()?),
            7 => {
                self.take(8)?;
                Value::Other
            }
            8 => {
                let length = self.length()?;
                Value::Bytes(self.take(length)?)
            }
            9 | 10 => {
                let head = self.byte()?;
                let length = if head >> 4 == 15 { self.length()? } else { usize::from(head >> 4) };
                // Every item takes a byte at least, so that a list does not outgrow the file.
                let items = (0..length).map(|_| self.value(head & 15, depth + 1));
                Value::List(items.collect::<Result<_, _>>()?)
            }
            11 => {
                let length = self.length()?;
                let kinds = if length > 0 { self.byte()? } else { 0 };
                for _ in 0..length {
                    self.value(kinds >> 4, depth + 1)?;
                    self.value(kinds & 15, depth + 1)?;
                }
                Value::Other
            }
            12 => Value::Struct(self.fields(depth + 1)?),
            _ => return Err(DAMAGED.to_string()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_struct_is_its_fields() {
        // 1: −3; 2: true; 4: "ab"; 20: [1, 2] of i32; 21: { 1: false }
        let bytes = [0x15, 5, 0x11, 0x28, 2, b'a', b'b', 0x09, 40, 0x25, 2, 4, 0x1c, 0x12, 0, 0, 99];
        let (fields, length) = read_struct(&bytes).unwrap();
        assert_eq!(length, bytes.len() - 1);
        assert_eq!(fields[&1].whole(), Some(-3));
        assert_eq!(fields[&2].truth(), Some(true));
        assert_eq!(fields[&4].bytes(), Some(b"ab".as_slice()));
        assert_eq!(fields[&20], Value::List(vec![Value::Whole(1), Value::Whole(2)]));
        assert_eq!(fields[&21].fields().unwrap()[&1].truth(), Some(false));
        for length in 0..bytes.len() - 1 {
            assert!(read_struct(&bytes[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn what_goes_ever_deeper_or_promises_too_much_is_damaged() {
        assert!(read_struct(&[0x1c; 4000]).is_err());
        // A list of 2^63 truths.
        assert!(read_struct(&[0x19, 0xf1, 255, 255, 255, 255, 255, 255, 255, 255, 127]).is_err());
    }
}
