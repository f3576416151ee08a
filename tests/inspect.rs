//! The dataset gate finds every planted fault, nothing in clean corpora, and stops a run whose split it spoils.

use std::fs;
use std::path::Path;

use genrebench::audio::{Perturbation, Waveform, wav_write};
use genrebench::datasets::synth::{self, SynthSpec};
use genrebench::random::Draws;

use crate::support::{expect, genrebench, says, text};

fn corpus() -> SynthSpec {
    SynthSpec { clips_per_genre: 4, seconds: 6.0, genres: 3, artists_per_genre: 2, ..SynthSpec::default() }
}

fn write(path: &Path, wave: &Waveform) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, wav_write::pcm16(wave)).unwrap();
}

/// Clips `GENRE/NN.wav`, twelve in three genres.
fn write_clean(root: &Path) -> Vec<Waveform> {
    let spec = corpus();
    let clips: Vec<Waveform> = (0..spec.clip_count()).map(|clip| synth::render(&spec, clip)).collect();
    for (number, wave) in clips.iter().enumerate() {
        write(&root.join(format!("genre{}/{number:02}.wav", number / spec.clips_per_genre)), wave);
    }
    clips
}

fn inspect(target: &Path, more: &[&str]) -> serde_json::Value {
    let cache = target.join(".cache");
    let mut command = genrebench();
    command.args(["data", "inspect", "--json", "--quiet"]).arg(target).args(more).arg("--cache").arg(cache);
    let output = command.output().unwrap();
    expect(&output, 0);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The findings of a kind, each as its clips.
fn clips_of<'a>(found: &'a serde_json::Value, kind: &str) -> Vec<Vec<&'a str>> {
    let findings = found["findings"].as_array().unwrap().iter().filter(|finding| finding["kind"] == kind);
    findings
        .map(|finding| {
            finding["clips"].as_array().unwrap().iter().map(|clip| clip.as_str().unwrap()).collect()
        })
        .collect()
}

