"""Scores and tests for tests/metric_golden.rs: `python make_metrics.py` writes metrics/scores.json from scikit-learn and
metrics/uncertainty.json from scipy and statsmodels.

Pinned: Python 3.11, numpy 2.4.6, scikit-learn 1.9.1, scipy 1.17.1, statsmodels 0.15.0.
"""

import json
import os
import warnings

import numpy as np
import sklearn
from scipy import stats
from sklearn import metrics as m
from sklearn.calibration import calibration_curve
from statsmodels.stats import contingency_tables, multitest, proportion

warnings.filterwarnings("ignore")
assert sklearn.__version__ == "1.9.1", sklearn.__version__


def case(name, classes, truth, predicted, probabilities=None):
    labels = list(range(classes))
    truth, predicted = np.array(truth), np.array(predicted)
    scores = {"accuracy": m.accuracy_score(truth, predicted), "balanced_accuracy": m.balanced_accuracy_score(truth, predicted)}
    for average in ["macro", "micro", "weighted"]:
        p, r, f, _ = m.precision_recall_fscore_support(truth, predicted, average=average, zero_division=0)
        scores[f"f1_{average}"] = f
        scores[f"precision_{average}"], scores[f"recall_{average}"] = p, r
    p, r = scores["precision_macro"], scores["recall_macro"]
    scores["f1_of_averages"] = 2 * p * r / (p + r) if p + r else 0.0
    scores["kappa"] = m.cohen_kappa_score(truth, predicted)
    scores["mcc"] = m.matthews_corrcoef(truth, predicted)
    curve = None
    if probabilities is not None:
        table = np.array(probabilities)
        scores["log_loss"] = m.log_loss(truth, y_proba=table, labels=labels)
        scores["brier"] = m.brier_score_loss(truth, table, labels=labels)
        for way in ["ovr", "ovo"]:
            for average in ["macro", "weighted"]:
                if len(set(truth)) < classes:
                    continue
                value = (
                    m.roc_auc_score(truth, table[:, 1])
                    if classes == 2
                    else m.roc_auc_score(truth, table, multi_class=way, average=average, labels=labels)
                )
                scores[f"roc_auc_{way}_{average}"] = value
        lowest_first = table - 1e-9 * np.arange(classes)  # among equals scikit-learn takes the highest index
        for k in [2, 3, 5]:
            scores[f"top_{k}"] = (
                m.top_k_accuracy_score(truth, lowest_first, k=k, labels=labels) if 2 < classes and k < classes else 1.0
            )
        confidence = table[np.arange(len(truth)), predicted]
        right = (truth == predicted).astype(int)
        accuracies, confidences = calibration_curve(right, confidence, n_bins=10)
        curve = [list(map(float, pair)) for pair in zip(confidences, accuracies)]
        accuracies, confidences = calibration_curve(right, confidence, n_bins=15)
        edges = np.linspace(0, 1, 16)
        counts = np.bincount(np.searchsorted(edges[1:-1], confidence), minlength=15)
        counts = counts[counts > 0]
        scores["ece"] = float(np.sum(counts * np.abs(accuracies - confidences)) / len(truth))
    p, r, f, s = m.precision_recall_fscore_support(truth, predicted, labels=labels, zero_division=0)
    return {
        "name": name,
        "classes": classes,
        "truth": list(map(int, truth)),
        "predicted": list(map(int, predicted)),
        "probabilities": probabilities,
        "scores": {key: float(value) for key, value in scores.items() if np.isfinite(value)},
        "by_class": [list(map(float, row)) for row in zip(p, r, f, s)],
        "confusion": m.confusion_matrix(truth, predicted, labels=labels).tolist(),
        "calibration": curve,
    }


