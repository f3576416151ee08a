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
    for class in 0..classes {
        let clips: Vec<usize> = (0..y.len()).filter(|clip| y[*clip] == class).collect();
        let target = ((share * clips.len() as f64).round() as usize).max(least);
        // A clip without a group is a group of its own.
        let mut bunches: BTreeMap<(Option<&str>, usize), Vec<usize>> = BTreeMap::new();
        for clip in &clips {
            let group = groups.get(*clip).copied().flatten();
            bunches.entry((group, if group.is_some() { 0 } else { *clip })).or_default().push(*clip);
        }
        let mut bunches: Vec<_> = bunches.into_iter().collect();
        draws.shuffle(&mut bunches);
        // One bunch of each class always stays to be learned from.
        bunches.pop();
        for ((group, _), members) in bunches {
            let count = clips.iter().filter(|clip| held[**clip]).count();
            if count >= target {
                break;
            }
            match group {
                Some(_) => (0..y.len()).filter(|at| groups[*at] == group).for_each(|at| held[at] = true),
                None => members.into_iter().for_each(|at| held[at] = true),
            }
        }
    }
    // Groups of several classes may have taken all of one: it gets them back.
    for class in 0..classes {
        let clips: Vec<usize> = (0..y.len()).filter(|clip| y[*clip] == class).collect();
        if clips.iter().all(|clip| held[*clip]) {
            clips.into_iter().for_each(|clip| held[clip] = false);
        }
    }
    let (out, kept): (Vec<usize>, Vec<usize>) = (0..y.len()).partition(|clip| held[*clip]);
    (kept, out)
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
}
