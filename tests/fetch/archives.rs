//! Honest and hostile archives, made in memory.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use zip::write::SimpleFileOptions;

/// A zip that holds `corpus/rock/noise.bin`, and the noise.
pub fn corpus_zip(bytes: usize) -> (Vec<u8>, Vec<u8>) {
    let mut state = 1u32;
    let noise: Vec<u8> = (0..bytes)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect();
    (zip_of(&[("corpus/rock/noise.bin", &noise)]), noise)
}

pub fn zip_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, contents) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(contents).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// One honest file, then a link out of the folder.
pub fn zip_with_link() -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("corpus/honest.txt", SimpleFileOptions::default()).unwrap();
    zip.write_all(b"honest").unwrap();
    zip.add_symlink("corpus/link", "../../evil.txt", SimpleFileOptions::default()).unwrap();
    zip.finish().unwrap().into_inner()
}

/// A megabyte, of which both headers say that it is `said` bytes.
pub fn lying_zip(said: u32) -> Vec<u8> {
    let length = 1u32 << 20;
    let mut zip = zip_of(&[("corpus/zeros.bin", vec![0; length as usize].as_slice())]);
    let central = zip.windows(4).rposition(|mark| mark == b"PK\x01\x02").unwrap();
    for at in [22, central + 24] {
        assert_eq!(zip[at..at + 4], length.to_le_bytes());
        zip[at..at + 4].copy_from_slice(&said.to_le_bytes());
    }
    zip
}

pub fn tar_gz(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = Vec::new();
    for (name, contents) in entries {
        if name.len() > 100 {
            let long = format!("{name}\0");
            tar_entry(&mut tar, "././@LongLink", b'L', long.as_bytes());
        }
        tar_entry(&mut tar, &name[..name.len().min(100)], b'0', contents);
    }
    finish(tar)
}

/// One honest file, then an entry of any kind.
pub fn hostile_tar_gz(name: &str, kind: u8) -> Vec<u8> {
    let mut tar = Vec::new();
    tar_entry(&mut tar, "corpus/honest.txt", b'0', b"honest");
    tar_entry(&mut tar, name, kind, if kind == b'0' { b"evil" } else { b"" });
    finish(tar)
}

fn tar_entry(tar: &mut Vec<u8>, name: &str, kind: u8, contents: &[u8]) {
    let mut header = [0; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[124..135].copy_from_slice(format!("{:011o}", contents.len()).as_bytes());
    header[148..156].fill(b' ');
    header[156] = kind;
    header[257..262].copy_from_slice(b"ustar");
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    tar.extend_from_slice(&header);
    tar.extend_from_slice(contents);
    tar.resize(tar.len().next_multiple_of(512), 0);
}

fn finish(mut tar: Vec<u8>) -> Vec<u8> {
    tar.resize(tar.len() + 1024, 0);
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(&tar).unwrap();
    gz.finish().unwrap()
}
