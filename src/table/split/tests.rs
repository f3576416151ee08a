//! Splits: what must hold of every one, and each refusal in its own words.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// Clips `c000`, … with a class, a group and a fold each.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) ids: Vec<String>,
    labels: Vec<String>,
    groups: Vec<Option<String>>,
    folds: Vec<Option<String>>,
}

impl Rows {
    fn new(class_and_group: &[(usize, Option<usize>)]) -> Self {
        Self {
            ids: (0..class_and_group.len()).map(|row| format!("c{row:03}")).collect(),
            labels: class_and_group.iter().map(|(class, _)| format!("class{class}")).collect(),
            groups: class_and_group.iter().map(|(_, group)| group.map(|group| format!("g{group}"))).collect(),
            folds: vec![None; class_and_group.len()],
        }
    }

    pub(super) fn of_classes(counts: &[usize]) -> Self {
        let classes = counts.iter().enumerate().flat_map(|(class, &count)| vec![(class, None); count]);
        Self::new(&classes.collect::<Vec<_>>())
    }

    pub(super) fn view(&self) -> ClipRows<'_> {
        ClipRows {
            ids: &self.ids,
            labels: &self.labels,
            groups: &self.groups,
            folds: &self.folds,
            left_out: &[],
        }
    }

    fn reversed(&self) -> Self {
        fn back<T: Clone>(items: &[T]) -> Vec<T> {
            items.iter().rev().cloned().collect()
        }
        Self {
            ids: back(&self.ids),
            labels: back(&self.labels),
            groups: back(&self.groups),
            folds: back(&self.folds),
        }
    }

    fn split(&self, spec: &str) -> Result<Vec<Split>, String> {
        parsed(spec)?.splits(self.view()).map_err(|error| error.to_string())
    }

    /// The tested ids of each split.
    fn tested(&self, splits: &[Split]) -> Vec<BTreeSet<String>> {
        let ids = |split: &Split| split.test.iter().map(|&row| self.ids[row].clone()).collect();
        splits.iter().map(ids).collect()
    }

    fn counts(&self, rows: &[usize], class: &str) -> usize {
        rows.iter().filter(|&&row| self.labels[row] == class).count()
    }
}

pub(super) fn parsed(spec: &str) -> Result<SplitSpec, String> {
    toml::from_str(spec).map_err(|error: toml::de::Error| error.message().to_string())
}

pub(super) fn disjoint_and_whole(rows: &Rows, splits: &[Split]) {
    for split in splits {
        let mut all: Vec<_> = split.train.iter().chain(&split.test).copied().collect();
        all.sort_unstable();
        assert_eq!(all, (0..rows.ids.len()).collect::<Vec<_>>());
        assert!(split.train.is_sorted() && split.test.is_sorted());
    }
}

fn every_fold_once(rows: &Rows, splits: &[Split], folds: usize) {
    for repeat in splits.chunks(folds) {
        let mut tested: Vec<_> = repeat.iter().flat_map(|split| split.test.clone()).collect();
        tested.sort_unstable();
        assert_eq!(tested, (0..rows.ids.len()).collect::<Vec<_>>());
    }
}

