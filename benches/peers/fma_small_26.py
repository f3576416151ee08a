"""scikit-learn's figures for experiments/fma-small-26.toml, on the very folds that a run of it drew.

    python3 -m venv peers && peers/bin/pip install scikit-learn==1.9.1 numpy==2.4.6
    genrebench run fma-small-26 --data fma_small_26_features.csv
    peers/bin/python benches/peers/fma_small_26.py fma_small_26_features.csv runs/fma-small-26 [--seeds 5]

Folds are read from the run's predictions.csv. Each fold is scaled by its own training side; the folds' predictions
are scored together, as genrebench scores a repeat. The forest's figure is the mean over seeds.
"""

import argparse
import csv
import os
import pathlib
import sys

sys.path.pop(0)  # this folder's own sklearn.py is not the library
for name in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]:
    os.environ[name] = "1"

import numpy as np
import sklearn
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import f1_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

MODELS = {
    "k-NN, uniform": lambda seed: KNeighborsClassifier(7),
    "k-NN, by distance": lambda seed: KNeighborsClassifier(7, weights="distance"),
    "SVM": lambda seed: SVC(C=1000, gamma=0.001),
    "random forest": lambda seed: RandomForestClassifier(150, max_depth=15, random_state=seed),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table")
    parser.add_argument("run", type=pathlib.Path)
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    with open(options.table, newline="") as file:
        rows = list(csv.DictReader(file))
    columns = [name for name in rows[0] if name not in ("filename", "label")]
    x = np.array([[float(row[name]) for name in columns] for row in rows])
    y = np.array([row["label"] for row in rows])
    place = {row["filename"]: at for at, row in enumerate(rows)}
    with open(options.run / "predictions.csv", newline="") as file:
        lines = list(csv.DictReader(file))
    first = lines[0]["row"]
    fold = np.full(len(y), -1)
    for line in lines:
        if line["row"] == first:
            fold[place[line["clip_id"]]] = int(line["fold"])
    assert (fold >= 0).all(), "the run does not test every clip of the table"
    print(f"scikit-learn {sklearn.__version__}, {len(y)} clips x {len(columns)} columns, {fold.max() + 1} folds")
    for name, make in MODELS.items():
        scores = []
        for seed in range(options.seeds if "forest" in name else 1):
            predicted = np.empty_like(y)
            for number in range(fold.max() + 1):
                test = fold == number
                model = make_pipeline(StandardScaler(), make(seed)).fit(x[~test], y[~test])
                predicted[test] = model.predict(x[test])
            scores.append([100 * (predicted == y).mean(), 100 * f1_score(y, predicted, average="macro")])
        ours = {line["clip_id"]: line["predicted"] for line in lines if line["row"] == name}
        equal = np.mean([ours[row["filename"]] == guess for row, guess in zip(rows, predicted)]) * 100 if ours else float("nan")
        right = np.mean([ours[row["filename"]] == row["label"] for row in rows]) * 100 if ours else float("nan")
        spread = np.std(np.array(scores)[:, 0], ddof=1) if len(scores) > 1 else 0
        accuracy, f1 = np.mean(scores, axis=0)
        print(f"{name:18} accuracy {accuracy:.2f} ± {spread:.2f}  macro-F1 {f1:.2f} | ours {right:.2f}, {equal:.2f} % equal", flush=True)


if __name__ == "__main__":
    main()
