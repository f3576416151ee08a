//! Which training clips are held out for validation: a share of each class, whole artists or sources where known.

use std::collections::BTreeMap;

use crate::random::Draws;

/// Places learned from and places held out, both ascending. `wanted` below 1 is a share, else a number of clips.
pub fn hold_out(
    y: &[usize],
    groups: &[Option<&str>],
    wanted: f64,
    draws: &mut Draws,
) -> (Vec<usize>, Vec<usize>) {
    let share = if wanted >= 1.0 { (wanted / y.len().max(1) as f64).min(0.9) } else { wanted };
    let classes = y.iter().max().map_or(0, |most| most + 1);
    let mut held = vec![false; y.len()];
    // Where no class is large enough for its share, each that can spare a clip gives one.
    let least = usize::from(wanted > 0.0 && (0..classes).all(|class| share * count(y, class) < 0.5));
    let clips_of = |class: usize| (0..y.len()).filter(move |clip| y[*clip] == class);
    let totals: Vec<usize> = (0..classes).map(|class| clips_of(class).count()).collect();
    let targets = totals.iter().map(|&total| ((share * total as f64).round() as usize).max(least));
    let targets: Vec<usize> = targets.collect();
    let by_class = |clips: &[usize]| {
        let mut counts = vec![0usize; classes];
        clips.iter().for_each(|clip| counts[y[*clip]] += 1);
        counts
    };
    let mut held_of = vec![0usize; classes];
    let hold = |clips: &[usize], held: &mut [bool], held_of: &mut [usize]| {
        for &clip in clips {
            held[clip] = true;
            held_of[y[clip]] += 1;
        }
    };
    for class in 0..classes {
        // A clip without a group is a group of its own.
        let mut bunches: BTreeMap<(Option<&str>, usize), Vec<usize>> = BTreeMap::new();
        for clip in clips_of(class) {
            let group = group_of(groups, clip);
            bunches.entry((group, if group.is_some() { 0 } else { clip })).or_default().push(clip);
        }
        let mut bunches: Vec<Vec<usize>> = bunches.into_values().collect();
        draws.shuffle(&mut bunches);
        // One bunch of each class always stays to be learned from.
        let Some((_, others)) = bunches.split_last().filter(|(_, others)| !others.is_empty()) else {
            continue;
        };
        // A group may reach into other classes: none is held out to its last clip, nor most of it for another's sake.
        let within = |held_of: &[usize], own: &[usize], most: &dyn Fn(usize) -> usize| {
            (0..classes).all(|class| {
                own[class] == 0 || held_of[class] + own[class] <= most(class).min(totals[class] - 1)
            })
        };
        let near = |class: usize| 2 * targets[class].max(1);
        for bunch in others {
            if held_of[class] >= targets[class] {
                break;
            }
            let mates: Vec<usize> = mates(y, groups, bunch[0]).collect();
            if !held[bunch[0]] && within(&held_of, &by_class(&mates), &near) {
                hold(&mates, &mut held, &mut held_of);
            }
        }
        if targets[class] > 0 && held_of[class] == 0 {
            let all = bunches.iter().map(|bunch| mates(y, groups, bunch[0]).collect::<Vec<_>>());
            let possible = all.filter(|mates| within(&held_of, &by_class(mates), &|_| usize::MAX));
            let smallest = possible.min_by_key(Vec::len);
            smallest.into_iter().for_each(|mates| hold(&mates, &mut held, &mut held_of));
        }
    }
    let (out, kept): (Vec<usize>, Vec<usize>) = (0..y.len()).partition(|clip| held[*clip]);
    (kept, out)
}

fn group_of<'a>(groups: &[Option<&'a str>], clip: usize) -> Option<&'a str> {
    groups.get(clip).copied().flatten()
}

/// The clips of a clip's group, of whatever class; itself alone where it has none.
fn mates(y: &[usize], groups: &[Option<&str>], clip: usize) -> impl Iterator<Item = usize> {
    let group = group_of(groups, clip);
    // Without one it is alone, and nobody needs to look for others.
    let all = if group.is_some() { 0..y.len() } else { clip..clip + 1 };
    all.filter(move |other| *other == clip || group_of(groups, *other) == group)
}

