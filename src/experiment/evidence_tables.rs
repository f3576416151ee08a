//! `trials.csv`, `importances.csv` and `perturbations.csv`: every trial of every search, what columns and features gave,
//! and every score on altered clips, one line each.
//! Nothing in them depends on the clock or the machine.

use super::cell::CellRecord;
use crate::metrics::{METRICS, compute_all};

/// None where no row searches.
pub fn trials_csv(cells: &[CellRecord]) -> Option<Vec<u8>> {
    cells.iter().any(|cell| cell.search.is_some()).then(|| {
        let mut text = "row,repeat,fold,trial,chosen,metric,score,parameters,failure\n".to_string();
        for CellRecord { key, search, .. } in cells {
            let Some(search) = search else { continue };
            let (row, repeat, fold, metric) = (csv_field(&key.row), key.repeat, key.fold, &search.metric);
            for (place, trial) in search.trials.iter().enumerate() {
                let chosen = search.chosen == place;
                let score = trial.score.map(|score| score.to_string()).unwrap_or_default();
                let parameters = serde_json::Value::Object(trial.parameters.clone()).to_string();
                let failure = csv_field(trial.failure.as_deref().unwrap_or_default());
                let parameters = csv_field(&parameters);
                text += &format!(
                    "{row},{repeat},{fold},{place},{chosen},{metric},{score},{parameters},{failure}\n"
                );
            }
        }
        text.into_bytes()
    })
}

/// None where no row is explained.
pub fn importances_csv(cells: &[CellRecord]) -> Option<Vec<u8>> {
    cells.iter().any(|cell| cell.explanation.is_some()).then(|| {
        let mut text = "row,repeat,fold,kind,name,metric,score,importance,sd\n".to_string();
        for CellRecord { key, explanation, .. } in cells {
            let Some(found) = explanation else { continue };
            let (row, repeat, fold) = (csv_field(&key.row), key.repeat, key.fold);
            let (metric, score) = (&found.metric, found.score);
            for (kind, list) in
                [("group", &found.groups), ("column", &found.columns), ("model", &found.model)]
            {
                for one in list {
                    let sd = one.sd.map(|sd| sd.to_string()).unwrap_or_default();
                    let (name, mean) = (csv_field(&one.name), one.mean);
                    text += &format!("{row},{repeat},{fold},{kind},{name},{metric},{score},{mean},{sd}\n");
                }
            }
        }
        text.into_bytes()
    })
}

/// None where no row is tried on altered clips.
pub fn perturbations_csv(cells: &[CellRecord]) -> Option<Vec<u8>> {
    cells.iter().any(|cell| !cell.perturbed.is_empty()).then(|| {
        let mut text = "row,repeat,fold,perturbation,strength,metric,value\n".to_string();
        for CellRecord { key, perturbed, .. } in cells {
            let (row, repeat, fold) = (csv_field(&key.row), key.repeat, key.fold);
            for worse in perturbed {
                let (kind, strength) = worse.condition.parts();
                for (metric, value) in compute_all(METRICS, &worse.predictions) {
                    text += &format!("{row},{repeat},{fold},{kind},{strength},{},{value}\n", metric.name);
                }
            }
        }
        text.into_bytes()
    })
}

/// Quoted where CSV needs it.
pub fn csv_field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_string()
    }
}
