//! The matrices of a table's clips, and the table of clips that have nothing else.

use ndarray::Array2;

use super::ExperimentError;
use crate::datasets::{Catalog, Clip};
use crate::disk::Digester;
use crate::table::FeatureTable;

/// The matrices of the clips of a table, in its order.
#[derive(Debug, Clone, Default)]
pub struct FrameSet {
    /// frames × bands.
    pub matrices: Vec<Array2<f32>>,
    /// Altered copies of each clip.
    pub copies: Vec<Vec<Array2<f32>>>,
}

impl FrameSet {
    /// These clips, in this order.
    pub fn rows(&self, rows: &[usize]) -> Self {
        let matrices = rows.iter().map(|&row| self.matrices[row].clone()).collect();
        Self { matrices, copies: rows.iter().map(|&row| self.copies[row].clone()).collect() }
    }

    /// All values, for the hash of a cell's inputs.
    pub fn digest(&self) -> String {
        let mut digester = Digester::default();
        for matrix in self.matrices.iter().chain(self.copies.iter().flatten()) {
            digester.add(format!("{:?}", matrix.dim()).as_bytes());
            let bytes: Vec<u8> = matrix.iter().flat_map(|value| value.to_le_bytes()).collect();
            digester.add(&bytes);
        }
        digester.digest()
    }
}

/// The clips at these places of the catalog, without a column.
pub fn bare_table(catalog: &Catalog, clips: &[usize]) -> Result<FeatureTable, ExperimentError> {
    let of = |text: fn(&Clip) -> Option<String>| clips.iter().map(|&at| text(&catalog.clips[at])).collect();
    let named =
        |text: fn(&Clip) -> &String| clips.iter().map(|&at| text(&catalog.clips[at]).clone()).collect();
    Ok(FeatureTable::new(
        named(|clip| &clip.id),
        named(|clip| &clip.label),
        of(|clip| clip.group.clone()),
        of(|clip| clip.fold.clone()),
        Vec::new(),
        Array2::zeros((clips.len(), 0)),
    )?)
}
