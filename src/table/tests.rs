//! Tables written and read back, tables of numpy and pyarrow, and files that lie.

use std::fs;
use std::path::{Path, PathBuf};

use ndarray::{Array2, array};
use proptest::prelude::*;

use super::*;
use crate::disk::shared_for_tests::shared;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/table").join(name)
}

fn read(path: &Path, wanted: &TableColumns) -> Result<ReadTable, String> {
    read_table(path, wanted).map_err(|error| error.to_string())
}

fn read_text(text: &str, wanted: &TableColumns) -> Result<ReadTable, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    fs::write(&path, text).unwrap();
    let place = format!("{}/", folder.path().display());
    read(&path, wanted).map_err(|error| error.replace(&place, ""))
}

fn sample() -> FeatureTable {
    let text = |names: [&str; 3]| names.map(str::to_string).to_vec();
    let some = |names: [Option<&str>; 3]| names.map(|name| name.map(str::to_string)).to_vec();
    FeatureTable::new(
        text(["a \"b\"", "ü,x/1.wav", "3"]),
        text(["rock", "hip hop", "rock"]),
        some([Some("X"), None, Some("Y, Z")]),
        some([Some("1"), Some("2"), None]),
        vec!["mfcc.mean.00".into(), "tempo".into()],
        array![[0.1 + 0.2, f64::NAN], [-0.0, f64::MAX], [5e-324, f64::NEG_INFINITY]],
    )
    .unwrap()
}

fn bits(table: &FeatureTable) -> Vec<u64> {
    let canonical = |value: &f64| if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() };
    table.values.iter().map(canonical).collect()
}

fn same(one: &FeatureTable, other: &FeatureTable) {
    assert_eq!(bits(one), bits(other));
    let names = |table: &FeatureTable| FeatureTable { values: Array2::zeros((0, 0)), ..table.clone() };
    assert_eq!(names(one), names(other));
}

#[test]
fn every_format_gives_back_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["t.csv", "t.parquet", "t.npz", "T.CSV"] {
        let path = folder.path().join(name);
        write_table(&sample(), &path).unwrap();
        let back = read(&path, &TableColumns::default()).unwrap();
        same(&back.table, &sample());
        assert!(back.notes.is_empty(), "{:?}", back.notes);
    }
    let error = write_table(&sample(), &folder.path().join("t.parket")).unwrap_err().to_string();
    assert!(error.contains("did you mean .parquet?"), "{error}");
}

#[test]
fn csv_is_laid_out_as_documented() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    write_table(&sample(), &path).unwrap();
    let text = fs::read_to_string(path).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "clip_id,label,group,fold,mfcc.mean.00,tempo");
    assert_eq!(lines[1], "\"a \"\"b\"\"\",rock,X,1,0.30000000000000004,");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_table_comes_back_bit_for_bit(
        rows in proptest::collection::vec((any::<f64>(), any::<f64>(), "[a-c\",\r\n é]{0,4}", proptest::option::of("[x\", \n]{1,3}")), 1..12)
    ) {
        let table = FeatureTable::new(
            rows.iter().enumerate().map(|(row, (_, _, text, _))| format!(" {row}{text}x ")).collect(),
            rows.iter().map(|(_, _, text, _)| format!("l{text}")).collect(),
            rows.iter().map(|(_, _, _, group)| group.clone()).collect(),
            vec![None; rows.len()],
            vec!["a".into(), "b".into()],
            Array2::from_shape_fn((rows.len(), 2), |(row, column)| if column == 0 { rows[row].0 } else { rows[row].1 }),
        ).unwrap();
        // Blanks around a label or a group mean nothing.
        let trimmed = |text: &String| Some(text.trim().to_string()).filter(|text| !text.is_empty());
        let known = FeatureTable {
            labels: table.labels.iter().filter_map(trimmed).collect(),
            groups: table.groups.iter().map(|group| group.as_ref().and_then(trimmed)).collect(),
            ..table.clone()
        };
        let folder = tempfile::tempdir().unwrap();
        for name in ["t.csv", "t.parquet", "t.npz"] {
            let path = folder.path().join(name);
            write_table(&table, &path).unwrap();
            same(&read(&path, &TableColumns::default()).unwrap().table, &known);
        }
    }

    #[test]
    fn damaged_files_are_refused_and_never_panic(at in 0usize..4000, byte in any::<u8>(), cut in 0usize..4000) {
        let folder = tempfile::tempdir().unwrap();
        let labels = TableColumns { labels: Some(golden("labels.txt")), ..TableColumns::default() };
        for name in ["plain.npz", "compressed.npz", "matrix.npy", "zstd.parquet", "plain.parquet"] {
            let whole = fs::read(golden(name)).unwrap();
            let path = folder.path().join(name);
            fs::write(&path, &whole[..cut % whole.len()]).unwrap();
            prop_assert!(read(&path, &labels).is_err(), "{} cut at {}", name, cut % whole.len());
            let mut changed = whole.clone();
            changed[at % whole.len()] = byte;
            fs::write(&path, &changed).unwrap();
            // A changed value may pass unseen; a panic or an endless allocation may not.
            let _ = read(&path, &labels);
        }
    }

    #[test]
    fn no_header_of_a_matrix_panics(header in "[{}'(),: 0-9a-z<>|OUfShpedrt_]{0,80}", data in proptest::collection::vec(any::<u8>(), 0..40)) {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        let _ = npy::read(&mut bytes.as_slice(), bytes.len() as u64);
    }
}

