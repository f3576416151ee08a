//! What befalls a run from outside (a full disk, a broken cache, a changed clip, two runs at once, too little memory,
//! a clock set back, 50 kills): a clear message, nothing lost, and the same bytes as a run left alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime};

use crate::support::{TWO_ROWS, expect, genrebench, says, text, write_corpus, write_experiment, write_tone};

/// A small corpus with its experiment, and what a run left alone makes of it.
struct Scene {
    folder: tempfile::TempDir,
    expected: Vec<Vec<u8>>,
}

impl Scene {
    fn new() -> Self {
        let mut scene = Self { folder: tempfile::tempdir().unwrap(), expected: Vec::new() };
        write_corpus(&scene.path("music"), 3, 8);
        write_experiment(
            scene.folder.path(),
            "{ kind = \"stratified_kfold\", folds = 4, repeats = 2 }",
            TWO_ROWS,
        );
        expect(&scene.run("alone", "alone-cache").output().unwrap(), 0);
        scene.expected = scene.results("alone");
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, out: &str, cache: &str) -> Command {
        let mut command = genrebench();
        command.arg("run").arg(self.path("experiment.toml")).arg("--quiet");
        command.arg("--data").arg(self.path("music")).arg("--out").arg(self.path(out));
        command.arg("--cache").arg(self.path(cache));
        command
    }

    /// The same command, under limits that a shell sets first.
    fn run_limited(&self, out: &str, cache: &str, limits: &str) -> Output {
        let run = self.run(out, cache);
        let mut shell = Command::new("sh");
        shell
            .arg("-c")
            .arg(format!("{limits}; exec \"$0\" \"$@\""))
            .arg(run.get_program())
            .args(run.get_args());
        shell.env("NO_COLOR", "1").output().unwrap()
    }

    fn results(&self, out: &str) -> Vec<Vec<u8>> {
        ["predictions.csv", "scores.csv"].map(|file| fs::read(self.path(out).join(file)).unwrap()).to_vec()
    }

