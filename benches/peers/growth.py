"""How fit time grows with rows, genrebench beside scikit-learn and CatBoost: 1k, 4k, 16k and 64k rows, one thread.

    python3 -m venv peers && peers/bin/pip install scikit-learn==1.9.1 numpy==2.4.6 catboost==1.2.10
    cargo build --release
    peers/bin/python benches/peers/growth.py target/release/genrebench [MODEL ...] [--rows 1000,4000,16000,64000]

The same rows on both sides: 40 correlated columns, 8 classes that overlap. CPU seconds of the fit, ours from the run's
record; small sizes are medians of three. An exponent is the slope of log seconds over log rows, by least squares over
all sizes and over the last two alone. What a fit costs whatever its rows (each side's seconds for 64 of them) is taken
off before, since it would make a side look as if it grew less, and sizes of which it is more than half are left out;
exponents of the seconds as they are stand beside.
`svc-cache` fits svc on 16k rows with caches of 10, 50 and 200 MB and prints the process's peak memory.
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

TEST = 200
FEW = 64


def rows(train):
    rng = np.random.default_rng(7)
    y = np.arange(train + TEST) % 8
    rng.shuffle(y)
    centres = rng.normal(size=(8, 40)) * 0.5
    mixing = (1 / (1 + np.arange(40) / 10))[:, None] * rng.normal(size=(40, 40))
    x = (rng.normal(size=(train + TEST, 40)) + centres[y]) @ mixing
    return (x - x[:train].mean(axis=0)) / x[:train].std(axis=0), y


def svc():
    from sklearn.svm import SVC

    return SVC(C=3)


def linear_svc():
    from sklearn.svm import LinearSVC

    return LinearSVC(dual=False)


def logistic():
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=0.01, max_iter=1000)


def forest():
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(20, n_jobs=1)


def boosting():
    from sklearn.ensemble import GradientBoostingClassifier

    return GradientBoostingClassifier(learning_rate=0.05, max_depth=5, n_estimators=3, subsample=0.5)


def adaboost():
    from sklearn.ensemble import AdaBoostClassifier

    return AdaBoostClassifier(n_estimators=20)


def lda():
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    return LinearDiscriminantAnalysis()


def qda():
    from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis

    return QuadraticDiscriminantAnalysis()


def catboost():
    from catboost import CatBoostClassifier

    return CatBoostClassifier(
        iterations=20, depth=6, learning_rate=0.05, thread_count=1, verbose=False, allow_writing_files=False
    )


MODELS = {
    "svc": (svc, "C = 3"),
    "linear_svc": (linear_svc, ""),
    "logistic_regression": (logistic, "C = 0.01\nmax_iter = 1000"),
    "random_forest": (forest, "n_estimators = 20"),
    "gradient_boosting": (boosting, "learning_rate = 0.05\nmax_depth = 5\nn_estimators = 3\nsubsample = 0.5"),
    "catboost": (catboost, "iterations = 20\ndepth = 6\nlearning_rate = 0.05"),
    "adaboost": (adaboost, "n_estimators = 20"),
    "lda": (lda, ""),
    "qda": (qda, ""),
}


def prepare(folder, x, y, train):
    ids = np.array([f"r{row:06}" for row in range(len(y))])
    np.savez(folder / "rows.npz", features=x, labels=np.array([f"c{label}" for label in y]), ids=ids)
    sides = [f"{id},{'train' if row < train else 'test'}\n" for row, id in enumerate(ids)]
    (folder / "sides.csv").write_text("id,side\n" + "".join(sides))


def ours(binary, folder, model, parameters, turn):
    (folder / "experiment.toml").write_text(
        'title = "growth"\ndataset = { name = "table", path = "rows.npz", label = "labels" }\n'
        'split = { kind = "list", file = "sides.csv" }\n'
        f'[[row]]\nname = "{model}"\nmodel = "{model}"\n{parameters}\n'
    )
    out = folder / f"run-{model}-{turn}"
    command = [binary, "run", str(folder / "experiment.toml"), "--out", str(out), "--threads", "1", "--quiet"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (cell,) = out.glob("cells/*.json")
    cell = json.loads(cell.read_text())
    found = cell["outcome"]["predicted"]
    accuracy = np.mean(np.array(found["truth"]) == np.array(found["predicted"]))
    return cell["times"]["fit_cpu_seconds"], accuracy, cell["times"]["peak_memory_mib"]


def theirs(make, x, y, train):
    model = make()
    start = time.process_time()
    model.fit(x[:train], y[:train])
    seconds = time.process_time() - start
    return seconds, np.mean(np.ravel(model.predict(x[train:])) == y[train:])


def exponents(sizes, seconds):
    sizes, seconds = np.log(sizes), np.log(np.maximum(seconds, 1e-4))
    last = (seconds[-1] - seconds[-2]) / (sizes[-1] - sizes[-2]) if len(sizes) > 1 else float("nan")
    return np.polyfit(sizes, seconds, 1)[0], last


def cache(binary):
    x, y = rows(16000)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        prepare(folder, x, y, 16000)
        for megabytes in [10, 50, 200]:
            parameters = f"C = 3\ncache_mb = {megabytes}"
            seconds, accuracy, peak = ours(binary, folder, "svc", parameters, megabytes)
            print(f"svc, 16k rows, cache_mb {megabytes:4}: peak {peak:6.1f} MiB, fit {seconds:.3f} s, {accuracy:.4f}")
        _, _, peak = ours(binary, folder, "lda", "", 0)
        print(f"lda, the same rows, no kernel: peak {peak:6.1f} MiB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("genrebench")
    parser.add_argument("models", nargs="*", default=[])
    parser.add_argument("--rows", default="1000,4000,16000,64000")
    options = parser.parse_args()
    sizes = [int(size) for size in options.rows.split(",")]
    models = options.models or [*MODELS, "svc-cache"]
    found = {model: ([], []) for model in models if model in MODELS}
    for size in [FEW, *sizes]:
        x, y = rows(size)
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            prepare(folder, x, y, size)
            for model, (mine, peers) in found.items():
                make, parameters = MODELS[model]
                turns = 3 if size <= 4000 else 1
                own = [ours(options.genrebench, folder, model, parameters, turn) for turn in range(turns)]
                peer = [theirs(make, x, y, size) for _ in range(turns)]
                mine.append(np.median([turn[0] for turn in own]))
                peers.append(np.median([turn[0] for turn in peer]))
                line = f"{model:20} {size:6} rows: peer {peers[-1]:9.4f}  genrebench {mine[-1]:9.4f}"
                print(f"{line}  {peers[-1] / mine[-1]:6.2f} x  accuracy {peer[0][1]:.3f} {own[0][1]:.3f}", flush=True)
    for model, (mine, peers) in found.items():
        for taken_off in [True, False]:
            of_sides = []
            for side, seconds in [("peer", peers), ("genrebench", mine)]:
                fixed, *seconds = seconds
                kept = [(size, s - fixed) for size, s in zip(sizes, seconds) if s > 2 * fixed]
                whole, last = exponents(*zip(*(kept if taken_off else zip(sizes, seconds))))
                of_sides.append(f"{side} {whole:.2f} (last {last:.2f})")
            what = "exponent" if taken_off else "with fixed cost"
            print(f"{model:20} {what:16} {'  '.join(of_sides)}")
    if "svc-cache" in models:
        cache(options.genrebench)


if __name__ == "__main__":
    main()
