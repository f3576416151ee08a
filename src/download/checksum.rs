//! SHA-1 and SHA-256 of files, as publishers print them.

use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use ring::digest;

/// A checksum in lower-case hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checksum {
    Sha1(Cow<'static, str>),
    Sha256(Cow<'static, str>),
}

impl Checksum {
    /// From 40 hexadecimal digits.
    pub const fn sha1(hex: &'static str) -> Self {
        Self::Sha1(Cow::Borrowed(hex))
    }

    /// From 64 hexadecimal digits.
    pub const fn sha256(hex: &'static str) -> Self {
        Self::Sha256(Cow::Borrowed(hex))
    }

    /// 40 hexadecimal digits are a SHA-1, 64 a SHA-256.
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.trim().to_ascii_lowercase();
        if !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        match hex.len() {
            40 => Some(Self::Sha1(Cow::Owned(hex))),
            64 => Some(Self::Sha256(Cow::Owned(hex))),
            _ => None,
        }
    }

    fn hex(&self) -> &str {
        match self {
            Self::Sha1(hex) | Self::Sha256(hex) => hex,
        }
    }

    /// The checksum that `path` has in this one's kind; `read` hears how many bytes went by.
    pub fn of_file(&self, path: &Path, read: &dyn Fn(u64)) -> io::Result<Self> {
        let algorithm = match self {
            Self::Sha1(_) => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256(_) => &digest::SHA256,
        };
        let mut context = digest::Context::new(algorithm);
        let mut file = File::open(path)?;
        let mut buffer = vec![0; 1 << 20];
        loop {
            let length = file.read(&mut buffer)?;
            if length == 0 {
                break;
            }
            context.update(&buffer[..length]);
            read(length as u64);
        }
        let hex: String = context.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(match self {
            Self::Sha1(_) => Self::Sha1(Cow::Owned(hex)),
            Self::Sha256(_) => Self::Sha256(Cow::Owned(hex)),
        })
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if matches!(self, Self::Sha1(_)) { "SHA-1" } else { "SHA-256" };
        write!(out, "{kind} {}", self.hex())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The digests of "abc" in FIPS 180-4.
    #[test]
    fn the_digests_are_those_of_the_standard() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        std::fs::write(&path, "abc").unwrap();
        for hex in [
            "a9993e364706816aba3e25717850c26c9cd0d89d",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ] {
            let expected = Checksum::parse(&hex.to_uppercase()).unwrap();
            assert_eq!(expected.of_file(&path, &|_| ()).unwrap(), expected);
        }
        assert!(Checksum::parse("abc").is_none());
    }
}
