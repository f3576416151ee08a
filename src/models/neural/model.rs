//! Architectures as models of the registry: a row of frames goes to `Network`, a row of a table to `Model::fit`.

use std::time::Duration;

use ndarray::{Array2, ArrayView2};
use serde::de::DeserializeOwned;

use super::alone::{LoneNetwork, Sizes};
use super::architecture::{Architecture, Recipe, Shared};
use super::help::{INPUT, TRAIN};
use super::present_among::PresentAmong;
use super::teaching::train;
use super::trained::TrainedNetwork;
use super::weights::split_line;
use crate::models::checks::{check_training, check_two_classes};
use crate::models::class_scores::argmax_of_rows;
use crate::models::error::ModelError;
use crate::models::model::{Aside, ClassesAndProbabilities, Fitted, Model, ParameterHelp, TrainingSet};
use crate::models::network::{Answer, Clips, Lesson, Network, Trained, Wants, Workshop};
use crate::models::parameters;

/// A network's recipe, checked.
pub struct NeuralModel(Recipe);

/// The model of a row's parameters.
pub fn parse<A: Architecture + DeserializeOwned + 'static>(
    name: &'static str,
    help: &[ParameterHelp],
    table: toml::Table,
) -> Result<Box<dyn Model>, ModelError> {
    let (shared, own): (toml::Table, toml::Table) =
        table.into_iter().partition(|(key, _)| [INPUT.name, TRAIN.name].contains(&key.as_str()));
    let architecture: A = parameters::parse(name, help, own)?;
    let mut shared: Shared = parameters::parse(name, help, shared)?;
    // The record tells what is in force.
    shared.train.weight_decay = Some(shared.train.weight_decay());
    let wrong = |reason| ModelError::BadParameters { model: name.to_string(), reason };
    architecture
        .check()
        .and_then(|()| shared.input.check())
        .and_then(|()| shared.train.check())
        .map_err(wrong)?;
    Ok(Box::new(NeuralModel(Recipe { architecture: Box::new(architecture), shared })))
}

impl Model for NeuralModel {
    fn fit(&self, set: TrainingSet<'_>, seed: u64) -> Result<Box<dyn Fitted>, ModelError> {
        self.fit_aside(set, &Aside::default(), seed)
    }

    /// On a table, with the rest as in [`Network::train`].
    fn fit_aside(
        &self,
        set: TrainingSet<'_>,
        aside: &Aside<'_>,
        seed: u64,
    ) -> Result<Box<dyn Fitted>, ModelError> {
        let present = check_two_classes(set, self.0.architecture.name())?;
        let clips = Clips { frames: Vec::new(), table: Some(set.x) };
        // Classes that no row has are left out, so that they are never predicted.
        let y = present.dense.as_slice();
        let (groups, watched, watched_only) =
            (aside.groups.clone(), aside.watched.clone(), aside.watched_only);
        let classes = present.classes.len();
        let lesson = Lesson { clips, y, classes, groups, watched, watched_only, ..Lesson::default() };
        let between_checkpoints = Duration::MAX;
        let workshop =
            Workshop { seed, checkpoints: None, between_checkpoints, tell: &|_| {}, warn: &|_| {} };
        let trained = train(&self.0, &lesson, &workshop, "")?;
        let present = PresentAmong { classes: present.classes, of: present.of };
        Ok(Box::new(FittedOnTable { trained, present }))
    }

    fn parameters(&self) -> serde_json::Value {
        self.0.as_json()
    }

    fn network(&self) -> Option<&dyn Network> {
        Some(self)
    }
}

impl Network for NeuralModel {
    fn wants(&self) -> Wants {
        self.0.architecture.wants()
    }

    fn train(&self, lesson: &Lesson<'_>, workshop: &Workshop<'_>) -> Result<Box<dyn Trained>, ModelError> {
        if let Some(x) = lesson.clips.table {
            check_training(TrainingSet { x, y: lesson.y, classes: lesson.classes }).map(drop).or_else(
                |error| {
                    // A row of frames has a table without columns beside it.
                    if error == ModelError::NoColumns { Ok(()) } else { Err(error) }
                },
            )?;
        }
        Ok(Box::new(train(&self.0, lesson, workshop, "")?))
    }

    fn alone(&self, sizes: Sizes, seed: u64) -> Result<LoneNetwork, ModelError> {
        LoneNetwork::new(&self.0, sizes, seed)
    }
}

/// A fitted network of a table's rows, from its bytes: a line of JSON, then the network's own.
pub fn load(name: &str, state: &[u8]) -> Result<Box<dyn Fitted>, ModelError> {
    let broken = |reason: String| ModelError::BrokenState { model: name.to_string(), reason };
    let (header, network) = split_line(state).ok_or_else(|| broken("it has no header".to_string()))?;
    let present: PresentAmong = serde_json::from_slice(header).map_err(|error| broken(error.to_string()))?;
    let trained = TrainedNetwork::load(network)?;
    if !present.fits(trained.plan.classes) {
        return Err(broken("its classes are not those of its answers".to_string()));
    }
    Ok(Box::new(FittedOnTable { trained, present }))
}

