//! The report's page in headless Chromium: it sorts, filters, opens the evidence of every number, asks nothing of the
//! network and logs no error. Where no Chromium is found the test says so and passes; `CHROMIUM` names another one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{expect, genrebench, text};

fn chromium() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH")?).collect();
    let known = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
    named
        .into_iter()
        .chain(known.iter().flat_map(|name| folders.iter().map(move |f| f.join(name))))
        .find(|p| p.is_file())
}

/// A run with three rows, two with published figures, names that are markup, and a row that fails.
fn run(folder: &Path) -> PathBuf {
    let experiment = folder.join("page.toml");
    fs::write(
        &experiment,
        "title = \"A <b>page</b> & its \\\"evidence\\\"\"\ndataset = { name = \"synth\", clips_per_genre = 6, seconds = 2 }\n\
         features = { list = [\"mfcc\", \"zcr\"], statistics = [\"mean\", \"std\"], columns = [\"mfcc.*.00\", \"mfcc.*.01\", \"mfcc.*.02\", \"mfcc.*.03\", \
         \"mfcc.*.04\", \"mfcc.*.05\", \"mfcc.*.06\", \"mfcc.*.07\", \"mfcc.*.08\", \"mfcc.*.09\", \"zcr*\"] }\nprepare = [\"standardize\"]\n\
         split = { kind = \"stratified_kfold\", folds = 3, repeats = 2 }\n\
         [[row]]\nname = \"zero <img src=x onerror=alert(1)>\"\nmodel = \"majority\"\n\
         [[row]]\nname = \"two </script><script>alert(2)</script>\"\nmodel = \"lda\"\npublished = { f1_macro = \"61.2\", accuracy = \"60\" }\n\
         [[row]]\nname = \"one\"\nmodel = \"knn\"\npublished = { f1_macro = \"55.0\" }\n\
         [row.search]\nmethod = \"grid\"\nfolds = 2\nspace = { n_neighbors = [1, 3] }\n",
    )
    .unwrap();
    let out = folder.join("out");
    let output =
        genrebench().arg("run").arg(&experiment).arg("--out").arg(&out).arg("--quiet").output().unwrap();
    expect(&output, 0);
    out
}

#[test]
fn the_page_sorts_filters_and_opens_its_evidence() {
    let Some(chromium) = chromium() else {
        eprintln!("skipped: no Chromium on the path (set CHROMIUM to one)");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let out = run(folder.path());
    let page = fs::read_to_string(out.join("report.html")).unwrap();
    for outside in ["src=\"http", "href=\"http", "url(", "@import", "<link"] {
        assert!(!page.contains(outside), "the page asks for {outside}");
    }
    let drawings: Vec<String> = fs::read_dir(out.join("plots"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "svg"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    assert!(drawings.len() > 6);
    let drawings = serde_json::to_string(&drawings).unwrap().replace('<', "\\u003c");
    let probe = include_str!("page_probe.js").replace("DRAWINGS", &drawings);
    let probed = folder.path().join("probed.html");
    fs::write(&probed, page.replace("</body>", &format!("<script>{probe}</script></body>"))).unwrap();

    let mut command = Command::new(&chromium);
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--window-size=400,800"]);
    command.arg(format!("--user-data-dir={}", folder.path().join("profile").display()));
    command.args(["--enable-logging=stderr", "--dump-dom"]).arg(format!("file://{}", probed.display()));
    let output = command.output().unwrap();
    let (dom, log) = (text(&output.stdout), text(&output.stderr));
    assert!(!log.contains("CONSOLE"), "{log}");
    let found = dom.split("<pre id=\"found\">").nth(1).and_then(|rest| rest.split("</pre>").next());
    let found = found.unwrap_or_else(|| panic!("the page left nothing:\n{log}"));
    let plain =
        found.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", "\u{a0}").replace("&amp;", "&");
    let found: Value = serde_json::from_str(&plain).unwrap();

    assert_eq!(found["errors"], serde_json::json!([]), "{found:#}");
    let initials = |key: &str| -> String {
        found[key]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap().chars().next().unwrap())
            .collect()
    };
    assert_eq!([initials("as_given"), initials("off"), initials("by_name")], ["zto", "zto", "otz"]);
    assert_eq!(
        [&found["down_says"], &found["up_says"], &found["off_says"]],
        ["descending", "ascending", "none"]
    );
    let (down, up) = (initials("down"), initials("up"));
    assert!(
        down.ends_with('z') && up.starts_with('z') && down == up.chars().rev().collect::<String>(),
        "{down} {up}"
    );
    assert_eq!(found["filtered"], 1);
    assert_eq!(found["counted"], "1 of 3 rows");
    assert_eq!(found["published_only"], 2);
    assert!(found["numbers"].as_u64().unwrap() >= 18 && found["numbers"] == found["opened"], "{found:#}");
    let evidence = found["evidence"].as_str().unwrap();
    for part in
        ["seed", "hash", "Confusion matrix", "Wilson", "The command that repeats it", "genrebench run"]
    {
        assert!(evidence.contains(part), "no {part:?} in {evidence}");
    }
    let searched = found["searched"].as_str().unwrap();
    for part in [
        "n_neighbors = 1",
        "n_neighbors = 3",
        "chosen",
        "Search in repeat 0, fold 0: 2 trials",
        "macro F1 over 2 folds of the training side",
        "Published: 55.0",
    ] {
        assert!(searched.contains(part), "no {part:?} in {searched}");
    }
    assert_eq!(found["predictions"], 96);
    assert!(found["pictures"].as_u64().unwrap() >= 6, "{found:#}");
    for none in ["unnamed", "injected", "fetched", "drawings", "wide"] {
        assert_eq!(found[none], 0, "{none}: {found:#}");
    }
}
