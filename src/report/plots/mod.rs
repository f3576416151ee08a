//! The pictures of a run. One file a plot; [`PLOTS`] is the registry, in the order a page shows them.

mod calibration;
mod comparison;
mod confusion;
mod critical_difference;
mod f1_by_class;
mod feature_moments;
mod importance;
mod labels;
mod learning_curves;
mod map;
mod panels;
mod robustness;
mod score_and_time;

use super::comparison::Comparison;
use super::drawing::{Align, Ink, Sheet};
use crate::experiment::Run;

pub use comparison::comparison;
pub use confusion::{confusion_name, confusion_of};
pub use critical_difference::{CRITICAL_DIFFERENCE, critical_difference, ranks_over};
pub use labels::{fitting, titled, widest};

/// A run and its figures.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    pub run: &'a Run,
    pub comparison: &'a Comparison,
}

/// One item of the registry. A plot whose data a run lacks draws nothing.
pub struct Plot {
    pub name: &'static str,
    pub summary: &'static str,
    pub draw: fn(Subject) -> Vec<Sheet>,
}

/// What a plot draws of a run, marked where the run is none of the experiment as written.
pub fn pictures(plot: &Plot, of: Subject) -> Vec<Sheet> {
    (plot.draw)(of).into_iter().map(|sheet| marked(sheet, of.comparison)).collect()
}

/// With the watermarks, and what was allowed, in a line each at the foot.
pub fn marked(sheet: Sheet, comparison: &Comparison) -> Sheet {
    marked_with(sheet, comparison.watermarks.iter().chain(&comparison.allowed))
}

/// The same of a picture of several runs.
pub fn marked_with<'a>(mut sheet: Sheet, marks: impl Iterator<Item = &'a String>) -> Sheet {
    for watermark in marks {
        sheet.height += 22.0;
        let place = (14.0, sheet.height - 13.0);
        let text = labels::fitting(watermark, 12.0, sheet.width - 28.0);
        sheet.words(&text, place, 12.0, Align::Left, Ink::Published);
        sheet.description = format!("{watermark} {}", sheet.description);
    }
    sheet
}

pub const PLOTS: &[Plot] = &[
    Plot {
        name: "comparison",
        summary: "each row's score with its interval and the published figure",
        draw: |of| vec![comparison(of.comparison)],
    },
    Plot {
        name: "score-and-time",
        summary: "score against the time to fit, with the rows that no other beats on both",
        draw: score_and_time::score_and_time,
    },
    Plot { name: "f1-by-class", summary: "F1 of each class, row by row", draw: f1_by_class::f1_by_class },
    Plot {
        name: "confusion",
        summary: "which class is taken for which, in clips and in shares of the true class",
        draw: confusion::confusions,
    },
    Plot {
        name: "calibration",
        summary: "whether a probability means what it says",
        draw: calibration::calibration,
    },
    Plot {
        name: "learning-curves",
        summary: "loss and accuracy by epoch, where a model has epochs",
        draw: learning_curves::learning_curves,
    },
    Plot {
        name: "importance",
        summary: "what a row loses when a group of features is shuffled",
        draw: importance::importance,
    },
    Plot {
        name: "robustness",
        summary: "score against the strength of what is done to the test clips",
        draw: robustness::robustness_plots,
    },
    Plot {
        name: "feature-moments",
        summary: "how far each class's mean of each feature lies from the mean of all",
        draw: feature_moments::feature_moments,
    },
    Plot { name: "map", summary: "the clips on their first two principal components", draw: map::map },
];