struct FittedOnTable {
    trained: TrainedNetwork,
    present: PresentAmong,
}

impl FittedOnTable {
    fn asked(&self, x: ArrayView2<'_, f64>) -> Result<Answer, ModelError> {
        self.trained.answer(&Clips { frames: Vec::new(), table: Some(x) })
    }

    fn classes_of(&self, answer: &Answer) -> Vec<usize> {
        argmax_of_rows(&answer.probabilities).into_iter().map(|place| self.present.classes[place]).collect()
    }

    /// Over all classes of the table.
    fn spread(&self, answer: &Answer) -> Array2<f64> {
        let mut wide = Array2::zeros((answer.probabilities.nrows(), self.present.of));
        for (place, class) in self.present.classes.iter().enumerate() {
            wide.column_mut(*class).assign(&answer.probabilities.column(place));
        }
        wide
    }
}

impl Fitted for FittedOnTable {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Vec<usize>, ModelError> {
        Ok(self.classes_of(&self.asked(x)?))
    }

    fn probabilities(&self, x: ArrayView2<'_, f64>) -> Result<Option<Array2<f64>>, ModelError> {
        Ok(Some(self.spread(&self.asked(x)?)))
    }

    fn answer(&self, x: ArrayView2<'_, f64>) -> Result<Option<ClassesAndProbabilities>, ModelError> {
        let answer = self.asked(x)?;
        Ok(Some((self.classes_of(&answer), Some(self.spread(&answer)))))
    }

    fn notes(&self) -> Vec<String> {
        self.trained.notes()
    }

    fn save(&self) -> Result<Vec<u8>, ModelError> {
        let mut bytes = serde_json::to_vec(&self.present)
            .map_err(|error| ModelError::NotPacked { reason: error.to_string() })?;
        bytes.push(b'\n');
        bytes.extend(self.trained.save()?);
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::path::Path;

    use super::*;
    use crate::models::build;
    use crate::models::neural::Epoch;
    use crate::models::neural::architectures::mlp::Mlp;
    use crate::models::neural::blueprint::Shape;
    use crate::models::neural::small_networks::{SmallNetwork, one_of_each};
    use crate::random::Draws;

    /// A second segment begins so many frames after the first.
    const HOP_FRAMES: usize = 4;

    /// Noise, and in each class one band and one column that are louder.
    struct Toy {
        frames: Vec<Array2<f32>>,
        table: Array2<f64>,
        y: Vec<usize>,
    }

    impl Toy {
        fn of(network: &SmallNetwork) -> Self {
            let mut draws = Draws::new(8, "clips");
            let y: Vec<usize> = (0..24).map(|clip| clip % 3).collect();
            let mut value =
                |class: usize, place: usize| draws.normal() + if place == 2 * class { 1.5 } else { 0.0 };
            let size = (network.clip().columns + HOP_FRAMES, network.clip().channels);
            let matrix = |class: &usize| Array2::from_shape_fn(size, |(_, band)| value(*class, band) as f32);
            let frames = y.iter().map(matrix).collect();
            let table =
                Array2::from_shape_fn((y.len(), network.columns), |(row, column)| value(y[row], column));
            Self { frames, table, y }
        }

        fn clips(&self) -> Clips<'_> {
            let frames = self.frames.iter().map(|clip| clip.view()).collect();
            Clips { frames, table: Some(self.table.view()) }
        }
    }

    fn learn(
        network: &SmallNetwork,
        train: &str,
        folder: Option<&Path>,
        tell: &(dyn Fn(&str) + Sync),
    ) -> Result<Vec<u8>, ModelError> {
        let parameters =
            toml::from_str(&format!("{}\n[train]\nbatch = 8\n{train}", network.options)).unwrap();
        let recipe = build(network.name(), parameters)?;
        let toy = Toy::of(network);
        let lesson = Lesson { clips: toy.clips(), y: &toy.y, classes: 3, ..Lesson::default() };
        let checkpoints = folder.map(|folder| (folder, "cell"));
        // What cannot be kept is heard, too.
        let workshop =
            Workshop { seed: 5, checkpoints, between_checkpoints: Duration::ZERO, tell, warn: tell };
        recipe.network().unwrap().train(&lesson, &workshop)?.save()
    }

