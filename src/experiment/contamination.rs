//! What an embedding was trained on, held against the data set it is tested on: a test clip that the network has heard,
//! under its own tags, is no test.

use crate::embeddings;

/// What a run's record says of an embedding on a data set.
pub fn notes(embedding: &str, dataset: &str) -> Vec<String> {
    let Ok(entry) = embeddings::find(embedding) else { return Vec::new() };
    let name = entry.name;
    if entry.trained_on.is_empty() {
        return vec![format!(
            "{name}: what its network was trained on is not known here; see to it that no test clip was among it"
        )];
    }
    let mut notes = vec![format!("{name} was trained on {}", entry.trained_on)];
    if let Some(overlap) = entry.overlaps.iter().find(|overlap| overlap.dataset == dataset) {
        notes.push(format!(
            "contamination: {name} may have been trained on test clips of {dataset} ({}); its scores here are likely too high",
            overlap.why
        ));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasets::DATASETS;
    use crate::embeddings::EMBEDDINGS;

    #[test]
    fn an_overlap_is_flagged_where_there_is_one_and_names_data_sets_of_the_suite() {
        let flagged =
            |embedding, dataset| notes(embedding, dataset).iter().any(|n| n.contains("contamination"));
        assert!(flagged("musicnn-msd", "gtzan"));
        assert!(!flagged("musicnn-msd", "esc10"));
        assert!(!flagged("random-conv", "gtzan"));
        assert!(notes("onnx", "gtzan")[0].contains("not known"));
        for overlap in EMBEDDINGS.iter().flat_map(|entry| entry.overlaps) {
            assert!(DATASETS.iter().any(|dataset| dataset.name == overlap.dataset), "{}", overlap.dataset);
        }
    }
}