fn count(y: &[usize], class: usize) -> f64 {
    y.iter().filter(|own| **own == class).count() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_gives_its_share_and_no_group_is_torn() {
        let y: Vec<usize> = (0..90).map(|clip| clip % 3).collect();
        let names: Vec<String> = (0..90).map(|clip| format!("artist {}", clip / 6)).collect();
        let groups: Vec<Option<&str>> = names.iter().map(|name| Some(name.as_str())).collect();
        let (kept, held) = hold_out(&y, &groups, 0.2, &mut Draws::new(1, "v"));
        assert_eq!(kept.len() + held.len(), 90);
        assert!((12..=30).contains(&held.len()), "{}", held.len());
        assert!(held.iter().all(|a| kept.iter().all(|b| groups[*a] != groups[*b])));
        let (kept, held) = hold_out(&y, &[], 9.0, &mut Draws::new(1, "v"));
        assert_eq!((kept.len(), held.len()), (81, 9));
        assert!((0..3).all(|class| held.iter().filter(|at| y[**at] == class).count() == 3));
        let (kept, held) = hold_out(&[0, 0, 1, 1, 2], &[], 0.1, &mut Draws::new(1, "v"));
        assert_eq!((kept.len(), held.len()), (3, 2), "one of each class that can spare one");
    }

    #[test]
    fn an_artist_with_most_of_a_class_is_learned_from() {
        let y = vec![0; 100];
        let groups: Vec<Option<&str>> =
            (0..100).map(|clip| Some(if clip < 95 { "a" } else { "b" })).collect();
        for seed in 0..8 {
            let (_, held) = hold_out(&y, &groups, 0.1, &mut Draws::new(seed, "v"));
            assert_eq!(held, (95..100).collect::<Vec<_>>(), "{seed}");
        }
    }

    /// The artist is drawn for class 0, of which it has one clip.
    #[test]
    fn an_artist_with_most_of_another_class_is_learned_from_too() {
        let y: Vec<usize> = (0..201).map(|clip| usize::from(clip > 100)).collect();
        let names: Vec<String> = (0..201)
            .map(|clip| match clip {
                0..100 => format!("artist {}", clip / 5),
                100..196 => "of both".to_string(),
                _ => "of the second".to_string(),
            })
            .collect();
        let groups: Vec<Option<&str>> = names.iter().map(|name| Some(name.as_str())).collect();
        for seed in 0..50 {
            let (_, held) = hold_out(&y, &groups, 0.1, &mut Draws::new(seed, "v"));
            assert_eq!(held.len(), 15, "{seed}: two artists of the first class, the small one of the second");
        }
    }

    /// All of class 0 is of an artist who is the only small one of class 1.
    #[test]
    fn something_is_held_out_where_one_artist_has_all_of_a_class() {
        let y: Vec<usize> = (0..21).map(|clip| usize::from(clip >= 10)).collect();
        let artist = |clip: usize| {
            if clip <= 10 {
                "a"
            } else if clip < 16 {
                "b"
            } else {
                "c"
            }
        };
        let groups: Vec<Option<&str>> = (0..21).map(|clip| Some(artist(clip))).collect();
        for seed in 0..20 {
            let (kept, held) = hold_out(&y, &groups, 0.1, &mut Draws::new(seed, "v"));
            assert!(held.len() == 5 && (0..=10).all(|clip| kept.contains(&clip)), "{seed}: {held:?}");
        }
    }

    #[test]
    fn no_class_is_held_out_to_its_last_clip() {
        let y: Vec<usize> = (0..60).map(|clip| if clip % 10 < 2 { 2 } else { clip % 2 }).collect();
        let names: Vec<String> = (0..60).map(|clip| format!("artist {}", clip / 10)).collect();
        let groups: Vec<Option<&str>> = names.iter().map(|name| Some(name.as_str())).collect();
        let y: Vec<usize> = y.iter().enumerate().map(|(at, y)| if at < 40 { at % 2 } else { *y }).collect();
        for seed in 0..20 {
            let (kept, held) = hold_out(&y, &groups, 0.4, &mut Draws::new(seed, "v"));
            assert!(!held.is_empty() && (0..3).all(|class| kept.iter().any(|at| y[*at] == class)), "{seed}");
            assert!(held.iter().all(|a| kept.iter().all(|b| groups[*a] != groups[*b])), "{seed}");
        }
    }
}
