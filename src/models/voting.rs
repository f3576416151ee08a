//! Several models, each fitted on all training rows, vote.
//!
//! `hard`: the class with the most votes, each counting its member's weight, ties going to the lowest class; `soft`: the
//! class with the largest weighted mean of the members' probabilities. scikit-learn's `VotingClassifier`.

use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::checks::{check_rows, check_two_classes};
use super::class_scores::argmax_of_rows;
use super::error::ModelError;
use super::members::{self, Build, FittedMember, Load, Member, SavedMember};
use super::model::{Aside, Fitted, Model, ParameterHelp, TrainingSet};
use super::parameters;
use super::stored;

pub const MODEL: &str = "voting";

pub const SUMMARY: &str = "several models vote, by class or by mean probability";

pub const HELP: &[ParameterHelp] = &[
    ParameterHelp {
        name: "members",
        default: members::USUAL,
        meaning: "the models: names, or tables like { model = \"svc\", C = 3 }",
    },
    ParameterHelp {
        name: "voting",
        default: "\"hard\"",
        meaning: "\"hard\" (one vote each) or \"soft\" (mean probability)",
    },
    ParameterHelp {
        name: "weights",
        default: "none",
        meaning: "one number a member; left out, all weigh the same",
    },
];

#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Rule {
    Hard,
    Soft,
}

#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Written {
    voting: Rule,
    #[serde(deserialize_with = "weights")]
    weights: Option<Vec<f64>>,
}

impl Default for Written {
    fn default() -> Self {
        Self { voting: Rule::Hard, weights: None }
    }
}

fn weights<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<f64>>, D::Error> {
    let weights = Vec::<f64>::deserialize(deserializer)?;
    let fair = weights.iter().all(|weight| *weight >= 0.0 && weight.is_finite());
    if fair && weights.iter().any(|weight| *weight > 0.0) {
        return Ok(Some(weights));
    }
    Err(serde::de::Error::custom("expected numbers of 0 or more, one of them above 0"))
}

struct Voting {
    members: Vec<Member>,
    rule: Rule,
    weights: Option<Vec<f64>>,
}

struct FittedVoting {
    members: Vec<FittedMember>,
    rule: Rule,
    weights: Vec<f64>,
    columns: usize,
    classes: usize,
}

/// What is kept of one.
#[derive(Serialize, Deserialize)]
struct Saved {
    members: Vec<SavedMember>,
    rule: Rule,
    weights: Vec<f64>,
    columns: usize,
    #[serde(deserialize_with = "stored::classes")]
    classes: usize,
}

/// The keys of a row.
pub fn read(mut table: toml::Table, build: Build) -> Result<Box<dyn Model>, ModelError> {
    let members = Member::read_all(MODEL, &mut table, build)?;
    let Written { voting: rule, weights } = parameters::parse(MODEL, HELP, table)?;
    if let Some(weights) = weights.as_ref().filter(|weights| weights.len() != members.len()) {
        return Err(ModelError::BadParameter {
            model: MODEL.to_string(),
            key: "weights".to_string(),
            reason: format!("{} numbers came with {} members", weights.len(), members.len()),
        });
    }
    Ok(Box::new(Voting { members, rule, weights }))
}

/// What `Fitted::save` gave.
pub fn load(state: &[u8], load: Load) -> Result<Box<dyn Fitted>, ModelError> {
    let Saved { members, rule, weights, columns, classes } = stored::unpack_as(MODEL, state)?;
    let members =
        members.iter().map(|saved| FittedMember::load(saved, load)).collect::<Result<Vec<_>, _>>()?;
    if members.is_empty() || members.len() != weights.len() {
        let reason = "members and weights do not match".to_string();
        return Err(ModelError::BrokenState { model: MODEL.to_string(), reason });
    }
    Ok(Box::new(FittedVoting { members, rule, weights, columns, classes }))
}

impl Model for Voting {
    fn fit(&self, train: TrainingSet<'_>, seed: u64) -> Result<Box<dyn Fitted>, ModelError> {
        self.fit_aside(train, &Aside::default(), seed)
    }

