//! From clips to a trained network: validation clips set aside, input normalised and cut, weights started, trained.

use ndarray::ArrayView2;

use super::architecture::{Recipe, blueprint};
use super::blueprint::Shape;
use super::engine_on::engine_on;
use super::present_among::PresentAmong;
use super::samples::Samples;
use super::segments::{Normaliser, shape_of};
use super::trained::{TrainedNetwork, check_clips};
use super::trainer::Trainer;
use super::training::Training;
use super::validation::hold_out;
use crate::models::checks::balanced_weights;
use crate::models::error::ModelError;
use crate::models::network::{Lesson, Workshop};
use crate::models::parameters::ClassWeight;
use crate::random::Draws;

/// Trains the network of `member`: its draws, files and history carry that name.
pub fn train(
    recipe: &Recipe,
    lesson: &Lesson<'_>,
    workshop: &Workshop<'_>,
    member: &str,
) -> Result<TrainedNetwork, ModelError> {
    let architecture = recipe.architecture.as_ref();
    let model = architecture.name();
    let (input, training) = (&recipe.shared.input, &recipe.shared.train);
    let (takes_frames, takes_table) = architecture.wants().of_clips(!lesson.clips.frames.is_empty());
    let refuse = |reason: String| ModelError::Network { model: model.to_string(), reason };
    check_clips(model, &lesson.clips, takes_frames)?;
    let clips = if takes_frames { lesson.clips.frames.as_slice() } else { &[] };
    let table = lesson.clips.table.filter(|_| takes_table);
    if takes_table && table.is_none_or(|table| table.ncols() == 0) {
        return Err(refuse(
            "it is fed with rows of a table too: features = { frames = …, beside = { … } }".to_string(),
        ));
    }
    let shape = if takes_frames { shape_of(input, clips) } else { Shape::flat(0) };
    let columns = table.map_or(0, |table| table.ncols());

    // Classes that no clip has are left out, so that they are never predicted.
    let (present, y) = PresentAmong::of(lesson.y, lesson.classes);
    let y = y.as_slice();
    let (kept, held) = sides(model, training, lesson, y, workshop.seed)?;
    let of = |places: &[usize]| places.iter().map(|&place| clips[place]).collect::<Vec<_>>();
    let normaliser = Normaliser::learn(
        input.normalise,
        &if takes_frames { of(&kept) } else { Vec::new() },
        input.frames.is_none().then_some(shape.columns),
    );
    let gather = |places: &[usize], copies: &[(usize, ArrayView2<'_, f32>)]| {
        let samples = match takes_frames {
            true => {
                let own = places.iter().map(|&place| (place, clips[place]));
                let altered = copies.iter().filter(|(place, _)| places.binary_search(place).is_ok());
                let altered = altered.map(|(place, copy)| (*place, copy.reborrow()));
                Samples::of_frames(own.chain(altered), y, input, shape, &normaliser)
            }
            false => Samples::of_rows(places.iter().copied(), y),
        };
        match table {
            Some(table) => samples.with_table(table),
            None => samples,
        }
    };
    let learned_from = gather(&kept, &lesson.copies);
    let validated_on = gather(&held, if training.validate_copies { &lesson.copies } else { &[] });

    let plan = blueprint(architecture, shape, columns, present.classes.len())
        .map_err(|error| refuse(error.to_string()))?;
    training.check_layers(&plan).map_err(refuse)?;
    let start_seed = Draws::new(workshop.seed, &format!("{member}weights")).seed();
    let mut weights = training.initialisers().weights(&plan, start_seed);
    let start = architecture.start_from(&plan, &mut weights, "").map_err(refuse)?;
    let update = training.update(0, 1);
    let (mut engine, device) = engine_on(training.device, plan.clone(), weights, &update, training.precision)
        .map_err(|source| ModelError::Device { model: model.to_string(), source })?;
    let trainer = Trainer {
        model,
        plan: &plan,
        training,
        augment: input.spec_augment.as_ref(),
        learned_from: &learned_from,
        validated_on: &validated_on,
        class_weights: training
            .class_weight
            .map(|ClassWeight::Balanced| balanced(y, present.classes.len(), &kept)),
        workshop,
        member,
    };
    let (weights, history) = trainer.run(engine.as_mut())?;
    Ok(TrainedNetwork {
        model: model.to_string(),
        input: input.clone(),
        normaliser,
        takes_frames,
        plan,
        weights,
        history,
        start,
        device,
        present: (present.classes.len() < present.of).then_some(present),
    })
}

/// The clips that are learned from and those that are watched, both ascending: as the data set sets them aside, else held
/// out by groups.
fn sides(
    model: &'static str,
    training: &Training,
    lesson: &Lesson<'_>,
    y: &[usize],
    seed: u64,
) -> Result<(Vec<usize>, Vec<usize>), ModelError> {
    let watches = training.validation > 0.0;
    let set_aside = || (0..y.len()).partition(|place| lesson.watched.binary_search(place).is_err());
    let (kept, held): (Vec<usize>, Vec<usize>) = match (watches, lesson.watched.is_empty()) {
        (false, false) if lesson.watched_only => (set_aside().0, Vec::new()),
        (false, _) => ((0..y.len()).collect(), Vec::new()),
        (true, false) => set_aside(),
        (true, true) => hold_out(y, &lesson.groups, training.validation, &mut Draws::new(seed, "validation")),
    };
    if kept.is_empty() {
        let reason = "every clip of the training side belongs to the data set's own validation side, and none is left \
                      to learn from; set train.validation = 0 to learn from them";
        return Err(ModelError::Network { model: model.to_string(), reason: reason.to_string() });
    }
    if watches && held.is_empty() {
        let needed =
            format!("a clip for train.validation = {} (raise it, or set it to 0)", training.validation);
        return Err(ModelError::TooFewRows { model, needed, rows: y.len() });
    }
    Ok((kept, held))
}

/// rows / (classes present · rows of the class); 0 for classes that are not there.
fn balanced(y: &[usize], classes: usize, kept: &[usize]) -> Vec<f32> {
    let mut counts = vec![0usize; classes];
    kept.iter().for_each(|&clip| counts[y[clip]] += 1);
    balanced_weights(&counts).into_iter().map(|weight| weight as f32).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ndarray::Array2;

    use crate::models::network::{Answer, Clips, Lesson, Workshop};
    use crate::models::neural::History;
    use crate::models::neural::training::Training;
    use crate::models::{ModelError, build};
    use crate::random::Draws;

    /// An mlp taught with clips of classes 0 and 2 of 4, and what it says of them.
    fn taught(train: &str, watched: Vec<usize>) -> Result<Answer, ModelError> {
        let mut draws = Draws::new(3, "teaching");
        let y: Vec<usize> = (0..24).map(|clip| 2 * (clip % 2)).collect();
        let x = Array2::from_shape_fn((24, 4), |(row, _)| draws.normal() + y[row] as f64);
        let clips = Clips { frames: Vec::new(), table: Some(x.view()) };
        let lesson = Lesson { clips: clips.clone(), y: &y, classes: 4, watched, ..Lesson::default() };
        let between_checkpoints = Duration::MAX;
        let workshop =
            Workshop { seed: 1, checkpoints: None, between_checkpoints, tell: &|_| {}, warn: &|_| {} };
        let parameters = format!("hidden = [5]\ntrain = {{ batch = 24, {train} }}");
        let recipe = build("mlp", toml::from_str(&parameters).unwrap())?;
        recipe.network().unwrap().train(&lesson, &workshop)?.answer(&clips)
    }

    #[test]
    fn a_class_without_clips_is_never_answered() {
        let answer = taught("epochs = 3", Vec::new()).unwrap();
        assert_eq!(answer.probabilities.ncols(), 4);
        for row in answer.probabilities.rows() {
            assert!(row[1] == 0.0 && row[3] == 0.0 && (row[0] + row[2] - 1.0).abs() < 1e-6, "{row}");
        }
        assert_eq!(answer.segments[0][0].probabilities[3], 0.0);
    }

    #[test]
    fn a_side_that_is_all_validation_is_refused() {
        let error = taught("epochs = 3", (0..24).collect()).unwrap_err().to_string();
        assert!(error.contains("none is left to learn from"), "{error}");
        assert!(taught("epochs = 3, validation = 0", (0..24).collect()).is_ok());
    }

    /// A small network that watches clips 0 and 1 of 12 and is given one altered copy.
    fn with_copy(of: usize, copy: f32, train: &str) -> Result<History, ModelError> {
        let mut draws = Draws::new(5, "copies");
        let y: Vec<usize> = (0..12).map(|clip| clip % 2).collect();
        let mut matrix =
            |class: usize| Array2::from_shape_fn((10, 4), |_| (draws.normal() + class as f64) as f32);
        let matrices: Vec<Array2<f32>> = y.iter().map(|class| matrix(*class)).collect();
        let altered = Array2::from_elem((10, 4), copy);
        let frames = matrices.iter().map(|matrix| matrix.view()).collect();
        let lesson = Lesson {
            clips: Clips { frames, table: None },
            y: &y,
            classes: 2,
            copies: vec![(of, altered.view())],
            watched: vec![0, 1],
            ..Lesson::default()
        };
        let between_checkpoints = Duration::MAX;
        let workshop =
            Workshop { seed: 1, checkpoints: None, between_checkpoints, tell: &|_| {}, warn: &|_| {} };
        let parameters = format!(
            "channels = [4]\nkernel = 3\npool = 2\ntrain = {{ epochs = 2, batch = 4, validation = 0.2{train} }}"
        );
        let recipe = build("conv1d", toml::from_str(&parameters).unwrap())?;
        Ok(recipe.network().unwrap().train(&lesson, &workshop)?.histories().remove(0))
    }

    #[test]
    fn a_copy_of_a_watched_clip_is_not_learned_from() {
        with_copy(0, f32::NAN, "").unwrap();
        let error = with_copy(5, f32::NAN, "").unwrap_err();
        assert!(matches!(error, ModelError::Diverged { .. }), "{error}");
        // Where it is asked for, it is validated on.
        let usual = with_copy(0, 3.0, "").unwrap();
        let validated = with_copy(0, 3.0, ", validate_copies = true").unwrap();
        let (epoch, other) = (usual.epochs[0], validated.epochs[0]);
        assert_eq!(epoch.train_loss, other.train_loss);
        assert_ne!(epoch.validation_loss, other.validation_loss);
    }

    #[test]
    fn clips_are_watched_as_the_data_set_sets_them_aside() {
        let y: Vec<usize> = (0..12).map(|clip| clip % 2).collect();
        let of = |validation: f64, watched: &[usize], watched_only: bool| {
            let lesson = Lesson { y: &y, watched: watched.to_vec(), watched_only, ..Lesson::default() };
            super::sides("mlp", &Training { validation, ..Training::default() }, &lesson, &y, 1)
        };
        let all: Vec<usize> = (0..12).collect();
        let (kept, held): (Vec<usize>, Vec<usize>) = (0..12).partition(|place| *place != 2 && *place != 5);
        assert_eq!(of(0.2, &[2, 5], false).unwrap(), (kept.clone(), held.clone()));
        assert_eq!(of(0.2, &[2, 5], true).unwrap(), (kept.clone(), held));
        assert_eq!(of(0.0, &[2, 5], false).unwrap(), (all, vec![]));
        assert_eq!(of(0.0, &[2, 5], true).unwrap(), (kept, vec![]), "not even where nothing is watched");
        let (kept, held) = of(0.5, &[], false).unwrap();
        assert_eq!((kept.len(), held.len()), (6, 6));
    }

    #[test]
    fn weights_that_the_last_step_spoiled_are_not_answered_with() {
        let spoiling = "epochs = 1, optimizer = \"sgd\", learning_rate = 3e38";
        for validation in ["0", "0.2"] {
            let error = taught(&format!("{spoiling}, validation = {validation}"), Vec::new()).unwrap_err();
            assert!(error.to_string().contains("train.clip_norm"), "{error}");
        }
    }
}
