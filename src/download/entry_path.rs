//! Where an archive's entry may be written: below the folder and nowhere else, on any system.

use std::path::PathBuf;

use super::error::DownloadError;

const DEEPEST: usize = 32;

/// The entry's path as plain components; `None` for the archive's own top (`./`).
pub(super) fn entry_path(name: &str) -> Result<Option<PathBuf>, DownloadError> {
    let refuse = |why| Err(DownloadError::UnsafeEntry { entry: shown(name), why });
    if name.is_empty() || name.len() > 4096 {
        return refuse("has no usable name");
    }
    if name.starts_with('/') {
        return refuse("has an absolute path");
    }
    if name.contains(['\\', ':', '\0']) || name.chars().any(char::is_control) {
        return refuse("has a name that not every system can hold");
    }
    let mut path = PathBuf::new();
    for (depth, part) in name.split('/').filter(|part| !part.is_empty() && *part != ".").enumerate() {
        if part == ".." {
            return refuse("would be written outside the folder");
        }
        // Every part is a folder that is made: one name could ask for two thousand.
        if depth >= DEEPEST {
            return refuse("lies deeper than data sets do");
        }
        path.push(part);
    }
    Ok(Some(path).filter(|path| !path.as_os_str().is_empty()))
}

/// A name for messages: control characters made visible, not endless.
pub(super) fn shown(name: &str) -> String {
    name.chars().take(120).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_the_folder() {
        assert_eq!(entry_path("genres/./rock/a.wav").unwrap().unwrap(), PathBuf::from("genres/rock/a.wav"));
        assert_eq!(entry_path("./").unwrap(), None);
        for wrong in ["../a", "a/../../b", "/etc/passwd", "C:/a", "a\\..\\b", "", "a\nb"] {
            assert!(entry_path(wrong).is_err(), "{wrong:?}");
        }
        assert!(entry_path(&"a/".repeat(32)).is_ok() && entry_path(&"a/".repeat(33)).is_err());
    }
}
