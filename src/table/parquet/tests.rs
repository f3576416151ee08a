//! Against polars' own reader, on what polars and pyarrow write; and what damaged files say.

use std::fs;
use std::path::{Path, PathBuf};

use polars::prelude::*;

use super::file::ParquetFile;
use super::values::{Kind, PageValues, Values};
use crate::random::Draws;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/table").join(name)
}

fn ours(bytes: &[u8]) -> Result<Vec<Values>, String> {
    let file = ParquetFile::open(bytes)?;
    let readable = (0..file.columns.len()).filter(|place| file.columns[*place].kind.is_ok());
    let mut budget = file.budget();
    readable.map(|place| file.column(place, &mut budget)).collect()
}

/// A column of polars' as ours has it.
fn as_ours(column: &Column) -> Values {
    match column.dtype() {
        DataType::Boolean => Values::Truth(column.bool().unwrap().iter().collect()),
        DataType::String => {
            Values::Text(column.str().unwrap().iter().map(|text| text.map(str::to_string)).collect())
        }
        DataType::Float32 | DataType::Float64 => {
            let numbers = column.cast(&DataType::Float64).unwrap();
            Values::Real(numbers.f64().unwrap().iter().map(|number| number.unwrap_or(f64::NAN)).collect())
        }
        DataType::Categorical(..) => as_ours(&column.cast(&DataType::String).unwrap()),
        _ => Values::Whole(column.cast(&DataType::Int64).unwrap().i64().unwrap().iter().collect()),
    }
}

/// Numbers to the bit; NaN is NaN.
fn assert_same(ours: &[Values], theirs: &[Values], what: &str) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (ours, theirs) in ours.iter().zip(theirs) {
        match (ours, theirs) {
            (Values::Real(ours), Values::Real(theirs)) => {
                let bits = |values: &[f64]| -> Vec<Option<u64>> {
                    values.iter().map(|value| (!value.is_nan()).then(|| value.to_bits())).collect()
                };
                assert_eq!(bits(ours), bits(theirs), "{what}");
            }
            _ => assert_eq!(ours, theirs, "{what}"),
        }
    }
}

fn frame(rows: usize, seed: u64) -> DataFrame {
    let mut draws = Draws::new(seed, "parquet");
    let mut there = |share: f64| -> Vec<bool> { (0..rows).map(|_| draws.unit() < share).collect() };
    let (some, few) = (there(0.7), there(0.02));
    let mut draws = Draws::new(seed, "parquet values");
    let real: Vec<Option<f64>> = some.iter().map(|there| there.then(|| draws.normal())).collect();
    let single: Vec<f32> = real.iter().map(|value| value.unwrap_or(2.5) as f32).collect();
    let whole: Vec<Option<i64>> =
        few.iter().map(|there| there.then(|| (draws.normal() * 1e18) as i64)).collect();
    let narrow: Vec<u32> = (0..rows).map(|row| u32::MAX - row as u32).collect();
    let truth: Vec<Option<bool>> = some.iter().zip(&few).map(|(some, few)| some.then_some(*few)).collect();
    let word = |row: usize| ["rock", "", "é", "hip hop"][row * row % 4];
    let words: Vec<Option<&str>> =
        some.iter().enumerate().map(|(row, some)| some.then(|| word(row))).collect();
    let names: Vec<String> = (0..rows).map(|row| format!("clips/{row:06}.mp3")).collect();
    let nothing: Vec<Option<f64>> = vec![None; rows];
    DataFrame::new(
        rows,
        vec![
            Column::new("real".into(), real),
            Column::new("single".into(), single),
            Column::new("whole".into(), whole),
            Column::new("narrow".into(), narrow),
            Column::new("truth".into(), truth),
            Column::new("words".into(), words),
            Column::new("names".into(), names),
            Column::new("nothing".into(), nothing),
        ],
    )
    .unwrap()
}

#[test]
fn what_polars_writes_comes_back_to_the_bit() {
    let packings = [
        ParquetCompression::Uncompressed,
        ParquetCompression::Snappy,
        ParquetCompression::Gzip(None),
        ParquetCompression::Brotli(None),
        ParquetCompression::Zstd(None),
        ParquetCompression::Lz4Raw,
    ];
    for (seed, packing) in packings.into_iter().enumerate() {
        for rows in [1, 7, 3000] {
            let mut frame = frame(rows, seed as u64);
            let mut bytes = Vec::new();
            let writer = ParquetWriter::new(&mut bytes).with_compression(packing);
            writer
                .with_row_group_size(Some(1000))
                .with_data_page_size(Some(2000))
                .finish(&mut frame)
                .unwrap();
            let theirs: Vec<Values> = frame.columns().iter().map(as_ours).collect();
            assert_same(&ours(&bytes).unwrap(), &theirs, &format!("{packing:?}, {rows} rows"));
        }
    }
}

#[test]
fn what_pyarrow_writes_is_what_polars_reads() {
    for name in ["plain", "snappy", "zstd", "pages_1", "pages_2", "deltas", "split"] {
        let path = golden(&format!("{name}.parquet"));
        let bytes = fs::read(&path).unwrap();
        let file = ParquetFile::open(&bytes).unwrap();
        let names =
            file.columns.iter().filter(|column| column.kind.is_ok()).map(|column| column.name.clone());
        let names: Vec<String> = names.collect();
        let reader = ParquetReader::new(fs::File::open(&path).unwrap()).with_columns(Some(names));
        let theirs: Vec<Values> = reader.finish().unwrap().columns().iter().map(as_ours).collect();
        assert_same(&ours(&bytes).unwrap(), &theirs, name);
    }
}

/// No writer of today makes such a page: ten rows, of which the first, the fourth and the tenth are there.
#[test]
fn levels_of_old_writers_are_read() {
    let values = [1.5f64, -2.0, 3.0].map(f64::to_le_bytes).concat();
    let page = [&[0b1001_0000, 0b0100_0000], &values[..]].concat();
    let mut pages = PageValues { kind: Kind::Double, optional: true, dictionary: None, room: 0 };
    let mut read = |page: &[u8]| {
        let mut into = Values::none(Kind::Double);
        pages.read(page, 10, (4, 0), &mut into).map(|()| into)
    };
    let none = f64::NAN;
    let expected = vec![1.5, none, none, -2.0, none, none, none, none, none, 3.0];
    assert_same(&[read(&page).unwrap()], &[Values::Real(expected)], "");
    assert!(read(&page[..page.len() - 1]).is_err() && read(&page[..1]).is_err());
}

#[test]
fn a_file_cut_anywhere_says_so() {
    let bytes = fs::read(golden("pages_2.parquet")).unwrap();
    for length in 0..bytes.len() {
        assert!(ours(&bytes[..length]).is_err(), "{length}");
    }
}

/// A mistake may pass as other values, but nothing breaks off.
#[test]
fn no_single_byte_breaks_it() {
    let whole = fs::read(golden("deltas.parquet")).unwrap();
    for at in (0..whole.len()).step_by(3) {
        let mut bytes = whole.clone();
        bytes[at] = 0xff - bytes[at];
        drop(ours(&bytes));
    }
}
