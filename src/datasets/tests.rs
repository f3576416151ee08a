//! The data sets on small made-up folders, and on the real lists where they are at hand.

use std::fs;
use std::path::Path;

use super::*;
use crate::disk::shared_for_tests::shared;

fn folder_of(files: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, b"x").unwrap();
    }
    folder
}

fn spec(toml: &str) -> Result<DatasetSpec, String> {
    toml::from_str::<DatasetSpec>(toml).map_err(|error| error.message().to_string())
}

fn open(name: &str, path: &Path, more: &str) -> Result<Catalog, String> {
    let mut spec = spec(&format!("name = \"{name}\"\n{more}"))?;
    assert!(spec.set_path(path).unwrap());
    match spec.open().map_err(|error| error.to_string())? {
        Opened::Clips(catalog) => Ok(catalog),
        Opened::Table(_) => panic!("a catalog was wanted"),
    }
}

fn notes(catalog: &Catalog) -> String {
    catalog.notes.iter().map(|note| format!("{note}\n")).collect()
}

#[test]
fn every_data_set_has_its_own_name_and_checks_its_options() {
    for (row, dataset) in DATASETS.iter().enumerate() {
        assert!(DATASETS[..row].iter().all(|other| other.name != dataset.name));
        assert!(!dataset.summary.is_empty());
        let unknown = spec(&format!("name = \"{}\"\nnonsense = 1", dataset.name)).unwrap_err();
        assert!(unknown.contains("has no option 'nonsense'"), "{unknown}");
        for option in dataset.options {
            let mut table = toml::Table::new();
            table.insert(option.name.into(), toml::Value::Boolean(true));
            let wrong = DatasetSpec::new(dataset.name, table).unwrap_err().to_string();
            assert!(wrong.contains(dataset.name), "{wrong}");
        }
    }
    let typo = spec("name = \"gtzna\"").unwrap_err();
    assert!(typo.contains("did you mean `gtzan`?"), "{typo}");
    let typo = spec("name = \"folder\"\npaht = \"x\"").unwrap_err();
    assert!(typo.contains("did you mean `path`?"), "{typo}");
    let escaped = spec("name = \"folder\"\npath = \"C:\\temp\"").unwrap_err();
    assert!(escaped.contains("path = \"C:\\temp\"") && escaped.contains("single quotes"), "{escaped}");
    assert!(spec("path = \"x\"").unwrap_err().contains("needs a name"));
    assert!(spec("name = \"gtzan\"\ngenres = 9").unwrap_err().contains("10 or 8"));
    let no_path = spec("name = \"folder\"").unwrap().open().unwrap_err().to_string();
    assert!(no_path.contains("--data DIR"), "{no_path}");
}

#[test]
fn a_spec_reads_back_as_it_was_written_and_resolves_its_paths() {
    let mut one = spec("name = \"gtzan\"\npath = \"g\"\ngenres = 8").unwrap();
    let text = toml::to_string(&one).unwrap();
    assert_eq!(toml::from_str::<DatasetSpec>(&text).unwrap(), one);
    one.resolve_paths(Path::new("/music"));
    assert_eq!(one.path(), Some(Path::new("/music/g")));
}

#[test]
fn folder_takes_sound_files_and_tells_what_it_leaves_out() {
    let folder = folder_of(&[
        "rock/b.MP3",
        "rock/a.flac",
        "rock/live/c.ogg",
        "rock/cover.jpg",
        "rock/.hidden.mp3",
        ".cache/d.wav",
        "jazz/e.wav",
        "jazz/f.aiff",
        "jazz/g.m4a",
        "jazz/h.au",
        "stray.mp3",
        "readme.txt",
    ]);
    fs::create_dir(folder.path().join("empty")).unwrap();
    let catalog = open("folder", folder.path(), "").unwrap();
    let ids: Vec<_> = catalog.clips.iter().map(|clip| clip.id.as_str()).collect();
    let all = [
        "jazz/e.wav",
        "jazz/f.aiff",
        "jazz/g.m4a",
        "jazz/h.au",
        "rock/a.flac",
        "rock/b.MP3",
        "rock/live/c.ogg",
    ];
    assert_eq!(ids, all);
    assert!(catalog.clips.iter().all(|clip| clip.id.starts_with(&clip.label) && clip.group.is_none()));
    let notes = notes(&catalog);
    assert!(notes.contains("1 class folder without a sound file, left out: empty\n"), "{notes}");
    assert!(notes.contains("1 sound file outside any class folder, left out: stray.mp3\n"), "{notes}");
    assert!(notes.contains("2 files not of sound, passed over: readme.txt, rock/cover.jpg\n"), "{notes}");
    assert!(notes.contains("2 hidden names of sound passed over"), "{notes}");
    assert!(notes.contains(": .cache, rock/.hidden.mp3\n"), "{notes}");
}

