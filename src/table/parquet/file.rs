//! A Parquet file's columns, row groups and pages.
//! <https://parquet.apache.org/docs/file-format/>, `parquet.thrift` of apache/parquet-format
//!
//! A reader of our own: polars' (0.55) asks the allocator for whatever a damaged run promises, and an allocation that
//! fails takes the process with it; fuzzing it found a run of 2^61 values within three seconds. Ours gives back what
//! polars' gives (`tests.rs`); polars writes, and undoes the compression.

use polars_parquet::parquet::compression::{Compression, DecompressionContext, decompress};

use super::thrift::{Fields, Value, read_struct};
use super::values::{Kind, PROMISES_TOO_MUCH, PageValues, Values};
use crate::guarded::guarded;

const MAGIC: &[u8] = b"PAR1";
/// A file may hold so many cells whatever its length, and more a byte of it: columns of one value shrink to nothing.
const CELLS_ALWAYS: usize = 1 << 24;
const CELLS_A_BYTE: usize = 1 << 10;
const TEXT_ALWAYS: usize = 1 << 28;
/// A page may unpack to so many bytes whatever its length (writers close pages at a megabyte or so), and more a byte
/// of it.
const PAGE_BYTES_ALWAYS: usize = 1 << 27;
const PAGE_GROWTH: usize = 64;
/// All pages together: chunks of a damaged file may all be the same few bytes of it.
const WORK_ALWAYS: usize = 1 << 28;
const WORK_A_BYTE: usize = 16 * CELLS_A_BYTE;

/// What all columns that are read of a file may still take.
pub(super) struct Budget {
    /// Bytes of text.
    text: usize,
    /// Bytes of pages to be read and unpacked.
    work: usize,
}

pub(super) struct ParquetFile<'a> {
    bytes: &'a [u8],
    pub columns: Vec<ParquetColumn>,
    rows: u64,
    groups: Vec<Group>,
}

/// A column at the top of the schema.
pub(super) struct ParquetColumn {
    pub name: String,
    /// What it holds, or the words for what is not read.
    pub kind: Result<Kind, String>,
    /// Its place among the chunks of a row group.
    leaf: usize,
    optional: bool,
}

struct Group {
    rows: u64,
    chunks: Vec<Chunk>,
}

/// One column of one row group.
struct Chunk {
    start: u64,
    codec: i64,
    values: u64,
}

impl<'a> ParquetFile<'a> {
    pub fn open(bytes: &'a [u8]) -> Result<Self, String> {
        let footer = bytes.strip_prefix(MAGIC).and_then(|rest| rest.strip_suffix(MAGIC));
        let (before, length) = footer.and_then(<[u8]>::split_last_chunk::<4>).ok_or("it is cut short")?;
        let length = u32::from_le_bytes(*length) as usize;
        let start = before.len().checked_sub(length).ok_or("its footer is damaged")?;
        let (footer, _) = read_struct(&before[start..])?;
        let schema = list(&footer, 2)?;
        let groups = list(&footer, 4)?.iter().map(Group::read).collect::<Result<Vec<_>, _>>()?;
        let columns = columns(schema)?;
        let rows = groups.iter().fold(0u64, |sum, group| sum.saturating_add(group.rows));
        Ok(Self { bytes, columns, rows, groups })
    }

    /// The number of rows, if so many columns of them can be in a file of this length.
    pub fn rows_of(&self, columns: usize) -> Result<usize, String> {
        let most = CELLS_ALWAYS.saturating_add(CELLS_A_BYTE.saturating_mul(self.bytes.len()));
        match usize::try_from(self.rows) {
            Ok(rows) if rows.saturating_mul(columns.max(1)) <= most => Ok(rows),
            _ => Err(format!("it promises {} rows, which this file cannot hold", self.rows)),
        }
    }

    pub fn budget(&self) -> Budget {
        let more =
            |always: usize, a_byte: usize| always.saturating_add(a_byte.saturating_mul(self.bytes.len()));
        Budget { text: more(TEXT_ALWAYS, CELLS_A_BYTE), work: more(WORK_ALWAYS, WORK_A_BYTE) }
    }

