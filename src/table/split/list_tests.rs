//! Splits that files name: what they may look like, and what is no clip, no side and no comment.

use std::fs;

use super::tests::{Rows, disjoint_and_whole, parsed};
use super::*;

#[test]
fn lists_name_the_sides_and_their_mistakes_are_named() {
    let rows = Rows::of_classes(&[3, 3]);
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        fs::write(folder.path().join(name), text).unwrap();
    };
    let split = |spec: &str| {
        let mut spec = parsed(spec)?;
        spec.resolve_paths(folder.path());
        spec.splits(rows.view()).map_err(|error| error.to_string())
    };
    write("train.txt", "# learned from\nc000\n000/c003.mp3\n\n");
    write("valid.txt", "c001.wav\n");
    write("test.txt", "c002\r\nc004\n");
    let sides = "kind = \"list\"\ntrain = \"train.txt\"\nvalidation = \"valid.txt\"\ntest = \"test.txt\"";
    let splits = split(sides).unwrap();
    assert_eq!(
        (splits[0].train.clone(), splits[0].test.clone(), splits[0].unused),
        (vec![0, 1, 3], vec![2, 4], 1)
    );
    assert_eq!(splits[0].watched, [1]);
    let only_watched = split(&sides.replace("validation =", "watch =")).unwrap().remove(0);
    assert_eq!((only_watched.train, only_watched.watched, only_watched.unused), (vec![0, 3], vec![1], 1));
    assert!(split_notes(&splits)[0].contains("up to 1 clip on neither side"));

    write("test.txt", "c002\nc900\nc901\n");
    let error = split(sides).unwrap_err();
    assert!(error.contains("2 listed ids are no clip of the table: c900, c901"), "{error}");
    assert_eq!(split(&format!("{sides}\nunknown = \"skip\"")).unwrap()[0].unknown_ids, 2);
    let missing = ["c900", "c901"].map(|id| (id.to_string(), "broken".to_string()));
    let spec = {
        let mut spec = parsed(sides).unwrap();
        spec.resolve_paths(folder.path());
        spec
    };
    let splits = spec.splits(ClipRows { left_out: &missing, ..rows.view() }).unwrap();
    assert_eq!(
        (splits[0].test.clone(), splits[0].unknown_ids),
        (vec![2], 0),
        "unusable clips are no strangers"
    );
    write("test.txt", "c002\nc000\n");
    assert!(split(sides).unwrap_err().contains("line 2: 'c000' stands on the train side already"));
    write("test.txt", "\n");
    assert!(split(sides).unwrap_err().contains("the test side is empty"));
    write("test.txt", "c002\n");
    write("train.txt", "c000\n");
    assert!(split(sides).unwrap_err().contains("one class only, 'class0'"));

    write("sides.csv", "id,side\nc000,train\nc003,Training\nc001,test\nc004,val\n");
    let splits = split("kind = \"list\"\nfile = \"sides.csv\"").unwrap();
    assert_eq!((splits[0].train.clone(), splits[0].test.clone()), (vec![0, 3, 4], vec![1]));
    write("sides.csv", "c000,train\nc003,tset\n");
    assert!(
        split("kind = \"list\"\nfile = \"sides.csv\"").unwrap_err().contains("line 2: 'tset' is no side")
    );
    write("sides.csv", "c000,trian\nc003,test\n");
    let error = split("kind = \"list\"\nfile = \"sides.csv\"").unwrap_err();
    assert!(error.contains("line 1: 'trian' is no side"), "{error}");
    write("train.txt", "\u{feff}c000\nc003\n");
    assert_eq!(split(sides).unwrap()[0].train, [0, 1, 3]);
}

