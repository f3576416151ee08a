"""Fit and predict times of scikit-learn's models on 6400 + 800 rows x 190 columns x 8 classes, one thread.

    python benches/peers/sklearn_models.py [FOLDER]

With FOLDER the rows are left there as little-endian f64 (x.f64, y.f64, t.f64) and every prediction as text,
for the same work to be done by genrebench. CPU seconds, medians of nine.
"""

import os
import sys
import time

for name in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]:
    os.environ[name] = "1"

sys.path.pop(0)  # this folder's own sklearn.py is not the library

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid

MODELS = {
    "logistic_regression C=0.01": lambda: LogisticRegression(C=0.01, max_iter=1000),
    "logistic_regression C=1": lambda: LogisticRegression(C=1, max_iter=1000),
    "logistic_regression C=100": lambda: LogisticRegression(C=100, max_iter=1000),
    "knn n_neighbors=15": lambda: KNeighborsClassifier(15),
    "gaussian_nb": GaussianNB,
    "lda": LinearDiscriminantAnalysis,
    "lda lsqr auto": lambda: LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
    "nearest_centroid": NearestCentroid,
}


def rows():
    """Eight classes that overlap, in columns as correlated as moments of audio features are, standardised."""
    rng = np.random.default_rng(7)
    y = np.arange(7200) % 8
    rng.shuffle(y)
    centres = rng.normal(size=(8, 190)) * 0.25
    decay = 1 / (1 + np.arange(190) / 10)
    mixing = decay[:, None] * rng.normal(size=(190, 190))
    x = (rng.normal(size=(7200, 190)) + centres[y]) @ mixing
    x = (x - x[:6400].mean(axis=0)) / x[:6400].std(axis=0)
    return x[:6400], y[:6400], x[6400:], y[6400:]


def objective(model, x, y):
    losses = -np.log(model.predict_proba(x)[np.arange(len(y)), y])
    return model.C * losses.sum() + 0.5 * (model.coef_**2).sum()


def main():
    x, y, test, truth = rows()
    folder = sys.argv[1] if len(sys.argv) > 1 else None
    if folder:
        for name, values in [("x", x), ("y", y), ("t", test)]:
            np.ascontiguousarray(values, dtype="<f8").tofile(os.path.join(folder, f"{name}.f64"))
    for name, make in MODELS.items():
        fits, predicts = [], []
        for _ in range(9):
            model = make()
            start = time.process_time()
            model.fit(x, y)
            middle = time.process_time()
            predicted = model.predict(test)
            fits.append(middle - start)
            predicts.append(time.process_time() - middle)
        note = ""
        if hasattr(model, "n_iter_"):
            note = f" iterations {model.n_iter_} objective {objective(model, x, y):.8f}"
        accuracy = (predicted == truth).mean()
        print(f"{name:30} fit {np.median(fits):.4f} predict {np.median(predicts):.4f} accuracy {accuracy:.4f}{note}")
        if folder:
            np.savetxt(os.path.join(folder, f"peer-{name.replace(' ', '_')}.txt"), predicted, fmt="%d")


if __name__ == "__main__":
    main()