    /// The values of the column at that place.
    pub fn column(&self, place: usize, budget: &mut Budget) -> Result<Values, String> {
        let column = &self.columns[place];
        self.rows_of(1)?;
        let kind = *column.kind.as_ref().map_err(Clone::clone)?;
        let mut values = Values::none(kind);
        let mut pages = PageValues { kind, optional: column.optional, dictionary: None, room: budget.text };
        for group in &self.groups {
            let chunk = group.chunks.get(column.leaf).ok_or("a row group of it lacks a column")?;
            if chunk.values != group.rows {
                return Err(format!("its column {} has not one value a row", column.name));
            }
            pages.dictionary = None;
            self.chunk(chunk, &mut pages, &mut budget.work, &mut values)
                .map_err(|message| format!("column {}: {message}", column.name))?;
        }
        budget.text = pages.room;
        Ok(values)
    }

    /// `work` is how many bytes of pages may still be read and unpacked.
    fn chunk(
        &self,
        chunk: &Chunk,
        pages: &mut PageValues,
        work: &mut usize,
        values: &mut Values,
    ) -> Result<(), String> {
        let start = usize::try_from(chunk.start).ok().filter(|start| *start <= self.bytes.len());
        let mut rest = &self.bytes[start.ok_or("it begins beyond the end of the file")?..];
        let mut left = chunk.values as usize;
        while left > 0 {
            let (header, length) = read_struct(rest)?;
            let packed = natural(&header, 3)?;
            let (page, after) =
                rest[length..].split_at_checked(packed).ok_or("a page of it ends beyond the file")?;
            rest = after;
            let plain = natural(&header, 2)?;
            let bytes = length.saturating_add(packed).saturating_add(plain);
            *work = work.checked_sub(bytes).ok_or(PROMISES_TOO_MUCH)?;
            let open = |page: &[u8], plain: usize| unpacked(page, chunk.codec, plain);
            match natural(&header, 1)? {
                0 => {
                    let about = fields(&header, 5)?;
                    let count = some_of(natural(about, 1)?, left)?;
                    left -= count;
                    let encodings = (natural(about, 3)?, natural(about, 2)?);
                    pages.read(&open(page, plain)?, count, encodings, values)?;
                }
                2 => {
                    let about = fields(&header, 7)?;
                    let words = open(page, plain)?;
                    let count = Some(natural(about, 1)?).filter(|count| *count <= CELLS_ALWAYS);
                    let count = count.ok_or("its dictionary is larger than any that is written")?;
                    pages.dictionary = Some(pages.words(&words, count)?);
                }
                3 => {
                    let about = fields(&header, 8)?;
                    let count = some_of(natural(about, 1)?, left)?;
                    left -= count;
                    let (levels, repeats) = (natural(about, 5)?, natural(about, 6)?);
                    let before = repeats.checked_add(levels).ok_or("its levels are damaged")?;
                    let (head, body) = page.split_at_checked(before).ok_or("its levels are damaged")?;
                    let is_packed = about.get(&7).and_then(Value::truth).unwrap_or(true);
                    let plain = plain.checked_sub(before).ok_or("its levels are damaged")?;
                    let body = if is_packed { open(body, plain)? } else { body.to_vec() };
                    let present = pages.present(&head[repeats..], count)?;
                    pages.add(&body, &present, natural(about, 4)?, values)?;
                }
                // An index.
                _ => {}
            }
        }
        Ok(())
    }
}

/// A page's part of the values that its column still wants.
fn some_of(count: usize, left: usize) -> Result<usize, String> {
    if count <= left { Ok(count) } else { Err("it has more values than rows".to_string()) }
}

impl Group {
    fn read(value: &Value<'_>) -> Result<Self, String> {
        let group = value.fields().ok_or("a row group of it is damaged")?;
        let chunks = list(group, 1)?.iter().map(Chunk::read).collect::<Result<_, _>>()?;
        Ok(Self { rows: natural(group, 3)? as u64, chunks })
    }
}

