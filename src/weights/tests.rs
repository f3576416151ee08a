//! Every layout gives the same tensors, and a damaged or hostile file is an error that names it and the tensor.

use std::path::{Path, PathBuf};

use super::*;

/// Written by `tests/golden/make_weights.py`.
fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/weights").join(name)
}

fn ramp(items: usize, start: f32) -> Vec<f32> {
    (0..items).map(|item| item as f32 / 4.0 + start).collect()
}

#[test]
fn every_layout_gives_the_same_tensors() {
    for name in ["zip.pth", "legacy.pth", "checkpoint.pth", "plain.safetensors", "compressed.npz"] {
        let file = WeightFile::open(&golden(name)).unwrap();
        assert_eq!(file.names().count(), 8, "{name}");
        assert_eq!(file.take("features.0.weight", &[4, 3, 3, 3]).unwrap(), ramp(108, 0.0), "{name}");
        assert_eq!(file.take("features.0.bias", &[4]).unwrap(), ramp(4, -1.0), "{name}");
        let turned = file.take("turned", &[5, 3]).unwrap();
        assert_eq!(turned[..4], [0.0, 1.25, 2.5, 0.25], "{name}");
        let part = file.take("part", &[3, 2]).unwrap();
        assert_eq!(part, [1.0, 1.5, 2.0, 2.5, 3.0, 3.5], "{name}");
        for kind in ["half", "brain", "double"] {
            assert_eq!(file.take(kind, &[3]).unwrap(), ramp(3, 0.0), "{name}: {kind}");
        }
        assert_eq!(file.tensor("steps").unwrap().values, [7.0], "{name}");
    }
}

#[test]
fn hdf5_is_read_contiguous_chunked_and_by_deep_trees() {
    let file = WeightFile::open(&golden("keras.h5")).unwrap();
    assert_eq!(file.names().count(), 44, "{:?}", file.names().collect::<Vec<_>>());
    assert_eq!(file.take("model_weights/conv/kernel:0", &[4, 3, 3, 3]).unwrap(), ramp(108, 0.0));
    assert_eq!(file.take("model_weights/conv/bias:0", &[4]).unwrap(), ramp(4, -1.0));
    assert_eq!(file.take("model_weights/conv/chunked:0", &[37, 11]).unwrap(), ramp(407, 0.0));
    assert_eq!(file.tensor("model_weights/conv/whole:0").unwrap().values, [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0]);
    assert_eq!(file.take("many/39", &[1]).unwrap(), [39.0]);
}

#[test]
fn what_is_missing_or_has_another_shape_is_named() {
    let file = WeightFile::open(&golden("zip.pth")).unwrap();
    let said = file.take("features.0.wieght", &[4]).unwrap_err().to_string();
    assert!(
        said.contains("zip.pth has no tensor `features.0.wieght` (did you mean `features.0.weight`?)"),
        "{said}"
    );
    let said = file.take("features.0.bias", &[5]).unwrap_err().to_string();
    assert!(said.ends_with("tensor `features.0.bias` has the shape [4] where [5] is expected"), "{said}");
}

#[test]
fn no_code_of_a_file_is_run() {
    let said = WeightFile::open(&golden("whole_model.pth")).unwrap_err().to_string();
    assert!(said.contains("whole_model.pth") && said.contains("`torch.nn.modules.linear.Linear`"), "{said}");
    // cos\nsystem\n(X…tR. : what a hostile pickle does
    let pickle = [b"\x80\x02cos\nsystem\n(X\x02\0\0\0id".as_slice(), b"tR."].concat();
    let said = pickle::Pickle::read(&pickle, 0).unwrap_err();
    assert!(said.contains("`os.system`"), "{said}");
}

/// Every cut and many flipped bytes: an error or tensors, never a panic, never memory out of proportion.
#[test]
fn a_file_cut_or_changed_anywhere_is_never_a_panic() {
    for name in ["zip.pth", "legacy.pth", "plain.safetensors", "compressed.npz", "keras.h5"] {
        let whole = std::fs::read(golden(name)).unwrap();
        let step = whole.len() / 80 + 1;
        let cuts = (0..whole.len()).step_by(step).map(|end| whole[..end].to_vec());
        let flips = (0..whole.len()).step_by(step / 4 + 1).flat_map(|at| {
            [0x00, 0x7f, 0xff].map(|value| {
                let mut changed = whole.clone();
                changed[at] = value;
                changed
            })
        });
        for bytes in cuts.chain(flips) {
            let Ok(file) = WeightFile::from_bytes(Path::new(name), bytes) else { continue };
            for tensor in file.names() {
                let _ = file.tensor(tensor);
            }
        }
    }
    let whole = std::fs::read(golden("plain.safetensors")).unwrap();
    let cut = WeightFile::from_bytes(Path::new("cut.safetensors"), whole[..whole.len() - 1].to_vec());
    let said = cut.unwrap_err().to_string();
    assert!(
        said.contains("cut.safetensors") && said.contains("tensor `") && said.contains("cut short"),
        "{said}"
    );
}

#[test]
fn huge_promises_cost_nothing() {
    let open = |bytes: Vec<u8>| WeightFile::from_bytes(Path::new("huge"), bytes);
    let header = br#"{"w":{"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,4]}}"#;
    let file = [&(header.len() as u64).to_le_bytes(), header.as_slice(), &[0; 4]].concat();
    assert!(open(file).unwrap_err().to_string().contains("tensor `w`"));
    assert!(open([u64::MAX.to_le_bytes().as_slice(), b"{"].concat()).is_err());

    // A million tuples inside each other, and a table that holds itself twice.
    let nested = [b"\x80\x02)".as_slice(), &[0x85; 1_000_000], b"."].concat();
    assert!(pickle::Pickle::read(&nested, 0).is_ok());
    let mut itself = b"\x80\x02}q\x00(".to_vec();
    for key in [b'a', b'b'] {
        itself.extend([b'X', 1, 0, 0, 0, key, b'h', 0]);
    }
    itself.extend(b"u.");
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    zip.start_file("archive/data.pkl", stored).unwrap();
    std::io::Write::write_all(&mut zip, &itself).unwrap();
    let said = open(zip.finish().unwrap().into_inner()).unwrap_err().to_string();
    assert!(said.contains("lies inside itself"), "{said}");
    // A list that grows by being recalled is bounded.
    let growing = [b"\x80\x02]q\x00(".as_slice(), &b"h\x00".repeat(1000), b"te."].concat();
    assert!(pickle::Pickle::read(&growing, 0).is_err());
}

#[test]
fn a_file_of_something_else_says_what_is_read() {
    let said = WeightFile::from_bytes(Path::new("a.txt"), b"hello".to_vec()).unwrap_err().to_string();
    assert!(said.contains("a.txt") && said.contains(".safetensors"), "{said}");
    assert!(WeightFile::open(Path::new("none.pth")).unwrap_err().to_string().contains("none.pth"));
    assert!(WeightFile::open(&golden("")).unwrap_err().to_string().contains("a folder, not a file"));
}
