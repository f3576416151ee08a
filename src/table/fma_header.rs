//! FMA's own `features.csv` has three lines of column names (feature, statistics, number) and then one that names the
//! first column; its clips are whole numbers, `2` for the file `000002.mp3`.
//! <https://github.com/mdeff/fma>

use std::path::Path;

use crate::datasets::Records;

const FIRST_CELLS: [&str; 4] = ["feature", "statistics", "number", ID];
const ID: &str = "track_id";
const DIGITS: usize = 6;

/// How many lines of names such a file has.
pub(super) const LINES: usize = FIRST_CELLS.len();

/// The names of the columns, `chroma_cens.kurtosis.01`, where the file begins as FMA's does.
pub(super) fn fma_names(path: &Path) -> Option<Vec<String>> {
    let lines = Records::open(path).ok()?.take(LINES).collect::<Result<Vec<_>, _>>().ok()?;
    let columns = lines.first()?.fields.len();
    let begins = lines.iter().zip(FIRST_CELLS).all(|(line, cell)| line.fields[0] == cell);
    if !begins || lines.len() < LINES || lines.iter().any(|line| line.fields.len() != columns) {
        return None;
    }
    let column = |place: usize| match place {
        0 => ID.to_string(),
        _ => lines[..LINES - 1].iter().map(|line| line.fields[place].trim()).collect::<Vec<_>>().join("."),
    };
    Some((0..columns).map(column).collect())
}

/// As the sound file is called.
pub(super) fn fma_clip(id: &str) -> String {
    format!("{:0>DIGITS$}", id.trim())
}

#[cfg(test)]
mod tests {
    use crate::datasets::TableColumns;
    use crate::table::read_table;

    fn read(text: &str) -> Result<crate::table::FeatureTable, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("features.csv");
        std::fs::write(&path, text).unwrap();
        let wanted = TableColumns { unlabelled: true, ..TableColumns::default() };
        read_table(&path, &wanted).map(|read| read.table).map_err(|error| error.to_string())
    }

    #[test]
    fn the_lines_of_names_are_one_and_clips_are_called_as_their_files() {
        let text = "feature,chroma_cens,chroma_cens,zcr\nstatistics,kurtosis,kurtosis,std\nnumber,01,02,01\n\
                    track_id,,,\n2,7.5,5,0.25\n134,-1,0,1e-3\n";
        let table = read(text).unwrap();
        assert_eq!(table.columns, ["chroma_cens.kurtosis.01", "chroma_cens.kurtosis.02", "zcr.std.01"]);
        assert_eq!(table.clip_ids, ["000002", "000134"]);
        assert_eq!(table.row(1).to_vec(), [-1.0, 0.0, 1e-3]);
        // One of somebody else's, whose first column happens to be called so.
        let table = read("feature,id\n1.5,a\n2.5,b\n").unwrap();
        assert_eq!(
            (table.columns, table.clip_ids),
            (vec!["feature".to_string()], vec!["a".into(), "b".into()])
        );
        assert!(read("feature,a\nstatistics,b\nnumber,c\n1,2\n").is_err());
    }
}
