//! What an experiment's file may say of its rows, and what is refused because it would do nothing.

use std::path::Path;

use super::row_checks::check_features;
use super::{EXPERIMENTS, Experiment, Otherwise, StandIn};

fn parse_on(dataset: &str, rest: &str) -> Result<Experiment, String> {
    let text = format!(
        "title = \"t\"\ndataset = {dataset}\nsplit = {{ kind = \"stratified_kfold\", folds = 5 }}\n\
         features = {{ set = \"mipt\" }}\n{rest}"
    );
    Experiment::parse(Path::new("sub/x.toml"), &text).map_err(|error| error.to_string())
}

fn parse(rest: &str) -> Result<Experiment, String> {
    parse_on("{ name = \"synth\" }", rest)
}

fn row(model: &str, keys: &str) -> String {
    format!("[[row]]\nname = \"{model}\"\nmodel = \"{model}\"\n{keys}\n")
}

#[test]
fn a_coefficient_may_be_below_zero_and_a_share_may_not() {
    let published = |figure: &str| parse(&row("knn", &format!("published = {{ {figure} }}")));
    assert!(published("mcc = \"-0.05\"").is_ok() && published("kappa = -0.2").is_ok());
    assert!(published("mcc = \"-1.5\"").is_err());
    assert!(published("accuracy = \"-0.05\"").is_err());
}

#[test]
fn what_would_do_nothing_is_refused() {
    let of = |features: &str| row("svc", &format!("features = {{ {features} }}"));
    let members = row("knn", "") + &row("lda", "") + &row("ensemble", "of = [\"knn\", \"lda\"]");
    for (rows, said) in [
        (of("set = \"mipt\", augment = { noise = 0.01, copies = 4 }"), "go with `frames`"),
        (of("set = \"mipt\", beside = { set = \"esc\" }"), "go with `frames`"),
        (of("embedding = \"table\", weights = \"t.csv\", seconds = 10"), "seconds does not go with"),
        (members.clone() + "features = { set = \"esc\" }\n", "say it of the rows that it names"),
        (members.clone() + "prepare = [\"impute\"]\n", "say it of the rows that it names"),
        (members + "seed = 3\n", "say it of the rows that it names"),
    ] {
        let error = parse(&rows).unwrap_err();
        assert!(error.contains(said), "{rows}: {error}");
    }
}

/// `validation_fraction` alone would do nothing; here every trial has what it goes with.
#[test]
fn a_key_may_need_one_that_is_searched() {
    let keys = "validation_fraction = 0.2\nsearch = { space = { n_iter_no_change = [3, 5] } }";
    let experiment = parse(&row("gradient_boosting", keys)).unwrap();
    let model = experiment.rows[0].unsearched_model().unwrap();
    assert_eq!(model.parameters()["n_iter_no_change"], 3);
    let other = "validation_fraction = 0.2\nsearch = { space = { max_depth = [3, 5] } }";
    assert!(parse(&row("gradient_boosting", other)).unwrap_err().contains("only n_iter_no_change"));
}

#[test]
fn what_would_do_nothing_beside_frames_is_refused() {
    let beside = "frames = \"zcr\", beside = { list = [\"zcr\", \"rms\"], statistics = [\"mean\"] }";
    let patches = "frames = \"patches\", embedding = \"vggish\"";
    for (features, said) in [
        ("frames = \"mel.npz\", seconds = 3", "seconds goes with sound"),
        ("frames = \"zcr\", rate_hz = 4000000000", "rate_hz must lie between 1000 and 768000"),
        ("frames = \"zcr\", seconds = -5", "seconds must be a length above 0"),
        ("frames = \"zcr\", offset_seconds = -1", "the offset must be"),
        ("frames = \"zcr\", weights = \"vggish.pth\"", "weights goes with an embedding"),
        ("frames = \"zcr\", pool = \"max\"", "pool goes with an embedding"),
        ("frames = \"zcr\", short = \"repeat\"", "short goes with an embedding"),
        ("frames = \"mel.npz\", legacy = true", "legacy goes with an embedding"),
        ("frames = \"zcr\", groups = [\"zcr\"]", "groups chooses among the columns of `beside"),
        ("frames = \"zcr\", without = [\"zcr\"]", "without chooses among the columns of `beside"),
        (&format!("{beside}, groups = [\"mfcc\"]"), "no columns of a group `mfcc`"),
        (&format!("{patches}, mel = {{ bands = 64 }}"), "mel does not go with frames = \"patches\""),
        (&format!("{patches}, pool = \"max\""), "pool does not go with frames = \"patches\""),
        (&format!("{patches}, seconds = 0"), "seconds must be a length above 0"),
        ("frames = \"patches\", embedding = \"table\"", "without an embedding"),
    ] {
        let error = parse(&row("conv2d", &format!("features = {{ {features} }}"))).unwrap_err();
        assert!(error.contains(said), "{features}: {error}");
    }
    let chosen =
        format!("network = {{ model = \"conv2d\" }}\nfeatures = {{ {beside}, without = [\"rms\"] }}");
    assert!(parse(&row("two_branch", &chosen)).is_ok());
}

