"""Boosting, genrebench beside scikit-learn, LightGBM and CatBoost: the same rows, one thread, CPU seconds.

    python -m venv peers && peers/bin/pip install scikit-learn==1.9.1 numpy==2.4.6 lightgbm==4.7.0 catboost==1.2.10
    cargo build --release
    peers/bin/python benches/peers/boosting.py gradient_boosting|catboost [SET ...] [--seeds N] [--rounds N]
        [--bins N ...] [--skip PEER ...] [--binary PATH]

The sets: `hard` 6400 + 800 rows x 190 correlated columns x 8 classes that overlap, `clusters` 3000 + 9000 x 40 x 6
with three clusters a class, `tails` 3000 + 9000 x 30 x 4 unequal classes by thresholds in heavy tails, and `digits`
1000 + 797 x 64 x 10 with noise. The sides take turns, seed by seed; ours is one `genrebench run` on the rows as an
.npz file with a list of sides, and its times are those of the run's record. Medians of CPU seconds, means of
macro-F1 in points, and the quotient of the medians.

gradient_boosting runs 200 rounds of depth 5 at rate 0.05 on half the rows; LightGBM gets leaves of one row, no least
curvature and 32 leaves of depth 5, which are the same trees in number and depth. catboost runs 800 iterations of
depth 6 at rate 0.05 and l2_leaf_reg 0. scikit-learn takes minutes on `hard`.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

for name in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]:
    os.environ[name] = "1"

sys.path.pop(0)  # this folder's own sklearn.py is not the library

import numpy as np
from sklearn.datasets import load_digits, make_classification
from sklearn.metrics import f1_score

ROOT = pathlib.Path(__file__).resolve().parents[2]


def hard():
    rng = np.random.default_rng(7)
    y = np.arange(7200) % 8
    rng.shuffle(y)
    centres = rng.normal(size=(8, 190)) * 0.25
    mixing = (1 / (1 + np.arange(190) / 10))[:, None] * rng.normal(size=(190, 190))
    return (rng.normal(size=(7200, 190)) + centres[y]) @ mixing, y, 6400


def clusters():
    x, y = make_classification(
        12000, 40, n_informative=15, n_redundant=10, n_classes=6, n_clusters_per_class=3, flip_y=0.05,
        class_sep=1.2, random_state=1,
    )
    return x, y, 3000


def tails():
    rng = np.random.default_rng(5)
    x = np.exp(rng.normal(size=(12000, 30)) * 1.5)
    score = np.log(x[:, 0]) * np.sign(np.log(x[:, 1])) + 2 * (x[:, 2] > 3) + 0.7 * rng.normal(size=12000)
    return x, np.digitize(score, [-1.5, 0, 1.5, 3]), 3000


def digits():
    x, y = load_digits(return_X_y=True)
    return x + 2 * np.random.default_rng(1).normal(size=x.shape), y, 1000


SETS = {make.__name__: make for make in [hard, clusters, tails, digits]}


def sklearn(rounds, bins, seed):
    from sklearn.ensemble import GradientBoostingClassifier

    return GradientBoostingClassifier(
        n_estimators=rounds, learning_rate=0.05, max_depth=5, subsample=0.5, random_state=seed
    )


def lightgbm(rounds, bins, seed):
    from lightgbm import LGBMClassifier

    return LGBMClassifier(
        n_estimators=rounds, learning_rate=0.05, max_depth=5, num_leaves=32, subsample=0.5, subsample_freq=1,
        min_child_samples=1, min_child_weight=0, max_bin=bins, n_jobs=1, random_state=seed, verbose=-1,
    )


def catboost(rounds, bins, seed):
    from catboost import CatBoostClassifier

    return CatBoostClassifier(
        iterations=rounds, depth=6, learning_rate=0.05, l2_leaf_reg=0, border_count=bins, random_seed=seed,
        thread_count=1, verbose=0, allow_writing_files=False,
    )


MODELS = {
    "gradient_boosting": {
        "peers": {"sklearn": sklearn, "lightgbm": lightgbm},
        "keys": "learning_rate = 0.05\nmax_depth = 5\nsubsample = 0.5\nn_estimators = {rounds}\nmax_bins = {bins}",
        "rounds": 200,
        "bins": [128],
    },
    "catboost": {
        "peers": {"catboost": catboost},
        "keys": "learning_rate = 0.05\ndepth = 6\nl2_leaf_reg = 0\niterations = {rounds}\nborder_count = {bins}",
        "rounds": 800,
        "bins": [254],
    },
}


def theirs(model, x, y, cut):
    start = time.process_time()
    model.fit(x[:cut], y[:cut])
    middle = time.process_time()
    predicted = np.ravel(model.predict(x[cut:]))
    return middle - start, time.process_time() - middle, macro_f1(y[cut:], predicted)


def prepare(folder, x, y, cut):
    ids = np.array([f"r{row:05}" for row in range(len(y))])
    np.savez(folder / "rows.npz", features=x, labels=np.array([f"c{label:02}" for label in y]), ids=ids)
    sides = [f"{id},{'train' if row < cut else 'test'}\n" for row, id in enumerate(ids)]
    (folder / "sides.csv").write_text("id,side\n" + "".join(sides))


def ours(binary, folder, model, keys, seed):
    experiment = folder / f"{seed}.toml"
    experiment.write_text(
        f'title = "boosting"\nseed = {seed}\n'
        'dataset = { name = "table", path = "rows.npz", label = "labels" }\n'
        'split = { kind = "list", file = "sides.csv" }\n'
        f'[[row]]\nname = "{model}"\nmodel = "{model}"\n{keys}\n'
    )
    with tempfile.TemporaryDirectory() as out:
        out = pathlib.Path(out) / "run"
        command = [binary, "run", str(experiment), "--out", str(out), "--threads", "1", "--quiet"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        [cell] = (out / "cells").glob("*.json")
        cell = json.loads(cell.read_text())
    found, times = cell["outcome"]["predicted"], cell["times"]
    return times["fit_cpu_seconds"], times["predict_cpu_seconds"], macro_f1(found["truth"], found["predicted"])


def macro_f1(truth, predicted):
    return 100 * f1_score(truth, predicted, average="macro")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=MODELS)
    parser.add_argument("sets", nargs="*", default=["hard"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--bins", type=int, nargs="+")
    parser.add_argument("--skip", nargs="+", default=[])
    parser.add_argument("--binary", default=str(ROOT / "target/release/genrebench"))
    options = parser.parse_args()
    model = MODELS[options.model]
    rounds = options.rounds or model["rounds"]
    for name in options.sets:
        x, y, cut = SETS[name]()
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            prepare(folder, x, y, cut)
            for bins in options.bins or model["bins"]:
                runs = {peer: [] for peer in model["peers"] if peer not in options.skip}
                mine = []
                for seed in range(options.seeds):
                    for peer, turns in runs.items():
                        turns.append(theirs(model["peers"][peer](rounds, bins, seed), x, y, cut))
                    keys = model["keys"].format(rounds=rounds, bins=bins)
                    mine.append(ours(options.binary, folder, options.model, keys, seed))
                print(f"{name}, {rounds} rounds, {bins} bins, {options.seeds} seeds")
                fit = np.median([turn[0] for turn in mine])
                for side, turns in [*runs.items(), ("genrebench", mine)]:
                    fits, predicts, scores = (np.array(column) for column in zip(*turns))
                    print(
                        f"  {side:10} fit {np.median(fits):9.3f} ({np.median(fits) / fit:6.2f} x)"
                        f"  predict {np.median(predicts):7.4f}  macro-F1 {scores.mean():6.2f} ± {scores.std():.2f}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