fn matrix_with(header: &str) -> Result<npy::NpyArray, String> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend([0u8; 16]);
    npy::read(&mut bytes.as_slice(), bytes.len() as u64)
}

#[test]
fn headers_that_lie_are_refused_in_plain_words() {
    let shape = |descr: &str, shape: &str| {
        matrix_with(&format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}"))
    };
    assert_eq!(shape("<f8", "(1, 2)").unwrap().shape, [1, 2]);
    assert!(shape("<f8", "(3, 99999999999)").unwrap_err().contains("shorter than that"));
    assert!(shape("<f8", "(4294967296, 4294967296, 4)").unwrap_err().contains("shorter"));
    assert!(shape("<U0", "(99999999999,)").unwrap_err().contains("more items"));
    assert!(shape("<f8", "(-1,)").unwrap_err().contains("holds '-1'"));
    assert!(shape("|O", "(2,)").unwrap_err().contains("array.astype(str)"));
    assert!(shape("<c16", "(1,)").unwrap_err().contains("'<c16' are not read"));
    assert!(matrix_with("{'descr': [('a', '<f8')], 'shape': (1,)}").unwrap_err().contains("named fields"));
    assert!(matrix_with("{}").unwrap_err().contains("no descr"));
}

#[test]
fn tables_of_numpy_are_read() {
    let table = read(&golden("plain.npz"), &TableColumns::default()).unwrap().table;
    assert_eq!(table.clip_ids, ["000002", "blues/é.wav", "c"]);
    assert_eq!(table.labels, ["Hip-Hop", "blues", "Hip-Hop"]);
    assert_eq!(table.groups, [Some("g".to_string()), None, Some("h".to_string())]);
    assert_eq!(table.columns, ["a", "b"]);
    let expected = [0.1, -2.5, 1e-300, f64::NAN, 3.0, 1.0 / 3.0].map(f64::to_bits).to_vec();
    assert_eq!(bits(&table), expected);

    let compressed = read(&golden("compressed.npz"), &TableColumns::default()).unwrap();
    assert_eq!(bits(&compressed.table), expected, "Fortran order");
    assert_eq!(compressed.table.labels, ["3", "1", "3"]);
    assert_eq!(compressed.table.columns, ["x.00", "x.01"]);
    assert_eq!(compressed.table.clip_ids[2], "row.3");
    assert_eq!(compressed.notes.len(), 2);
    let error = read(&golden("objects.npz"), &TableColumns::default()).unwrap_err();
    assert!(error.contains("array 'y': holds Python objects"), "{error}");
    let wanted = TableColumns { label: Some("lables".into()), ..TableColumns::default() };
    assert!(read(&golden("compressed.npz"), &wanted).unwrap_err().contains("did you mean `labels`?"));

    let labels = |name: &str| TableColumns { labels: Some(golden(name)), ..TableColumns::default() };
    for name in ["labels.npy", "labels.txt"] {
        let matrix = read(&golden("matrix.npy"), &labels(name)).unwrap().table;
        assert_eq!((bits(&matrix), matrix.labels[1].as_str()), (expected.clone(), "blues"));
    }
    assert_eq!(
        read(&golden("matrix.npy"), &labels("labels_int.npy")).unwrap().table.labels,
        ["-3", "1", "-3"]
    );
    assert_eq!(
        read(&golden("big_endian.npy"), &labels("labels.npy")).unwrap().table.values[[0, 0]],
        f64::from(0.1f32)
    );
    assert_eq!(
        read(&golden("half.npy"), &labels("labels.npy")).unwrap().table.values[[0, 0]],
        0.0999755859375
    );
    let error = read(&golden("matrix.npy"), &TableColumns::default()).unwrap_err();
    assert!(error.contains("labels = \"y.npy\""), "{error}");
    assert!(read(&golden("matrix.npy"), &labels("matrix.npy")).unwrap_err().contains("one entry a row"));
}

