//! What a classifier is: a recipe that can be fitted, and a fitted thing that can predict.

use ndarray::{Array2, ArrayView2};

use super::error::ModelError;
use super::network::Network;

/// The training side: scaled, imputed features and class indices below `classes`.
#[derive(Debug, Clone, Copy)]
pub struct TrainingSet<'a> {
    /// Rows × columns.
    pub x: ArrayView2<'a, f64>,
    /// Each row's class.
    pub y: &'a [usize],
    /// How many the table has; some may have no row here.
    pub classes: usize,
}

/// What is known of the training rows beside their numbers, for models that divide them or set some aside to watch.
#[derive(Debug, Clone, Default)]
pub struct Aside<'a> {
    /// Each row's artist or source; empty where nothing is known of any.
    pub groups: Vec<Option<&'a str>>,
    /// Whether every row has a group and a division of the rows must keep each together.
    pub grouped: bool,
    /// Rows that the data set itself sets aside for validation, ascending.
    pub watched: Vec<usize>,
    /// Whether nothing is to be learned from those; only networks are given such.
    pub watched_only: bool,
}

impl Aside<'_> {
    /// The same of the rows at these places, ascending.
    pub fn of_rows(&self, rows: &[usize]) -> Self {
        let watched = |place: &usize| self.watched.binary_search(&rows[*place]).is_ok();
        Self {
            groups: rows.iter().filter_map(|&row| self.groups.get(row).copied()).collect(),
            grouped: self.grouped,
            watched: (0..rows.len()).filter(watched).collect(),
            watched_only: self.watched_only,
        }
    }
}

/// A classifier's recipe: parameters, not yet fitted.
pub trait Model: Send + Sync {
    /// The same training side and seed give the same fit, bit for bit.
    fn fit(&self, train: TrainingSet<'_>, seed: u64) -> Result<Box<dyn Fitted>, ModelError>;

    /// The same for a model that divides its rows or watches some while it learns from the others; else what is known of
    /// them makes no difference.
    fn fit_aside(
        &self,
        train: TrainingSet<'_>,
        _aside: &Aside<'_>,
        seed: u64,
    ) -> Result<Box<dyn Fitted>, ModelError> {
        self.fit(train, seed)
    }

    /// Every parameter with the value in effect, defaults filled in; this is what a run record keeps.
    fn parameters(&self) -> serde_json::Value;

    /// The recipe as a neural network, which takes frame matrices as well; `None` for all other models.
    fn network(&self) -> Option<&dyn Network> {
        None
    }
}

/// One class index a row, and rows × classes.
pub type ClassesAndProbabilities = (Vec<usize>, Option<Array2<f64>>);

/// What a model says of rows: both at once where that is cheaper.
pub fn answers(fitted: &dyn Fitted, x: ArrayView2<'_, f64>) -> Result<ClassesAndProbabilities, ModelError> {
    match fitted.answer(x)? {
        Some(both) => Ok(both),
        None => Ok((fitted.predict(x)?, fitted.probabilities(x)?)),
    }
}

/// A fitted classifier.
pub trait Fitted: Send + Sync {
    /// One class index a row; ties go to the lowest index.
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Vec<usize>, ModelError>;

    /// Rows × classes, each row summing to 1; `None` where the method has none.
    fn probabilities(&self, _x: ArrayView2<'_, f64>) -> Result<Option<Array2<f64>>, ModelError> {
        Ok(None)
    }

    /// What `predict` and `probabilities` say, to the bit, where both together cost hardly more than the classes alone;
    /// `None` where each is to be asked for by itself.
    fn answer(&self, _x: ArrayView2<'_, f64>) -> Result<Option<ClassesAndProbabilities>, ModelError> {
        Ok(None)
    }

    /// Rows × classes, the larger the surer, of no fixed scale; −∞ for a class missing from the training side. For
    /// methods whose own answer is such a figure and no probability.
    fn decisions(&self, _x: ArrayView2<'_, f64>) -> Result<Option<Array2<f64>>, ModelError> {
        Ok(None)
    }

    /// What a reader of the scores should know of this fit, such as an iteration limit that was reached.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// One a column, summing to 1 (or all 0): how much of what was learned each column gave; `None` where the
    /// method has no such figure.
    fn importances(&self) -> Option<Vec<f64>> {
        None
    }

    /// All that prediction needs, for the entry's `load` to read: `stored::pack(self)` where the fitted struct is
    /// serde's, or bytes of the model's own (a network's weights).
    fn save(&self) -> Result<Vec<u8>, ModelError>;
}

/// One line of a model's help.
#[derive(Debug, Clone, Copy)]
pub struct ParameterHelp {
    pub name: &'static str,
    /// As it would be written in the experiment file; `none` where leaving it out is the default.
    pub default: &'static str,
    pub meaning: &'static str,
}

/// A fitted model from its bytes.
pub type LoadFitted = fn(&[u8]) -> Result<Box<dyn Fitted>, ModelError>;

/// One item of the registry.
pub struct ModelEntry {
    /// As a row's `model` calls it.
    pub name: &'static str,
    pub summary: &'static str,
    pub parameters: &'static [ParameterHelp],
    /// A row's parameters, checked.
    pub parse: fn(toml::Table) -> Result<Box<dyn Model>, ModelError>,
    /// What `Fitted::save` wrote, back to a thing that predicts the same bits (`stored::unpack`).
    pub load: LoadFitted,
}