#[test]
fn every_planted_fault_is_found_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let clips = write_clean(root);
    let rate = clips[0].rate_hz;
    let altered = |wave: &Waveform, change: &dyn Fn(f32) -> f32| Waveform {
        samples: wave.samples.iter().map(|x| change(*x)).collect(),
        rate_hz: rate,
    };
    fs::copy(root.join("genre0/00.wav"), root.join("genre0/copy.wav")).unwrap();
    // The quieter one of the two must not clip.
    let quiet = altered(&clips[1], &|x| 0.4 * x);
    write(&root.join("genre0/01.wav"), &quiet);
    write(&root.join("genre0/louder.wav"), &altered(&quiet, &|x| 2.0 * x));
    let later =
        Waveform { samples: clips[2].samples[(1.3 * f64::from(rate)) as usize..].to_vec(), rate_hz: rate };
    write(&root.join("genre0/later.wav"), &later);
    let mut draws = Draws::new(1, "codec");
    let through_codec = Perturbation::new("codec_kbps", 64.0).unwrap().apply(&clips[4], &mut draws).unwrap();
    write(&root.join("genre1/through_codec.wav"), &through_codec);
    fs::copy(root.join("genre1/06.wav"), root.join("genre2/other_label.wav")).unwrap();
    write(&root.join("genre2/silent.wav"), &altered(&clips[8], &|_| 0.0));
    let stranger = synth::render(&SynthSpec { seed: 2, ..corpus() }, 9);
    write(&root.join("genre2/hot.wav"), &altered(&stranger, &|x| (20.0 * x).clamp(-1.0, 1.0)));
    let whole = fs::read(root.join("genre2/10.wav")).unwrap();
    fs::write(root.join("genre2/10.wav"), &whole[..whole.len() / 2]).unwrap();
    let short = Waveform { samples: clips[11].samples[..rate as usize].to_vec(), rate_hz: rate };
    write(&root.join("genre2/11.wav"), &short);
    let stereo: Vec<i16> = clips[3].samples.iter().flat_map(|x| [(x * 32767.0) as i16; 2]).collect();
    crate::support::write_wav(&root.join("genre0/03.wav"), rate, 2, &stereo);
    fs::write(root.join("genre1/nothing.wav"), b"RIFF").unwrap();

    let found = inspect(root, &[]);
    assert_eq!(
        clips_of(&found, "exact-duplicate"),
        [vec!["genre0/00.wav", "genre0/copy.wav"], vec!["genre1/06.wav", "genre2/other_label.wav"]]
    );
    assert_eq!(
        clips_of(&found, "near-duplicate"),
        [
            vec!["genre0/01.wav", "genre0/louder.wav"],
            vec!["genre0/02.wav", "genre0/later.wav"],
            vec!["genre1/04.wav", "genre1/through_codec.wav"],
        ]
    );
    assert_eq!(clips_of(&found, "contradicting-labels"), [["genre1/06.wav", "genre2/other_label.wav"]]);
    assert_eq!(clips_of(&found, "silent"), [["genre2/silent.wav"]]);
    assert_eq!(clips_of(&found, "truncated"), [["genre2/10.wav"]]);
    assert_eq!(clips_of(&found, "too-short"), [["genre2/11.wav"]]);
    assert_eq!(clips_of(&found, "clipped"), [["genre2/hot.wav"]]);
    assert_eq!(clips_of(&found, "mono-in-stereo"), [["genre0/03.wav"]]);
    assert_eq!(clips_of(&found, "unreadable"), [["genre1/nothing.wav"]]);
    assert_eq!(found["findings"].as_array().unwrap().len(), 12);
    let near = found["findings"].as_array().unwrap().iter().find(|one| one["clips"][1] == "genre0/later.wav");
    let what = near.unwrap()["what"].as_str().unwrap();
    assert!(
        what.starts_with("genre0/later.wav begins 1.3") && what.contains(" s into genre0/02.wav"),
        "{what}"
    );
    // From the cache, the same.
    assert_eq!(inspect(root, &[])["findings"], found["findings"]);
    let output = genrebench().args(["data", "inspect"]).arg(root).arg("--no-cache").output().unwrap();
    expect(&output, 0);
    assert!(text(&output.stdout).contains("what to do: keep one of each"), "{}", text(&output.stdout));
}

#[test]
fn clean_clips_raise_no_alarm() {
    let folder = tempfile::tempdir().unwrap();
    write_clean(folder.path());
    assert_eq!(inspect(folder.path(), &[])["findings"], serde_json::json!([]));
}

/// By hand: `cargo test --release -- --ignored two_thousand_clean_clips`.
#[test]
#[ignore = "renders 2000 clips"]
fn two_thousand_clean_clips_raise_no_alarm() {
    let folder = tempfile::tempdir().unwrap();
    let experiment = folder.path().join("many.toml");
    fs::write(
        &experiment,
        "title = \"many\"\ndataset = { name = \"synth\", clips_per_genre = 250, seconds = 30.0, artists_per_genre = 10 }\n\
         features = { list = [\"zcr\"], statistics = [\"mean\"] }\nsplit = { kind = \"stratified\", test = 0.2 }\n\
         [[row]]\nname = \"one\"\nmodel = \"majority\"\n",
    )
    .unwrap();
    let output = genrebench()
        .args(["data", "inspect", "--json", "--quiet", "--no-cache"])
        .arg(&experiment)
        .output()
        .unwrap();
    expect(&output, 0);
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["clips"], 2000);
    assert_eq!(found["findings"], serde_json::json!([]));
}

fn run(root: &Path, experiment: &str, out: &str, more: &[&str]) -> std::process::Output {
    let path = root.join("experiment.toml");
    fs::write(&path, experiment).unwrap();
    let mut command = genrebench();
    command.arg("run").arg(&path).arg("--out").arg(root.join(out)).args(more);
    command.arg("--cache").arg(root.join(".cache")).output().unwrap()
}