    fn fit_aside(
        &self,
        train: TrainingSet<'_>,
        aside: &Aside<'_>,
        seed: u64,
    ) -> Result<Box<dyn Fitted>, ModelError> {
        check_two_classes(train, MODEL)?;
        let members = members::fit_all(MODEL, &self.members, train, aside, seed)?;
        if self.rule == Rule::Soft
            && let Some(place) = members::without_probabilities(&members, train.x)?
        {
            return Err(ModelError::BadParameter {
                model: MODEL.to_string(),
                key: "voting".to_string(),
                reason: format!(
                    "member {} ({}) has no probabilities: take voting = \"hard\", or give it probability = true if it \
                     has that parameter",
                    place + 1,
                    members[place].name
                ),
            });
        }
        let weights = self.weights.clone().unwrap_or_else(|| vec![1.0; members.len()]);
        let (columns, classes) = (train.x.ncols(), train.classes);
        Ok(Box::new(FittedVoting { members, rule: self.rule, weights, columns, classes }))
    }

    fn parameters(&self) -> Value {
        let members: Vec<Value> = self.members.iter().map(Member::parameters).collect();
        json!({ "members": members, "voting": self.rule, "weights": self.weights })
    }
}

impl FittedVoting {
    fn mean_probabilities(&self, x: ArrayView2<'_, f64>) -> Result<Array2<f64>, ModelError> {
        let mut mean = Array2::<f64>::zeros((x.nrows(), self.classes));
        for (member, weight) in self.members.iter().zip(&self.weights) {
            if let Some(own) = member.fitted.probabilities(x)? {
                mean.scaled_add(*weight, &own);
            }
        }
        // Divided once, by what the same weights add up to: shares that are each rounded can add up to more than 1.
        mean /= self.weights.iter().sum::<f64>();
        Ok(mean)
    }

    fn votes(&self, x: ArrayView2<'_, f64>) -> Result<Array2<f64>, ModelError> {
        let mut votes = Array2::zeros((x.nrows(), self.classes));
        for (member, weight) in self.members.iter().zip(&self.weights) {
            for (row, class) in member.fitted.predict(x)?.into_iter().enumerate() {
                votes[[row, class]] += weight;
            }
        }
        Ok(votes)
    }
}

impl Fitted for FittedVoting {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Vec<usize>, ModelError> {
        check_rows(x, self.columns)?;
        let scores = match self.rule {
            Rule::Hard => self.votes(x)?,
            Rule::Soft => self.mean_probabilities(x)?,
        };
        Ok(argmax_of_rows(&scores))
    }

    fn probabilities(&self, x: ArrayView2<'_, f64>) -> Result<Option<Array2<f64>>, ModelError> {
        check_rows(x, self.columns)?;
        match self.rule {
            Rule::Hard => Ok(None),
            Rule::Soft => self.mean_probabilities(x).map(Some),
        }
    }

    fn notes(&self) -> Vec<String> {
        members::notes(&self.members)
    }

    fn save(&self) -> Result<Vec<u8>, ModelError> {
        stored::pack(&Saved {
            members: self.members.iter().map(FittedMember::save).collect::<Result<_, _>>()?,
            rule: self.rule,
            weights: self.weights.clone(),
            columns: self.columns,
            classes: self.classes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sure of the first of two classes, whatever it is asked.
    struct Sure;

    impl Fitted for Sure {
        fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Vec<usize>, ModelError> {
            Ok(vec![0; x.nrows()])
        }

        fn probabilities(&self, x: ArrayView2<'_, f64>) -> Result<Option<Array2<f64>>, ModelError> {
            Ok(Some(sure_of(x.nrows())))
        }

        fn save(&self) -> Result<Vec<u8>, ModelError> {
            Ok(Vec::new())
        }
    }

    fn sure_of(rows: usize) -> Array2<f64> {
        Array2::from_shape_fn((rows, 2), |(_, class)| if class == 0 { 1.0 } else { 0.0 })
    }

    /// Nine ninths of 1 come out above it where each is rounded.
    #[test]
    fn members_that_are_sure_are_not_surer_together() {
        for (count, weight) in [(9, 1.0), (9, 0.1), (11, 0.7), (21, 3.0)] {
            let member = |_| FittedMember { name: "sure".to_string(), fitted: Box::new(Sure) };
            let members = (0..count).map(member).collect();
            let weights = vec![weight; count];
            let voting = FittedVoting { members, rule: Rule::Soft, weights, columns: 1, classes: 2 };
            let mean = voting.mean_probabilities(Array2::zeros((3, 1)).view()).unwrap();
            assert_eq!(mean, sure_of(3), "{count} of weight {weight}");
        }
    }
}