    #[test]
    fn a_training_that_was_cut_off_ends_with_the_same_weights() {
        for network in &one_of_each() {
            let name = network.name();
            let train = "epochs = 6\nmomentum = 0.9\noptimizer = \"sgd\"\nschedule = { kind = \"cosine\" }";
            let undisturbed = learn(network, train, None, &|_| {}).unwrap();
            let folder = tempfile::tempdir().unwrap();
            let cut_off = |text: &str| assert!(!text.starts_with("epoch 4/"), "cut off");
            catch_unwind(AssertUnwindSafe(|| learn(network, train, Some(folder.path()), &cut_off)))
                .unwrap_err();
            let first = std::sync::Mutex::new(String::new());
            let note = |text: &str| {
                let mut first = first.lock().unwrap();
                if first.is_empty() {
                    *first = text.to_string();
                }
            };
            let resumed = learn(network, train, Some(folder.path()), &note).unwrap();
            assert!(first.lock().unwrap().starts_with("epoch 4/6"), "{name} began anew");
            assert!(undisturbed == resumed, "{name}");
            // Until whoever asked for it has kept what it learned.
            let kept = learn(network, train, Some(folder.path()), &|_| panic!("trained again")).unwrap();
            assert!(undisturbed == kept, "{name}");
        }
    }

    #[test]
    fn a_checkpoint_that_cannot_be_written_is_told_once_and_the_training_ends() {
        let folder = tempfile::tempdir().unwrap();
        // A folder stands where the checkpoint should.
        std::fs::create_dir_all(folder.path().join("cell.training/in the way")).unwrap();
        let heard = std::sync::Mutex::new(Vec::new());
        let note = |text: &str| heard.lock().unwrap().push(text.to_string());
        let trained = learn(&perceptron(), "epochs = 3", Some(folder.path()), &note).unwrap();
        assert!(trained == learn(&perceptron(), "epochs = 3", None, &|_| {}).unwrap());
        let heard = heard.into_inner().unwrap();
        let told: Vec<&String> = heard.iter().filter(|text| text.contains("cannot write")).collect();
        assert!(told.len() == 1 && told[0].contains("cell.training"), "{heard:?}");
    }