fn experiment(dataset: &str, split: &str, more: &str) -> String {
    format!(
        "title = \"gate\"\ndataset = {dataset}\n{more}\n\
         features = {{ list = [\"mfcc\"], statistics = [\"mean\"] }}\nsplit = {split}\n\
         [[row]]\nname = \"one\"\nmodel = \"nearest_centroid\"\n"
    )
}

#[test]
fn a_recording_on_both_sides_stops_the_run_unless_it_is_allowed_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let clips = write_clean(&root.join("music"));
    for (clip, wave) in clips.iter().enumerate().take(3) {
        let later = Waveform { samples: wave.samples[15_000..].to_vec(), rate_hz: wave.rate_hz };
        write(&root.join(format!("music/genre0/later{clip}.wav")), &later);
    }
    let folds = "{ kind = \"stratified_kfold\", folds = 3, seed = 1 }";
    let text_of = |more: &str| experiment("{ name = \"folder\", path = \"music\" }", folds, more);
    let output = run(root, &text_of(""), "stopped", &[]);
    expect(&output, 1);
    says(&output, &["near-duplicate: genre0/0", "on both sides", "--allow near-duplicate", "group_kfold"]);
    assert!(!root.join("stopped/run.json").exists());

    let output = run(root, &text_of(""), "allowed", &["--allow", "near-duplicate"]);
    expect(&output, 0);
    let table = fs::read_to_string(root.join("allowed/table.md")).unwrap();
    assert!(table.contains("ALLOWED by name, and flattering every classifier: near-duplicate"), "{table}");
    for file in ["table.txt", "table.tex", "table.csv", "table.json", "report.html", "comparison.svg"] {
        let text = fs::read_to_string(root.join("allowed").join(file)).unwrap();
        assert!(text.contains("ALLOWED by name"), "{file} says nothing of what was allowed");
    }
    expect(&run(root, &text_of("allow = [\"near-duplicate\"]"), "written", &[]), 0);
    // Looking beforehand says of each experiment what a run of it will do.
    for (allow, stops, words) in [
        ("", true, "which stops a run: "),
        ("allow = [\"near-duplicate\"]", false, "allowed: the report will say so: "),
    ] {
        fs::write(root.join("experiment.toml"), text_of(allow)).unwrap();
        let mut command = genrebench();
        command.args(["data", "inspect", "--quiet"]).arg(root.join("experiment.toml"));
        command.arg("--cache").arg(root.join(".cache"));
        let told = text(&command.output().unwrap().stdout);
        assert!(told.contains(&format!("on both sides of the split, {words}")), "{told}");
        let found: serde_json::Value =
            serde_json::from_slice(&command.arg("--json").output().unwrap().stdout).unwrap();
        let first = &found["across_split"][0];
        assert_eq!(first["kind"], "near-duplicate");
        assert_eq!(first["stops"], stops);
    }

    let output = run(root, &text_of(""), "typo", &["--allow", "near-dupliate"]);
    expect(&output, 2);
    says(&output, &["near-dupliate", "did you mean `near-duplicate`"]);
    let output = run(root, &text_of("allow = [\"silent\"]"), "typo", &[]);
    expect(&output, 2);
    says(&output, &["allow: `silent` cannot be allowed", "experiment.toml:3"]);

    // What a recipe hears of a clip does not narrow what the gate hears.
    let short = text_of("").replace("statistics = [\"mean\"] }", "statistics = [\"mean\"], seconds = 1 }");
    expect(&run(root, &short, "short", &[]), 1);

    // A split that cannot be drawn keeps none of the findings back.
    fs::write(root.join("many.toml"), text_of("").replace("folds = 3", "folds = 90")).unwrap();
    let mut command = genrebench();
    command.args(["data", "inspect", "--json", "--quiet"]).arg(root.join("many.toml"));
    let output = command.arg("--cache").arg(root.join(".cache")).output().unwrap();
    expect(&output, 1);
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(clips_of(&found, "near-duplicate").len(), 3);
    assert!(found["split_error"].as_str().unwrap().contains("folds = 90"), "{found}");

    // Kept together they do no harm.
    let mut groups = String::from("clip_id,group\n");
    for number in 0..12 {
        groups += &format!("genre{}/{number:02}.wav,{number}\n", number / 4);
    }
    (0..3).for_each(|clip| groups += &format!("genre0/later{clip}.wav,{clip}\n"));
    fs::write(root.join("groups.csv"), groups).unwrap();
    let dataset = "{ name = \"folder\", path = \"music\", groups = \"groups.csv\" }";
    let output = run(root, &experiment(dataset, "{ kind = \"group_kfold\", folds = 3 }", ""), "grouped", &[]);
    expect(&output, 0);
    says(&output, &["near-duplicate, one recording in several clips"]);
}

