//! What a publisher offers: addresses, sizes, checksums and the licence, as constants beside the code that reads it.

use std::borrow::Cow;

use super::checksum::Checksum;

/// Something that `genrebench data fetch NAME` brings.
#[derive(Debug, Clone, Copy)]
pub struct Publication {
    pub name: &'static str,
    pub summary: &'static str,
    pub licence: &'static str,
    pub files: &'static [RemoteFile],
    /// What to write into an experiment once it is there; `{}` stands for the folder.
    pub use_as: &'static str,
}

/// One file at its publisher's.
#[derive(Debug, Clone)]
pub struct RemoteFile {
    pub url: Cow<'static, str>,
    pub file_name: Cow<'static, str>,
    /// `None` where the publisher makes the file anew for every request.
    pub bytes: Option<u64>,
    pub checksum: Option<Checksum>,
    pub packing: Packing,
}

/// How a file of a publication is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    Plain,
    Zip,
    TarGz,
}

impl RemoteFile {
    /// Of a size and with a checksum that nobody publishes.
    pub const fn new(url: &'static str, file_name: &'static str, packing: Packing) -> Self {
        Self {
            url: Cow::Borrowed(url),
            file_name: Cow::Borrowed(file_name),
            bytes: None,
            checksum: None,
            packing,
        }
    }

    /// With what the publisher says of the file.
    pub const fn published(
        url: &'static str,
        file_name: &'static str,
        packing: Packing,
        bytes: Option<u64>,
        checksum: Checksum,
    ) -> Self {
        let (url, file_name) = (Cow::Borrowed(url), Cow::Borrowed(file_name));
        Self { url, file_name, bytes, checksum: Some(checksum), packing }
    }

    /// A file at an address that the user gave; its name is the address's last part.
    pub fn from_url(url: &str) -> Option<Self> {
        let path = url.split(['?', '#']).next()?;
        let (scheme, rest) = path.split_once("://")?;
        let name = rest.split_once('/')?.1.rsplit('/').next()?;
        let plain = !name.is_empty()
            && !name.starts_with('.')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-+".contains(c));
        (matches!(scheme, "http" | "https") && plain).then(|| Self {
            url: Cow::Owned(url.to_string()),
            file_name: Cow::Owned(name.to_string()),
            bytes: None,
            checksum: None,
            packing: Packing::of(name),
        })
    }
}

impl Packing {
    fn of(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        if name.ends_with(".zip") {
            Self::Zip
        } else if name.ends_with(".tar.gz") || name.ends_with(".tgz") {
            Self::TarGz
        } else {
            Self::Plain
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_its_file() {
        let file = RemoteFile::from_url("https://example.org/a/b.tar.gz?x=1").unwrap();
        assert_eq!((file.file_name.as_ref(), file.packing), ("b.tar.gz", Packing::TarGz));
        for wrong in [
            "ftp://example.org/a.zip",
            "https://example.org",
            "https://example.org/",
            "a.zip",
            "https://example.org/.hidden",
            "https://example.org/a%2fb",
        ] {
            assert!(RemoteFile::from_url(wrong).is_none(), "{wrong}");
        }
    }
}
