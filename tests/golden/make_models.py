"""scikit-learn's answers for tests/model_golden.rs: `python make_models.py` writes models/<set>.json.

Pinned: Python 3.11, numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1. The data are made here and in the test by
the same generator (a 64-bit LCG, sums in the same order), so that only answers need storing.
"""

import json
import os
import sys
import warnings

import numpy as np
import sklearn
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid

warnings.filterwarnings("ignore")
assert sklearn.__version__ == "1.9.1", sklearn.__version__


class Lcg:
    def __init__(self, seed):
        self.state = seed

    def unit(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 11) / 2.0**53

    def normal(self):
        total = 0.0
        for _ in range(12):
            total += self.unit()
        return total - 6.0


def rows(seed, count, columns, classes_by_turn, carry, grow):
    draws = Lcg(seed)
    x, y = [], []
    for i in range(count):
        label = classes_by_turn[i % len(classes_by_turn)]
        row, before = [], 0.0
        for j in range(columns):
            before = carry * before + draws.normal()
            centre = ((label * 7 + j * 3) % 5) * 0.6
            row.append((before + centre) * (1.0 + grow * j))
        x.append(row)
        y.append(label)
    x, y = np.array(x), np.array(y)
    test = np.arange(count) % 4 == 3
    return x[~test], y[~test], x[test]


SETS = {
    "plain": rows(1, 120, 6, [0, 1, 2], 0.0, 0.0),
    "correlated": rows(2, 200, 20, [0, 0, 0, 0, 1, 1, 1, 2, 2, 3], 0.8, 0.25),
    "binary": rows(3, 120, 5, [0, 0, 1], 0.3, 0.0),
}

# The L-BFGS of scipy stops short of 1e-6 on correlated columns, Newton's method does not.
TIGHT = dict(solver="newton-cholesky", tol=1e-12, max_iter=1000)


def models():
    yield "majority", "", DummyClassifier(strategy="prior")
    for metric, p in [("euclidean", 2), ("manhattan", 2), ("chebyshev", 2), ("cosine", 2), ("minkowski", 3)]:
        power = "\np = 3" if metric == "minkowski" else ""
        yield "knn", f'n_neighbors = 7\nmetric = "{metric}"{power}', KNeighborsClassifier(7, metric=metric, p=p)
    yield "knn", 'weights = "distance"', KNeighborsClassifier(weights="distance")
    yield "nearest_centroid", "", NearestCentroid()
    yield "nearest_centroid", 'metric = "manhattan"', NearestCentroid(metric="manhattan")
    yield "nearest_centroid", "shrink_threshold = 0.7", NearestCentroid(shrink_threshold=0.7)
    yield "gaussian_nb", "", GaussianNB()
    yield "gaussian_nb", "var_smoothing = 0.01", GaussianNB(var_smoothing=0.01)
    yield "lda", "", LinearDiscriminantAnalysis()
    yield "lda", 'solver = "lsqr"', LinearDiscriminantAnalysis(solver="lsqr")
    yield "lda", 'solver = "lsqr"\nshrinkage = 0.3', LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.3)
    yield "lda", 'solver = "lsqr"\nshrinkage = "auto"', LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
    for c in ["0.01", "1", "30"]:
        yield "logistic_regression", f"C = {c}\ntol = 1e-9\nmax_iter = 1000", LogisticRegression(C=float(c), **TIGHT)
    yield (
        "logistic_regression",
        'class_weight = "balanced"\ntol = 1e-9\nmax_iter = 1000',
        LogisticRegression(class_weight="balanced", **TIGHT),
    )
    yield "logistic_regression", "fit_intercept = false\ntol = 1e-9\nmax_iter = 1000", LogisticRegression(fit_intercept=False, **TIGHT)


def main():
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "models")
    os.makedirs(folder, exist_ok=True)
    for name, (x, y, test) in SETS.items():
        cases = []
        for model, parameters, peer in models():
            peer.fit(x, y)
            case = {"model": model, "parameters": parameters, "predicted": peer.predict(test).tolist()}
            if model != "nearest_centroid":
                case["probabilities"] = [[float(f"{p:.12g}") for p in row] for row in peer.predict_proba(test)]
            cases.append(case)
        golden = {"checksum": float(x.sum()), "cases": cases}
        with open(os.path.join(folder, f"{name}.json"), "w") as out:
            json.dump(golden, out, separators=(",", ":"))
            out.write("\n")


if __name__ == "__main__":
    sys.exit(main())