#[test]
fn a_list_with_a_header_has_other_columns_and_sides_or_folds() {
    let rows = Rows::of_classes(&[3, 3]);
    let folder = tempfile::tempdir().unwrap();
    let split = |text: &str, more: &str| {
        fs::write(folder.path().join("s.csv"), text).unwrap();
        let mut spec = parsed(&format!("kind = \"list\"\nfile = \"s.csv\"\n{more}"))?;
        spec.resolve_paths(folder.path());
        spec.splits(rows.view()).map_err(|error| error.to_string())
    };
    let text = "genre,FileName,year,Split\n\
                a,x/c000.wav,1999,train\na,c001,,val\na,c002,1,Test\nb,c003,1,training\nb,c004,1,test\n";
    let sides = |more: &str| {
        let one = split(text, more).unwrap().remove(0);
        (one.train, one.watched, one.test, one.unused)
    };
    assert_eq!(sides(""), (vec![0, 1, 3], vec![1], vec![2, 4], 1));
    assert_eq!(sides("validation = \"watch\""), (vec![0, 3], vec![1], vec![2, 4], 1));
    assert_eq!(sides("validation = \"test\""), (vec![0, 3], vec![], vec![1, 2, 4], 1));
    assert_eq!(sides("validation = \"drop\""), (vec![0, 3], vec![], vec![2, 4], 2));

    let folds = "fold,id\n10,c000\n2,c001\n10,c003\n2,c004\n1,c002\n1,c005\n";
    let splits = split(folds, "").unwrap();
    let tested: Vec<&[usize]> = splits.iter().map(|split| split.test.as_slice()).collect();
    assert_eq!(tested, [[2, 5], [1, 4], [0, 3]]);
    assert_eq!(splits.iter().map(|split| split.fold).collect::<Vec<_>>(), [0, 1, 2]);
    disjoint_and_whole(&rows, &splits);
    let unlisted = split("id,fold\nc000,a\nc003,a\nc001,b\nc004,b\n", "").unwrap();
    assert_eq!((unlisted[1].train.as_slice(), unlisted[1].unused), ([0, 3].as_slice(), 2));

    for (text, more, said) in [
        (folds, "validation = \"watch\"", "goes with a file of sides"),
        (folds, "validation = \"wtach\"", "(did you mean `watch`?): beside `file` it is one of train, watch"),
        ("id,fold\nc000,1\nc003,1\n", "", "all listed clips stand in one fold, '1'"),
        ("id,fold\nc000,1\nc003,1\nc000,2\n", "", "line 4: 'c000' is in fold 1 already"),
        ("id,fold\nc000,1\nc003,\n", "", "line 3: 'c003' has neither side nor fold"),
        ("id,fold\nc000,1,2\n", "", "line 2: 3 fields where the header has 2"),
        ("id,split,fold\nc000,train,1\n", "", "columns 'split' and 'fold' could both"),
        ("id,set\nc000,train\nc003,tset\n", "", "line 3: 'tset' is no side"),
        ("c000,1\nc003,2\n", "", "line 1: '1' is no side; train, validation or test is expected; folds need"),
        ("c000,rock,train\n", "", "line 1: 3 fields where id,side is expected; of more columns"),
        ("clip,genre,part\n", "", "line 1: 3 fields where id,side is expected; of more columns"),
    ] {
        let error = split(text, more).unwrap_err();
        assert!(error.contains(said), "{text}: {error}");
    }
    // Comments, and a first line of other words.
    let commented =
        split("# by hand\nclip_id,side\nc000,train\n# more\nc003,train\nc001,test\n", "").unwrap();
    assert_eq!((commented[0].train.len(), commented[0].test.len()), (2, 1));
    let other_words = split("Clip,Part\nc000,train\nc003,train\nc001,test\n", "").unwrap();
    assert_eq!((other_words[0].train.len(), other_words[0].test.len()), (2, 1));
    // A clip that was taken out by hand stays out, however its path begins.
    let taken_out =
        split("c000,train\n#000/c003.mp3,train\n#c004,train\nc005,train\nc001,test\n", "").unwrap();
    assert_eq!((&taken_out[0].train[..], &taken_out[0].test[..]), (&[0, 5][..], &[1][..]));
}

#[test]
fn only_the_column_of_the_clips_begins_a_comment() {
    let rows = Rows::of_classes(&[2, 2]);
    let folder = tempfile::tempdir().unwrap();
    let split = |text: &str| {
        fs::write(folder.path().join("s.csv"), text).unwrap();
        let mut spec = parsed("kind = \"list\"\nfile = \"s.csv\"").unwrap();
        spec.resolve_paths(folder.path());
        spec.splits(rows.view()).map_err(|error| error.to_string())
    };
    let sides = "c000,train,x\nc002,train,x\nc001,test,#1 Dads\n";
    let found = split(&format!("id,side,artist\n# by hand, more or less\n{sides}#c003,train,x\n")).unwrap();
    assert_eq!((&found[0].train[..], &found[0].test[..]), (&[0, 2][..], &[1][..]));
    let padded =
        split("side,id\n# seed 1, five shuffles\ntrain,c000\ntrain,c002\n# end,\ntest,c001\n").unwrap();
    assert_eq!((&padded[0].train[..], &padded[0].test[..]), (&[0, 2][..], &[1][..]));
    let error = split("artist,id,side\nx,c000,train\n#1 Dads,c002,train\nx,c001,test\n").unwrap_err();
    assert!(error.contains("line 3: begins with # and names 'c002'"), "{error}");
}

#[test]
fn a_clip_whose_name_begins_as_a_comment_is_a_clip() {
    let mut rows = Rows::of_classes(&[2, 2]);
    rows.ids[3] = "rock/#9 Dream.mp3".to_string();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("train.txt"), "#9 Dream.mp3\n# and one of the other class\nc000\n").unwrap();
    fs::write(folder.path().join("test.txt"), "c001\nc002\n").unwrap();
    let mut spec = parsed("kind = \"list\"\ntrain = \"train.txt\"\ntest = \"test.txt\"").unwrap();
    spec.resolve_paths(folder.path());
    assert_eq!(spec.splits(rows.view()).unwrap()[0].train, [0, 3]);
    // One that may be either of two clips is no comment.
    rows.ids[0] = "pop/#9 Dream.mp3".to_string();
    assert!(spec.splits(rows.view()).unwrap_err().to_string().contains("#9 Dream.mp3"));
}
