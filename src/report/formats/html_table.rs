//! The comparison as an HTML table: whole and readable before any script runs; every number is a button that opens its
//! evidence, every header one that sorts.

use super::super::comparison::{Comparison, ComparisonRow, MetricSummary};
use super::super::drawing::escape;
use super::super::words::{difference_text, metric_heading, p_text, score_text, small};
use super::columns::{difference_title, has_ties, remarks};

/// Filter, table and remarks of the `number`-th experiment.
pub fn table(comparison: &Comparison, number: usize) -> String {
    let mut text = format!(
        "<div class=\"tools\"><label>Rows with <input type=\"search\" class=\"filter\" data-table=\"{number}\" \
         placeholder=\"name or model\" autocomplete=\"off\"></label>"
    );
    if comparison.metrics.iter().any(|metric| comparison.has_published(metric)) {
        text += &format!(
            " <label><input type=\"checkbox\" class=\"only\" data-table=\"{number}\"> with a published figure only</label>"
        );
    }
    text += &format!(
        " <span class=\"count\" id=\"count-{number}\" role=\"status\" aria-live=\"polite\"></span></div>\n"
    );
    text += &format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Comparison, {}\">\n<table class=\"comparison\" id=\"table-{number}\">\n<caption>{}</caption>\n<thead><tr>",
        escape(&comparison.title),
        escape(&comparison.title)
    );
    for title in header(comparison) {
        let class = if title == "row" { "name" } else { "number" };
        text += &format!(
            "<th scope=\"col\" class=\"{class}\" aria-sort=\"none\"><button type=\"button\" class=\"sort\">{}</button></th>",
            escape(&title)
        );
    }
    text += "</tr></thead>\n<tbody>\n";
    for (index, row) in comparison.rows.iter().enumerate() {
        text += &line(comparison, row, (number, index));
    }
    text += "</tbody></table></div>\n<ul class=\"remarks\">";
    for remark in remarks(comparison) {
        text += &format!("<li>{}</li>", escape(&remark));
    }
    text + "</ul>\n"
}

fn header(comparison: &Comparison) -> Vec<String> {
    let mut titles = vec!["row".to_string()];
    for metric in &comparison.metrics {
        if comparison.has_published(metric) {
            titles.push(format!("published {}", metric_heading(metric)));
        }
        titles.push(metric_heading(metric));
        if comparison.has_published(metric) {
            titles.push(difference_title(comparison, metric));
        }
        if let Some(name) = comparison.reference(metric) {
            titles.extend([name.to_string(), difference_title(comparison, metric)]);
        }
    }
    if has_ties(comparison) {
        titles.push("tie group".to_string());
    }
    titles.push("fit CPU s".to_string());
    if comparison.rows.iter().any(|row| row.published_fit_seconds.is_some()) {
        titles.push("published fit s".to_string());
    }
    titles.extend(["predict ms/clip".to_string(), "peak MiB".to_string()]);
    titles
}

fn line(comparison: &Comparison, row: &ComparisonRow, place: (usize, usize)) -> String {
    let published = row.scores.iter().any(|score| score.published.is_some());
    let mut text = format!(
        "<tr data-published=\"{published}\"><th scope=\"row\" class=\"name\" data-v=\"{}\">{}<small>{}</small></th>",
        escape(&row.name),
        opens(place, "row", &escape(&row.name)),
        escape(&row.model)
    );
    for metric in &comparison.metrics {
        text += &metric_cells(comparison, row, metric, place);
    }
    if has_ties(comparison) {
        let group = row.tie_group.as_deref().unwrap_or("–");
        text += &format!(
            "<td class=\"number\" data-v=\"{0}\">{1}</td>",
            escape(group),
            opens(place, "pairs", &escape(group))
        );
    }
    text += &number(place, "time", row.fit_cpu_seconds, small);
    if comparison.rows.iter().any(|row| row.published_fit_seconds.is_some()) {
        let figure = row.published_fit_seconds.as_deref().unwrap_or("–");
        text += &printed(place, "time", figure);
    }
    text += &number(place, "time", row.predict_milliseconds_per_clip, small);
    text += &number(place, "time", row.peak_memory_mib, |mib| format!("{mib:.0}"));
    text + "</tr>\n"
}

