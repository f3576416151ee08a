//! mlscorecheck's verdicts (tests/golden/make_mlscorecheck.py) on random inputs that it supports. Where ours is another,
//! every outcome is tried here, with scores written down once more, and the proof is printed; or an outcome of folds that
//! mlscorecheck has not is found.

use std::fmt::Write as _;

use serde_json::Value;

use crate::audit_support::{HEAD, audited, findings, is};

fn counts(value: &Value) -> Vec<u64> {
    value.as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).collect()
}

/// The test set and the claims of a case.
fn written(number: usize, case: &Value, claims: &mut String) {
    let kind = case["kind"].as_str().unwrap();
    let folds: Vec<Vec<u64>> = case["folds"].as_array().unwrap().iter().map(counts).collect();
    let of_set = match case.get("support") {
        Some(support) => format!("support = {support}"),
        None => format!("positives = {}\nnegatives = {}", case["p"], case["n"]),
    };
    writeln!(claims, "[set.s{number}]\n{of_set}").unwrap();
    let sizes: Vec<u64> = folds.iter().map(|fold| fold.iter().sum()).collect();
    let mean = "aggregate = \"mean_of_scores\"";
    let folding = match kind {
        "testset" => String::new(),
        "som" => "folds = 5\naggregate = \"score_of_means\"\n".to_string(),
        "mos" => {
            let positives: Vec<u64> = folds.iter().map(|fold| fold[0]).collect();
            format!("fold_sizes = {sizes:?}\nfold_positives = {positives:?}\n{mean}\n")
        }
        "stratified" => format!("folds = {}\nstratified = true\n{mean}\n", folds.len()),
        "unknown" => format!("folds = {}\nfold_sizes = \"equal\"\n{mean}\n", folds.len()),
        "classes_mos" | "micro_mos" => format!("fold_support = {folds:?}\n{mean}\n"),
        _ => format!("folds = {}\naggregate = \"score_of_means\"\n", folds.len()),
    };
    for (score, value) in case["scores"].as_object().unwrap() {
        let metric = match kind {
            "classes_mos" | "classes_som" => "recall\"\naverage = \"macro".to_string(),
            "micro_mos" | "micro_som" => "recall\"\naverage = \"micro".to_string(),
            _ => score.clone(),
        };
        let beta = if score.starts_with("fb") { "beta = \"2\"\n" } else { "" };
        writeln!(
            claims,
            "[[claim]]\nof = \"{number}\"\nset = \"s{number}\"\nmetric = \"{metric}\"\nvalue = {value}\nunit = \"fraction\"\n\
             rounding = \"nearest\"\n{folding}{beta}"
        )
        .unwrap();
    }
}

/// The scores of two classes once more, in floats; none where one is 0 / 0.
fn score(name: &str, p: f64, n: f64, tp: f64, tn: f64) -> Option<f64> {
    let (fp, fn_) = (n - tn, p - tp);
    let f_beta = |hits: f64, all: f64, taken: f64| 5.0 * hits / (4.0 * all + taken);
    let ratio = |top: f64, below: f64| top / below;
    let value = match name {
        "acc" => (tp + tn) / (p + n),
        "err" => (fp + fn_) / (p + n),
        "sens" => tp / p,
        "fnr" => fn_ / p,
        "spec" => tn / n,
        "fpr" => fp / n,
        "ppv" => ratio(tp, tp + fp),
        "fdr" => ratio(fp, tp + fp),
        "npv" => ratio(tn, tn + fn_),
        "bacc" => (tp / p + tn / n) / 2.0,
        "f1p" => 2.0 * tp / (2.0 * tp + fp + fn_),
        "f1n" => 2.0 * tn / (2.0 * tn + fp + fn_),
        "fbp" => f_beta(tp, p, tp + fp),
        "fbn" => f_beta(tn, n, tn + fn_),
        "upm" => 4.0 * tp * tn / (4.0 * tp * tn + (tp + tn) * (fp + fn_)),
        "gm" => (tp / p * tn / n).sqrt(),
        "fm" => (tp / p * tp / (tp + fp)).sqrt(),
        "mk" => tp / (tp + fp) + tn / (tn + fn_) - 1.0,
        "bm" => tp / p + tn / n - 1.0,
        "lrp" => (tp / p) / (fp / n),
        "lrn" => (fn_ / p) / (tn / n),
        "pt" => (fp / n).sqrt() / ((tp / p).sqrt() + (fp / n).sqrt()),
        "dor" => tp * tn / (fp * fn_),
        "ji" => tp / (tp + fp + fn_),
        "mcc" => (tp * tn - fp * fn_) / ((tp + fp) * (tn + fn_) * p * n).sqrt(),
        "kappa" => 2.0 * (tp * tn - fp * fn_) / ((tp + fp) * n + p * (tn + fn_)),
        _ => panic!("{name}"),
    };
    (!value.is_nan()).then_some(value)
}