    #[track_caller]
    fn ends_as_if_alone(&self, out: &str, cache: &str) -> Output {
        let output = self.run(out, cache).output().unwrap();
        expect(&output, 0);
        assert!(self.results(out) == self.expected, "{out} differs from a run left alone");
        output
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// A limit on the size of files answers a write as a full disk does, at the same place of the code.
#[cfg(unix)]
#[test]
fn a_full_disk_names_the_file_and_loses_nothing() {
    let scene = Scene::new();
    let mut stopped = 0;
    for blocks in [1, 3, 5, 9] {
        let output = scene.run_limited("full", "full-cache", &format!("trap '' XFSZ; ulimit -f {blocks}"));
        assert!(!text(&output.stderr).contains("panicked"), "{}", text(&output.stderr));
        if output.status.code() != Some(0) {
            expect(&output, 1);
            says(&output, &["cannot write", "larger than is allowed"]);
            stopped += 1;
        }
    }
    assert!(stopped >= 2, "only {stopped} of the limits stopped the run");
    assert!(files(scene.folder.path()).iter().all(|path| path.extension().is_none_or(|end| end != "part")));
    scene.ends_as_if_alone("full", "full-cache");
}

/// A small file system of its own, gone with the value.
#[cfg(target_os = "linux")]
struct Mounted(PathBuf);

#[cfg(target_os = "linux")]
impl Drop for Mounted {
    fn drop(&mut self) {
        // A folder that stays mounted only outlives the test.
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// The real thing, where the one who tests may mount.
#[cfg(target_os = "linux")]
#[test]
fn a_full_file_system_names_the_file_and_loses_nothing() {
    let scene = Scene::new();
    let small = scene.path("small");
    fs::create_dir(&small).unwrap();
    let mount = |options: &str| {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "none"]).arg(&small).stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success())
    };
    if !mount("size=96k") {
        println!("nothing may be mounted here: not tried");
        return;
    }
    let _mounted = Mounted(small.clone());
    let output = scene.run("small/out", "full-cache").output().unwrap();
    expect(&output, 1);
    says(&output, &["cannot write", "free some space and run the same command again"]);
    assert!(files(&small).iter().all(|path| path.extension().is_none_or(|end| end != "part")));
    assert!(mount("remount,size=32m"));
    scene.ends_as_if_alone("small/out", "full-cache");
}

#[test]
fn a_cache_that_cannot_be_written_is_told_and_the_run_goes_on() {
    let scene = Scene::new();
    fs::write(scene.path("no-cache"), b"a file where the folder should be").unwrap();
    scene.ends_as_if_alone("out", "no-cache");
    let mut loud = genrebench();
    loud.arg("run").arg(scene.path("experiment.toml")).arg("--data").arg(scene.path("music"));
    let output =
        loud.arg("--out").arg(scene.path("out")).arg("--cache").arg(scene.path("no-cache")).output().unwrap();
    expect(&output, 0);
    says(&output, &["no-cache", "a file stands where a folder is needed", "--cache names another folder"]);
}

#[test]
fn spoiled_cache_entries_are_computed_again() {
    let scene = Scene::new();
    for (index, path) in files(&scene.path("alone-cache")).iter().enumerate() {
        let whole = fs::read(path).unwrap();
        match index % 4 {
            0 => fs::write(path, b"").unwrap(),
            1 => fs::write(path, &whole[..whole.len() / 2]).unwrap(),
            2 => fs::write(path, [whole.as_slice(), b"surplus"].concat()).unwrap(),
            _ => fs::write(path, vec![0xff; whole.len()]).unwrap(),
        }
    }
    scene.ends_as_if_alone("again", "alone-cache");
}

#[test]
fn a_changed_clip_under_its_old_name_is_noticed() {
    let scene = Scene::new();
    let clip = scene.path("music/class1/clip2.wav");
    let (whole, written) = (fs::read(&clip).unwrap(), fs::metadata(&clip).unwrap().modified().unwrap());
    write_tone(&clip, 0.6, 1_234.0);
    // Not even the time of its last change tells.
    fs::File::options().write(true).open(&clip).unwrap().set_modified(written).unwrap();
    let mut loud = genrebench();
    loud.arg("run").arg(scene.path("experiment.toml")).arg("--data").arg(scene.path("music"));
    loud.arg("--out").arg(scene.path("alone")).arg("--cache").arg(scene.path("alone-cache"));
    let output = loud.output().unwrap();
    expect(&output, 0);
    says(&output, &["the clips differ from those of the run that lies here; its 16 cells do not apply"]);
    let changed = scene.results("alone");
    assert!(changed != scene.expected, "the old features were used");
    expect(&scene.run("fresh", "fresh-cache").output().unwrap(), 0);
    assert!(changed == scene.results("fresh"));
    fs::write(&clip, whole).unwrap();
    scene.ends_as_if_alone("alone", "alone-cache");
}

#[test]
fn two_runs_at_once_on_one_cache_end_alike() {
    let scene = Scene::new();
    let pair: Vec<_> =
        ["left", "right"].map(|out| scene.run(out, "shared").stdout(Stdio::null()).spawn().unwrap()).into();
    pair.into_iter().for_each(|mut child| assert!(child.wait().unwrap().success()));
    assert!(scene.results("left") == scene.expected && scene.results("right") == scene.expected);
    // And in one folder: whoever ends last leaves a whole run.
    let pair: Vec<_> =
        ["one", "one"].map(|out| scene.run(out, "shared").stdout(Stdio::null()).spawn().unwrap()).into();
    pair.into_iter().for_each(|mut child| assert!(child.wait().unwrap().success()));
    assert!(scene.results("one") == scene.expected);
}

/// Files from the future are what a clock that was set back leaves.
#[test]
fn a_clock_set_back_changes_nothing() {
    let scene = Scene::new();
    let future = SystemTime::now() + Duration::from_secs(400 * 86_400);
    for path in [files(&scene.path("alone")), files(&scene.path("alone-cache"))].concat() {
        fs::File::options().write(true).open(path).unwrap().set_modified(future).unwrap();
    }
    fs::remove_file(files(&scene.path("alone/cells")).remove(0)).unwrap();
    scene.ends_as_if_alone("alone", "alone-cache");
}

#[cfg(target_os = "linux")]
#[test]
fn too_little_memory_ends_the_run_and_the_next_one_completes_it() {
    let scene = Scene::new();
    // Address space for the program and a part of its work: how much that is depends on the machine, so the least that
    // is enough is searched for. The loader itself may not fit, and dies without a word; the program never does.
    let (mut too_little, mut enough) = (16, 8192);
    let mut said = Vec::new();
    while enough - too_little > 1 {
        let mebibytes = (too_little + enough) / 2;
        let [out, cache] = ["poor", "poor-cache"].map(|name| format!("{name}-{mebibytes}"));
        let output = scene.run_limited(&out, &cache, &format!("ulimit -v {}", mebibytes << 10));
        if output.status.success() {
            enough = mebibytes;
            continue;
        }
        too_little = mebibytes;
        let stderr = text(&output.stderr);
        let by_the_loader = std::os::unix::process::ExitStatusExt::signal(&output.status) == Some(11)
            || output.status.code() == Some(127);
        assert!(by_the_loader || !stderr.is_empty(), "{:?}", output.status);
        said.extend((!by_the_loader).then_some(stderr));
    }
    // For its work, or for the stack of a thread.
    let of_memory = |text: &String| ["memory", "thread"].iter().any(|word| text.contains(word));
    assert!(said.iter().any(of_memory), "{too_little} MiB: {said:?}");
    scene.ends_as_if_alone(&format!("poor-{too_little}"), &format!("poor-cache-{too_little}"));
}

#[test]
fn a_corrupt_parquet_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write_corpus(&root.join("music"), 2, 4);
    let table = root.join("table.parquet");
    let mut features = genrebench();
    features
        .arg("features")
        .arg(root.join("music"))
        .args(["--features", "zcr", "--quiet", "--out"])
        .arg(&table);
    expect(&features.output().unwrap(), 0);
    let whole = fs::read(&table).unwrap();
    let broken = root.join("broken.parquet");
    let experiment = root.join("table.toml");
    let content = format!(
        "title = \"t\"\ndataset = {{ name = \"table\", path = {:?} }}\nsplit = {{ kind = \"stratified_kfold\", folds = 2 }}\n{TWO_ROWS}",
        broken.display().to_string()
    );
    fs::write(&experiment, content).unwrap();
    let mut swapped = whole.clone();
    swapped.iter_mut().step_by(37).for_each(|byte| *byte ^= 0x55);
    let garbage = [&whole[..whole.len() / 2], &whole[..0], b"PAR1PAR1", &swapped, b"not a table at all"];
    for bytes in garbage {
        fs::write(&broken, bytes).unwrap();
        let mut run = genrebench();
        run.arg("run").arg(&experiment).arg("--out").arg(root.join("out")).arg("--quiet");
        let output = run.output().unwrap();
        expect(&output, 1);
        says(&output, &["broken.parquet"]);
    }
}

