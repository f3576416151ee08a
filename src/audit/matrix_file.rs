//! A confusion matrix from a CSV of counts, as programs write them: with the classes' names in the first row, in the first
//! column, in both or in neither. Separators are commas, semicolons, tabs or spaces.
//!
//! What could be read in two ways is refused: a row of totals is no class, a column of numbers is no names unless the row
//! above says so, and where rows and columns have names these must be the same in the same order, for the hits are
//! counted on the diagonal.

use std::path::Path;

use super::error::AuditError;
use super::file::{MOST_CLASSES, MOST_CLIPS};
use crate::datasets::{DelimitedError, Records};

/// Counts with true classes in rows, and the names of the classes.
#[derive(Debug)]
pub struct Named {
    pub counts: Vec<Vec<u64>>,
    pub names: Vec<String>,
}

struct Line {
    number: usize,
    fields: Vec<String>,
}

impl Line {
    fn is_empty(&self, field: usize) -> bool {
        self.fields.get(field).is_some_and(String::is_empty)
    }

    /// As the first row of a matrix of `size` classes: their names, after a corner if there is one.
    fn names(mut self, size: usize, labelled: bool) -> Option<Vec<String>> {
        let corner = self.fields.len() == size + 1 && (labelled || self.is_empty(0));
        if corner {
            self.fields.remove(0);
        }
        (self.fields.len() == size).then_some(self.fields)
    }
}

fn is_count(field: &str) -> bool {
    field.parse::<i64>().is_ok()
}

/// Reads the text of a file; `path` is for messages.
pub fn parse(path: &Path, text: &str) -> Result<Named, AuditError> {
    let wrong = |line: usize, message: String| AuditError::Mistake {
        path: path.to_path_buf(),
        line: Some(line),
        message,
    };
    let mut lines =
        lines(text).map_err(|source| AuditError::Delimited { path: path.to_path_buf(), source })?;
    let Some(first) = lines.first() else {
        return Err(wrong(1, "the file is empty; it needs a square of counts".into()));
    };
    let start = first.number;
    let names_above = lines.len() > 1 && has_names_above(&lines);
    let header = names_above.then(|| lines.remove(0));
    let size = lines.len();
    if size > MOST_CLASSES {
        return Err(wrong(start, format!("{size} rows; at most {MOST_CLASSES} classes")));
    }
    let labelled = lines.iter().all(|line| line.fields.len() == size + 1);
    // Names that are numbers are told from counts by the row above alone: it is as long, and its corner is no number.
    let corner = header.as_ref().is_some_and(|header| header.fields.len() == size + 1);
    if labelled && !corner && lines.iter().all(|line| is_count(&line.fields[0])) {
        let message = format!(
            "{size} rows of {} numbers: leave out totals, and name the classes of numbered rows in a first row",
            size + 1
        );
        return Err(wrong(start, message));
    }
    let mut counts = Vec::with_capacity(size);
    for line in &lines {
        let cells = if labelled { &line.fields[1..] } else { &line.fields[..] };
        if cells.len() != size {
            return Err(wrong(line.number, format!("{} cells, but the matrix has {size} rows", cells.len())));
        }
        let read = |field: &String| match field.parse::<i64>() {
            Ok(value) if (0..=MOST_CLIPS as i64).contains(&value) => Ok(value as u64),
            Ok(value) => Err(wrong(line.number, format!("a cell of a confusion matrix cannot be {value}"))),
            Err(_) => {
                let shares = match field.trim_end_matches('%').trim().parse::<f64>() {
                    Ok(_) => {
                        "; shares and averages go into a claims file, [[matrix]] with the test set's support"
                    }
                    Err(_) => "",
                };
                Err(wrong(line.number, format!("\"{field}\" is no whole number of clips{shares}")))
            }
        };
        counts.push(cells.iter().map(read).collect::<Result<Vec<u64>, _>>()?);
    }
    if size < 2 {
        return Err(wrong(start, "a confusion matrix needs two classes or more".into()));
    }
    if counts.iter().flatten().sum::<u64>() == 0 {
        return Err(wrong(start, "the matrix holds no clip".into()));
    }
    if ends_in_totals(&counts) {
        let message = "the last row and the last column are the sums of the others: leave them out";
        return Err(wrong(lines[size - 1].number, message.into()));
    }
    let above = header.and_then(|header| header.names(size, labelled));
    let beside: Vec<String> = lines.iter().map(|line| line.fields[0].clone()).collect();
    // pandas leaves the names of rows empty that have none.
    let names = match (labelled && beside.iter().any(|name| !name.is_empty()), above) {
        (true, Some(above)) => {
            let same = |one: &str, other: &str| one.to_lowercase() == other.to_lowercase();
            // Names that have nothing in common, such as "actual rock" beside "predicted rock", are names of rows and of
            // columns, not of classes in another order.
            let related = beside.iter().any(|name| above.iter().any(|other| same(name, other)));
            let differs = |class: &usize| !same(&above[*class], &beside[*class]);
            if let Some(class) = (0..size).find(differs).filter(|_| related) {
                let message = format!(
                    "row {} is of \"{}\", but column {} of \"{}\": put the classes of rows and columns in one order, \
                     with a row or column of zeros for a class that has none",
                    class + 1,
                    beside[class],
                    class + 1,
                    above[class]
                );
                return Err(wrong(lines[class].number, message));
            }
            beside
        }
        (true, None) => beside,
        (false, Some(above)) => above,
        (false, None) => (1..=size).map(|class| format!("class {class}")).collect(),
    };
    Ok(Named { counts, names })
}

