//! The comparisons as CSV: one line a row and metric, fractions in full precision.

use super::comparison::Comparison;

/// Header and one line for each experiment × row × metric.
pub fn csv(comparisons: &[Comparison]) -> String {
    let mut text = String::from(
        "experiment,synthetic,row,model,metric,score,sd,low,high,published,difference,cells,fit_cpu_seconds,\
         fit_wall_seconds,predict_milliseconds_per_clip,failure,reference,\
         reference_score,reference_difference,watermark\n",
    );
    for comparison in comparisons {
        for row in &comparison.rows {
            for metric in &comparison.metrics {
                let score = row.scores.iter().find(|score| score.metric == *metric);
                let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
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
                    format!("{}/{}", row.cells_done, row.cells_wanted),
                    number(row.fit_cpu_seconds),
                    number(row.fit_wall_seconds),
                    number(row.predict_milliseconds_per_clip),
                    row.failure.clone().unwrap_or_default(),
                    row.reference.clone().unwrap_or_default(),
                    score.and_then(|score| score.reference.clone()).unwrap_or_default(),
                    number(score.and_then(|score| score.reference_difference)),
                    comparison.watermarks.join(" "),
                ];
                text += &fields.map(|field| crate::experiment::csv_field(&field)).join(",");
                text.push('\n');
            }
        }
    }
    text
}
