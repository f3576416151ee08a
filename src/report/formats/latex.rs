//! The comparison as a LaTeX table for the booktabs package.

use super::super::comparison::Comparison;
use super::super::drawing::DrawError;
use super::Report;
use super::columns::{cells, header, remarks};

/// pdflatex sets no letter beyond it unless packages help.
const LAST_OF_LATIN: char = '\u{17f}';

/// A `table` environment for each run.
pub fn latex(report: &Report) -> Result<String, DrawError> {
    let tables: Vec<String> = report.comparisons.iter().map(table).collect();
    let tables = tables.join("\n");
    let fonts = match tables.chars().any(|letter| letter > LAST_OF_LATIN) {
        true => "% has letters that pdflatex lacks: take lualatex or xelatex and a font that has them\n",
        false => "",
    };
    Ok(format!("% \\usepackage{{booktabs}}\n{fonts}{tables}"))
}

fn table(comparison: &Comparison) -> String {
    let titles = header(comparison, true);
    // In the caption, where whoever copies the table copies it too.
    let synthetic = if comparison.synthetic { " (synthetic data)" } else { "" };
    let watermarks: String = comparison.watermarks.iter().map(|mark| format!(" {mark}")).collect();
    let titled = format!("{}{synthetic}{watermarks}", comparison.title);
    let line = |cells: &[String]| {
        format!("{} \\\\\n", cells.iter().map(|cell| beginning(cell)).collect::<Vec<_>>().join(" & "))
    };
    let mut text = format!(
        "\\begin{{table}}\n\\centering\n\\caption{{{}}}\n\\label{{tab:{}}}\n\\begin{{tabular}}{{l{}}}\n\\toprule\n",
        escape(&titled),
        label(&comparison.experiment),
        "r".repeat(titles.len() - 1)
    );
    text += &line(&titles);
    text += "\\midrule\n";
    for row in &comparison.rows {
        text += &line(&cells(comparison, row, true));
    }
    text += "\\bottomrule\n\\end{tabular}\n";
    text += "\n\\par\\footnotesize\n";
    for remark in remarks(comparison) {
        text += &format!("{}\\\\\n", beginning(&remark));
    }
    text + "\\end{table}\n"
}

/// The text of a line or cell: behind `\\\\` a bracket or a star would be read as its argument.
fn beginning(text: &str) -> String {
    let guard = if text.starts_with(['[', '*']) { "{}" } else { "" };
    match text.strip_prefix('-').filter(|rest| rest.starts_with(|first: char| first.is_ascii_digit())) {
        // A hyphen beside a true plus.
        Some(rest) => format!("$-${}", escape(rest)),
        None => format!("{guard}{}", escape(text)),
    }
}

/// A name that a reference can hold.
fn label(name: &str) -> String {
    name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect()
}

/// Text in which nothing is a command.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => {
                escaped.push('\\');
                escaped.push(character);
            }
            '\\' => escaped.push_str("\\textbackslash{}"),
            '~' => escaped.push_str("\\textasciitilde{}"),
            '^' => escaped.push_str("\\textasciicircum{}"),
            '<' => escaped.push_str("\\textless{}"),
            '>' => escaped.push_str("\\textgreater{}"),
            '|' => escaped.push_str("\\textbar{}"),
            '−' => escaped.push_str("$-$"),
            '→' => escaped.push_str("$\\to$"),
            '≤' => escaped.push_str("$\\le$"),
            '≥' => escaped.push_str("$\\ge$"),
            'χ' => escaped.push_str("$\\chi$"),
            '²' => escaped.push_str("$^2$"),
            '…' => escaped.push_str("\\ldots{}"),
            '–' => escaped.push_str("--"),
            '±' => escaped.push_str("$\\pm$"),
            '×' => escaped.push_str("$\\times$"),
            control if control.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_a_user_writes_becomes_a_command() {
        assert_eq!(escape("50 % of a_b & \\input{x}"), "50 \\% of a\\_b \\& \\textbackslash{}input\\{x\\}");
        assert_eq!((beginning("[a] knn"), beginning("*b")), ("{}[a] knn".to_string(), "{}*b".to_string()));
        assert_eq!(escape("1.0 ± 0.5"), "1.0 $\\pm$ 0.5");
        assert_eq!(
            (beginning("-26.6 worse"), beginning("-")),
            ("$-$26.6 worse".to_string(), "-".to_string())
        );
    }
}