/// What a data set's own file knows of its clips is told with what to do about it.
#[test]
fn clips_that_are_known_to_be_faulty_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let wave = Waveform { samples: vec![0.0; 100], rate_hz: 22_050 };
    for name in ["blues/blues.00000.wav", "jazz/jazz.00054.wav"] {
        write(&root.join("gtzan").join(name), &wave);
    }
    for name in ["098/098565.wav", "099/099134.wav", "000/000002.wav"] {
        write(&root.join("fma").join(name), &wave);
    }
    let tracks = "filename,genre\n098565.mp3,Rock\n099134.mp3,Pop\n000002.mp3,Rock\n";
    fs::write(root.join("fma/tracks.csv"), tracks).unwrap();
    for (name, kind, clips) in [
        ("gtzan", "gtzan", vec![vec!["jazz.00054"]]),
        ("fma", "fma-small", vec![vec!["098565"], vec!["099134"]]),
    ] {
        let found = inspect(&root.join(name), &["--dataset", kind, "--no-decode"]);
        assert_eq!(clips_of(&found, "known-fault"), clips);
        assert!(!clips_of(&found, "wrong-count").is_empty());
        let mut command = genrebench();
        command.args(["data", "inspect", "--no-decode", "--dataset", kind]).arg(root.join(name));
        let told = text(&command.output().unwrap().stdout);
        for advice in ["nothing: they are used or left out", "fetch the data set again"] {
            assert!(told.contains(&format!("what to do: {advice}")), "{told}");
        }
    }
}

#[test]
fn a_name_that_leads_nowhere_may_have_been_meant_as_a_folder() {
    let output = genrebench().args(["data", "inspect", "no/such/music"]).output().unwrap();
    expect(&output, 2);
    says(&output, &["no/such/music: there is neither a folder nor an experiment file"]);
}

#[test]
fn clips_too_short_to_be_compared_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let spec = SynthSpec { seconds: 2.5, ..corpus() };
    (0..6).for_each(|n| {
        write(&folder.path().join(format!("genre{}/{n}.wav", n / 3)), &synth::render(&spec, n))
    });
    assert_eq!(inspect(folder.path(), &[])["too_short_to_compare"], 6);
}

#[test]
fn a_source_on_two_official_folds_stops_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let spec = corpus();
    for number in 0..12 {
        let (class, fold) = (number / 4, number % 2 + 1);
        // Clips 0 and 1 are said to be of one source, and stand in two folds.
        let source = if number < 2 { 7 } else { 100 + number };
        let name = format!("ESC-10/00{} - Class {class}/{fold}-{source}-{number}.wav", class + 1);
        write(&root.join(name), &synth::render(&spec, number));
    }
    let text = experiment("{ name = \"esc10\", path = \"ESC-10\" }", "{ kind = \"official\" }", "");
    let output = run(root, &text, "stopped", &[]);
    expect(&output, 1);
    says(&output, &["shared-artist: 1 artists or sources stand on both sides", "--allow shared-artist"]);
    expect(&run(root, &text, "allowed", &["--allow", "shared-artist"]), 0);
    let found = inspect(&root.join("experiment.toml"), &[]);
    assert_eq!(found["across_split"][0]["kind"], "shared-artist");
    assert_eq!(clips_of(&found, "wrong-count").len(), 1, "twelve clips are not ESC-10");
}
