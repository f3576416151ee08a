//! A last model learns from what the members say of rows that they have not seen.
//!
//! Every member is fitted on all but one of `cv` stratified inner folds in turn (`inner_folds`: where the split keeps
//! artists or sources apart, so do they) and asked about the one left out; the last model is fitted on those answers, and
//! the members once more on all rows. An answer is the probabilities (of two classes the second's), else the decisions,
//! else one column a class with a 1 for the class said; with `passthrough` the columns themselves stand beside them.
//! Wolpert, "Stacked generalization", Neural Networks 5 (1992), as scikit-learn's `StackingClassifier`.

use ndarray::{Array2, ArrayView2, Axis, concatenate};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::checks::{PresentClasses, check_rows, check_two_classes};
use super::error::ModelError;
use super::inner_folds::{inner_folds, sides};
use super::members::{self, Build, FittedMember, Load, Member, SavedMember, seed_of};
use super::model::{Aside, ClassesAndProbabilities, Fitted, Model, ParameterHelp, TrainingSet};
use super::parameters;
use super::stored;
use crate::random::Draws;

pub const MODEL: &str = "stacking";

pub const SUMMARY: &str = "a last model learns from several models' answers on inner folds";

pub const HELP: &[ParameterHelp] = &[
    ParameterHelp {
        name: "members",
        default: members::USUAL,
        meaning: "the models: names, or tables like { model = \"svc\", C = 3 }",
    },
    ParameterHelp {
        name: "final_model",
        default: "\"logistic_regression\"",
        meaning: "the model that learns from their answers: a name or a table",
    },
    ParameterHelp { name: "cv", default: "5", meaning: "inner folds" },
    ParameterHelp {
        name: "passthrough",
        default: "false",
        meaning: "whether the last model sees the columns too",
    },
];

#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Written {
    #[serde(deserialize_with = "parameters::from_to::<_, 2, 1000>")]
    cv: usize,
    passthrough: bool,
}

impl Default for Written {
    fn default() -> Self {
        Self { cv: 5, passthrough: false }
    }
}

struct Stacking {
    members: Vec<Member>,
    last: Member,
    cv: usize,
    passthrough: bool,
}

struct FittedStacking {
    present: PresentClasses,
    members: Vec<FittedMember>,
    last: FittedMember,
    passthrough: bool,
    columns: usize,
    notes: Vec<String>,
}

/// What is kept of one.
#[derive(Serialize, Deserialize)]
struct Saved {
    present: PresentClasses,
    members: Vec<SavedMember>,
    last: SavedMember,
    passthrough: bool,
    columns: usize,
    /// Files of earlier versions have none.
    #[serde(default)]
    notes: Vec<String>,
}

/// The keys of a row.
pub fn read(mut table: toml::Table, build: Build) -> Result<Box<dyn Model>, ModelError> {
    let members = Member::read_all(MODEL, &mut table, build)?;
    let last = table.remove("final_model").unwrap_or_else(|| "logistic_regression".into());
    let last = Member::read(MODEL, "final_model", last, build).map_err(|error| match error {
        own @ ModelError::BadParameter { .. } if own.to_string().contains("`final_model`") => own,
        other => ModelError::BadParameter {
            model: MODEL.to_string(),
            key: "final_model".to_string(),
            reason: other.to_string(),
        },
    })?;
    let Written { cv, passthrough } = parameters::parse(MODEL, HELP, table)?;
    Ok(Box::new(Stacking { members, last, cv, passthrough }))
}

/// What `Fitted::save` gave.
pub fn load(state: &[u8], load: Load) -> Result<Box<dyn Fitted>, ModelError> {
    let Saved { present, members, last, passthrough, columns, notes } = stored::unpack_as(MODEL, state)?;
    let members = members.iter().map(|saved| FittedMember::load(saved, load)).collect::<Result<_, _>>()?;
    let last = FittedMember::load(&last, load)?;
    Ok(Box::new(FittedStacking { present, members, last, passthrough, columns, notes }))
}

/// Rows × answer columns of one member.
fn answers(
    fitted: &dyn Fitted,
    x: ArrayView2<'_, f64>,
    present: &PresentClasses,
) -> Result<Array2<f64>, ModelError> {
    let figures = match fitted.probabilities(x)? {
        None => fitted.decisions(x)?,
        probabilities => probabilities,
    };
    let wide = match figures {
        Some(figures) => figures,
        None => {
            let mut said = Array2::zeros((x.nrows(), present.of));
            fitted.predict(x)?.into_iter().enumerate().for_each(|(row, class)| said[[row, class]] = 1.0);
            said
        }
    };
    let mut answers = wide.select(Axis(1), &present.classes);
    // A class that a fold's training side lacked is the least likely of all.
    for mut row in answers.rows_mut() {
        let least = row.iter().filter(|value| value.is_finite()).fold(f64::INFINITY, |a, b| a.min(*b));
        row.mapv_inplace(|value| if value == f64::NEG_INFINITY { least } else { value });
    }
    Ok(match present.classes.len() {
        2 => answers.slice_move(ndarray::s![.., 1..]),
        _ => answers,
    })
}