def uncertainty(rng):
    t_tests = []
    for count, ratio in [(2, 0.5), (5, 0.25), (10, 1 / 9), (50, 0.11)]:
        differences = rng.normal(0.01, 0.02, count)
        error = np.sqrt((1 / count + ratio) * differences.var(ddof=1))
        half = error * stats.t.ppf(0.975, count - 1)
        mean = differences.mean()
        t_tests.append(
            {
                "differences": differences.tolist(),
                "test_over_train": ratio,
                "mean": mean,
                "low": mean - half,
                "high": mean + half,
                "p": 2 * stats.t.sf(abs(mean / error), count - 1),
            }
        )
    pairs = [(0, 0), (3, 0), (5, 5), (12, 4), (30, 11), (400, 300), (900, 800), (10, 3000)]
    mcnemars = [[a, b, float(contingency_tables.mcnemar([[0, a], [b, 0]], exact=True).pvalue)] for a, b in pairs]
    p_values = [0.01, 0.04, 0.03, 0.005, 0.2, 0.04]
    friedmans = []
    for sets, models in [(3, 3), (6, 4), (12, 7)]:
        scores = np.round(rng.uniform(0.5, 0.9, (sets, models)), 1)  # rounded: ties
        chi, p = stats.friedmanchisquare(*scores.T)
        f = (sets - 1) * chi / (sets * (models - 1) - chi)
        friedmans.append(
            {
                "scores": scores.tolist(),
                "mean_ranks": stats.rankdata(-scores, axis=1).mean(axis=0).tolist(),
                "chi_square": chi,
                "p": p,
                "p_f": stats.f.sf(f, models - 1, (models - 1) * (sets - 1)),
                "critical_difference": stats.studentized_range.ppf(0.95, models, np.inf)
                / np.sqrt(2)
                * np.sqrt(models * (models + 1) / (6 * sets)),
            }
        )
    return {
        "t_tests": t_tests,
        "mcnemar": mcnemars,
        "holm": {"p": p_values, "adjusted": multitest.multipletests(p_values, method="holm")[1].tolist()},
        "wilson": [[h, n, *map(float, proportion.proportion_confint(h, n, method="wilson"))] for h, n in [(138, 200), (1, 7), (433, 800)]],
        "friedman": friedmans,
    }


def main():
    rng = np.random.default_rng(0)
    cases = [
        case("perfect", 3, [0, 1, 2, 1], [0, 1, 2, 1]),
        case("all wrong", 2, [0, 1, 0], [1, 0, 1]),
        case("class absent from truth", 3, [0, 1, 0, 1], [0, 2, 0, 1]),
        case("class absent from predictions", 3, [0, 1, 2, 2], [0, 1, 1, 0]),
        case("class absent from both", 4, [0, 1, 0, 2], [0, 1, 2, 2]),
        case("one clip", 3, [1], [2]),
        case("one class everywhere", 3, [1, 1, 1], [1, 1, 1]),
    ]
    truth = rng.choice(8, 60, p=[0.3, 0.2, 0.15, 0.1, 0.1, 0.07, 0.05, 0.03])
    weights = rng.integers(1, 9, (60, 8)).astype(float)
    weights[np.arange(60), truth] += 6
    weights[3, :] = 0
    weights[3, (truth[3] + 1) % 8] = 1  # certain and wrong: the clamp decides
    probabilities = weights / weights.sum(axis=1, keepdims=True)
    cases.append(case("unbalanced, with probabilities", 8, truth, probabilities.argmax(axis=1), probabilities.tolist()))
    truth = np.concatenate([[0, 1, 2], rng.integers(0, 3, 40)])
    table = rng.dirichlet([1, 1, 1], 43)
    table[4:9] = table[9:14]  # ties in the ranking
    # Labels that are not the most probable class, as libsvm's beside its Platt probabilities.
    cases.append(case("labels beside the probabilities", 3, truth, rng.integers(0, 3, 43), table.tolist()))
    truth = np.concatenate([[0, 1], rng.integers(0, 2, 30)])
    table = rng.dirichlet([2, 2], 32)
    cases.append(case("two classes with probabilities", 2, truth, table.argmax(axis=1), table.tolist()))
    cases.append(case("a class without clips, with probabilities", 3, [0, 1, 0], [0, 0, 0], [[0.6, 0.3, 0.1], [0.5, 0.3, 0.2], [0.7, 0.2, 0.1]]))
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "metrics")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "scores.json"), "w") as out:
        json.dump(cases, out, separators=(",", ":"))
        out.write("\n")
    with open(os.path.join(folder, "uncertainty.json"), "w") as out:
        json.dump(uncertainty(rng), out, indent=1)
        out.write("\n")


if __name__ == "__main__":
    main()