impl Chunk {
    fn read(value: &Value<'_>) -> Result<Self, String> {
        let about = value.fields().and_then(|chunk| chunk.get(&3)).and_then(Value::fields);
        let about = about.ok_or("a column of it lies in another file")?;
        let data = natural(about, 9)? as u64;
        // Some writers say 0 where there is no dictionary.
        let dictionary = about.get(&11).and_then(Value::whole).and_then(|at| u64::try_from(at).ok());
        let start = dictionary.filter(|at| *at > 0).map_or(data, |at| at.min(data));
        Ok(Self { start, codec: natural(about, 4)? as i64, values: natural(about, 5)? as u64 })
    }
}

/// The columns at the top of the schema, whose items stand one after another with their children behind them.
fn columns(schema: &[Value<'_>]) -> Result<Vec<ParquetColumn>, String> {
    let wrong = "its schema is damaged";
    let mut items = schema.iter().map(|item| item.fields().ok_or(wrong));
    let root = items.next().ok_or(wrong)??;
    let mut leaf = 0;
    let mut columns = Vec::new();
    for _ in 0..children(root)? {
        let item = items.next().ok_or(wrong)??;
        let name = item.get(&4).and_then(Value::bytes).ok_or(wrong)?;
        let name = String::from_utf8_lossy(name).into_owned();
        let first = leaf;
        let (mut open, mut nested) = (children(item)?, false);
        if open == 0 {
            leaf += 1;
        }
        while open > 0 {
            nested = true;
            let inner = children(items.next().ok_or(wrong)??)?;
            leaf += usize::from(inner == 0);
            open = (open - 1).checked_add(inner).ok_or(wrong)?;
        }
        let kind = if nested { Err("List or Struct".to_string()) } else { Kind::of(item) };
        let repetition = item.get(&3).and_then(Value::whole).unwrap_or(0);
        let kind = if repetition == 2 { Err("List".to_string()) } else { kind };
        columns.push(ParquetColumn { name, kind, leaf: first, optional: repetition == 1 });
    }
    Ok(columns)
}

fn children(item: &Fields<'_>) -> Result<usize, String> {
    if item.contains_key(&5) { natural(item, 5) } else { Ok(0) }
}

fn list<'f>(of: &'f Fields<'_>, number: i16) -> Result<&'f [Value<'f>], String> {
    of.get(&number).and_then(Value::list).ok_or_else(|| "its footer is damaged".to_string())
}

fn fields<'f, 'a>(of: &'f Fields<'a>, number: i16) -> Result<&'f Fields<'a>, String> {
    of.get(&number).and_then(Value::fields).ok_or_else(|| "a header of it is damaged".to_string())
}

fn natural(of: &Fields<'_>, number: i16) -> Result<usize, String> {
    let value = of.get(&number).and_then(Value::whole).and_then(|value| usize::try_from(value).ok());
    value.ok_or_else(|| "a header of it is damaged".to_string())
}

fn unpacked(page: &[u8], codec: i64, plain: usize) -> Result<Vec<u8>, String> {
    let codec = match codec {
        0 => return Ok(page.to_vec()),
        1 => Compression::Snappy,
        2 => Compression::Gzip,
        4 => Compression::Brotli,
        5 => Compression::Lz4,
        6 => Compression::Zstd,
        7 => Compression::Lz4Raw,
        other => {
            return Err(format!("its compression (number {other}) is not undone here; write it with zstd"));
        }
    };
    if plain > PAGE_GROWTH.saturating_mul(page.len()).max(PAGE_BYTES_ALWAYS) {
        return Err(PROMISES_TOO_MUCH.to_string());
    }
    let mut bytes = vec![0; plain];
    // By others, and fed with whatever the file holds.
    guarded(|| decompress(codec, page, &mut bytes, &mut DecompressionContext::Unset))
        .map_err(|_| "a page of it cannot be unpacked".to_string())?
        .map_err(|error| format!("a page of it cannot be unpacked: {error}"))?;
    Ok(bytes)
}