/// Name, printed value and half a unit of its last digit.
fn printed(case: &Value) -> Vec<(&str, f64, f64)> {
    case["scores"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, text)| {
            let text = text.as_str().unwrap();
            let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
            (name.as_str(), text.parse().unwrap(), 0.5 * 10f64.powi(-(decimals as i32)))
        })
        .collect()
}

/// (outcomes tried, those that give every score, how far the nearest is beyond half a unit of the last digit).
fn every_outcome(case: &Value) -> Option<(u64, u64, f64)> {
    match case["kind"].as_str().unwrap() {
        "testset" | "som" => Some(every_pair(case)),
        "mos" | "stratified" => every_fold(case),
        _ => None,
    }
}

/// Positives and negatives of the folds of a case.
fn folds_of(case: &Value) -> Vec<(u64, u64)> {
    case["folds"].as_array().unwrap().iter().map(counts).map(|fold| (fold[0], fold[1])).collect()
}

/// Folds alike together: positives, negatives and how many folds are so.
fn alike(folds: &[(u64, u64)]) -> Vec<(u64, u64, u64)> {
    let mut kinds: Vec<(u64, u64, u64)> = Vec::new();
    for fold in folds {
        match kinds.iter_mut().find(|(p, n, _)| (*p, *n) == *fold) {
            Some((.., count)) => *count += 1,
            None => kinds.push((fold.0, fold.1, 1)),
        }
    }
    kinds
}

/// Means over known folds: folds alike have any number of hits together. None where too many outcomes are left.
fn every_fold(case: &Value) -> Option<(u64, u64, f64)> {
    let folds = folds_of(case);
    let kinds = alike(&folds);
    let all: u64 = kinds.iter().map(|(p, n, count)| (p * count + 1) * (n * count + 1)).product();
    let (scores, count) = (printed(case), folds.len() as f64);
    let (mut fitting, mut nearest) = (0, f64::INFINITY);
    for outcome in (0..all).take_while(|_| all < 20_000_000) {
        let mut rest = outcome;
        let (mut acc, mut sens, mut spec) = (0.0, 0.0, 0.0);
        for &(p, n, count) in &kinds {
            let (tp, tn) = (rest % (p * count + 1), rest / (p * count + 1) % (n * count + 1));
            rest /= (p * count + 1) * (n * count + 1);
            acc += (tp + tn) as f64 / (p + n) as f64;
            sens += tp as f64 / p as f64;
            spec += tn as f64 / n as f64;
        }
        let beyond = scores.iter().fold(0.0f64, |most, (name, printed, half)| {
            let sum = match *name {
                "acc" => acc,
                "sens" => sens,
                "spec" => spec,
                _ => (sens + spec) / 2.0,
            };
            most.max((sum / count - printed).abs() - half)
        });
        fitting += u64::from(beyond <= 1e-12);
        nearest = nearest.min(beyond);
    }
    (all < 20_000_000).then_some((all, fitting, nearest))
}

/// Whether some outcome of these folds gives every score as scikit-learn computes it: the recall of no clips is 0, and
/// balanced accuracy leaves their class out.
fn some_outcome(case: &Value, folds: &[(u64, u64)]) -> bool {
    let (scores, count) = (printed(case), folds.len() as f64);
    let fits = |wanted: &str, sum: f64| {
        scores
            .iter()
            .filter(|(name, ..)| *name == wanted)
            .all(|(_, printed, half)| (sum / count - printed).abs() <= half + 1e-12)
    };
    // Recall, accuracy and balanced accuracy, summed over the folds, of any hits of one side.
    let of_side = |side: usize, name: &str| {
        let mut sums = vec![[0.0f64; 3]];
        for (p, n, alike) in alike(folds) {
            let (own, size) = ([p, n][side], p + n);
            let part = if own == size { 1.0 } else { 0.5 };
            let after = |hits: u64, sum: &[f64; 3]| {
                let recall = hits as f64 / own.max(1) as f64;
                [sum[0] + recall, sum[1] + hits as f64 / size as f64, sum[2] + part * recall]
            };
            sums = sums.iter().flat_map(|sum| (0..=own * alike).map(move |hits| after(hits, sum))).collect();
        }
        sums.retain(|sum| fits(name, sum[0]));
        sums
    };
    let (positives, negatives) = (of_side(0, "sens"), of_side(1, "spec"));
    positives.iter().any(|p| negatives.iter().any(|n| fits("acc", p[1] + n[1]) && fits("bacc", p[2] + n[2])))
}

/// The folds of StratifiedKFold before scikit-learn 0.22: each class by itself.
fn stratified_before(case: &Value) -> Vec<(u64, u64)> {
    let folds = case["folds"].as_array().unwrap().len() as u64;
    let of = |key: &str, fold: u64| {
        let clips = case[key].as_u64().unwrap();
        clips / folds + u64::from(fold < clips % folds)
    };
    (0..folds).map(|fold| (of("p", fold), of("n", fold))).collect()
}

