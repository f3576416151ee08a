"""Linear models, genrebench beside scikit-learn: the same rows, one thread, CPU seconds, medians; and the objective.

    python3 -m venv peers && peers/bin/pip install scikit-learn==1.9.1 numpy==2.4.6
    cargo build --release
    peers/bin/python benches/peers/sklearn_linear.py target/release/genrebench [--turns 5]

6400 + 800 rows x 190 correlated columns x 8 classes. Our weights are not printed by a run; of logistic regression they
follow from the probabilities of the 800 test rows, whose log-odds are linear in the columns, and the objective
C sum(loss) + |W|^2 / 2 over the training rows is computed from them here, as it is for scikit-learn's. `least` is the
objective of scikit-learn's Newton method run to a gradient of 1e-12.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import warnings

for name in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]:
    os.environ[name] = "1"

sys.path.pop(0)  # this folder's own sklearn.py is not the library

import numpy as np
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.ensemble import AdaBoostClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

warnings.filterwarnings("ignore")
TRAIN = 6400
MODELS = {
    "logistic_regression, C = 0.01": ("C = 0.01\nmax_iter = 1000", LogisticRegression(C=0.01, max_iter=1000)),
    "logistic_regression, newton-cg C = 0.001": (
        'C = 0.001\nsolver = "newton-cg"\nmax_iter = 1000',
        LogisticRegression(C=0.001, solver="newton-cg", max_iter=1000),
    ),
    "linear_svc, C = 1": ("C = 1", LinearSVC(dual=False)),
    "qda, reg_param = 0.1": ("reg_param = 0.1", QuadraticDiscriminantAnalysis(reg_param=0.1)),
    "adaboost, 50 trees": ("", AdaBoostClassifier(random_state=0)),
}


def rows():
    """As in sklearn_models.py."""
    rng = np.random.default_rng(7)
    y = np.arange(TRAIN + 800) % 8
    rng.shuffle(y)
    centres = rng.normal(size=(8, 190)) * 0.25
    mixing = (1 / (1 + np.arange(190) / 10))[:, None] * rng.normal(size=(190, 190))
    x = (rng.normal(size=(TRAIN + 800, 190)) + centres[y]) @ mixing
    return (x - x[:TRAIN].mean(axis=0)) / x[:TRAIN].std(axis=0), y


def prepare(folder, x, y):
    ids = np.array([f"r{row:05}" for row in range(len(y))])
    np.savez(folder / "rows.npz", features=x, labels=np.array([f"c{label}" for label in y]), ids=ids)
    sides = [f"{id},{'train' if row < TRAIN else 'test'}\n" for row, id in enumerate(ids)]
    (folder / "sides.csv").write_text("id,side\n" + "".join(sides))


def ours(binary, folder, model, parameters, turn):
    (folder / "experiment.toml").write_text(
        'title = "linear"\ndataset = { name = "table", path = "rows.npz", label = "labels" }\n'
        'split = { kind = "list", file = "sides.csv" }\n'
        f'[[row]]\nname = "row"\nmodel = "{model}"\n{parameters}\n'
    )
    out = folder / f"run-{turn}"
    command = [binary, "run", str(folder / "experiment.toml"), "--out", str(out), "--threads", "1", "--quiet"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (cell,) = out.glob("cells/*.json")
    cell = json.loads(cell.read_text())
    found, times = cell["outcome"]["predicted"], cell["times"]
    return times["fit_cpu_seconds"], times["predict_cpu_seconds"], found


def theirs(peer, x, y):
    start = time.process_time()
    peer.fit(x[:TRAIN], y[:TRAIN])
    middle = time.process_time()
    predicted = peer.predict(x[TRAIN:])
    return middle - start, time.process_time() - middle, predicted


def objective(weights, intercepts, c, x, y):
    scores = x[:TRAIN] @ weights + intercepts
    scores -= scores.max(axis=1, keepdims=True)
    losses = np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(TRAIN), y[:TRAIN]]
    return c * losses.sum() + 0.5 * (weights**2).sum()


def recovered(probabilities, x):
    """W and b with classes that sum to 0, which the penalised minimum has."""
    logs = np.log(np.array(probabilities))
    logs -= logs.mean(axis=1, keepdims=True)
    found = np.linalg.lstsq(np.hstack([x[TRAIN:], np.ones((len(logs), 1))]), logs, rcond=None)[0]
    return found[:-1], found[-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("genrebench")
    parser.add_argument("--turns", type=int, default=5)
    options = parser.parse_args()
    x, y = rows()
    for name, (parameters, peer) in MODELS.items():
        model = name.split(",")[0]
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            prepare(folder, x, y)
            peers, mine = [], []
            for turn in range(options.turns):
                peers.append(theirs(peer, x, y))
                mine.append(ours(options.genrebench, folder, model, parameters, turn))
        found = mine[0][2]
        equal = np.mean(peers[0][2] == np.array(found["predicted"]))
        print(f"{name}: {100 * equal:.2f} % of predictions equal")
        for which, what in enumerate(["fit", "predict"]):
            a, b = [float(np.median([turn[which] for turn in side])) for side in (peers, mine)]
            pairs = [p[which] / max(m[which], 1e-6) for p, m in zip(peers, mine)]
            print(f"  {what:8} scikit-learn {a:8.4f}  genrebench {b:8.4f}  {a / b:6.2f} x ({min(pairs):.2f} to {max(pairs):.2f})")
        if model == "logistic_regression":
            least = LogisticRegression(C=peer.C, solver="newton-cholesky", tol=1e-12, max_iter=1000)
            least.fit(x[:TRAIN], y[:TRAIN])
            theirs_at, least_at = [objective(m.coef_.T, m.intercept_, m.C, x, y) for m in (peer, least)]
            ours_at = objective(*recovered(found["probabilities"], x), peer.C, x, y)
            print(f"  objective above the least: scikit-learn {theirs_at / least_at - 1:.2e}, genrebench {ours_at / least_at - 1:.2e}")
            print(f"  genrebench against scikit-learn, relative: {(ours_at - theirs_at) / theirs_at:.2e}")


if __name__ == "__main__":
    main()