fn metric_cells(comparison: &Comparison, row: &ComparisonRow, metric: &str, place: (usize, usize)) -> String {
    let score = row.score(metric);
    let has_published = comparison.has_published(metric);
    let mut text = String::new();
    if has_published {
        let figure = score.and_then(|score| score.published.as_deref()).unwrap_or("–");
        text += &printed(place, metric, figure);
    }
    match score {
        Some(score) => {
            let say = |value| score_text(metric, value);
            text += &format!(
                "<td class=\"number\" data-v=\"{}\">{}{}<small>{} … {}</small></td>",
                score.mean,
                opens(place, metric, &say(score.mean)),
                deviation(metric, score),
                say(score.low),
                say(score.high)
            );
        }
        None => {
            text += &format!("<td class=\"number\" data-v=\"\">{}</td>", opens(place, "row", row.absence()))
        }
    }
    if has_published {
        text += &match score.and_then(|score| Some((score, score.difference?))) {
            Some((score, difference)) => difference_cell(metric, score, difference, place),
            None => "<td class=\"number\" data-v=\"\">–</td>".to_string(),
        };
    }
    if comparison.reference(metric).is_some() {
        let figure = score.and_then(|score| score.reference.as_deref()).unwrap_or("–");
        text += &printed(place, metric, figure);
        let difference = score.and_then(|score| score.reference_difference);
        text += &number(place, metric, difference, |difference| difference_text(metric, difference));
    }
    text
}

/// " ± 4.8" of single folds or repeats, with the mean of their own scores behind it.
fn deviation(metric: &str, score: &MetricSummary) -> String {
    let (Some(sd), Some(own)) = (score.sd, score.fold_mean) else { return String::new() };
    format!(
        "<span class=\"sd\" title=\"over single folds or repeats, whose own scores average {}\"> ± {}</span>",
        score_text(metric, own),
        score_text(metric, sd)
    )
}

fn difference_cell(metric: &str, score: &MetricSummary, difference: f64, place: (usize, usize)) -> String {
    let verdict = score.judgement.map_or("", |judged| judged.verdict.word());
    format!(
        "<td class=\"number\" data-v=\"{difference}\">{}<small class=\"verdict {verdict}\">{verdict}</small></td>",
        opens(place, metric, &difference_text(metric, difference))
    )
}

fn number(place: (usize, usize), what: &str, value: Option<f64>, say: impl Fn(f64) -> String) -> String {
    match value.filter(|value| value.is_finite()) {
        Some(value) => {
            format!(
                "<td class=\"number\" data-v=\"{value}\">{}</td>",
                opens(place, what, &escape(&say(value)))
            )
        }
        None => "<td class=\"number\" data-v=\"\">–</td>".to_string(),
    }
}

/// Somebody else's figure, as it was given.
fn printed(place: (usize, usize), what: &str, figure: &str) -> String {
    let inner = if figure == "–" { figure.to_string() } else { opens(place, what, &escape(figure)) };
    format!("<td class=\"number published\" data-v=\"{}\">{inner}</td>", escape(figure))
}

fn opens((table, row): (usize, usize), what: &str, inner: &str) -> String {
    format!(
        "<button type=\"button\" class=\"open\" data-table=\"{table}\" data-row=\"{row}\" data-what=\"{what}\">{inner}</button>"
    )
}

/// Every two rows on the chief metric, in a part that is opened on demand.
pub fn pairs(comparison: &Comparison) -> String {
    if comparison.pairs.is_empty() {
        return String::new();
    }
    let metric = comparison.chief.as_str();
    let mut text = format!(
        "<details><summary>Every two rows on {} ({} pairs)</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Pairs of rows\"><table><thead><tr>",
        escape(&metric_heading(metric)),
        comparison.pairs.len()
    );
    for title in [
        "a",
        "b",
        "a − b",
        "95 % interval",
        "verdict",
        "same answers",
        "p bootstrap",
        "p t-test, corrected",
        "p McNemar",
        "p Holm",
    ] {
        text += &format!("<th scope=\"col\">{title}</th>");
    }
    text += "</tr></thead><tbody>";
    for pair in &comparison.pairs {
        let p = |p: Option<f64>| escape(&p.map_or("–".to_string(), p_text));
        let interval = pair.judgement.map_or("–".to_string(), |judged| {
            format!("{} … {}", difference_text(metric, judged.low), difference_text(metric, judged.high))
        });
        text += &format!(
            "<tr><td>{}</td><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{interval}</td><td>{}</td><td class=\"number\">{}</td>\
             <td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td></tr>\n",
            escape(&pair.a),
            escape(&pair.b),
            difference_text(metric, pair.difference),
            pair.judgement.map_or("–", |judged| judged.verdict.word()),
            pair.agreement.map_or("–".to_string(), |share| format!("{:.1} %", 100.0 * share)),
            p(pair.p_bootstrap),
            p(pair.t_test.map(|test| test.p)),
            p(pair.mcnemar.map(|(.., p)| p)),
            p(pair.p_holm)
        );
    }
    text + "</tbody></table></div></details>\n"
}
