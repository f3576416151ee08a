"""How hard the synthetic corpus is for scikit-learn: the table of docs/SYNTH.md.

    peers/bin/pip install scikit-learn==1.9.1 numpy==2.4.6
    cargo build --release
    peers/bin/python benches/peers/synth.py target/release/genrebench [CLIPS A GENRE [SHUFFLES]]

The corpus is rendered and its `mipt` columns are computed by `genrebench features`; the models, the folds and the
scores are scikit-learn's own. One line a model: mean accuracy in per cent over the shuffles, folds dealt at random
and folds that keep an artist on one side.
"""

import csv
import pathlib
import subprocess
import sys
import tempfile

sys.path.pop(0)  # this folder's own sklearn.py is not the library

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

EXPERIMENT = """title = "synth"
dataset = {{ name = "synth", clips_per_genre = {clips}, seconds = 6 }}
features = {{ set = "mipt" }}
split = {{ kind = "group_kfold", folds = 5 }}
[[row]]
name = "majority"
model = "majority"
"""
MODELS = {
    "nearest centroid": NearestCentroid(),
    "Gaussian naive Bayes": GaussianNB(),
    "kNN, k = 5": KNeighborsClassifier(5),
    "LDA": LinearDiscriminantAnalysis(),
    "LDA, shrunk covariance": LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
    "logistic regression, C = 1": LogisticRegression(C=1, max_iter=2000),
    "SVM, RBF, C = 3": SVC(C=3),
    "random forest, 300": RandomForestClassifier(300, random_state=0),
    "extra trees, 500": ExtraTreesClassifier(500, random_state=0),
}


def corpus(binary, clips):
    """Features, genres and artists of the clips."""
    with tempfile.TemporaryDirectory() as folder:
        experiment = pathlib.Path(folder, "synth.toml")
        experiment.write_text(EXPERIMENT.format(clips=clips))
        table = pathlib.Path(folder, "synth.csv")
        subprocess.run([binary, "features", experiment, "--set", "mipt", "--quiet", "--out", table], check=True)
        rows = list(csv.DictReader(table.open()))
    beside = {"clip_id", "label", "group", "fold"}
    columns = [name for name in rows[0] if name not in beside]
    x = np.array([[float(row[name] or "nan") for name in columns] for row in rows])
    return x, np.array([row["label"] for row in rows]), np.array([row["group"] for row in rows])


def main():
    binary = sys.argv[1]
    clips, shuffles = (int(value) for value in (sys.argv[2:] + ["25", "3"])[:2])
    x, genres, artists = corpus(binary, clips)
    print(f"{len(x)} clips, {x.shape[1]} columns, {len(set(artists))} artists, {shuffles} shuffles")
    for name, model in MODELS.items():
        scores = {"random": [], "by artist": []}
        for seed in range(shuffles):
            for kind, folds, groups in (
                ("random", StratifiedKFold(5, shuffle=True, random_state=seed), None),
                ("by artist", StratifiedGroupKFold(5, shuffle=True, random_state=seed), artists),
            ):
                line = make_pipeline(SimpleImputer(), StandardScaler(), model)
                answers = cross_val_predict(line, x, genres, groups=groups, cv=folds)
                scores[kind].append(100 * accuracy_score(genres, answers))
        print(f"| {name} | {np.mean(scores['random']):.1f} | {np.mean(scores['by artist']):.1f} |", flush=True)


main()