fn beside(parts: &[Array2<f64>], x: Option<ArrayView2<'_, f64>>) -> Result<Array2<f64>, ModelError> {
    let views: Vec<ArrayView2<'_, f64>> = parts.iter().map(|part| part.view()).chain(x).collect();
    concatenate(Axis(1), &views)
        .map_err(|error| ModelError::BadParameters { model: MODEL.to_string(), reason: error.to_string() })
}

impl Stacking {
    /// Each member's answers on rows that it has not seen, rows in the order of the table.
    fn unseen_answers(
        &self,
        train: TrainingSet<'_>,
        aside: &Aside<'_>,
        folds: &[usize],
        present: &PresentClasses,
        seed: u64,
    ) -> Result<Vec<Array2<f64>>, ModelError> {
        let tasks: Vec<(usize, usize)> =
            (0..self.members.len()).flat_map(|member| (0..self.cv).map(move |fold| (member, fold))).collect();
        let task = |(place, fold): (usize, usize)| {
            let (learn, held) = sides(train, folds, fold);
            let seed = seed_of(seed, place, Some(fold));
            let training = learn.training(train.classes);
            let rows: Vec<usize> = (0..folds.len()).filter(|&row| folds[row] != fold).collect();
            let aside = aside.of_rows(&rows);
            let fitted = members::fit_one(MODEL, &self.members[place], place, training, &aside, seed)?;
            answers(fitted.as_ref(), held.x.view(), present)
        };
        let answered: Vec<Array2<f64>> = tasks.into_par_iter().map(task).collect::<Result<_, _>>()?;
        Ok(answered
            .chunks(self.cv)
            .map(|of_folds| {
                let mut whole = Array2::zeros((folds.len(), of_folds[0].ncols()));
                let mut next = vec![0; self.cv];
                for (mut row, fold) in whole.rows_mut().into_iter().zip(folds) {
                    row.assign(&of_folds[*fold].row(next[*fold]));
                    next[*fold] += 1;
                }
                whole
            })
            .collect())
    }
}

impl Model for Stacking {
    fn fit(&self, train: TrainingSet<'_>, seed: u64) -> Result<Box<dyn Fitted>, ModelError> {
        self.fit_aside(train, &Aside::default(), seed)
    }

    fn fit_aside(
        &self,
        train: TrainingSet<'_>,
        aside: &Aside<'_>,
        seed: u64,
    ) -> Result<Box<dyn Fitted>, ModelError> {
        let present = check_two_classes(train, MODEL)?;
        let (folds, note) = inner_folds(train.y, self.cv, aside, seed, MODEL)?;
        let unseen = self.unseen_answers(train, aside, &folds, &present, seed)?;
        let members = members::fit_all(MODEL, &self.members, train, aside, seed)?;
        let x = beside(&unseen, self.passthrough.then_some(train.x))?;
        let last = TrainingSet { x: x.view(), ..train };
        // Its rows are the training side's, in that order.
        let fitted = self.last.recipe.fit_aside(last, aside, Draws::new(seed, "final").seed())?;
        let last = FittedMember { name: self.last.name.clone(), fitted };
        let (columns, notes) = (train.x.ncols(), note.into_iter().collect());
        Ok(Box::new(FittedStacking { present, members, last, passthrough: self.passthrough, columns, notes }))
    }

    fn parameters(&self) -> Value {
        let members: Vec<Value> = self.members.iter().map(Member::parameters).collect();
        let last = self.last.parameters();
        json!({
            "members": members, "final_model": last, "cv": self.cv, "passthrough": self.passthrough
        })
    }
}

impl FittedStacking {
    fn answers(&self, x: ArrayView2<'_, f64>) -> Result<Array2<f64>, ModelError> {
        check_rows(x, self.columns)?;
        let answer = |member: &FittedMember| answers(member.fitted.as_ref(), x, &self.present);
        let parts: Vec<Array2<f64>> = self.members.iter().map(answer).collect::<Result<_, _>>()?;
        beside(&parts, self.passthrough.then_some(x))
    }
}

impl Fitted for FittedStacking {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Vec<usize>, ModelError> {
        self.last.fitted.predict(self.answers(x)?.view())
    }

    fn probabilities(&self, x: ArrayView2<'_, f64>) -> Result<Option<Array2<f64>>, ModelError> {
        self.last.fitted.probabilities(self.answers(x)?.view())
    }

    fn answer(&self, x: ArrayView2<'_, f64>) -> Result<Option<ClassesAndProbabilities>, ModelError> {
        let (answers, last) = (self.answers(x)?, &self.last.fitted);
        Ok(Some((last.predict(answers.view())?, last.probabilities(answers.view())?)))
    }

    fn decisions(&self, x: ArrayView2<'_, f64>) -> Result<Option<Array2<f64>>, ModelError> {
        self.last.fitted.decisions(self.answers(x)?.view())
    }

    fn notes(&self) -> Vec<String> {
        let last = self.last.fitted.notes().into_iter().map(|note| format!("final model: {note}"));
        members::notes(&self.members).into_iter().chain(last).chain(self.notes.iter().cloned()).collect()
    }

    fn save(&self) -> Result<Vec<u8>, ModelError> {
        stored::pack(&Saved {
            present: self.present.clone(),
            members: self.members.iter().map(FittedMember::save).collect::<Result<_, _>>()?,
            last: self.last.save()?,
            passthrough: self.passthrough,
            columns: self.columns,
            notes: self.notes.clone(),
        })
    }
}
