//! The comparisons as CSV: one line a row and metric, fractions in full precision.

use super::super::comparison::Comparison;

/// In full precision; empty where there is none.
pub fn number(value: Option<f64>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// Header and one line for each experiment × row × metric.
pub fn csv(comparisons: &[Comparison]) -> String {
    let mut text = String::from(
        "experiment,synthetic,row,model,metric,score,sd,low,high,published,difference,verdict,tie_group,cells,fit_cpu_seconds,\
         fit_wall_seconds,predict_milliseconds_per_clip,peak_memory_mib,failure,watermark,\
         reference,reference_score,reference_difference,fold_mean\n",
    );
    for comparison in comparisons {
        for row in &comparison.rows {
            for metric in &comparison.metrics {
                let score = row.scores.iter().find(|score| score.metric == *metric);
                let fields = [
                    comparison.experiment.clone(),
                    comparison.synthetic.to_string(),
                    row.name.clone(),
                    row.model.clone(),
                    metric.clone(),
                    number(score.map(|score| score.mean)),
                    number(score.and_then(|score| score.sd)),
                    number(score.map(|score| score.low)),
                    number(score.map(|score| score.high)),
                    score.and_then(|score| score.published.clone()).unwrap_or_default(),
                    number(score.and_then(|score| score.difference)),
                    score
                        .and_then(|score| score.judgement)
                        .map(|judged| judged.verdict.word().to_string())
                        .unwrap_or_default(),
                    row.tie_group.clone().unwrap_or_default(),
                    format!("{}/{}", row.cells_done, row.cells_wanted),
                    number(row.fit_cpu_seconds),
                    number(row.fit_wall_seconds),
                    number(row.predict_milliseconds_per_clip),
                    number(row.peak_memory_mib),
                    row.failure.clone().unwrap_or_default(),
                    comparison.marks(),
                    row.reference.clone().unwrap_or_default(),
                    score.and_then(|score| score.reference.clone()).unwrap_or_default(),
                    number(score.and_then(|score| score.reference_difference)),
                    number(score.and_then(|score| score.fold_mean)),
                ];
                text += &fields.map(|field| crate::experiment::csv_field(&field)).join(",");
                text.push('\n');
            }
        }
    }
    text
}
