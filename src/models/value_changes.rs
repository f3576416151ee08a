//! How much the cuts of oblivious trees change what is predicted, by column.
//!
//! Two leaves that differ in one level's side have values v₁, v₂ and rows c₁, c₂; the level's column gains
//! c₁ (v₁ − m)² + c₂ (v₂ − m)², m being their weighted mean, summed over such pairs, scores and trees: CatBoost's
//! `PredictionValuesChange`.

/// Adds one tree's: `columns` has the column of each level, `steps` leaves × outputs, `places` the leaf of every row.
pub fn add_changes(gains: &mut [f64], columns: &[usize], steps: &[f64], outputs: usize, places: &[u32]) {
    let mut counts = vec![0.0; 1 << columns.len()];
    places.iter().for_each(|leaf| counts[*leaf as usize] += 1.0);
    for (level, column) in columns.iter().enumerate() {
        for low in (0..counts.len()).filter(|leaf| leaf >> level & 1 == 0) {
            let high = low | 1 << level;
            let (c, d) = (counts[low], counts[high]);
            if c + d == 0.0 {
                continue;
            }
            for output in 0..outputs {
                let apart = steps[low * outputs + output] - steps[high * outputs + output];
                // c (v − m)² + d (w − m)² with m = (c v + d w) / (c + d).
                gains[*column] += c * d / (c + d) * apart * apart;
            }
        }
    }
}
