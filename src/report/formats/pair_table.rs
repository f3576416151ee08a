//! Every two complete rows on the chief metric as CSV: the difference with its interval, the p value of each test, and
//! the verdict. Fractions in full precision; what has no answer is empty.

use super::super::comparison::Comparison;
use super::super::pairs::Pair;
use super::csv::number;
use crate::experiment::csv_field;

/// Header and one line a pair; `a` is the better row.
pub fn pair_table(comparisons: &[Comparison]) -> String {
    let mut text = String::from(
        "experiment,a,b,metric,difference,low,high,p_bootstrap,p_t_test,p_mcnemar,p_holm,verdict,synthetic,watermark\n",
    );
    for comparison in comparisons {
        for pair in &comparison.pairs {
            text += &line(comparison, pair);
        }
    }
    text
}

fn line(comparison: &Comparison, pair: &Pair) -> String {
    let fields = [
        comparison.experiment.clone(),
        pair.a.clone(),
        pair.b.clone(),
        comparison.chief.clone(),
        pair.difference.to_string(),
        number(pair.judgement.map(|judged| judged.low)),
        number(pair.judgement.map(|judged| judged.high)),
        number(pair.p_bootstrap),
        number(pair.t_test.map(|test| test.p)),
        number(pair.mcnemar.map(|(.., p)| p)),
        number(pair.p_holm),
        pair.judgement.map(|judged| judged.verdict.word().to_string()).unwrap_or_default(),
        comparison.synthetic.to_string(),
        comparison.marks(),
    ];
    fields.map(|field| csv_field(&field)).join(",") + "\n"
}