/// Wherever the blow falls: while clips are read, between cells, in the midst of a write.
#[test]
fn fifty_kills_end_in_the_same_bytes() {
    let scene = Scene::new();
    let started = std::time::Instant::now();
    expect(&scene.run("timed", "timed-cache").output().unwrap(), 0);
    let whole = started.elapsed();
    let seed = SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().subsec_nanos();
    let mut share = f64::from(seed % 1000) / 1000.0;
    let mut caught = 0;
    while caught < 50 {
        let mut child = scene.run("killed", "killed-cache").stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(whole.mul_f64(0.7 * share));
        let _ = child.kill();
        if child.wait().unwrap().success() {
            // It was through before the blow: begin again.
            assert!(scene.results("killed") == scene.expected, "after {caught} kills");
            fs::remove_dir_all(scene.path("killed")).unwrap();
            fs::remove_dir_all(scene.path("killed-cache")).unwrap();
        } else {
            caught += 1;
        }
        share = (share + 0.618) % 1.0;
    }
    scene.ends_as_if_alone("killed", "killed-cache");
}

/// A row whose network writes a checkpoint after every epoch.
fn run_network(root: &Path) -> Command {
    write_corpus(&root.join("music"), 2, 4);
    let row =
        "[[row]]\nname = \"n\"\nmodel = \"mlp\"\nhidden = [4]\ntrain = { epochs = 2, validation = 0 }\n";
    let experiment = write_experiment(root, "{ kind = \"stratified_kfold\", folds = 2 }", row);
    let mut command = genrebench();
    command.arg("run").arg(experiment).args(["--checkpoint-seconds", "0", "--no-cache"]);
    command.arg("--data").arg(root.join("music")).arg("--out").arg(root.join("out"));
    command
}

