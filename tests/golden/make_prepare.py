"""scikit-learn's answers for tests/prepare_golden.rs: `python make_prepare.py` writes models/prepare.json.

Pinned: Python 3.11, numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1.
"""

import json
import os

import numpy as np
import sklearn
from golden_rows import rows
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest, SelectPercentile, VarianceThreshold, f_classif, mutual_info_classif

assert sklearn.__version__ == "1.9.1", sklearn.__version__

SETS = {
    "tall": rows(5, 120, 9, [0, 0, 0, 1, 1, 2], 0.8, 0.25),
    "wide": rows(6, 16, 30, [0, 1, 2], 0.5, 0.1),
}


def information(x, y):
    return mutual_info_classif(x, y, random_state=0)


STEPS = {
    "{ pca = { components = 4 } }": lambda: PCA(4, svd_solver="full"),
    "{ pca = { components = 4, whiten = true } }": lambda: PCA(4, whiten=True, svd_solver="full"),
    "{ pca = { components = 0.8 } }": lambda: PCA(0.8, svd_solver="full"),
    "{ select = { best = 3 } }": lambda: SelectKBest(f_classif, k=3),
    "{ select = { percentile = 40 } }": lambda: SelectPercentile(f_classif, percentile=40),
    "{ select = { percentile = 50 } }": lambda: SelectPercentile(f_classif, percentile=50),
    '{ select = { best = 4, by = "mutual_information" } }': lambda: SelectKBest(information, k=4),
    "{ select = { variance_above = 5.0 } }": lambda: VarianceThreshold(5.0),
}


def main():
    cases = []
    for name, (x, y, test) in SETS.items():
        for toml, make in STEPS.items():
            fitted = make().fit(x, y)
            answer = fitted.transform(test)
            if isinstance(fitted, PCA):
                # The house's sign: each component's largest part is above 0.
                largest = np.abs(fitted.components_).argmax(axis=1)
                answer = answer * np.sign(fitted.components_[np.arange(len(largest)), largest])
            answer = [[float(f"{value:.12g}") for value in row] for row in answer]
            cases.append({"set": name, "step": toml, "answer": answer})
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "models", "prepare.json")
    with open(path, "w") as out:
        json.dump(cases, out, separators=(",", ":"))
        out.write("\n")


if __name__ == "__main__":
    main()
