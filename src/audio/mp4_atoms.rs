//! The atoms of an MP4 file (ISO/IEC 14496-12): a size, a name and a body, some of which hold atoms. Looked at before
//! symphonia reads them, which passes over an atom that goes beyond the file and counts whatever a run of samples says.

use std::borrow::Cow;

/// A size of 32 bits, or of 64 behind the name; none where the atom goes to the end of the file.
struct Head {
    name: [u8; 4],
    size: Option<u64>,
    length: usize,
}

impl Head {
    fn at(bytes: &[u8], at: usize) -> Option<Self> {
        let rest = bytes.get(at..)?;
        let &[s0, s1, s2, s3, n0, n1, n2, n3] = rest.first_chunk()?;
        let name = [n0, n1, n2, n3];
        Some(match (u32::from_be_bytes([s0, s1, s2, s3]), rest.get(8..).and_then(<[u8]>::first_chunk)) {
            (0, _) => Self { name, size: None, length: 8 },
            (1, Some(size)) => Self { name, size: Some(u64::from_be_bytes(*size)), length: 16 },
            (size, _) => Self { name, size: Some(size.into()), length: 8 },
        })
    }
}

/// A file that was cut off, with what is left of its sound.
pub(super) fn with_an_end(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut at = 0;
    while let Some(Head { name, size, length }) = Head::at(bytes, at) {
        let left = (bytes.len() - at) as u64;
        let size = size.unwrap_or(left);
        if size <= left {
            at += (size as usize).max(length);
            continue;
        }
        if &name != b"mdat" {
            return Cow::Borrowed(&bytes[..at]);
        }
        let mut ends = bytes.to_vec();
        match u32::try_from(left) {
            Ok(left) if length == 8 => ends[at..at + 4].copy_from_slice(&left.to_be_bytes()),
            _ => ends[at + 8..at + 16].copy_from_slice(&left.to_be_bytes()),
        }
        return Cow::Owned(ends);
    }
    Cow::Borrowed(bytes)
}

/// Refuses runs (`trun`) of more samples than the file has bytes: where all are of one size a run of billions takes 20 bytes
/// to write and long to count.
pub(super) fn check_runs(bytes: &[u8]) -> Result<(), String> {
    let mut samples = 0u64;
    each(bytes, &mut |name, fragment| {
        if &name == b"moof" {
            each(fragment, &mut |name, track| {
                if &name == b"traf" {
                    each(track, &mut |name, run| {
                        let count = run.get(4..).and_then(<[u8]>::first_chunk).filter(|_| &name == b"trun");
                        samples += count.map_or(0, |count| u64::from(u32::from_be_bytes(*count)));
                    });
                }
            });
        }
    });
    match samples > bytes.len() as u64 {
        true => Err(format!("it promises {samples} pieces of sound in {} bytes", bytes.len())),
        false => Ok(()),
    }
}

/// Every atom's name and body, as far as it is there. As symphonia does, what is in an atom without an end is read as the
/// atoms that follow it.
fn each(bytes: &[u8], take: &mut dyn FnMut([u8; 4], &[u8])) {
    let mut at = 0;
    while let Some(Head { name, size, length }) = Head::at(bytes, at) {
        let size = size.unwrap_or(length as u64);
        let end = usize::try_from(size).map_or(bytes.len(), |size| at.saturating_add(size.max(length)));
        take(name, bytes.get(at + length..end.min(bytes.len())).unwrap_or_default());
        at = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atom(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&(body.len() as u32 + 8).to_be_bytes(), name.as_slice(), body].concat()
    }

    #[test]
    fn the_last_atom_ends_with_the_file() {
        let whole = [atom(b"moov", &[0; 9]), atom(b"mdat", &[7; 20])].concat();
        assert!(matches!(with_an_end(&whole), Cow::Borrowed(same) if same == whole));
        assert_eq!(with_an_end(&whole[..30]), [atom(b"moov", &[0; 9]), atom(b"mdat", &[7; 5])].concat());
        assert!(with_an_end(&whole[..12]).is_empty());
        let mut long = [&1u32.to_be_bytes(), b"mdat".as_slice(), &99u64.to_be_bytes(), &[7; 5]].concat();
        let ends = with_an_end(&long).into_owned();
        long[8..16].copy_from_slice(&21u64.to_be_bytes());
        assert_eq!(ends, long);
    }

    #[test]
    fn a_run_of_billions_is_refused() {
        let file = |count: u32| {
            let run = atom(b"trun", &[[0; 4], count.to_be_bytes()].concat());
            [atom(b"ftyp", &[0; 4]), atom(b"moof", &atom(b"traf", &run))].concat()
        };
        assert_eq!(check_runs(&file(40)), Ok(()));
        assert!(check_runs(&file(u32::MAX)).unwrap_err().contains("4294967295 pieces"));
        let behind_an_atom_without_an_end = [vec![0; 8], file(u32::MAX)].concat();
        assert!(check_runs(&behind_an_atom_without_an_end).is_err());
    }
}