    #[test]
    fn one_thread_and_two_give_the_same_weights() {
        for network in &one_of_each() {
            let with = |threads: usize| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| learn(network, "epochs = 3", None, &|_| {}).unwrap())
            };
            assert!(with(1) == with(2), "{}", network.name());
        }
    }

    /// For what is the same in every architecture.
    fn perceptron() -> SmallNetwork {
        SmallNetwork::new::<Mlp>(Shape::flat(0), 0, "hidden = [7]\nbatch_norm = true\ndropout = 0.2")
    }

    /// Nine clips are learned from, eight a batch.
    #[test]
    fn a_last_batch_of_one_clip_is_left_out_where_vectors_are_normalised() {
        let network = perceptron();
        let with = |more: &str| {
            learn(&network, &format!("epochs = 2\nvalidation = 0.6{more}"), None, &|_| {}).unwrap()
        };
        assert!(with("") == with("\ndrop_last = true"));
    }

    #[test]
    fn layers_that_decay_are_there_or_refused_by_name() {
        let decay = |layers: &str| {
            let train = format!("epochs = 1\nweight_decay = 0.1\ndecay_layers = [{layers}]");
            learn(&perceptron(), &train, None, &|_| {})
        };
        assert!(decay("\"fc1\", \"fc\"").is_ok());
        let error = decay("\"fc1\", \"conv9\"").unwrap_err().to_string();
        assert!(error.contains("begins with \"conv9\"; they are fc1, bn1, fc2"), "{error}");
    }

    #[test]
    fn adamw_decays_as_in_pytorch_where_nothing_is_said() {
        let with =
            |train: &str| learn(&perceptron(), &format!("epochs = 2\n{train}"), None, &|_| {}).unwrap();
        let silent = with("optimizer = \"adamw\"");
        assert!(silent == with("optimizer = \"adamw\"\nweight_decay = 0.01"));
        assert!(silent != with("optimizer = \"adamw\"\nweight_decay = 0"));
        assert!(with("") == with("weight_decay = 0"));
        let said = |train: &str| {
            let table = toml::from_str(&format!("train = {{ {train} }}")).unwrap();
            crate::models::build("mlp", table).unwrap().parameters()["train"]["weight_decay"].as_f64()
        };
        assert_eq!((said("optimizer = \"adamw\""), said("epochs = 2")), (Some(0.01), Some(0.0)));
        let error = crate::models::build(
            "conv2d",
            toml::from_str("input = { normalise = \"none\", spec_augment = {} }").unwrap(),
        );
        assert!(error.err().unwrap().to_string().contains("spec_augment masks with 0"));
    }

    #[test]
    fn mixed_precision_on_the_processor_is_single_and_says_so() {
        let notes = |train: &str| {
            let state = learn(&perceptron(), train, None, &|_| {}).unwrap();
            TrainedNetwork::load(&state).unwrap().notes()
        };
        let mixed = notes("epochs = 2\nprecision = \"mixed\"");
        assert!(mixed.iter().any(|note| note.contains("is for graphics cards")), "{mixed:?}");
        let single = notes("epochs = 2\nprecision = \"single\"");
        assert!(!single.iter().any(|note| note.contains("precision")), "{single:?}");
        learn(&perceptron(), "precision = \"half\"", None, &|_| {}).unwrap_err();
    }

    #[test]
    fn a_loss_that_is_no_number_stops_with_step_rate_and_hint() {
        let train = "epochs = 3\noptimizer = \"sgd\"\nlearning_rate = 1e30";
        let error = learn(&perceptron(), train, None, &|_| {}).unwrap_err();
        assert!(matches!(error, ModelError::Diverged { .. }), "{error}");
        let text = error.to_string();
        for part in ["at step ", "learning rate 1e30", "train.clip_norm"] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn trained_until_a_checkpoint_and_on_from_there_is_trained_at_one_go() {
        for network in &one_of_each() {
            let name = network.name();
            let (whole, half) = ("epochs = 6\nkeep = \"last\"", "epochs = 6\nuntil = 3\nkeep = \"last\"");
            let at_one_go = learn(network, whole, None, &|_| {}).unwrap();
            let folder = tempfile::tempdir().unwrap();
            let checkpoint = learn(network, half, Some(folder.path()), &|_| {}).unwrap();
            let without = learn(network, half, None, &|_| {}).unwrap();
            assert!(checkpoint != at_one_go && checkpoint == without, "{name}");
            let again = learn(network, half, Some(folder.path()), &|_| panic!("trained again")).unwrap();
            assert!(again == checkpoint, "{name}");
            let on = learn(network, whole, Some(folder.path()), &|text| {
                assert!(!text.starts_with("epoch 3/"), "trained again");
            });
            assert!(on.unwrap() == at_one_go, "{name}");
        }
    }

    #[test]
    fn the_best_epoch_predicts_by_what_is_watched_and_patience_ends_the_training() {
        let history = |more: &str| {
            let train = format!("epochs = 40\nvalidation = 0.4\nlearning_rate = 0.05\n{more}");
            let state = learn(&perceptron(), &train, None, &|_| {}).unwrap();
            TrainedNetwork::load(&state).unwrap().history
        };
        let first_best = |scores: &mut dyn Iterator<Item = f64>| {
            let best = scores.enumerate().reduce(|best, next| if next.1 > best.1 { next } else { best });
            best.unwrap().0 + 1
        };
        let by_loss = history("keep = \"best\"");
        let epochs = &by_loss.epochs;
        let least = first_best(&mut epochs.iter().map(|epoch| -epoch.validation_loss.unwrap()));
        assert_eq!((by_loss.kept_epoch, by_loss.stopped_early), (least, false));
        let accuracy = |epoch: &Epoch| epoch.validation_accuracy.unwrap();
        let by_accuracy = history("keep = \"best\"\nwatch = \"accuracy\"");
        assert_eq!(&by_accuracy.epochs, epochs);
        assert_eq!(by_accuracy.kept_epoch, first_best(&mut epochs.iter().map(accuracy)));
        assert_eq!(history("keep = \"last\"").kept_epoch, 40);

        // Nine clips can be got right in ten ways only: some three epochs in a row gain nothing.
        let best_until = |epoch: usize| first_best(&mut epochs[..epoch].iter().map(accuracy));
        let end = (1..=40).find(|&epoch| epoch - best_until(epoch) >= 3).unwrap();
        let patient = history("keep = \"best\"\nwatch = \"accuracy\"\npatience = 3");
        assert!(patient.stopped_early);
        assert_eq!(patient.epochs, epochs[..end]);
        assert_eq!(patient.kept_epoch, best_until(end));
    }

    #[test]
    fn what_was_saved_answers_the_same_and_anything_less_is_refused() {
        for network in &one_of_each() {
            let (name, toy, frames) = (network.name(), Toy::of(network), network.clip().columns);
            let segments = format!("frames = {frames}\nhop = {HOP_FRAMES}");
            let input =
                format!("epochs = 2\n[input]\n{segments}\nspec_augment = {{ bands = 2, frames = 3 }}");
            let state = learn(network, &input, None, &|_| {}).unwrap();
            let back = TrainedNetwork::load(&state).unwrap();
            assert!(back.save().unwrap() == state, "{name}");
            let answer = back.answer(&toy.clips()).unwrap();
            assert_eq!(answer.segments[0].len(), 2, "{name}");
            let again = TrainedNetwork::load(&state).unwrap().answer(&toy.clips()).unwrap();
            assert!(answer == again, "{name}");
            for cut in [0, 10, state.len() / 2, state.len() - 1] {
                TrainedNetwork::load(&state[..cut]).unwrap_err();
            }
        }
    }
}
