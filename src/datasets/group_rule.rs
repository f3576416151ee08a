//! GroupRule: how the path of a clip tells its artist or source.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Deserialize;

use super::catalog::Finding;
use super::names::{file_stem, last_part, without_extension};
use crate::spelling::agreeing;

/// How the path of a clip tells its group.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum GroupRule {
    /// The first folder within the class folder.
    Top,
    /// The folder that a file lies in.
    Parent,
    /// The file's name up to the first such text.
    Before(String),
    /// The file's path up to the last such text in its name.
    BeforeLast(String),
}

impl TryFrom<String> for GroupRule {
    type Error = String;

    fn try_from(rule: String) -> Result<Self, String> {
        match rule.as_str() {
            "top" => Ok(Self::Top),
            "parent" => Ok(Self::Parent),
            other => Self::of_names(other).ok_or_else(|| {
                format!(
                    "group = \"{rule}\" is not understood; write \"top\", \"parent\", \"before:-\" for the file name up to the \
                     first -, or \"before_last:_\" for it up to the last _"
                )
            }),
        }
    }
}

impl GroupRule {
    /// The rules that need nothing but a name.
    pub fn of_names(rule: &str) -> Option<Self> {
        let (kind, separator) = rule.split_once(':').filter(|(_, separator)| !separator.is_empty())?;
        match kind {
            "before" => Some(Self::Before(separator.to_string())),
            "before_last" => Some(Self::BeforeLast(separator.to_string())),
            _ => None,
        }
    }

    /// None of a clip that lies in its class folder itself and so has no folder of its own: it is a group of one. An
    /// artist's folder of the same name in two classes is one artist; an album's is not one album, nor are pieces of the
    /// same name one song.
    pub fn group(&self, class: &str, path: &str) -> Option<String> {
        match self {
            Self::Top => {
                let inside = match class {
                    "" => Some(path),
                    class => path.strip_prefix(class).and_then(|rest| rest.strip_prefix('/')),
                };
                inside.and_then(|inside| inside.split_once('/')).map(|(top, _)| top.to_string())
            }
            Self::Parent => path
                .rsplit_once('/')
                .filter(|(parent, _)| *parent != class)
                .map(|(parent, _)| parent.to_string()),
            Self::Before(separator) => {
                let stem = file_stem(path);
                Some(stem.split_once(separator.as_str()).map_or(stem, |(group, _)| group).trim().to_string())
            }
            Self::BeforeLast(separator) => {
                let folder = &path[..path.len() - last_part(path).len()];
                let group = file_stem(path).rsplit_once(separator.as_str());
                Some(match group {
                    Some((group, _)) => format!("{folder}{}", group.trim_end()),
                    None => without_extension(path).to_string(),
                })
            }
        }
    }
}

/// What a rule has found of each clip, the largest group first: nothing else shows whether the names are as it takes
/// them to be. None where no two clips are of one group, and the rule keeps nothing apart.
pub fn found_groups<'a>(groups: impl Iterator<Item = &'a str>) -> Option<Finding> {
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    groups.for_each(|group| *sizes.entry(group).or_default() += 1);
    let mut sizes: Vec<(&str, usize)> = sizes.into_iter().collect();
    if sizes.len() > 1 && sizes.iter().all(|(_, clips)| *clips == 1) {
        return None;
    }
    sizes.sort_by_key(|(name, clips)| (Reverse(*clips), *name));
    let numbers = sizes.iter().filter(|(name, _)| name.chars().all(|c| c.is_ascii_digit())).count();
    let doubt = match 2 * numbers > sizes.len() {
        true => ", most of them numbers: are these artists? ",
        false => ", ",
    };
    let count = sizes.len();
    let noun = agreeing(&count, "artist or source", "artists or sources");
    let message = format!("{count} {noun} found by `group`{doubt}the largest first");
    Some(Finding::new(message, sizes.iter().map(|(name, clips)| format!("{name} ({clips})")).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_of_what_stands_before_their_number() {
        let rule = GroupRule::try_from("before_last:.".to_string()).unwrap();
        let group = |path: &str| rule.group("", path).unwrap();
        assert_eq!(group("blues.00000.0.wav"), "blues.00000");
        assert_eq!(group("blues.00000.9"), "blues.00000");
        assert_eq!(group("rock.a/one.2.mp3"), "rock.a/one");
        assert_eq!(group("rock.a/one.mp3"), "rock.a/one");
        assert!(GroupRule::of_names("before_last:").is_none());
        assert!(GroupRule::of_names("artist").is_none() && GroupRule::of_names("top").is_none());
    }

    #[test]
    fn folders_are_counted_from_the_class_folder_where_there_is_one() {
        assert_eq!(GroupRule::Top.group("rock", "rock/X/a.mp3").as_deref(), Some("X"));
        assert_eq!(GroupRule::Top.group("", "X/a.mp3").as_deref(), Some("X"));
        assert_eq!(GroupRule::Top.group("rock", "rock/a.mp3"), None);
        assert_eq!(GroupRule::Parent.group("", "a.mp3"), None);
        assert_eq!(GroupRule::Parent.group("rock", "rock/X/1/a.mp3").as_deref(), Some("rock/X/1"));
    }
}