/// The fields of every line that is not empty and no comment, without the empty field that a separator at the end of
/// every line leaves.
fn lines(text: &str) -> Result<Vec<Line>, DelimitedError> {
    let separator = separator(text);
    let mut lines = Vec::new();
    match separator {
        Some(separator) => {
            for record in Records::new(text.as_bytes()).separated_by(separator) {
                let record = record?;
                let fields = record.fields.iter().map(|field| field.trim().to_string()).collect();
                lines.push(Line { number: record.line as usize, fields });
            }
        }
        None => {
            for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
                let fields =
                    line.split_whitespace().map(|field| field.trim_matches('"').to_string()).collect();
                lines.push(Line { number: number + 1, fields });
            }
        }
    }
    lines.retain(|line| {
        line.fields.iter().any(|field| !field.is_empty())
            && !line.fields.first().is_some_and(|field| field.starts_with('#'))
    });
    while lines.first().is_some_and(|line| line.fields.len() > 1)
        && lines.iter().all(|line| line.fields.last().is_some_and(String::is_empty))
    {
        lines.iter_mut().for_each(|line| {
            line.fields.pop();
        });
    }
    Ok(lines)
}

/// The first of the separators that stands outside quotes.
fn separator(text: &str) -> Option<u8> {
    let outside = |separator: char| text.split('"').step_by(2).any(|part| part.contains(separator));
    [',', ';', '\t'].into_iter().find(|&separator| outside(separator)).map(|separator| separator as u8)
}

/// Whether the first line holds names: its corner is empty, or no field after its first is a number, or its corner is
/// the one field that keeps the lines from being a square of counts.
fn has_names_above(lines: &[Line]) -> bool {
    let fields = &lines[0].fields;
    let square = lines.iter().all(|line| line.fields.len() == lines.len());
    fields.len() > 1
        && (fields[0].is_empty()
            || !fields[1..].iter().any(|field| is_count(field))
            || square && !is_count(&fields[0]) && fields[1..].iter().all(|field| is_count(field)))
}