#[test]
fn tables_of_pyarrow_are_read() {
    let wanted = TableColumns { drop: vec!["when".into()], ..TableColumns::default() };
    for name in ["snappy.parquet", "plain.parquet", "zstd.parquet"] {
        let read = read(&golden(name), &wanted).unwrap();
        assert_eq!(read.table.labels, ["Hip-Hop", "blues", "Hip-Hop"], "a category is its text");
        assert_eq!(read.table.clip_ids, ["2", "3", "5"]);
        assert_eq!(read.table.columns, ["a", "b"]);
        assert_eq!(bits(&read.table), [0.1, -2.5, 1e-300, f64::NAN, 3.0, 1.0 / 3.0].map(f64::to_bits));
        assert!(
            read.notes[0].contains("label from column 'genre', id from column 'track_id'"),
            "{:?}",
            read.notes
        );
    }
    let error = read(&golden("plain.parquet"), &TableColumns::default()).unwrap_err();
    assert!(
        error.contains("column when is of type Timestamp") && error.contains("drop = [\"when\"]"),
        "{error}"
    );
    let wanted = TableColumns { label: Some("a".into()), id: Some("track_id".into()), ..wanted };
    let read = read(&golden("plain.parquet"), &wanted).unwrap();
    assert_eq!(read.table.columns, ["b"], "what may be a second label is no feature");
    assert!(read.notes.iter().any(|note| note.contains("are called so: column 'genre'")), "{:?}", read.notes);
}

#[test]
fn mistakes_in_csv_are_named_with_line_and_column() {
    let plain = TableColumns::default();
    let fails = |text: &str| read_text(text, &plain).unwrap_err();
    assert_eq!(fails("a,b,label\n1,2,x\n1,abc,y\n"), "t.csv, line 3, column b: 'abc' is not a number");
    assert_eq!(fails("a,b,label\n1,abc,x\n1,2,y\n"), "t.csv, line 2, column b: 'abc' is not a number");
    let error = fails("a,who,where,label\n1,x,y,z\n2,u,v,w\n");
    assert!(
        error.contains(
            "columns are not of numbers: who, where; leave them out with drop = [\"who\", \"where\"]"
        ),
        "{error}"
    );
    assert!(fails("a,label\n1,x\n1,x,3\n").starts_with("t.csv, line 3: 3 fields where"));
    assert!(fails("").contains("t.csv: is empty"));
    assert!(fails("a,label\n").contains("no row"));
    assert!(fails("a,label\n1,\n").contains("line 2: column label: the label is empty"));
    assert!(fails("a,label\n1,NA\n").contains("line 2: column label: 'NA' says that the label is missing"));
    assert!(
        fails("a,label,clip_id\n1,x,q\n2,y,r\n3,z,q\n")
            .contains("line 4: clip id 'q' stands in line 2 already")
    );
    assert!(fails("a,a,label\n1,2,x\n").contains("column 'a' stands twice"));
    assert!(fails("a,label\n1,\"x\n").contains("line 2: a quote"));
    let wanted = TableColumns { label: Some("gnre".into()), ..plain.clone() };
    assert!(read_text("a,genre\n1,x\n", &wanted).unwrap_err().contains("did you mean `genre`?"));
    assert!(read_text("a,b\n1,2\n", &plain).unwrap_err().contains("name theirs with label"));
}

