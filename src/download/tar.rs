//! The part of tar that data sets use: files and folders in ustar headers with GNU and pax long names (POSIX.1-2017,
//! `pax`, "ustar Interchange Format"). Links, devices and anything else are refused.

use std::io::{self, Read};

use super::entry_path::shown;
use super::error::DownloadError;

const BLOCK: usize = 512;
/// Long names come as entries of their own; no honest one is longer.
const LONGEST_NAME_ENTRY: u64 = 64 << 10;
/// Attributes stand beside the names there.
const LONGEST_PAX_ENTRY: u64 = 1 << 20;

/// One file or folder; a file's bytes are to be read before the next entry is asked for.
pub(super) struct Entry {
    pub name: String,
    pub bytes: u64,
    pub is_folder: bool,
}

pub(super) struct TarReader<R> {
    from: R,
}

/// Why an archive cannot be read on.
pub(super) enum TarTrouble {
    Bad(String),
    Unsafe(DownloadError),
}

impl From<io::Error> for TarTrouble {
    fn from(error: io::Error) -> Self {
        Self::Bad(match error.kind() {
            io::ErrorKind::UnexpectedEof => "it is cut off".to_string(),
            _ => error.to_string(),
        })
    }
}

impl<R: Read> TarReader<R> {
    pub fn new(from: R) -> Self {
        Self { from }
    }

    pub fn next_entry(&mut self) -> Result<Option<Entry>, TarTrouble> {
        let (mut long_name, mut long_size) = (None, None);
        loop {
            let mut header = [0; BLOCK];
            self.from.read_exact(&mut header)?;
            if header == [0; BLOCK] {
                return Ok(None);
            }
            check_sum(&header)?;
            let name = long_name.take().unwrap_or_else(|| ustar_name(&header));
            let bytes = long_size.take().map_or_else(|| octal(&header[124..136]), Ok)?;
            let refuse = |why| {
                let entry = shown(&name);
                Err(TarTrouble::Unsafe(DownloadError::UnsafeEntry { entry, why }))
            };
            match header[156] {
                b'0' | 0 | b'7' => {
                    let is_folder = name.ends_with('/');
                    return Ok(Some(Entry { name, bytes, is_folder }));
                }
                b'5' => return Ok(Some(Entry { name, bytes: 0, is_folder: true })),
                b'L' => {
                    let text = self.small(bytes, LONGEST_NAME_ENTRY)?;
                    let end = text.iter().position(|&byte| byte == 0).unwrap_or(text.len());
                    long_name = Some(utf8(&text[..end])?);
                }
                b'x' => {
                    let text = self.small(bytes, LONGEST_PAX_ENTRY)?;
                    for (key, value) in pax(&text)? {
                        match key {
                            b"path" => long_name = Some(utf8(value)?),
                            b"size" => {
                                let size = utf8(value)?.parse();
                                long_size = Some(size.map_err(|_| bad("a size that is no number"))?);
                            }
                            // Its contents begin with a map of their holes.
                            _ if key.starts_with(b"GNU.sparse.") => return refuse("is a sparse file"),
                            _ => {}
                        }
                    }
                }
                b'g' => drop(self.small(bytes, LONGEST_PAX_ENTRY)?),
                b'1' | b'2' => return refuse("is a link"),
                _ => return refuse("is neither a file nor a folder"),
            }
        }
    }

    /// What is left of an entry's last block.
    pub fn skip_padding(&mut self, bytes: u64) -> Result<(), TarTrouble> {
        let padding = (BLOCK - (bytes % BLOCK as u64) as usize) % BLOCK;
        let mut rest = [0; BLOCK];
        Ok(self.from.read_exact(&mut rest[..padding])?)
    }

    /// Reads what stands behind the last entry, at most so many bytes: how many there were. It is padding, but a gzip
    /// stream tells at its very end whether all of it was whole.
    pub fn drain(&mut self, most: u64) -> Result<u64, TarTrouble> {
        match io::copy(&mut self.from.by_ref().take(most), &mut io::sink()) {
            // What follows the gzip stream and is none is no part of it, as gzip has it.
            Err(error) if error.to_string() == "invalid gzip header" => Ok(0),
            drained => Ok(drained?),
        }
    }