/// Whether the last row and column hold the sums of the others; of two classes they need not be totals.
fn ends_in_totals(counts: &[Vec<u64>]) -> bool {
    let last = counts.len() - 1;
    counts.len() > 2
        && counts.iter().all(|row| row[..last].iter().sum::<u64>() == row[last])
        && (0..=last)
            .all(|column| counts[..last].iter().map(|row| row[column]).sum::<u64>() == counts[last][column])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Named, String> {
        parse(Path::new("m.csv"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn names_of_rows_and_columns_need_not_be_the_classes_own() {
        for text in [
            ",Predicted rock,Predicted jazz\nActual rock,3,1\nActual jazz,2,4",
            ",rock,Jazz\nRock,3,1\njazz,2,4",
            ",0,1\nrock,3,1\njazz,2,4",
        ] {
            assert_eq!(read(text).unwrap().counts, [[3, 1], [2, 4]], "{text}");
        }
    }

    #[test]
    fn names_and_separators_are_found() {
        for (text, names) in [
            ("3,1\n2,4\n", ["class 1", "class 2"]),
            ("3 1\n2 4", ["class 1", "class 2"]),
            (",a,b\na,3,1\nb,2,4", ["a", "b"]),
            ("a;b\n3;1\n2;4", ["a", "b"]),
            ("a\t3\t1\nb\t2\t4", ["a", "b"]),
            // As pandas writes numbered classes.
            (",0,1\n0,3,1\n1,2,4", ["0", "1"]),
            ("truth,0,1\n0,3,1\n1,2,4", ["0", "1"]),
            ("true\\pred,\"Rock, Pop\",Jazz\n\"Rock, Pop\",3,1\nJazz,2,4", ["Rock, Pop", "Jazz"]),
            ("\"Rock, Pop\";Jazz\n3;1\n2;4", ["Rock, Pop", "Jazz"]),
            (",a,b\n,3,1\n,2,4", ["a", "b"]),
            ("a,b\na,3,1\nb,2,4", ["a", "b"]),
            ("3, 1,\n2, 4,", ["class 1", "class 2"]),
            ("# counts\n\n3 1\n2 4", ["class 1", "class 2"]),
        ] {
            let read = read(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(read.counts, [[3, 1], [2, 4]], "{text}");
            assert_eq!(read.names, names, "{text}");
        }
    }

    #[test]
    fn mistakes_name_their_line() {
        for (text, part) in [
            ("", "m.csv:1: the file is empty"),
            ("3,1\n2\n", "m.csv:2: 1 cells"),
            ("3,1\n2,-4\n", "m.csv:2: a cell of a confusion matrix cannot be -4"),
            ("3,1\n2,x\n", "m.csv:2: \"x\""),
            ("3", "two classes"),
            ("0,0\n0,0", "no clip"),
            // A missing cell makes no row of names.
            ("10,-,3\n2,12,1\n0,1,9", "m.csv:1: \"-\" is no whole number"),
            ("10,,3\n2,12,1\n0,1,9", "m.csv:1: \"\" is no whole number"),
            // Nor do totals make a column of names.
            ("3,1,4\n2,4,6", "m.csv:1: 2 rows of 3 numbers: leave out totals"),
            (
                ",a,b,All\na,3,1,4\nb,2,4,6\nAll,5,5,10",
                "m.csv:4: the last row and the last column are the sums",
            ),
            ("a,\"b\n3,1\n2,4", "never closed"),
            // The columns in another order: the hits are 1 and 2, not 3 and 4.
            (",jazz,rock\nrock,3,1\njazz,2,4", "m.csv:2: row 1 is of \"rock\", but column 1 of \"jazz\""),
            ("jazz,rock\nrock,3,1\njazz,2,4", "put the classes of rows and columns in one order"),
            // As pandas.crosstab writes three classes of which one is never predicted, and a fourth that is.
            ("truth,a,b,d\na,3,1,0\nb,2,4,1\nc,0,1,5", "m.csv:4: row 3 is of \"c\", but column 3 of \"d\""),
        ] {
            let message = read(text).unwrap_err();
            assert!(message.contains(part), "{text:?}: {message}");
        }
    }
}
