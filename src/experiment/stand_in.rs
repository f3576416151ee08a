//! `--stand-in`: the same experiment on invented clips, which says so wherever its figures go.
//!
//! A stand-in puts the synthetic corpus in the data set's place, so that the whole line can be tried without the
//! data. What the data set brought is replaced by its like:
//!
//! | the experiment has | the stand-in has |
//! |---|---|
//! | clips of 30 s (ESC: 5 s) | invented clips of the same length, 25 a genre in eight genres |
//! | official folds | five folds by artist |
//! | official sides, or lists of ids | by artist: one tested, one for validation, the others learned from |
//! | artists or sources as groups | invented artists, ten a genre |
//! | a table of someone's features | the mean of MFCC, chroma, centroid, bandwidth, rolloff and zero crossings |
//! | weights that somebody trained | random filters (`random-conv`), or a start from chance |
//!
//! It gets another name, so that its folder is never taken for the real run's.

use super::search::SearchSpec;
use super::weightless::weightless;
use super::{Experiment, ExperimentError, FeatureSpec, Otherwise, StandIn};
use crate::datasets::DatasetSpec;
use crate::table::{Official, SplitSpec, ValidationSide};

const CLIPS: usize = 25;
/// Enough for every split that a stand-in makes.
const FEWEST_CLIPS: usize = 3;
/// What most tables of song-level features hold.
const FEATURES_OF_A_TABLE: [&str; 6] =
    ["mfcc", "chroma_stft", "spectral_centroid", "spectral_bandwidth", "spectral_rolloff", "zcr"];

impl Experiment {
    /// This experiment, run otherwise than written.
    pub fn otherwise(mut self, otherwise: Otherwise) -> Result<Self, ExperimentError> {
        if let Some(stand_in) = otherwise.stand_in {
            self = self.on_stand_in(stand_in)?;
        }
        if otherwise.quick {
            self = self.quickly();
        }
        if let Some(device) = otherwise.device {
            self = self.on_device(device);
        }
        self.otherwise = otherwise;
        Ok(self)
    }