    pub fn contents(&mut self, bytes: u64) -> io::Take<&mut R> {
        self.from.by_ref().take(bytes)
    }

    fn small(&mut self, bytes: u64, most: u64) -> Result<Vec<u8>, TarTrouble> {
        if bytes > most {
            return Err(bad("a header without end"));
        }
        let mut text = vec![0; bytes as usize];
        self.from.read_exact(&mut text)?;
        self.skip_padding(bytes)?;
        Ok(text)
    }
}

fn bad(what: &str) -> TarTrouble {
    TarTrouble::Bad(format!("it holds {what}"))
}

fn utf8(bytes: &[u8]) -> Result<String, TarTrouble> {
    String::from_utf8(bytes.to_vec()).map_err(|_| bad("a name that is not UTF-8"))
}

fn ustar_name(header: &[u8; BLOCK]) -> String {
    let field = |bytes: &[u8]| {
        let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
        String::from_utf8_lossy(&bytes[..end]).into_owned()
    };
    let (name, prefix) = (field(&header[..100]), field(&header[345..500]));
    match header[257..262] == *b"ustar" && !prefix.is_empty() && header[262] != b' ' {
        true => format!("{prefix}/{name}"),
        false => name,
    }
}

fn octal(field: &[u8]) -> Result<u64, TarTrouble> {
    // Sizes beyond 8 GiB: GNU's base 256, its first bit set.
    if field[0] & 0x80 != 0 {
        let value =
            field[1..].iter().try_fold(0u64, |sum, &byte| sum.checked_mul(256)?.checked_add(byte.into()));
        return value.ok_or_else(|| bad("a size beyond all measure"));
    }
    let text: String = field.iter().map(|&byte| byte as char).collect();
    let digits = text.trim_matches(|c: char| c == ' ' || c == '\0');
    if digits.is_empty() {
        return Ok(0);
    }
    u64::from_str_radix(digits, 8).map_err(|_| bad("a size that is no number"))
}

/// The header's checksum counts its own field as spaces.
fn check_sum(header: &[u8; BLOCK]) -> Result<(), TarTrouble> {
    let sum: u64 = header
        .iter()
        .enumerate()
        .map(|(place, &byte)| if (148..156).contains(&place) { 32 } else { u64::from(byte) })
        .sum();
    match octal(&header[148..156])? == sum {
        true => Ok(()),
        false => Err(TarTrouble::Bad("it is no tar, or damaged".to_string())),
    }
}

/// A key and its value.
type PaxRecord<'a> = (&'a [u8], &'a [u8]);

/// Records of the form `LENGTH KEY=VALUE\n`; a value may be any bytes, such as a Mac's extended attribute.
fn pax(text: &[u8]) -> Result<Vec<PaxRecord<'_>>, TarTrouble> {
    let mut rest = text;
    let mut records = Vec::new();
    while !rest.is_empty() && rest[0] != 0 {
        let space = rest.iter().position(|&byte| byte == b' ').ok_or_else(|| bad("a broken pax header"))?;
        let length: usize = utf8(&rest[..space])?.parse().map_err(|_| bad("a broken pax header"))?;
        if length <= space + 1 || length > rest.len() {
            return Err(bad("a broken pax header"));
        }
        let record = &rest[space + 1..length];
        let sign = record.iter().position(|&byte| byte == b'=').ok_or_else(|| bad("a broken pax header"))?;
        let (key, value) = (&record[..sign], &record[sign + 1..]);
        records.push((key, value.strip_suffix(b"\n").unwrap_or(value)));
        rest = &rest[length..];
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As macOS's tar writes the attributes of a file beside its name.
    #[test]
    fn a_value_that_is_no_text_is_no_reason_to_refuse_an_archive() {
        let text = b"20 xattr.mac=\xff\x00=\n\xfe\n\n15 path=\xc3\xa4.wav\n";
        let records = pax(&text[..]).ok().unwrap();
        assert_eq!(records[0], (&b"xattr.mac"[..], &b"\xff\x00=\n\xfe\n"[..]));
        assert_eq!(records[1], (&b"path"[..], "ä.wav".as_bytes()));
        assert!(pax(b"99 path=a\n").is_err() && pax(b"8 path a\n").is_err());
    }
}
