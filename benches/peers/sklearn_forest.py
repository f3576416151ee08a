#!/usr/bin/env python3
"""genrebench beside scikit-learn: forests on the same rows in one paired run, CPU time on one thread.

    python3 -m venv peers && peers/bin/pip install scikit-learn==1.9.1 numpy==2.4.6
    cargo build --release
    peers/bin/python benches/peers/sklearn_forest.py [--model random_forest] [--trees 500] [--seeds 5] [table.csv]

Three data sets: `hard` is 6400 + 800 rows x 190 correlated columns x 8 classes; `easy` 3995 + 1000 rows x 53 columns
x 5 unequal classes; the third a CSV with a `label` column, a fifth of its rows tested. For each seed both sides fit
and predict in turn, ours by `genrebench run --threads 1`, which times the fit alone; medians of CPU seconds, means of
macro-F1 in points. Growth over rows: --rows 1000,4000,16000,64000 fits `hard` made with so many rows instead.
"""
import argparse, csv, json, os, pathlib, subprocess, sys, tempfile, time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

sys.path.pop(0)  # this folder's own sklearn.py is not the library

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.metrics import f1_score

ROOT = pathlib.Path(__file__).resolve().parents[2]


def hard(rows=6400, tested=800):
    rng = np.random.default_rng(7)
    y = np.arange(rows + tested) % 8
    rng.shuffle(y)
    centres = rng.normal(size=(8, 190)) * 0.25
    mixing = (1 / (1 + np.arange(190) / 10))[:, None] * rng.normal(size=(190, 190))
    return (rng.normal(size=(rows + tested, 190)) + centres[y]) @ mixing, y, rows


def easy():
    rng = np.random.default_rng(3)
    y = rng.choice(5, size=4995, p=[0.35, 0.25, 0.2, 0.12, 0.08])
    centres = rng.normal(size=(5, 53)) * 0.6
    return rng.normal(size=(4995, 53)) @ (np.eye(53) + 0.2 * rng.normal(size=(53, 53))) + centres[y], y, 3995


def table(path):
    with open(path, newline="") as file:
        records = list(csv.DictReader(file))
    columns = [name for name in records[0] if name != "label" and is_number(records[0][name])]
    x = np.array([[float(record[name]) for name in columns] for record in records])
    y = np.unique([record["label"] for record in records], return_inverse=True)[1]
    order = np.random.default_rng(0).permutation(len(y))
    return x[order], y[order], len(y) * 4 // 5


def is_number(text):
    try:
        float(text)
        return True
    except ValueError:
        return False


def ours(binary, folder, model, trees, seed):
    keys = "\n".join([f'model = "{model}"', f"n_estimators = {trees}", 'class_weight = "balanced"'])
    experiment = folder / f"seed{seed}.toml"
    experiment.write_text(
        f'title = "Forests"\nquestion = "How fast, and how good?"\nseed = {seed}\n'
        f'dataset = {{ name = "table", path = "{folder / "table.npz"}" }}\n'
        f'split = {{ kind = "list", train = "{folder / "train.txt"}", test = "{folder / "test.txt"}" }}\n'
        f'[[row]]\nname = "forest"\n{keys}\n'
    )
    out = folder / f"run{seed}"
    subprocess.run([binary, "run", str(experiment), "--out", str(out), "--threads", "1", "--quiet"], check=True, stdout=subprocess.DEVNULL)
    [cell] = (out / "cells").glob("*.json")
    cell = json.loads(cell.read_text())
    found, times = cell["outcome"]["predicted"], cell["times"]
    return times["fit_cpu_seconds"], times["predict_cpu_seconds"], macro_f1(found["truth"], found["predicted"])


def peer(x, y, cut, model, trees, seed):
    make = {"random_forest": RandomForestClassifier, "extra_trees": ExtraTreesClassifier}[model]
    forest = make(trees, class_weight="balanced", random_state=seed, n_jobs=1)
    start = time.process_time()
    forest.fit(x[:cut], y[:cut])
    fitted = time.process_time()
    predicted = forest.predict(x[cut:])
    return fitted - start, time.process_time() - fitted, macro_f1(y[cut:], predicted)


def macro_f1(truth, predicted):
    return 100 * f1_score(truth, predicted, average="macro")


def summary(runs):
    fits, predicts, scores = zip(*runs)
    return np.median(fits), np.median(predicts), np.mean(scores)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("csv", nargs="?")
    parser.add_argument("--binary", default=str(ROOT / "target/release/genrebench"))
    parser.add_argument("--model", default="random_forest", choices=["random_forest", "extra_trees"])
    parser.add_argument("--trees", type=int, default=500)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rows", help="counts of rows, separated by commas")
    options = parser.parse_args()
    if options.rows:
        sets = {f"{rows} rows": hard(int(rows)) for rows in options.rows.split(",")}
    else:
        sets = {"hard": hard(), "easy": easy(), **({"csv": table(options.csv)} if options.csv else {})}
    for name, (x, y, cut) in sets.items():
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            ids = [f"r{row}" for row in range(len(y))]
            np.savez(folder / "table.npz", X=x, y=np.array([f"c{label}" for label in y]), ids=np.array(ids))
            (folder / "train.txt").write_text("\n".join(ids[:cut]) + "\n")
            (folder / "test.txt").write_text("\n".join(ids[cut:]) + "\n")
            a, b = [], []
            for seed in range(options.seeds):
                a.append(ours(options.binary, folder, options.model, options.trees, seed))
                b.append(peer(x, y, cut, options.model, options.trees, seed))
            our_fit, our_predict, f1 = summary(a)
            peer_fit, peer_predict, peer_f1 = summary(b)
            print(
                f"{name:12} fit {our_fit:.3f} s, scikit-learn {peer_fit:.3f} s: {peer_fit / our_fit:.1f} x | "
                f"predict {our_predict:.4f}, {peer_predict:.4f}: {peer_predict / our_predict:.1f} x | "
                f"macro-F1 {f1:.2f}, {peer_f1:.2f}",
                flush=True,
            )


if __name__ == "__main__":
    sys.exit(main())