/// A song is not lost for its name or its kind without a word.
#[test]
fn sound_that_is_passed_over_is_told() {
    let folder = folder_of(&[
        "pop/...Baby One More Time.mp3",
        "pop/._a.mp3",
        "pop/a.mp3",
        "pop/b.opus",
        "rock/.38 Special/c.mp3",
        "rock/.DS_Store",
        "rock/.git/config",
        "rock/d.mp3",
        "rock/e.WMA",
    ]);
    let told = notes(&open("folder", folder.path(), "").unwrap());
    assert!(told.contains(": pop/...Baby One More Time.mp3, rock/.38 Special\n"), "{told}");
    let unread =
        "2 sound files of kinds that are not read (opus, wma); convert them: pop/b.opus, rock/e.WMA\n";
    assert!(told.contains(unread), "{told}");
    assert!(!told.contains("not of sound") && !told.contains("._a"), "{told}");
    let loose = notes(&loose_files(&[folder.path().to_path_buf()]).unwrap());
    assert!(loose.contains(unread) && loose.contains("2 hidden names of sound"), "{loose}");
    let none = folder_of(&["pop/b.opus", "rock/c.opus"]);
    let error = open("folder", none.path(), "").unwrap_err();
    assert!(error.contains("no sound file") && error.contains("not read (opus); convert them"), "{error}");
}

#[test]
fn folder_uses_the_classes_that_are_asked_for() {
    let folder = folder_of(&["jazz/a.mp3", "pop/b.mp3", "rock/c.mp3"]);
    let catalog = open("folder", folder.path(), "classes = [\"rock\", \"jazz\"]").unwrap();
    assert_eq!(catalog.class_counts().into_keys().collect::<Vec<_>>(), ["jazz", "rock"]);
    let typo = open("folder", folder.path(), "classes = [\"rock\", \"jaz\"]").unwrap_err();
    assert!(typo.contains("no folder 'jaz' (did you mean `jazz`?)"), "{typo}");
}

