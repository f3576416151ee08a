//! Somebody else's model at work, on a thread of its own that fits it, keeps it and answers for it.
//!
//! Models of other crates panic, borrow what they were fitted on, cannot be sent between threads, or do not come back.
//! On a thread of their own a panic is an error with its words, and whoever waits longer than the limit stops waiting
//! (nothing can end the thread; it is left behind and goes with the program).

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use ndarray::{Array2, ArrayView2};

use super::checks::{PresentClasses, check_rows, check_training};
use super::class_scores::spread;
use super::error::ModelError;
use super::model::{Fitted, TrainingSet};
use crate::guarded::guarded;

/// Deep trees of recursive code need more than a thread usually has.
const STACK_BYTES: usize = 256 << 20;

/// What an engine learns from; classes are counted among those present.
pub struct Lesson {
    pub x: Array2<f64>,
    pub y: Vec<usize>,
    pub classes: usize,
    pub seed: u64,
}

/// What a fitted engine says of some rows.
pub struct Answer {
    pub classes: Vec<usize>,
    /// Rows × present classes.
    pub probabilities: Option<Array2<f64>>,
}

/// A fitted engine, for as long as it is asked.
pub type Oracle<'a> = &'a dyn Fn(&Array2<f64>) -> Result<Answer, String>;