/// At least two clips of each of two to five classes; groups of a class only or shared.
fn some_rows() -> impl Strategy<Value = Rows> {
    proptest::collection::vec((0usize..5, 0usize..12), 20..120).prop_map(|mut drawn| {
        // Each class in at least two groups of its own, so that every kind of split is possible.
        let classes: BTreeSet<usize> = drawn.iter().map(|(class, _)| *class).chain([0, 1]).collect();
        for class in classes {
            drawn.extend((0..4).map(|more| (class, 100 + 10 * class + more)));
        }
        Rows::new(&drawn.into_iter().map(|(class, group)| (class, Some(group))).collect::<Vec<_>>())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_split_is_whole_repeatable_and_blind_to_row_order(rows in some_rows(), seed in 0u64..1000) {
        for spec in [
            format!("kind = \"stratified\"\ntest = 0.3\nrepeats = 2\nseed = {seed}"),
            format!("kind = \"stratified_kfold\"\nfolds = 3\nrepeats = 2\nseed = {seed}"),
            format!("kind = \"group\"\ntest = 0.3\nrepeats = 2\nseed = {seed}"),
            format!("kind = \"group_kfold\"\nfolds = 3\nrepeats = 2\nseed = {seed}"),
        ] {
            let splits = rows.split(&spec).unwrap();
            disjoint_and_whole(&rows, &splits);
            prop_assert_eq!(&splits, &rows.split(&spec).unwrap());
            let reversed = rows.reversed();
            prop_assert_eq!(rows.tested(&splits), reversed.tested(&reversed.split(&spec).unwrap()));
            if spec.contains("fold") {
                every_fold_once(&rows, &splits, 3);
            }
            if spec.contains("group") {
                prop_assert!(splits.iter().all(|split| split.shared_groups == 0));
                prop_assert!(split_notes(&splits).is_empty());
            }
        }
    }

    #[test]
    fn stratified_sides_are_within_one_of_the_class_share(counts in proptest::collection::vec(10usize..60, 2..8), share in 0.1f64..0.9) {
        let rows = Rows::of_classes(&counts);
        let splits = rows.split(&format!("kind = \"stratified\"\ntest = {share}\nrepeats = 2")).unwrap();
        let all: usize = counts.iter().sum();
        let wanted = (share * all as f64 - 1e-9).ceil();
        for split in &splits {
            prop_assert_eq!(split.test.len() as f64, wanted);
            for (class, &count) in counts.iter().enumerate() {
                let tested = rows.counts(&split.test, &format!("class{class}")) as f64;
                prop_assert!((tested - wanted * count as f64 / all as f64).abs() <= 1.0);
            }
        }
    }

    #[test]
    fn small_classes_stand_on_both_sides(counts in proptest::collection::vec(2usize..6, 2..6), share in 0.2f64..0.8) {
        let rows = Rows::of_classes(&counts);
        let all: usize = counts.iter().sum();
        let tested = (share * all as f64 - 1e-9).ceil() as usize;
        let room_for_every_class = tested.min(all - tested) >= counts.len();
        let splits = rows.split(&format!("kind = \"stratified\"\ntest = {share}"));
        prop_assert_eq!(splits.is_ok(), room_for_every_class, "{:?}", splits);
        if let Ok(splits) = splits {
            for class in 0..counts.len() {
                let class = format!("class{class}");
                prop_assert!(rows.counts(&splits[0].test, &class) > 0 && rows.counts(&splits[0].train, &class) > 0);
            }
        }
    }

    #[test]
    fn folds_hold_each_class_within_one(counts in proptest::collection::vec(5usize..40, 2..6), folds in 2usize..6) {
        let rows = Rows::of_classes(&counts);
        let splits = rows.split(&format!("kind = \"stratified_kfold\"\nfolds = {folds}\nseed = 3")).unwrap();
        let sizes: Vec<usize> = splits.iter().map(|split| split.test.len()).collect();
        prop_assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1);
        for (class, &count) in counts.iter().enumerate() {
            for split in &splits {
                let tested = rows.counts(&split.test, &format!("class{class}"));
                prop_assert!(tested == count / folds || tested == count.div_ceil(folds));
            }
        }
    }
}

/// From scikit-learn 1.9.1: `StratifiedShuffleSplit(test_size=…).split` on these class counts.
#[test]
fn class_counts_of_the_hold_out_are_those_of_scikit_learn() {
    assert_eq!(stratified::test_counts(&[999, 998, 1000, 997], 0.1).unwrap(), [100, 100, 100, 100]);
    assert_eq!(stratified::test_counts(&[50, 30, 20], 0.2).unwrap(), [10, 6, 4]);
    assert_eq!(stratified::test_counts(&[3, 100, 40], 0.25).unwrap(), [1, 25, 10]);
    assert_eq!(stratified::test_counts(&[30, 70], 0.1).unwrap(), [3, 7]);
    assert_eq!(stratified::test_counts(&[101, 57, 33, 9], 0.15).unwrap(), [15, 9, 5, 1]);
}

#[test]
fn repeats_and_seeds_differ() {
    let rows = Rows::of_classes(&[20, 20]);
    let splits = rows.split("kind = \"stratified\"\ntest = 0.5\nrepeats = 3\nseed = 1").unwrap();
    assert!(splits[0].test != splits[1].test && splits[1].test != splits[2].test);
    assert_eq!(splits[2].repeat, 2);
    let other = rows.split("kind = \"stratified\"\ntest = 0.5\nseed = 2").unwrap();
    assert_ne!(splits[0].test, other[0].test);
}

#[test]
fn groups_on_both_sides_are_counted_and_told() {
    let drawn: Vec<_> = (0..40).map(|row| (row % 2, Some(row / 4))).collect();
    let splits = Rows::new(&drawn).split("kind = \"stratified\"\ntest = 0.5").unwrap();
    assert!(splits[0].shared_groups > 0);
    assert!(split_notes(&splits)[0].contains("groups (artists or sources) stand on both sides"));
}

#[test]
fn grouped_sides_come_near_the_wanted_share() {
    let drawn: Vec<_> = (0..400).map(|row| (row / 100, Some(row / 5))).collect();
    let rows = Rows::new(&drawn);
    for split in rows.split("kind = \"group\"\ntest = 0.2\nrepeats = 5").unwrap() {
        for class in 0..4 {
            assert_eq!(rows.counts(&split.test, &format!("class{class}")), 20);
        }
    }
    for split in rows.split("kind = \"group_kfold\"\nfolds = 5").unwrap() {
        for class in 0..4 {
            assert_eq!(rows.counts(&split.test, &format!("class{class}")), 20);
        }
    }
}

#[test]
fn what_cannot_be_split_is_refused_in_plain_words() {
    let fails = |rows: &Rows, spec: &str| rows.split(spec).unwrap_err();
    let hold_out = "kind = \"stratified\"\ntest = 0.2";
    let small = Rows::of_classes(&[10, 3]);
    let error = fails(&small, "kind = \"stratified_kfold\"\nfolds = 5");
    assert!(error.contains("folds = 5 is more than class 'class1' has clips (3)"), "{error}");
    assert!(fails(&Rows::of_classes(&[10, 1]), hold_out).contains("class 'class1' has a single clip"));
    assert!(fails(&Rows::of_classes(&[10]), hold_out).contains("of one class, 'class0'"));
    assert!(fails(&Rows::of_classes(&[]), hold_out).contains("no clip to split"));
    assert!(
        fails(&Rows::of_classes(&[2, 2]), "kind = \"stratified\"\ntest = 0.1")
            .contains("leaves 1 on the test side")
    );
    assert!(fails(&small, "kind = \"group\"\ntest = 0.2").contains("no clip has a group"));
    assert!(fails(&small, "kind = \"official\"").contains("no folds of its own"));
    let mut part = Rows::new(&[(0, Some(1)), (0, Some(2)), (1, Some(1)), (1, None)]);
    assert!(fails(&part, "kind = \"group\"\ntest = 0.5").contains("1 clip without a group: c003"));
    part.groups[3] = Some("g1".into());
    assert!(
        fails(&part, "kind = \"group_kfold\"\nfolds = 2")
            .contains("all clips of class 'class1' are of one group")
    );
    part.groups[3] = Some("g2".into());
    assert!(fails(&part, "kind = \"group_kfold\"\nfolds = 3").contains("more than there are groups (2)"));
}

#[test]
fn a_wrong_spec_is_named_with_what_was_meant() {
    let fails = |spec: &str| parsed(spec).unwrap_err();
    assert!(fails("kind = \"stratifed\"\ntest = 0.1").contains("did you mean `stratified`?"));
    assert!(fails("kind = \"stratified\"\ntets = 0.1").contains("no key 'tets' (did you mean `test`?)"));
    assert!(fails("kind = \"stratified\"").contains("missing field `test`"));
    assert!(fails("kind = \"stratified\"\ntest = 1.5").contains("test = 1.5 is outside 0 to 1"));
    assert!(fails("kind = \"stratified_kfold\"\nfolds = 1").contains("fewer than two"));
    assert!(fails("kind = \"stratified_kfold\"\nfolds = 5\nrepeats = 0").contains("repeats = 0"));
    assert!(fails("kind = \"list\"\ntrain = \"a\"").contains("needs train and test"));
    let listed = "kind = \"list\"\ntrain = \"a\"\ntest = \"b\"";
    assert!(fails(&format!("{listed}\nvalidation = \"watch\"")).contains("say watch = \"FILE\""));
    assert!(fails(&format!("{listed}\nvalidation = \"c\"\nwatch = \"d\"")).contains("leave one out"));
    assert!(fails("kind = \"list\"\nfile = \"a\"\nwatch = \"b\"").contains("or file alone"));
    assert!(fails("test = 0.1").contains("kind = \"…\" is missing"));
    for spec in [
        "kind = \"group\"\ntest = 0.25\nrepeats = 3\nseed = 4",
        "kind = \"list\"\nfile = \"a.csv\"",
        "kind = \"list\"\nfile = \"a.csv\"\nvalidation = \"watch\"",
        "kind = \"official\"",
        "kind = \"official\"\nvalidation = \"watch\"",
    ] {
        let one = parsed(spec).unwrap();
        assert_eq!(parsed(&toml::to_string(&one).unwrap()).unwrap(), one);
        assert_eq!(serde_json::from_str::<SplitSpec>(&serde_json::to_string(&one).unwrap()).unwrap(), one);
        assert!(SPLIT_KINDS.iter().any(|kind| kind.name == one.kind()));
    }
}

#[test]
fn official_folds_are_tested_in_turn_and_official_sides_once() {
    let mut rows = Rows::of_classes(&[6, 6]);
    rows.folds = (0..12).map(|row| Some(["1", "2", "10"][row % 3].to_string())).collect();
    let splits = rows.split("kind = \"official\"").unwrap();
    assert_eq!(splits.len(), 3);
    assert_eq!(splits[2].test, [2, 5, 8, 11], "fold 10 comes last");
    every_fold_once(&rows, &splits, 3);

    rows.folds = (0..12).map(|row| Some(["training", "validation", "test"][row % 3].to_string())).collect();
    let sides = |validation: &str| {
        let split = rows.split(&format!("kind = \"official\"\n{validation}")).unwrap().remove(0);
        (split.train.len(), split.test.len(), split.unused)
    };
    assert_eq!(sides(""), (8, 4, 0));
    assert_eq!(sides("validation = \"test\""), (4, 8, 0));
    assert_eq!(sides("validation = \"drop\""), (4, 4, 4));
    assert_eq!(sides("validation = \"watch\""), (4, 4, 0));
    let rows_of = |validation: &str| {
        let split = rows.split(&format!("kind = \"official\"\n{validation}")).unwrap().remove(0);
        (split.test, split.watched)
    };
    let (validated, tested) = (vec![1, 4, 7, 10], vec![2, 5, 8, 11]);
    assert_eq!(rows_of(""), (tested.clone(), validated.clone()));
    assert_eq!(rows_of("validation = \"watch\""), (tested.clone(), validated.clone()));
    assert_eq!(rows_of("validation = \"instead\""), (validated, Vec::new()));
    assert_eq!(rows_of("validation = \"drop\""), (tested, Vec::new()));
    assert!(rows.split("kind = \"official\"\nvalidation = \"wach\"").unwrap_err().contains("wach"));
    rows.folds[3] = None;
    assert!(rows.split("kind = \"official\"").unwrap_err().contains("1 clip in no official fold: c003"));
    rows.folds = vec![Some("1".into()); 12];
    assert!(rows.split("kind = \"official\"").unwrap_err().contains("one official fold"));
    rows.folds = vec![Some("train".into()); 12];
    assert!(rows.split("kind = \"official\"").unwrap_err().contains("the test side is empty"));
    let error = rows.split("kind = \"official\"\nvalidation = \"watch\"").unwrap_err();
    assert!(error.contains("no clip on the validation side"), "{error}");
    // Tested in turn they would be learned from with the test side.
    rows.folds = (0..12).map(|row| Some(["train", "test", "extra"][row % 3].to_string())).collect();
    let error = rows.split("kind = \"official\"").unwrap_err();
    assert!(error.contains("extra stands beside names of sides"), "{error}");
}

#[test]
fn how_many_validation_clips_are_learned_from_or_watched_is_told() {
    let mut rows = Rows::of_classes(&[6, 6]);
    rows.folds = (0..12).map(|row| Some(["train", "dev", "test"][row % 3].to_string())).collect();
    let notes = |validation: &str| {
        split_notes(&rows.split(&format!("kind = \"official\"\nvalidation = \"{validation}\"")).unwrap())
    };
    let [learned] = notes("train").try_into().unwrap();
    assert!(learned.starts_with("4 clips of the validation side learned from; "), "{learned}");
    let [watched] = notes("watch").try_into().unwrap();
    assert!(watched.starts_with("4 clips of the validation side: only watched by networks"), "{watched}");
    assert!(notes("test").is_empty() && notes("instead").len() == 1);
    // An artist who is only watched flatters too.
    rows.groups = (0..12).map(|row| Some(format!("g{}", if row % 3 == 0 { row } else { 100 }))).collect();
    assert_eq!(rows.split("kind = \"official\"\nvalidation = \"watch\"").unwrap()[0].shared_groups, 1);
    // A class that is only watched cannot be watched for.
    rows.groups = vec![None; 12];
    rows.labels[1] = "class9".to_string();
    let error = rows.split("kind = \"official\"\nvalidation = \"watch\"").unwrap_err();
    assert!(error.contains("classes of the validation side that no training clip has: class9"), "{error}");
}

#[test]
fn a_part_of_a_split_keeps_what_is_only_watched() {
    let part = |train: Vec<usize>, rows: &[usize]| {
        let mut part = clips::new_split(0, 0, train, vec![2]);
        part.become_part_of(rows, &[1, 4, 5]);
        (part.train, part.test, part.watched)
    };
    // Of rows 1, 3 and 4: one that is watched is tested here, and one is none of them.
    assert_eq!(part(vec![0, 1], &[1, 3, 4]), (vec![1, 3], vec![4], vec![1, 5]));
    assert_eq!(part(vec![0, 1], &[0, 2, 3]), (vec![0, 2], vec![3], vec![1, 4, 5]));
}
