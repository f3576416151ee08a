"""scikit-learn's scores for tests/metric_golden.rs: `python make_metrics.py` writes metrics/scores.json.

Pinned: Python 3.11, numpy 2.4.6, scikit-learn 1.9.1.
"""

import json
import os
import warnings

import numpy as np
import sklearn
from sklearn import metrics as m

warnings.filterwarnings("ignore")
assert sklearn.__version__ == "1.9.1", sklearn.__version__


def case(name, classes, truth, predicted, probabilities=None):
    scores = {"accuracy": m.accuracy_score(truth, predicted), "balanced_accuracy": m.balanced_accuracy_score(truth, predicted)}
    for average in ["macro", "micro", "weighted"]:
        p, r, f, _ = m.precision_recall_fscore_support(truth, predicted, average=average, zero_division=0)
        scores[f"f1_{average}"] = f
        if average != "micro":
            scores[f"precision_{average}"], scores[f"recall_{average}"] = p, r
    labels = list(range(classes))
    if probabilities is not None:
        scores["log_loss"] = m.log_loss(truth, y_proba=np.array(probabilities), labels=labels)
    p, r, f, s = m.precision_recall_fscore_support(truth, predicted, labels=labels, zero_division=0)
    return {
        "name": name,
        "classes": classes,
        "truth": list(map(int, truth)),
        "predicted": list(map(int, predicted)),
        "probabilities": probabilities,
        "scores": {key: float(value) for key, value in scores.items()},
        "by_class": [list(map(float, row)) for row in zip(p, r, f, s)],
        "confusion": m.confusion_matrix(truth, predicted, labels=labels).tolist(),
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
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "metrics")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "scores.json"), "w") as out:
        json.dump(cases, out, separators=(",", ":"))
        out.write("\n")


if __name__ == "__main__":
    main()
