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
    for class in 0..classes {
        let target = ((share * count(y, class)).round() as usize).max(least);
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
        let mut count = clips_of(class).filter(|clip| held[*clip]).count();
        for bunch in others.iter().filter(|bunch| !held[bunch[0]]).collect::<Vec<_>>() {
            // An artist with most of a class is learned from.
            if count < target && count + bunch.len() <= 2 * target {
                mates(y, groups, bunch[0]).for_each(|clip| held[clip] = true);
                count += bunch.len();
            }
        }
        let smallest = bunches.iter().min_by_key(|bunch| bunch.len());
        if let (0, Some(bunch)) = (count, smallest.filter(|_| target > 0)) {
            mates(y, groups, bunch[0]).for_each(|clip| held[clip] = true);
        }
    }
    // Groups of several classes may have taken all of one: it gets its largest back, whole.
    for class in 0..classes {
        if clips_of(class).all(|clip| held[clip]) {
            let of_class = |clip: &usize| mates(y, groups, *clip).filter(|mate| y[*mate] == class).count();
            let largest = clips_of(class).rev().max_by_key(of_class);
            largest.into_iter().flat_map(|clip| mates(y, groups, clip)).for_each(|clip| held[clip] = false);
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
    (0..y.len()).filter(move |other| *other == clip || (group.is_some() && group_of(groups, *other) == group))
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

    /// Two artists with all clips of class 2, and a third of each other class.
    #[test]
    fn what_a_class_gets_back_is_a_whole_group() {
        let y: Vec<usize> = (0..60).map(|clip| if clip % 10 < 2 { 2 } else { clip % 2 }).collect();
        let names: Vec<String> = (0..60).map(|clip| format!("artist {}", clip / 10)).collect();
        let groups: Vec<Option<&str>> = names.iter().map(|name| Some(name.as_str())).collect();
        let y: Vec<usize> = y.iter().enumerate().map(|(at, y)| if at < 40 { at % 2 } else { *y }).collect();
        for seed in 0..20 {
            let (kept, held) = hold_out(&y, &groups, 0.4, &mut Draws::new(seed, "v"));
            assert!((0..3).all(|class| kept.iter().any(|at| y[*at] == class)), "{seed}");
            assert!(held.iter().all(|a| kept.iter().all(|b| groups[*a] != groups[*b])), "{seed}");
        }
    }
}
