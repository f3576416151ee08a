"""Support vector machines, genrebench beside scikit-learn: the same rows, one thread, CPU seconds, medians.

    python benches/peers/sklearn_svc.py GENREBENCH [SET ...] [--turns N] [--probability]

GENREBENCH is the release binary. The sets: `hard` 6400 + 800 rows x 190 columns x 8 classes that overlap (most
rows are support vectors), `easy` 4000 + 800 x 53 x 5 that hardly do, `h16k` and `e32k` for growth. The two sides
take turns; each turn of ours is one `genrebench run` on the rows as an .npz file with a list of sides, and its times
are those of the run's record.
"""

import argparse
import csv
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
from sklearn.svm import SVC

SETS = {
    "hard": dict(train=6400, columns=190, classes=8, apart=0.25),
    "easy": dict(train=4000, columns=53, classes=5, apart=1.0),
    "h16k": dict(train=16000, columns=190, classes=8, apart=0.25),
    "e32k": dict(train=32000, columns=60, classes=8, apart=0.8),
}
TEST = 800


def rows(train, columns, classes, apart):
    """Classes around random centres, in columns as correlated as moments of audio features are, standardised."""
    rng = np.random.default_rng(7)
    y = np.arange(train + TEST) % classes
    rng.shuffle(y)
    centres = rng.normal(size=(classes, columns)) * apart
    decay = 1 / (1 + np.arange(columns) / 10)
    mixing = decay[:, None] * rng.normal(size=(columns, columns))
    x = (rng.normal(size=(train + TEST, columns)) + centres[y]) @ mixing
    return (x - x[:train].mean(axis=0)) / x[:train].std(axis=0), y


def theirs(x, y, train, probability):
    start = time.process_time()
    model = SVC(C=3, **({"probability": True} if probability else {})).fit(x[:train], y[:train])
    middle = time.process_time()
    predicted = model.predict(x[train:])
    return middle - start, time.process_time() - middle, predicted, int(model.n_support_.sum())


def prepare(folder, x, y, train, probability):
    ids = np.array([f"r{row:05}" for row in range(len(y))])
    np.savez(folder / "rows.npz", features=x, labels=np.array([f"c{label}" for label in y]), ids=ids)
    sides = [f"{id},{'train' if row < train else 'test'}\n" for row, id in enumerate(ids)]
    (folder / "sides.csv").write_text("id,side\n" + "".join(sides))
    (folder / "experiment.toml").write_text(
        'title = "svc"\n'
        'dataset = { name = "table", path = "rows.npz", label = "labels" }\n'
        'split = { kind = "list", file = "sides.csv" }\n'
        f'[[row]]\nname = "svc"\nmodel = "svc"\nC = 3\nprobability = {str(probability).lower()}\n'
    )


def ours(binary, folder, turn):
    out = folder / f"run-{turn}"
    command = [binary, "run", str(folder / "experiment.toml"), "--out", str(out), "--threads", "1", "--quiet"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (cell,) = out.glob("cells/*.json")
    times = json.loads(cell.read_text())["times"]
    with open(out / "predictions.csv", newline="") as file:
        predicted = np.array([int(line["predicted"][1:]) for line in csv.DictReader(file)])
    return times["fit_cpu_seconds"], times["predict_cpu_seconds"], predicted


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("genrebench")
    parser.add_argument("sets", nargs="*", default=["hard", "easy"])
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--probability", action="store_true")
    options = parser.parse_args()
    for name in options.sets:
        train = SETS[name]["train"]
        x, y = rows(**SETS[name])
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            prepare(folder, x, y, train, options.probability)
            peer, mine = [], []
            for turn in range(options.turns):
                peer.append(theirs(x, y, train, options.probability))
                mine.append(ours(options.genrebench, folder, turn))
        median = lambda turns, which: float(np.median([turn[which] for turn in turns]))
        equal = np.mean(peer[0][2] == mine[0][2])
        print(f"{name}: {peer[0][3]} support vectors of {train}; {100 * equal:.2f} % of predictions equal")
        for which, what in enumerate(["fit", "predict"]):
            a, b = median(peer, which), median(mine, which)
            print(f"  {what:8} scikit-learn {a:8.4f}  genrebench {b:8.4f}  {a / b:6.2f} x")


if __name__ == "__main__":
    main()