/// Takes the fitted engine, once, and returns when nobody will ask any more.
pub type Serve<'a> = &'a mut dyn FnMut(Oracle<'_>);

/// Fits, then serves.
pub type Work = Box<dyn FnOnce(&Lesson, Serve<'_>) -> Result<(), String> + Send>;

/// Which engine and model, and how long it may take.
#[derive(Debug, Clone)]
pub struct Name {
    pub engine: &'static str,
    pub model: &'static str,
    pub limit: Duration,
    pub notes: &'static [&'static str],
}

impl Name {
    fn failed(&self, reason: String) -> ModelError {
        ModelError::Engine { engine: self.engine, model: self.model, reason }
    }

    fn late(&self, what: &str) -> ModelError {
        let seconds = self.limit.as_secs_f64();
        self.failed(format!("it did not {what} within engine_seconds = {seconds} and was left behind"))
    }
}

type Question = (Array2<f64>, Sender<Result<Answer, String>>);

struct FittedElsewhere {
    name: Name,
    present: PresentClasses,
    columns: usize,
    questions: Sender<Question>,
}

/// Fits on a thread of its own.
pub fn fit(name: Name, work: Work, train: TrainingSet<'_>, seed: u64) -> Result<Box<dyn Fitted>, ModelError> {
    let present = check_training(train)?;
    let columns = train.x.ncols();
    let lesson =
        Lesson { x: train.x.to_owned(), y: present.dense.clone(), classes: present.classes.len(), seed };
    let (ready, fitted) = channel::<Result<(), String>>();
    let (questions, asked) = channel::<Question>();
    let worker = move || {
        let outcome = guarded(|| {
            work(&lesson, &mut |oracle| {
                // Who asks may have gone; then there is nobody to tell.
                let _ = ready.send(Ok(()));
                for (x, reply) in &asked {
                    let answer = guarded(|| oracle(&x));
                    let _ = reply.send(answer.unwrap_or_else(|panic| Err(panicked(&panic))));
                }
            })
        });
        let reason = match outcome {
            Ok(Ok(())) => return,
            Ok(Err(reason)) => reason,
            Err(panic) => panicked(&panic),
        };
        let _ = ready.send(Err(reason));
    };
    std::thread::Builder::new()
        .name(format!("{} {}", name.engine, name.model))
        .stack_size(STACK_BYTES)
        .spawn(worker)
        .map_err(|error| name.failed(format!("no thread for it: {error}")))?;
    match fitted.recv_timeout(name.limit) {
        Ok(Ok(())) => Ok(Box::new(FittedElsewhere { name, present, columns, questions })),
        Ok(Err(reason)) => Err(name.failed(reason)),
        Err(RecvTimeoutError::Timeout) => Err(name.late("fit")),
        Err(RecvTimeoutError::Disconnected) => Err(name.failed("it went away".to_string())),
    }
}

fn panicked(words: &str) -> String {
    format!("it panicked: {words}")
}

impl FittedElsewhere {
    fn ask(&self, x: ArrayView2<'_, f64>) -> Result<Answer, ModelError> {
        check_rows(x, self.columns)?;
        let gone = || self.name.failed("it went away".to_string());
        let (reply, answer) = channel();
        self.questions.send((x.to_owned(), reply)).map_err(|_| gone())?;
        let answer = match answer.recv_timeout(self.name.limit) {
            Ok(answer) => answer.map_err(|reason| self.name.failed(reason))?,
            Err(RecvTimeoutError::Timeout) => return Err(self.name.late("answer")),
            Err(RecvTimeoutError::Disconnected) => return Err(gone()),
        };
        if answer.classes.len() != x.nrows() {
            let (rows, found) = (x.nrows(), answer.classes.len());
            return Err(self.name.failed(format!("it gave {found} classes for {rows} rows")));
        }
        match answer.classes.iter().find(|class| **class >= self.present.classes.len()) {
            Some(class) => {
                Err(self.name.failed(format!("it answered with a class {class} that there is not")))
            }
            None => Ok(answer),
        }
    }
}

impl Fitted for FittedElsewhere {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Vec<usize>, ModelError> {
        Ok(self.ask(x)?.classes.into_iter().map(|class| self.present.classes[class]).collect())
    }

    fn probabilities(&self, x: ArrayView2<'_, f64>) -> Result<Option<Array2<f64>>, ModelError> {
        let Some(parts) = self.ask(x)?.probabilities else { return Ok(None) };
        if parts.dim() != (x.nrows(), self.present.classes.len()) {
            return Err(self.name.failed("its probabilities are not rows × classes".to_string()));
        }
        Ok(Some(spread(&parts, &self.present)))
    }

    fn notes(&self) -> Vec<String> {
        self.name.notes.iter().map(ToString::to_string).collect()
    }

    fn save(&self) -> Result<Vec<u8>, ModelError> {
        let reason =
            format!("a model of engine `{}` stays in its memory; fit the native one", self.name.engine);
        Err(ModelError::NotPacked { reason })
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn fitted(work: Work, limit: f64) -> Result<Box<dyn Fitted>, ModelError> {
        let x = array![[0.0], [1.0], [2.0]];
        let train = TrainingSet { x: x.view(), y: &[2, 2, 4], classes: 5 };
        let limit = Duration::from_secs_f64(limit);
        fit(Name { engine: "e", model: "m", limit, notes: &[] }, work, train, 1)
    }

    #[test]
    fn an_engine_that_panics_hangs_or_lies_is_an_error_and_a_good_one_answers() {
        let x = array![[0.0], [3.0]];
        let answer = |classes: Vec<usize>| Answer { classes, probabilities: None };
        let good: Work = Box::new(move |lesson, serve| {
            let borrowed = &lesson.y;
            serve(&|x| Ok(answer(vec![borrowed[2]; x.nrows()])));
            Ok(())
        });
        assert_eq!(fitted(good, 60.0).unwrap().predict(x.view()).unwrap(), [4, 4]);
        let refusal = |work: Work, limit| fitted(work, limit).map(|_| ()).unwrap_err().to_string();
        assert!(refusal(Box::new(|_, _| Err("no".into())), 60.0).contains("no"));
        assert!(refusal(Box::new(|_, _| panic!("oh dear")), 60.0).contains("it panicked: oh dear"));
        let sleeper: Work = Box::new(|_, _| {
            std::thread::sleep(Duration::from_secs(2));
            Ok(())
        });
        assert!(refusal(sleeper, 0.05).contains("did not fit within"));
        let late: Work = Box::new(|_, serve| {
            serve(&|_| panic!("too late"));
            Ok(())
        });
        let said = fitted(late, 60.0).unwrap().predict(x.view()).unwrap_err().to_string();
        assert!(said.contains("too late"), "{said}");
        let liar: Work = Box::new(move |_, serve| {
            serve(&|x| Ok(answer(vec![7; x.nrows()])));
            Ok(())
        });
        assert!(fitted(liar, 60.0).unwrap().predict(x.view()).is_err());
    }
}
