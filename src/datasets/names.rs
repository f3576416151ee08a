//! Names as people write them: the clip that an entry of a list means.

use std::collections::HashMap;

use super::extensions::AUDIO_EXTENSIONS;

/// The last part of a path without its audio extension: `blues/blues.00012.wav` → `blues.00012`.
pub fn file_stem(id: &str) -> &str {
    let name = last_part(id);
    match name.rsplit_once('.') {
        Some((stem, extension))
            if AUDIO_EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension)) =>
        {
            stem
        }
        _ => name,
    }
}

/// A path without its audio extension: `blues/blues.00012.wav` → `blues/blues.00012`.
pub fn without_extension(id: &str) -> &str {
    &id[..id.len() - last_part(id).len() + file_stem(id).len()]
}

pub(super) fn last_part(id: &str) -> &str {
    id.rsplit(['/', '\\']).next().unwrap_or(id)
}

/// Whether one path ends with all of the other: `000002` and `000/000002.mp3`, but neither of `jazz/03` and `rock/03`.
fn may_be_one(a: &str, b: &str) -> bool {
    fn parts(path: &str) -> impl Iterator<Item = &str> {
        without_extension(path).rsplit(['/', '\\'])
    }
    parts(a).zip(parts(b)).all(|(a, b)| a == b)
}

/// Finds the clip that an entry of a list file means: the clip of that id or else, where only one can be meant, the
/// clip whose path ends so (`000002`, `000002.mp3` and `000/000002.mp3` are one clip).
#[derive(Debug)]
pub struct ClipNames<'a> {
    by_id: HashMap<&'a str, usize>,
    by_stem: HashMap<&'a str, Vec<(usize, &'a str)>>,
}

impl<'a> ClipNames<'a> {
    pub fn new(ids: impl IntoIterator<Item = &'a str>) -> Self {
        let (mut by_id, mut by_stem) = (HashMap::new(), HashMap::<_, Vec<_>>::new());
        for (row, id) in ids.into_iter().enumerate() {
            by_id.insert(id, row);
            by_stem.entry(file_stem(id)).or_default().push((row, id));
        }
        Self { by_id, by_stem }
    }

    /// The one clip that is meant, if one is.
    pub fn find(&self, entry: &str) -> Option<usize> {
        match self.meant(entry)[..] {
            [clip] => Some(clip),
            _ => None,
        }
    }

    /// Every clip that can be meant: none, one, or several that the entry does not tell apart.
    pub fn meant(&self, entry: &str) -> Vec<usize> {
        if let Some(clip) = self.by_id.get(entry) {
            return vec![*clip];
        }
        let alike = self.by_stem.get(file_stem(entry)).map_or(&[][..], Vec::as_slice);
        let those = |fit: &dyn Fn(&str) -> bool| -> Vec<usize> {
            alike.iter().filter(|(_, id)| fit(id)).map(|(clip, _)| *clip).collect()
        };
        let same_path = those(&|id| without_extension(id) == without_extension(entry));
        if same_path.len() == 1 { same_path } else { those(&|id| may_be_one(id, entry)) }
    }
}

/// Of each clip the places of the `entries` that mean it; the one of its own id alone where there is such.
pub fn entries_of_clips<'a>(
    ids: impl IntoIterator<Item = &'a str>,
    entries: impl IntoIterator<Item = &'a str>,
) -> Vec<Vec<usize>> {
    let ids: Vec<&str> = ids.into_iter().collect();
    let names = ClipNames::new(ids.iter().copied());
    let mut of_clips = vec![Vec::new(); ids.len()];
    let mut exact = vec![None; ids.len()];
    for (place, entry) in entries.into_iter().enumerate() {
        if let Some(clip) = names.find(entry) {
            of_clips[clip].push(place);
            if entry == ids[clip] {
                exact[clip].get_or_insert(place);
            }
        }
    }
    of_clips.into_iter().zip(exact).map(|(all, exact)| exact.map_or(all, |place| vec![place])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_means_its_id_or_the_one_path_that_ends_so() {
        let names = ClipNames::new(["000002", "blues.00012", "rock/a.mp3", "pop/a.mp3"]);
        assert_eq!(names.find("000/000002.mp3"), Some(0));
        assert_eq!(names.find("blues/blues.00012.wav"), Some(1));
        assert_eq!(names.find("pop/a.mp3"), Some(3));
        assert_eq!(names.find("a.mp3"), None);
        assert_eq!(names.find("blues.00013"), None);
        assert_eq!(names.find("pop/a.wav"), Some(3));
        assert_eq!(names.find("data/rock/a.wav"), Some(2));
        assert_eq!((names.meant("a.mp3"), names.meant("b.mp3")), (vec![2, 3], vec![]));
    }

    #[test]
    fn a_clip_has_the_entries_that_mean_it_or_the_one_of_its_id() {
        let ids = ["blues.00000", "blues.00001", "blues.00002"];
        let entries =
            ["blues/blues.00000.wav", "x/blues.00001.au", "blues.00001", "blues.00000.au", "jazz.00000"];
        assert_eq!(entries_of_clips(ids, entries), [vec![0, 3], vec![2], vec![]]);
    }

    #[test]
    fn a_file_of_the_same_name_in_another_folder_is_another_clip() {
        let names = ClipNames::new(["jazz/03.wav", "04.wav"]);
        assert_eq!(names.find("rock/03.wav"), None);
        assert_eq!((names.find("03"), names.find("music/jazz/03.wav")), (Some(0), Some(0)));
        assert_eq!(names.find("rock/04.wav"), Some(1));
    }
}