#[test]
fn a_training_is_kept_until_its_cell_is() {
    let folder = tempfile::tempdir().unwrap();
    let (mut run, out) = (run_network(folder.path()), folder.path().join("out"));
    // Nothing can be written to a ledger that is a folder.
    fs::create_dir_all(out.join("ledger.jsonl")).unwrap();
    let output = run.output().unwrap();
    expect(&output, 1);
    says(&output, &["cannot write", "ledger.jsonl"]);
    assert_eq!(files(&out.join("training")).len(), 1, "the trained network is lost");
    fs::remove_dir(out.join("ledger.jsonl")).unwrap();
    expect(&run.output().unwrap(), 0);
    assert!(!out.join("training").exists(), "checkpoints are cleared away");
}

#[test]
fn checkpoints_that_cannot_be_written_are_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let (mut run, out) = (run_network(folder.path()), folder.path().join("out"));
    fs::create_dir_all(&out).unwrap();
    fs::write(out.join("training"), b"a file where the folder should be").unwrap();
    let output = run.output().unwrap();
    expect(&output, 0);
    let stderr = text(&output.stderr);
    assert_eq!(stderr.matches("that is cut off cannot be taken up again").count(), 1, "{stderr}");
}

#[test]
fn what_cannot_be_is_told_before_a_clip_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let (root, music) = (folder.path(), folder.path().join("music"));
    for clip in ["class0/a.wav", "class0/b.wav", "class1/a.wav", "class1/b.wav"] {
        fs::create_dir_all(music.join(clip).parent().unwrap()).unwrap();
        fs::write(music.join(clip), b"no sound").unwrap();
    }
    let both =
        "[[row]]\nname = \"both\"\nmodel = \"ensemble\"\nof = [\"one\", \"two\"]\ncombine = \"vote\"\n";
    let experiment =
        write_experiment(root, "{ kind = \"stratified_kfold\", folds = 9 }", &format!("{TWO_ROWS}{both}"));
    let run = |more: &[&str]| {
        let mut command = genrebench();
        command.arg(more[0]).arg(&experiment).arg("--data").arg(&music).args(&more[1..]);
        command.current_dir(root).output().unwrap()
    };
    let output = run(&["run", "--out", "out"]);
    expect(&output, 1);
    says(&output, &["folds = 9 is more than class 'class0' has clips (2)"]);
    let output = run(&["fit", "--row", "one", "--out", "music"]);
    expect(&output, 2);
    says(&output, &["music is a folder; name a file in it"]);
    let output = run(&["fit", "--row", "both", "--out", "model"]);
    expect(&output, 2);
    says(&output, &["row `both` puts other rows together"]);
}

#[test]
fn a_data_set_without_files_does_not_lie_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["run", "leak"] {
        let mut command_of = genrebench();
        command_of.args([command, "demo", "--out", "out", "--data"]).arg(folder.path());
        let output = command_of.current_dir(folder.path()).output().unwrap();
        expect(&output, 2);
        says(&output, &["the data set synth has no files", "leave --data out"]);
    }
}