#[test]
fn groups_and_folds_that_are_not_there_are_none() {
    let text = "a,genre,artist,fold\n1,x, Who ,1\n2,y,NA,nan\n3,y,,None\n";
    let table = read_text(text, &TableColumns::default()).unwrap().table;
    assert_eq!(table.groups, [Some("Who".to_string()), None, None]);
    assert_eq!(table.folds, [Some("1".to_string()), None, None]);
}

#[test]
fn missing_numbers_are_missing_and_empty_lines_passed_over() {
    let read =
        read_text("a,b,genre\r\n1,,x\r\n\r\nNA,nan,y\r\n-inf,1e5,y\r\n", &TableColumns::default()).unwrap();
    assert_eq!(read.table.missing().len(), 3);
    assert_eq!(read.table.values[[2, 0]], f64::NEG_INFINITY);
    assert_eq!(read.table.clip_ids, ["row.1", "row.2", "row.3"]);
    assert!(read.notes.join(" ").contains("no id column"));
}

#[test]
fn a_real_table_of_others_is_read() {
    let Some(path) = shared("data/fma/fma_small_26_features.csv") else { return };
    let read = read(&path, &TableColumns::default()).unwrap();
    assert_eq!(read.table.values.dim(), (7993, 25));
    assert_eq!(read.table.class_names().len(), 8);
    let list = |side: &str| path.with_file_name(format!("mipt_table_b_{side}_ids.txt")).display().to_string();
    let spec = |unknown: &str| {
        let (train, validation, test) = (list("train"), list("validation"), list("test"));
        let text = format!(
            "kind = \"list\"\ntrain = \"{train}\"\nvalidation = \"{validation}\"\ntest = \"{test}\"\nunknown = \"{unknown}\""
        );
        toml::from_str::<SplitSpec>(&text).unwrap().splits(read.table.clip_rows())
    };
    // Of the published lists two clips are missing in this table.
    let error = spec("error").unwrap_err().to_string();
    assert!(error.contains("2 listed ids are no clip of the table: 000211, 000212"), "{error}");
    let split = spec("skip").unwrap().remove(0);
    assert_eq!((split.train.len() + split.test.len(), split.unknown_ids), (7991, 2));
}

/// Writes tables for `python tests/golden/check_table.py FOLDER`; reads what it wrote back in turn.
#[test]
#[ignore = "for checking by hand against numpy and pyarrow; give TABLE_OUT"]
fn writes_tables_for_other_programs() {
    let folder = PathBuf::from(std::env::var("TABLE_OUT").unwrap());
    for name in ["t.csv", "t.parquet", "t.npz"] {
        write_table(&sample(), &folder.join(name)).unwrap();
    }
    let rows = ["mel.000".to_string(), "mel.001".to_string()];
    for name in ["frames.npz", "frames.parquet"] {
        write_frames(&folder.join(name), &rows, |sink| {
            sink.push("b/1.wav", "rock", array![[1.0f32, 2.0], [3.0, 4.0], [5.0, 6.0]].view())
        })
        .unwrap();
    }
    let mut draws = crate::random::Draws::new(1, "big");
    let wide = FeatureTable::new(
        (0..8000).map(|row| format!("{row:06}")).collect(),
        (0..8000).map(|row| format!("class{}", row % 8)).collect(),
        vec![None; 8000],
        vec![None; 8000],
        (0..518).map(|column| format!("f.{column:03}")).collect(),
        Array2::from_shape_simple_fn((8000, 518), || draws.normal()),
    )
    .unwrap();
    for name in ["wide.csv", "wide.parquet", "wide.npz"] {
        let path = folder.join(name);
        let start = std::time::Instant::now();
        write_table(&wide, &path).unwrap();
        let written = start.elapsed();
        let back = read(&path, &TableColumns::default()).unwrap().table;
        assert_eq!(back, wide);
        eprintln!("{name}: written in {written:.2?}, read in {:.2?}", start.elapsed() - written);
    }
}
