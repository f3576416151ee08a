//! Names as people write them: the clip that an entry of a list means.

use std::collections::HashMap;

use super::files::AUDIO_EXTENSIONS;

/// The last part of a path without its audio extension: `blues/blues.00012.wav` → `blues.00012`.
pub fn file_stem(id: &str) -> &str {
    let name = id.rsplit(['/', '\\']).next().unwrap_or(id);
    match name.rsplit_once('.') {
        Some((stem, extension))
            if AUDIO_EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension)) =>
        {
            stem
        }
        _ => name,
    }
}

/// Finds the clip that an entry of a list file means: the clip of that id or else, where only one has it,
/// the clip of that file stem (so `000002`, `000002.mp3` and `000/000002.mp3` are one clip).
#[derive(Debug)]
pub struct ClipNames<'a> {
    by_id: HashMap<&'a str, usize>,
    by_stem: HashMap<&'a str, Option<usize>>,
}

impl<'a> ClipNames<'a> {
    pub fn new(ids: impl IntoIterator<Item = &'a str>) -> Self {
        let (mut by_id, mut by_stem) = (HashMap::new(), HashMap::new());
        for (row, id) in ids.into_iter().enumerate() {
            by_id.insert(id, row);
            by_stem.entry(file_stem(id)).and_modify(|known| *known = None).or_insert(Some(row));
        }
        Self { by_id, by_stem }
    }

    pub fn find(&self, entry: &str) -> Option<usize> {
        let by_stem = || self.by_stem.get(file_stem(entry)).copied().flatten();
        self.by_id.get(entry).copied().or_else(by_stem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_means_its_id_or_a_stem_that_one_clip_has() {
        let names = ClipNames::new(["000002", "blues.00012", "rock/a.mp3", "pop/a.mp3"]);
        assert_eq!(names.find("000/000002.mp3"), Some(0));
        assert_eq!(names.find("blues/blues.00012.wav"), Some(1));
        assert_eq!(names.find("pop/a.mp3"), Some(3));
        assert_eq!(names.find("a.mp3"), None);
        assert_eq!(names.find("blues.00013"), None);
    }
}