    /// On invented clips.
    fn on_stand_in(mut self, stand_in: StandIn) -> Result<Self, ExperimentError> {
        let real = self.dataset.name().to_string();
        let clips = stand_in.clips_per_genre.unwrap_or(CLIPS);
        if clips < FEWEST_CLIPS {
            let message =
                format!("a stand-in of {clips} clips a genre cannot be split; give {FEWEST_CLIPS} or more");
            return Err(ExperimentError::Choice { message });
        }
        let seconds = stand_in.seconds.unwrap_or(if real.starts_with("esc") { 5.0 } else { 30.0 });
        let validates =
            matches!(&self.split, SplitSpec::Official(split) if split.validation != ValidationSide::Train);
        let sides = validates
            || matches!(real.as_str(), "gtzan" | "fma-small")
            || matches!(self.split, SplitSpec::List(_))
            || self.rows.iter().filter_map(|row| row.search.as_ref()).any(SearchSpec::by_validation_side);
        let mut options = toml::Table::new();
        options.insert("clips_per_genre".into(), (clips as i64).into());
        options.insert("seconds".into(), seconds.into());
        options.insert("official".into(), if sides { "sides" } else { "folds" }.into());
        self.dataset = DatasetSpec::new("synth", options)?;
        if let SplitSpec::List(files) = &self.split {
            self.split = SplitSpec::Official(Official { validation: files.validation_side() });
        }
        for row in self.rows.iter_mut().filter(|_| real == "table") {
            row.features = Some(FeatureSpec {
                list: Some(FEATURES_OF_A_TABLE.map(String::from).to_vec()),
                statistics: Some(vec!["mean".to_string()]),
                ..FeatureSpec::default()
            });
        }
        if let SplitSpec::Stratified(split) | SplitSpec::Group(split) = &mut self.split {
            // Few clips of many classes: one of each is tested.
            split.test = split.test.max(1.0 / clips as f64);
        }
        self.rows.iter_mut().for_each(weightless);
        self.name += "-stand-in";
        self.title = format!("STAND-IN DATA, NO REPRODUCTION: {}", self.title);
        self.watermarks.push(format!(
            "NO REPRODUCTION: instead of `{real}` this ran on invented music made by this program (synth, {clips} \
             clips a genre of {seconds} s). The figures show that the line works and how long it takes; published \
             ones are beside them for orientation only and cannot be compared."
        ));
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_clip_class_and_model_is_lowered_and_named_so() {
        let text = "title = \"t\"\ndataset = { name = \"esc10\" }\nfeatures = { set = \"esc\" }\n\
                    split = { kind = \"official\" }\n[[row]]\nname = \"f\"\nmodel = \"random_forest\"\n\
                    [[row]]\nname = \"c\"\nmodel = \"catboost\"\niterations = 7\n";
        let experiment = Experiment::parse(Path::new("esc.toml"), text).unwrap();
        let both = Otherwise { stand_in: Some(StandIn::default()), quick: true, device: None };
        let quick = experiment.otherwise(both).unwrap();
        assert_eq!(quick.name, "esc-stand-in-quick");
        assert_eq!(quick.dataset.options()["official"].as_str(), Some("folds"));
        assert_eq!(quick.dataset.options()["seconds"].as_float(), Some(5.0));
        assert_eq!(quick.rows[0].parameters["n_estimators"].as_integer(), Some(20));
        assert_eq!(quick.rows[1].parameters["iterations"].as_integer(), Some(7));
        assert_eq!(quick.watermarks.len(), 2);
    }

    #[test]
    fn a_validation_side_that_is_asked_for_is_there() {
        let head = "title = \"t\"\ndataset = { name = \"esc10\" }\nfeatures = { set = \"esc\" }\n";
        let on_stand_in = |rest: &str| {
            let experiment = Experiment::parse(Path::new("x.toml"), &format!("{head}{rest}")).unwrap();
            let otherwise = Otherwise { stand_in: Some(StandIn::default()), ..Otherwise::default() };
            let experiment = experiment.otherwise(otherwise).unwrap();
            assert_eq!(experiment.dataset.options()["official"].as_str(), Some("sides"), "{rest}");
            experiment.split
        };
        let row = "[[row]]\nname = \"r\"\nmodel = \"knn\"\n";
        let watch = SplitSpec::Official(Official { validation: ValidationSide::Watch });
        let listed = "split = { kind = \"list\", train = \"a\", watch = \"b\", test = \"c\" }\n";
        assert_eq!(on_stand_in(&format!("{listed}{row}")), watch);
        let listed = "split = { kind = \"list\", file = \"a\", validation = \"watch\" }\n";
        assert_eq!(on_stand_in(&format!("{listed}{row}")), watch);
        let search = "search = { folds = \"validation\", space = { n_neighbors = [1, 3] } }\n";
        on_stand_in(&format!("split = {{ kind = \"official\" }}\n{row}{search}"));
    }

    #[test]
    fn a_search_has_three_trials_of_little_work() {
        let text = "title = \"t\"\ndataset = { name = \"esc10\" }\nfeatures = { set = \"esc\" }\n\
                    split = { kind = \"official\" }\n[[row]]\nname = \"f\"\nmodel = \"random_forest\"\n\
                    [row.search]\nfolds = 5\nspace = { n_estimators = [10, 200, 500], max_depth = [2, 4, 8] }\n\
                    [[row]]\nname = \"r\"\nmodel = \"random_forest\"\n[row.search]\nmethod = \"random\"\n\
                    trials = 40\nspace = { n_estimators = { integer = [30, 900] }, max_depth = { integer = [2, 8] } }\n";
        let experiment = Experiment::parse(Path::new("esc.toml"), text).unwrap();
        let quick = experiment.otherwise(Otherwise { quick: true, ..Otherwise::default() }).unwrap();
        for row in &quick.rows {
            let search = row.search.as_ref().unwrap();
            assert_eq!((search.trials, search.folds), (3, 2));
            let tried = search.candidates(1);
            assert!(tried.iter().all(|trial| trial["n_estimators"].as_integer().unwrap() <= 20), "{tried:?}");
            assert!(tried.iter().any(|trial| trial["max_depth"] != tried[0]["max_depth"]), "{tried:?}");
        }
    }
}