/// What is done with positives and negatives of every fold.
type Each<'a> = &'a mut dyn FnMut(&[(u64, u64)]);

/// Calls `each` with every way to deal so many positives out to folds of these sizes.
fn every_way(sizes: &[u64], positives: u64, chosen: &mut Vec<(u64, u64)>, each: Each<'_>) {
    let Some(&size) = sizes.get(chosen.len()) else {
        if positives == 0 {
            each(chosen);
        }
        return;
    };
    for p in 0..=size.min(positives) {
        chosen.push((p, size - p));
        every_way(sizes, positives - p, chosen, each);
        chosen.pop();
    }
}

/// Why mlscorecheck excludes what is not excluded here: it has the folds of one version of scikit-learn, and none without
/// clips of a class.
fn folds_it_has_not(case: &Value) -> Option<&'static str> {
    match case["kind"].as_str().unwrap() {
        "stratified" => some_outcome(case, &stratified_before(case))
            .then_some("scikit-learn before 0.22 made folds that give it"),
        "unknown" => {
            let sizes: Vec<u64> = folds_of(case).iter().map(|(p, n)| p + n).collect();
            let mut found = false;
            every_way(&sizes, case["p"].as_u64().unwrap(), &mut Vec::new(), &mut |folds| {
                let lacking = folds.iter().any(|&(p, n)| p == 0 || n == 0);
                found = found || lacking && some_outcome(case, folds);
            });
            found.then_some("folds without clips of a class give it")
        }
        _ => None,
    }
}

fn every_pair(case: &Value) -> (u64, u64, f64) {
    let (p, n) = (case["p"].as_u64().unwrap(), case["n"].as_u64().unwrap());
    let scores = printed(case);
    let (mut fitting, mut nearest) = (0, f64::INFINITY);
    for tp in 0..=p {
        for tn in 0..=n {
            let beyond = scores.iter().fold(0.0f64, |most, (name, printed, half)| {
                let beyond = match score(name, p as f64, n as f64, tp as f64, tn as f64) {
                    // What is 0 / 0 may be printed as 0 or as 1.
                    None => printed.abs().min((printed - 1.0).abs()) - half,
                    Some(value) => (value - printed).abs() - half,
                };
                most.max(beyond)
            });
            fitting += u64::from(beyond <= 1e-12);
            nearest = nearest.min(beyond);
        }
    }
    ((p + 1) * (n + 1), fitting, nearest)
}

#[test]
fn verdicts_are_those_of_mlscorecheck_but_where_trying_everything_proves_it_wrong() {
    let path = format!("{}/tests/golden/audit/mlscorecheck.json", env!("CARGO_MANIFEST_DIR"));
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut claims = HEAD.to_string();
    for (number, case) in cases.iter().enumerate() {
        written(number, case, &mut claims);
    }
    let all = findings(&audited(&claims, &["--json"]));
    let (mut equal, mut proven, mut unproven) = (0, Vec::new(), Vec::new());
    let mut other_folds = Vec::new();
    let mut kinds: std::collections::BTreeMap<&str, (usize, usize)> = std::collections::BTreeMap::new();
    for (number, case) in cases.iter().enumerate() {
        let kind = case["kind"].as_str().unwrap();
        let name = number.to_string();
        let own: Vec<&Value> = all.iter().filter(|finding| finding["of"] == name.as_str()).collect();
        assert!(!own.is_empty(), "no finding on {case}");
        let inconsistent = own.iter().any(|finding| is(finding, "inconsistent"));
        let decided = inconsistent || own.iter().all(|finding| is(finding, "consistent"));
        let counted = kinds.entry(kind).or_default();
        counted.1 += 1;
        if decided && case["inconsistent"] == inconsistent {
            equal += 1;
            counted.0 += 1;
            continue;
        }
        if decided
            && let Some((tried, fitting, nearest)) = every_outcome(case)
            && (fitting == 0) == inconsistent
        {
            proven.push(format!(
                "{kind} p = {}, n = {}, folds {}, {}: {fitting} of all {tried} outcomes give it, the nearest misses by \
                 {nearest:.1e}; mlscorecheck says {}",
                case["p"],
                case["n"],
                case["folds"],
                case["scores"],
                if inconsistent { "consistent" } else { "inconsistent" }
            ));
            continue;
        }
        if !inconsistent
            && case["inconsistent"] == true
            && let Some(why) = folds_it_has_not(case)
        {
            other_folds.push(format!("{case}: {why}"));
            continue;
        }
        unproven.push(format!("{case} {own:?}"));
    }
    println!("{equal} of {} verdicts equal; by kind (equal, all): {kinds:?}", cases.len());
    println!("{} differ, each proven by trying every outcome:\n{}", proven.len(), proven.join("\n"));
    println!("{} differ by folds that it has not:\n{}", other_folds.len(), other_folds.join("\n"));
    assert!(unproven.is_empty(), "{} differ without proof:\n{}", unproven.len(), unproven.join("\n"));
    assert!(equal >= 500, "{equal} equal");
}
