//! Tells the program which source it was built from: the name that Git gives to the folder `src` as it lies on the disk,
//! whether or not Git is there. `git rev-parse COMMIT:src` gives the same of a commit, so that a record leads back to
//! its code.

use std::fs;
use std::io;
use std::path::Path;

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=src");
    println!("cargo:rustc-env=GENREBENCH_SOURCE={}", hex(&tree(Path::new("src"))?));
    Ok(())
}

/// Git's name of a folder: the hash of its entries in order, of which folders sort as if a slash followed.
fn tree(folder: &Path) -> io::Result<[u8; 20]> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_folder = entry.file_type()?.is_dir();
        let (mode, hash) = match is_folder {
            true => ("40000", tree(&entry.path())?),
            false => ("100644", object("blob", &fs::read(entry.path())?)),
        };
        entries.push((if is_folder { format!("{name}/") } else { name.clone() }, mode, name, hash));
    }
    entries.sort();
    let mut listed = Vec::new();
    for (_, mode, name, hash) in entries {
        listed.extend(format!("{mode} {name}\0").into_bytes());
        listed.extend(hash);
    }
    Ok(object("tree", &listed))
}

fn object(kind: &str, content: &[u8]) -> [u8; 20] {
    sha1(&[format!("{kind} {}\0", content.len()).as_bytes(), content].concat())
}

/// FIPS 180-4.
fn sha1(message: &[u8]) -> [u8; 20] {
    let mut padded = message.to_vec();
    padded.push(0x80);
    padded.resize((message.len() + 9).next_multiple_of(64) - 8, 0);
    padded.extend((8 * message.len() as u64).to_be_bytes());
    let mut state = [0x6745_2301u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    for block in padded.chunks_exact(64) {
        let mut words = [0u32; 80];
        for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
            *word = bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
        }
        for at in 16..80 {
            words[at] = (words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16]).rotate_left(1);
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for (round, word) in words.iter().enumerate() {
            let (mixed, constant) = match round {
                0..20 => ((b & c) | (!b & d), 0x5a82_7999),
                20..40 => (b ^ c ^ d, 0x6ed9_eba1),
                40..60 => ((b & c) | (b & d) | (c & d), 0x8f1b_bcdcu32),
                _ => (b ^ c ^ d, 0xca62_c1d6),
            };
            let sum = a.rotate_left(5).wrapping_add(mixed).wrapping_add(e);
            (e, d, c, b) = (d, c, b.rotate_left(30), a);
            a = sum.wrapping_add(constant).wrapping_add(*word);
        }
        for (known, new) in state.iter_mut().zip([a, b, c, d, e]) {
            *known = known.wrapping_add(new);
        }
    }
    let mut hash = [0; 20];
    for (bytes, word) in hash.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    hash
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