/// lost+found of a disk with music is its system's.
#[cfg(unix)]
#[test]
fn a_locked_folder_is_told_and_the_others_are_read() {
    use std::os::unix::fs::PermissionsExt;

    let denied = |path: &str| DatasetError::Read {
        path: path.into(),
        source: std::io::Error::from(std::io::ErrorKind::PermissionDenied),
    };
    let top = Path::new("music/lost+found");
    assert!(files::locked(&denied("music/lost+found"), top).unwrap().starts_with("music/lost+found ("));
    assert!(files::locked(&denied("music"), top).is_none(), "what was asked for must be readable");

    let folder = folder_of(&["rock/a.mp3", "jazz/b.mp3"]);
    let locked = folder.path().join("lost+found");
    fs::create_dir(&locked).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
    let catalog = open("folder", folder.path(), "").unwrap();
    assert_eq!(catalog.clips.len(), 2);
    // The superuser may open it, and finds it empty.
    let told = notes(&catalog);
    assert!(told.contains("lost+found"), "{told}");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn folder_refuses_what_cannot_be_classified() {
    let nothing = folder_of(&[]);
    assert!(open("folder", nothing.path(), "").unwrap_err().contains("there is no folder in it"));
    let flat = folder_of(&["a.mp3", "b.mp3"]);
    assert!(open("folder", flat.path(), "").unwrap_err().contains("2 sound files lie in no class folder"));
    let texts = folder_of(&["a/x.txt", "b/y.txt"]);
    assert!(open("folder", texts.path(), "").unwrap_err().contains("no sound file"));
    let one = folder_of(&["rock/a.mp3", "rock/b.mp3"]);
    assert!(open("folder", one.path(), "").unwrap_err().contains("one class only, 'rock' (2 clips)"));
    assert!(
        open("folder", &one.path().join("none"), "").unwrap_err().contains("is not there: expected a folder")
    );
    let sound = one.path().join("rock/a.mp3");
    assert!(open("folder", &sound, "").unwrap_err().contains("a.mp3 is a file: expected a folder"));
    assert!(open("table", one.path(), "").unwrap_err().contains(" is a folder: expected a .csv"));
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_back_up_is_told_and_not_followed() {
    let folder = folder_of(&["rock/a.mp3", "jazz/b.mp3"]);
    std::os::unix::fs::symlink(folder.path(), folder.path().join("rock/loop")).unwrap();
    let catalog = open("folder", folder.path(), "").unwrap();
    let ids: Vec<_> = catalog.clips.iter().map(|clip| clip.id.as_str()).collect();
    assert_eq!(ids, ["jazz/b.mp3", "rock/a.mp3"]);
    assert!(notes(&catalog).contains("rock/loop (a link to a folder searched already)"));
}

#[test]
fn folder_groups_come_from_a_rule_or_a_file() {
    let folder = folder_of(&[
        "rock/X - 1.mp3",
        "rock/X - 2.mp3",
        "jazz/al/W - 4.mp3",
        "jazz/al/Y - 3.mp3",
        "jazz/Z.mp3",
    ]);
    let groups = |catalog: &Catalog| {
        catalog.clips.iter().map(|clip| clip.group.clone().unwrap_or_default()).collect::<Vec<_>>()
    };
    assert_eq!(
        groups(&open("folder", folder.path(), "group = \"before:-\"").unwrap()),
        ["Z", "W", "Y", "X", "X"]
    );
    let parents = groups(&open("folder", folder.path(), "group = \"parent\"").unwrap());
    assert_eq!(parents, ["jazz/Z.mp3", "jazz/al", "jazz/al", "rock/X - 1.mp3", "rock/X - 2.mp3"]);
    let tops = open("folder", folder.path(), "group = \"top\"").unwrap();
    assert_eq!(groups(&tops), ["jazz/Z.mp3", "al", "al", "rock/X - 1.mp3", "rock/X - 2.mp3"]);
    let told =
        tops.notes.iter().map(ToString::to_string).find(|note| note.contains("found by `group`")).unwrap();
    assert!(told.starts_with("4 artists or sources") && told.contains("al (2)"), "{told}");
    assert!(open("folder", folder.path(), "group = \"after:-\"").unwrap_err().contains("before:-"));
    assert!(
        open("folder", folder.path(), "group = \"before:+\"").unwrap_err().contains("keeps nothing apart")
    );

    let file = folder.path().join("groups.csv");
    let rows = "clip_id,group\nrock/X - 1.mp3,X\nX - 2,X\nZ.mp3,\"Z, the\"\nnobody.mp3,Q\n";
    fs::write(&file, rows).unwrap();
    let option = format!("groups = \"{}\"", file.display());
    let catalog = open("folder", folder.path(), &option).unwrap();
    assert_eq!(groups(&catalog), ["Z, the", "", "", "X", "X"]);
    let told = notes(&catalog);
    assert!(
        told.contains("1 entry of") && told.contains("names no clip of the folder: nobody.mp3"),
        "{told}"
    );
    assert!(told.contains("2 clips have no group") && told.contains("jazz/al/Y - 3.mp3"), "{told}");
    for (rows, said) in [
        ("clip,artist\nX - 1,X\n", "expected a first line such as clip_id,group"),
        ("clipid,group\nX - 1,X\n", "has no column 'clip_id' (is `clipid` meant to be it?)"),
        ("clip_id,group\nX - 1,X\nrock/X - 1.mp3,Y\n", "line 3: clip"),
        ("clip_id,group\nrock/X, 1.mp3,X\n", "line 2: 3 fields where the first line has 2"),
    ] {
        fs::write(&file, rows).unwrap();
        let error = open("folder", folder.path(), &option).unwrap_err();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn a_group_for_a_name_that_two_clips_have_is_told_as_that() {
    let folder = folder_of(&["rock/a.mp3", "pop/a.mp3", "pop/b.mp3"]);
    let file = folder.path().join("groups.csv");
    fs::write(&file, "clip_id,group\na.mp3,A\nb.mp3,B\n").unwrap();
    let catalog = open("folder", folder.path(), &format!("groups = \"{}\"", file.display())).unwrap();
    let told = notes(&catalog);
    assert!(told.contains("1 entry of") && told.contains("fits several clips"), "{told}");
    assert!(!told.contains("names no clip") && told.contains("2 clips have no group"), "{told}");
}

#[test]
fn gtzan_finds_its_genres_in_either_format_and_counts_them() {
    let folder = folder_of(&[
        "genres/blues/blues.00000.au",
        "genres/jazz/jazz.00054.wav",
        "genres/pop/pop.00001.wav",
        "genres/bextract.mf",
    ]);
    let catalog = open("gtzan", folder.path(), "").unwrap();
    let ids: Vec<_> = catalog.clips.iter().map(|clip| clip.id.as_str()).collect();
    assert_eq!(ids, ["blues.00000", "jazz.00054", "pop.00001"]);
    let told = notes(&catalog);
    assert!(told.contains("blues has 1 clip where GTZAN has 100") && told.contains("rock has 0"), "{told}");
    assert!(told.contains("known to be broken") && told.contains("jazz.00054"), "{told}");
    let eight = open("gtzan", folder.path(), "genres = 8").unwrap();
    assert_eq!(eight.clips.len(), 2);
    fs::write(folder.path().join("genres/blues/blues.00000.wav"), b"x").unwrap();
    let twice = open("gtzan", folder.path(), "").unwrap_err();
    assert!(twice.contains("'blues.00000' stands twice") && twice.contains("blues.00000.au"), "{twice}");
    let none = folder_of(&["a/b.wav"]);
    assert!(open("gtzan", none.path(), "").unwrap_err().contains("expected one folder a genre"));
}

#[test]
fn gtzan_takes_the_filtered_lists_as_official_folds() {
    let Some(lists) = shared("data/gtzan") else { return };
    let mut files = Vec::new();
    for genre in
        ["blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock"]
    {
        files.extend((0..100).map(|number| format!("{genre}/{genre}.{number:05}.wav")));
    }
    let folder = folder_of(&files.iter().map(String::as_str).collect::<Vec<_>>());
    let catalog = open("gtzan", folder.path(), &format!("lists = \"{}\"", lists.display())).unwrap();
    let side = |name| catalog.clips.iter().filter(|clip| clip.fold.as_deref() == Some(name)).count();
    assert_eq!([side("train"), side("validation"), side("test")], [443, 197, 290]);
    assert!(notes(&catalog).contains("70 clips in none of the filtered lists"));
    let eight =
        open("gtzan", folder.path(), &format!("genres = 8\nlists = \"{}\"", lists.display())).unwrap();
    assert_eq!(eight.clips.len(), 930 - 200);
    assert!(!notes(&eight).contains("without a file"), "{}", notes(&eight));
    let missing = open("gtzan", folder.path(), "lists = \"filtered\"").unwrap_err();
    assert!(missing.contains("train_filtered.txt"), "{missing}");
}

#[test]
fn gtzan_tells_what_its_lists_and_its_files_have_alone() {
    let folder = folder_of(&[
        "blues/blues.00000.wav",
        "jazz/jazz.00000.wav",
        "jazz/jazz.00001.wav",
        "pop/pop.00000.wav",
        "pop/pop.00001.wav",
    ]);
    let write = |train: &str, valid: &str, test: &str| {
        for (side, list) in [("train", train), ("valid", valid), ("test", test)] {
            fs::write(folder.path().join(format!("{side}_filtered.txt")), list).unwrap();
        }
    };
    write(
        "blues/blues.00000.wav\njazz/jazz.00000.wav\n",
        "\npop.00000\n",
        "pop/pop.00001.au\npop/pop.00002.wav\n",
    );
    let catalog = open("gtzan", folder.path(), "lists = \"filtered\"").unwrap();
    let sides: Vec<_> =
        catalog.clips.iter().map(|clip| (clip.id.as_str(), clip.fold.as_deref().unwrap())).collect();
    let wanted = [
        ("blues.00000", "train"),
        ("jazz.00000", "train"),
        ("pop.00000", "validation"),
        ("pop.00001", "test"),
    ];
    assert_eq!(sides, wanted);
    let told = notes(&catalog);
    assert!(told.contains("1 clip in none of the filtered lists and left out"), "{told}");
    assert!(told.contains("1 clip of the filtered lists without a file: pop/pop.00002.wav\n"), "{told}");

    // Of the eight genres none is missed for being one of the other two.
    let lists = format!("genres = 8\nlists = \"{}\"", folder.path().display());
    let eight = open("gtzan", folder.path(), &lists).unwrap();
    assert_eq!(eight.clips.len(), 3);
    assert!(!notes(&eight).contains("blues.00000"), "{}", notes(&eight));

    write("jazz/jazz.00000.wav\n", "", "pop.00000\njazz.00000\n");
    let twice = open("gtzan", folder.path(), &lists).unwrap_err();
    assert!(
        twice.contains("test_filtered.txt, line 2: 'jazz.00000' stands in the train list too"),
        "{twice}"
    );
}

#[test]
fn fma_small_reads_the_two_line_heading_of_its_metadata() {
    let folder = folder_of(&["000/000002.mp3", "000/000005.mp3", "098/098565.mp3", "133/133297.mp3"]);
    let metadata = ",album,artist,artist,set,set,track\n,comments,bio,id,split,subset,genre_top\ntrack_id,,,,,,\n\
        2,0,\"<p>A, \"\"B\"\"\nC</p>\",1,training,small,Hip-Hop\n\
        3,0,,1,training,medium,Hip-Hop\n\
        5,0,,6,test,small,Rock\n10,0,,7,validation,small,Pop\n98565,0,,8,training,small,Rock\n\
        133297,0,,8,training,small,Rock\n";
    fs::write(folder.path().join("tracks.csv"), metadata).unwrap();
    let catalog = open("fma-small", folder.path(), "").unwrap();
    let read: Vec<_> = catalog
        .clips
        .iter()
        .map(|c| (c.id.as_str(), c.label.as_str(), c.group.as_deref(), c.fold.as_deref()))
        .collect();
    assert_eq!(read[0], ("000002", "Hip-Hop", Some("1"), Some("training")));
    assert_eq!(read[1], ("000005", "Rock", Some("6"), Some("test")));
    assert_eq!(read.len(), 4);
    let told = notes(&catalog);
    assert!(told.contains("1 listed clips have no file and are left out: 000010"), "{told}");
    assert!(told.contains("some with less than two seconds; kept as they are: 098565\n"), "{told}");
    assert!(told.contains("known not to decode") && told.contains("133297"), "{told}");

    fs::write(folder.path().join("tracks.csv"), metadata.replace("\n5,0,,6", "\nfive,0,,6")).unwrap();
    let error = open("fma-small", folder.path(), "").unwrap_err();
    assert!(error.contains("line 7: 'five' is not a track number"), "{error}");
    fs::write(folder.path().join("tracks.csv"), "a,b\nc,d\n1,2\n").unwrap();
    assert!(open("fma-small", folder.path(), "").unwrap_err().contains("has no column 'track/genre_top'"));
    fs::remove_file(folder.path().join("tracks.csv")).unwrap();
    assert!(open("fma-small", folder.path(), "").unwrap_err().contains("genrebench data fetch fma-metadata"));
}

#[test]
fn fma_medium_holds_fma_small_and_files_of_other_subsets_are_told_from_strangers() {
    let folder = folder_of(&[
        "fma_medium/000/000002.mp3",
        "fma_medium/000/000003.mp3",
        "fma_medium/000/000004.mp3",
        "fma_medium/000/000005.mp3",
        "fma_medium/000/000006.mp3",
    ]);
    let metadata = ",artist,set,set,track\n,id,split,subset,genre_top\ntrack_id,,,,\n\
        2,1,training,small,Hip-Hop\n3,1,training,medium,Soul\n4,2,test,medium,\n5,3,test,large,Rock\n";
    fs::write(folder.path().join("tracks.csv"), metadata).unwrap();
    let medium = open("fma-small", folder.path(), "subset = \"medium\"").unwrap();
    assert_eq!(medium.name, "fma-medium");
    let labels: Vec<_> = medium.clips.iter().map(|clip| (clip.id.as_str(), clip.label.as_str())).collect();
    assert_eq!(labels, [("000002", "Hip-Hop"), ("000003", "Soul")]);
    let told = notes(&medium);
    assert!(told.contains("lists 3 clips where FMA-medium has 25000"), "{told}");
    assert!(told.contains("1 listed clip has no genre (genre_top) and is left out: 000004\n"), "{told}");
    assert!(
        told.contains("1 sound file is of other subsets of FMA (large) and left out: 000/000005.mp3\n"),
        "{told}"
    );
    assert!(
        told.contains("1 sound files stand in no line of") && told.contains(": 000/000006.mp3\n"),
        "{told}"
    );
    assert!(open("fma-small", folder.path(), "subset = \"large\"").unwrap_err().contains("medium"));
}

#[test]
fn fma_small_reads_a_plain_list_of_genres() {
    let Some(list) = shared("data/fma/fma_small_genres.csv") else { return };
    let folder = folder_of(&["000/000002.mp3", "000/000010.mp3", "099/099134.mp3"]);
    let tracks = format!("tracks = \"{}\"", list.display());
    let catalog = open("fma-small", folder.path(), &tracks).unwrap();
    assert_eq!(catalog.clips[0].label, "Hip-Hop");
    let told = notes(&catalog);
    assert!(told.contains("7997 listed clips have no file") && told.contains("no artists known"), "{told}");
    let empty = folder_of(&[]);
    assert!(open("fma-small", empty.path(), &tracks).unwrap_err().contains("none of the 8000 clips"));
}

#[test]
fn esc10_reads_folds_and_recordings_from_file_names() {
    let Some(folder) = shared("data/esc10") else { return };
    let catalog = open("esc10", &folder, "").unwrap();
    assert_eq!(catalog.clips.len(), 400);
    assert!(catalog.notes.is_empty(), "{}", notes(&catalog));
    assert_eq!(catalog.class_counts().into_iter().next(), Some(("Baby cry".to_string(), 40)));
    for fold in ["1", "2", "3", "4", "5"] {
        assert_eq!(catalog.clips.iter().filter(|clip| clip.fold.as_deref() == Some(fold)).count(), 80);
    }
    for clip in &catalog.clips {
        let same = catalog.clips.iter().filter(|other| other.group == clip.group);
        assert!(same.clone().all(|other| other.fold == clip.fold), "{}", clip.id);
    }
}

#[test]
fn esc10_reads_the_layout_of_esc50() {
    let folder = folder_of(&["audio/1-100032-A-0.wav", "audio/1-17367-A-10.wav", "audio/2-1-A-5.wav"]);
    fs::create_dir(folder.path().join("meta")).unwrap();
    let meta = "filename,fold,target,category,esc10,src_file,take\n1-100032-A-0.wav,1,0,dog,True,100032,A\n\
        1-17367-A-10.wav,1,10,rain,True,17367,A\n2-1-A-5.wav,2,5,cat,False,1,A\n5-9-A-0.wav,5,0,dog,True,9,A\n";
    fs::write(folder.path().join("meta/esc50.csv"), meta).unwrap();
    let catalog = open("esc10", folder.path(), "").unwrap();
    let read: Vec<_> =
        catalog.clips.iter().map(|c| (c.id.as_str(), c.label.as_str(), c.group.as_deref())).collect();
    assert_eq!(read, [("1-100032-A-0", "dog", Some("100032")), ("1-17367-A-10", "rain", Some("17367"))]);
    assert!(notes(&catalog).contains("5-9-A-0.wav"));
    let all = open("esc50", folder.path(), "").unwrap();
    assert_eq!(all.clips.iter().map(|clip| clip.label.as_str()).collect::<Vec<_>>(), ["dog", "rain", "cat"]);
    assert!(notes(&all).contains("3 clips where ESC-50 has 2000"), "{}", notes(&all));
    fs::write(folder.path().join("meta/esc50.csv"), meta.replace("True,9,A", "True,9")).unwrap();
    assert!(open("esc10", folder.path(), "").unwrap_err().contains("line 5: 6 fields"));
}

#[test]
fn table_names_its_file_and_columns_only() {
    let folder = folder_of(&["x.csv", "y.mp3"]);
    let mut one = spec("name = \"table\"\nlabel = \"genre\"\ndrop = [\"a\"]").unwrap();
    assert!(one.set_path(&folder.path().join("x.csv")).unwrap());
    let Opened::Table(source) = one.open().unwrap() else { panic!("a table was wanted") };
    assert_eq!(source.columns.label.as_deref(), Some("genre"));
    assert_eq!(source.columns.drop, ["a"]);
    assert!(one.set_path(&folder.path().join("y.mp3")).unwrap());
    assert!(one.open().unwrap_err().to_string().contains("this is sound"));
    assert!(one.set_path(&folder.path().join("z.csv")).unwrap());
    assert!(one.open().unwrap_err().to_string().contains("is not there"));
}