#[test]
fn what_a_network_is_not_fed_with_is_refused() {
    let frames = "features = { frames = \"mel\" }";
    for (model, keys, said) in [
        ("mlp", "input = { normalise = \"none\" }".to_string(), "this row is fed with a table"),
        ("mlp", frames.replace(" }", ", beside = { set = \"esc\" } }"), "is fed to two_branch alone"),
        ("gru", frames.replace(" }", ", beside = { set = \"esc\" } }"), "is fed to two_branch alone"),
        ("gru", format!("{frames}\nprepare = [\"standardize\"]"), "prepare: it is of columns"),
        ("gru", format!("{frames}\ninput = {{ hop = 3 }}"), "input.hop is of segments"),
        ("gru", format!("{frames}\ninput = {{ most = 3 }}"), "input.most is of segments"),
        ("gru", format!("{frames}\ntrain = {{ validate_copies = true }}"), "train.validate_copies is of"),
        ("gru", format!("{frames}\ntrain = {{ copies = \"one_an_epoch\" }}"), "train.copies is of altered"),
    ] {
        let error = parse(&row(model, &keys)).unwrap_err();
        assert!(error.contains(said), "{keys}: {error}");
    }
    let input = "input = { frames = 9, hop = 3, most = 2, normalise = \"band\" }";
    let augmented = frames.replace(" }", ", augment = { noise = 0.01, copies = 4 } }");
    let copies = "train = { copies = \"one_an_epoch\", validate_copies = true }";
    for keys in [format!("{frames}\n{input}\nprepare = []"), format!("{augmented}\n{copies}")] {
        assert_eq!(parse(&row("mlp", &keys)).map(drop), Ok(()), "{keys}");
    }
}

#[test]
fn of_a_table_columns_are_chosen_and_nothing_is_extracted() {
    let parse = |features: &str| {
        let rows = row("knn", features);
        parse_on("{ name = \"table\", path = \"t.csv\" }", &rows)
    };
    let extracted = "features = { frames = \"log_mel\", mel = { bands = 8 }, seconds = 3, rate_hz = 8000, \
                     statistics = [\"mean\"], weights = \"w.pth\", columns = [\"a\"] }";
    let error = parse(extracted).unwrap_err();
    assert!(error.contains("leave out statistics, frames, mel, rate_hz, seconds, weights;"), "{error}");
    let error = parse("").unwrap_err();
    assert!(error.contains("leave out set;"), "the file's own default: {error}");
    assert!(parse("features = { columns = [\"a*\"], groups = [\"a\"], without = [\"b\"] }").is_ok());
}

/// A stand-in alters what rows ask for, and nobody checks them again but the run.
#[test]
fn every_built_in_experiment_holds_on_a_stand_in_too() {
    for built_in in EXPERIMENTS {
        let read = Experiment::parse(Path::new("experiments/x.toml"), built_in.text).unwrap();
        let otherwise = Otherwise { stand_in: Some(StandIn::default()), quick: true, device: None };
        for row in read.otherwise(otherwise).unwrap().rows {
            let checked = check_features(row.features.as_ref(), false);
            assert_eq!(checked, Ok(()), "{}: {}", built_in.name, row.name);
        }
    }
}

#[test]
fn a_rehearsal_lowers_what_a_search_tries() {
    let rows = row("mlp", "search = { space = { \"train.epochs\" = [100, 200], hidden = [[64], [8]] } }")
        + &row("mlp", "search = { space = { train = [{ epochs = 50, batch = 99 }] } }")
            .replace("\"mlp\"\nm", "\"b\"\nm")
        + &row(
            "conv2d",
            "features = { frames = \"mel\" }\nsearch = { space = { \"train.until\" = [3, 4] } }",
        );
    let quick = Otherwise { quick: true, ..Otherwise::default() };
    let quick = parse(&rows).unwrap().otherwise(quick).unwrap();
    let tried = |place: usize| quick.rows[place].search.as_ref().unwrap().candidates(1);
    for candidate in tried(0) {
        assert_eq!(candidate["train.epochs"].as_integer(), Some(2));
        assert!(candidate["hidden"][0].as_integer().unwrap() <= 16);
    }
    let train = &tried(1)[0]["train"];
    assert_eq!((train["epochs"].as_integer(), train["batch"].as_integer()), (Some(2), Some(16)));
    assert!(tried(2).iter().all(|candidate| candidate.is_empty()), "nothing is left to search");
}

#[test]
fn paths_of_a_row_start_at_the_file_that_says_them() {
    let rows = row("conv2d", "features = { frames = \"mel.npz\" }")
        + &row(
            "two_branch",
            "network = { model = \"conv2d\" }\nfeatures = { frames = \"mel\", beside = { embedding = \"table\", weights = \"t.csv\" } }",
        );
    let read = parse(&rows).unwrap();
    let features = |place: usize| read.rows[place].features.as_ref().unwrap();
    assert_eq!(features(0).frames.as_deref(), Some("sub/mel.npz"));
    let beside = features(1).beside.as_ref().unwrap();
    assert_eq!(beside.weights.as_deref(), Some(Path::new("sub/t.csv")));
    assert_eq!(features(1).frames.as_deref(), Some("mel"));
}

#[test]
fn what_is_said_of_all_rows_is_of_those_that_have_columns() {
    let frames = "features = { frames = \"log_mel\" }";
    let beside = "features = { frames = \"log_mel\", beside = { set = \"mipt\" } }";
    let rows = row("knn", "") + &row("conv1d", frames) + &row("two_branch", beside);
    let experiment = parse(&format!("prepare = [\"standardize\"]\nexplain = true\n{rows}")).unwrap();
    let has = |row: &crate::experiment::Row| (row.prepare.names().len(), row.explain.is_some());
    assert_eq!(experiment.rows.iter().map(has).collect::<Vec<_>>(), [(1, true), (0, false), (1, false)]);
    for keys in [frames, beside] {
        let error = parse(&row("conv1d", &format!("{keys}\nexplain = true"))).unwrap_err();
        assert!(error.contains("explain: importances are of columns"), "{error}");
    }
}
