"""The classical models of mipt-2020, genrebench beside scikit-learn, LightGBM and CatBoost: same rows, one thread.

    python3 -m venv peers && peers/bin/pip install scikit-learn==1.9.1 numpy==2.4.6 lightgbm==4.7.0 catboost==1.2.10
    cargo build --release
    peers/bin/python benches/peers/sklearn.py table [MODEL ...]       # speed and equality, 6400 + 800 rows x 190 x 8
    peers/bin/python benches/peers/sklearn.py quality [MODEL ...]     # macro-F1 over five seeds on several sets
    peers/bin/python benches/peers/sklearn.py growth [MODEL ...]      # fit time over 1k, 4k, 16k, 64k rows
    peers/bin/python benches/peers/sklearn.py threads [MODEL ...]     # one thread against two, and the same bits

`--table NAME=FILE.csv` adds a set of your own (a `label` column, numbers beside it; a quarter of each class is
tested). Both sides fit and predict the same rows in turn; ours is one `genrebench run --threads 1` whose record holds
its times. Seconds are CPU seconds (process_time; user + system), medians over the turns. A peer's answers are kept under
`--cache DIR`, so that a fit of five minutes is waited for once; without it every call measures afresh.

CatBoost is given learning_rate 0.03, to which it resolves by itself once l2_leaf_reg is named. LightGBM gets
leaves of one row, no least curvature, 32 leaves of depth 5 and as many bins: the same trees in number and depth.
"""

import argparse
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.pop(0)  # this folder's own sklearn.py is not the library
for name in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]:
    os.environ[name] = "1"

import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import f1_score

ROOT = pathlib.Path(__file__).resolve().parents[2]


# ---------------------------------------------------------------------------------------------------------- the rows


def hard(train=6400, tested=800, columns=190, classes=8, apart=0.25, seed=7):
    """Classes that overlap, in columns as correlated as moments of audio features are, standardised."""
    rng = np.random.default_rng(seed)
    y = np.arange(train + tested) % classes
    rng.shuffle(y)
    centres = rng.normal(size=(classes, columns)) * apart
    decay = 1 / (1 + np.arange(columns) / 10)
    mixing = decay[:, None] * rng.normal(size=(columns, columns))
    x = (rng.normal(size=(train + tested, columns)) + centres[y]) @ mixing
    return (x - x[:train].mean(axis=0)) / x[:train].std(axis=0), y, train


def easy():
    """Few support vectors, unequal difficulty: where shrinking and caches count."""
    return hard(4000, 800, 53, 5, 1.0)


def tails():
    """Unequal classes by thresholds in columns with heavy tails."""
    rng = np.random.default_rng(5)
    x = np.exp(rng.normal(size=(4000, 30)) * 1.5)
    score = np.log(x[:, 0]) * np.sign(np.log(x[:, 1])) + 2 * (x[:, 2] > 3) + 0.7 * rng.normal(size=len(x))
    return x, np.digitize(score, [-1.5, 0, 1.5, 3]), 2000


def digits():
    x, y = load_digits(return_X_y=True)
    return x + 2 * np.random.default_rng(1).normal(size=x.shape), y, 1000


def table(path):
    """A CSV with a label column; three quarters of each class learn."""
    import csv

    with open(path, newline="") as file:
        records = list(csv.DictReader(file))
    names = [name for name in records[0] if name not in ("label", "clip_id", "filename", "group", "fold")]
    x = np.array([[float(record[name]) for name in names] for record in records])
    y = np.unique([record["label"] for record in records], return_inverse=True)[1]
    order = np.random.default_rng(0).permutation(len(y))
    rank = np.empty(len(y), int)
    for label in np.unique(y):
        members = order[y[order] == label]
        rank[members] = np.arange(len(members)) * 4 // len(members)
    order = np.concatenate([order[rank[order] < 3], order[rank[order] == 3]])
    return x[order], y[order], int((rank < 3).sum())


SETS = {make.__name__: make for make in [hard, easy, tails, digits]}


# -------------------------------------------------------------------------------------------------------- the models


def svc(seed, **more):
    from sklearn.svm import SVC

    return SVC(C=3, **more)


def forest(seed, **more):
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(**{"n_estimators": 500, "class_weight": "balanced", **more}, random_state=seed, n_jobs=1)


def boosting(seed, **more):
    from sklearn.ensemble import GradientBoostingClassifier

    keys = {"n_estimators": 200, "learning_rate": 0.05, "max_depth": 5, "subsample": 0.5, **more}
    return GradientBoostingClassifier(**keys, random_state=seed)


def lightgbm(seed, **more):
    from lightgbm import LGBMClassifier

    keys = {"n_estimators": 200, "learning_rate": 0.05, "max_depth": 5, "num_leaves": 32, "subsample": 0.5, **more}
    same = {"subsample_freq": 1, "min_child_samples": 1, "min_child_weight": 0, "max_bin": 128}
    return LGBMClassifier(**keys, **same, n_jobs=1, random_state=seed, verbose=-1)


def logistic(seed, **more):
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(**{"C": 0.01, "max_iter": 500, **more})


def catboost(seed, **more):
    from catboost import CatBoostClassifier

    keys = {"iterations": 800, "depth": 6, "bagging_temperature": 0.05, "l2_leaf_reg": 0, "learning_rate": 0.03, **more}
    return CatBoostClassifier(**keys, random_seed=seed, thread_count=1, verbose=0, allow_writing_files=False)


class Model:
    """One line of the table: our row, and the peers that do the same."""

    def __init__(self, title, row, peers, slow=(), growth=None):
        self.title, self.row, self.peers, self.slow, self.growth = title, row, peers, slow, growth or {}


MODELS = {
    "svc": Model("SVC rbf C=3", {"model": "svc", "C": 3}, {"scikit-learn": (svc, {})}),
    "forest": Model(
        "Random forest 500, balanced",
        {"model": "random_forest", "n_estimators": 500, "class_weight": "balanced"},
        {"scikit-learn": (forest, {})},
        growth={"n_estimators": 100},
    ),
    "boosting": Model(
        "Gradient boosting 0.05/5/200/0.5",
        {"model": "gradient_boosting", "learning_rate": 0.05, "max_depth": 5, "n_estimators": 200, "subsample": 0.5},
        {"scikit-learn": (boosting, {}), "LightGBM": (lightgbm, {})},
        slow=("scikit-learn",),
        growth={"n_estimators": 20},
    ),
    "boosting-newton": Model(
        'Gradient boosting 0.05/5/200/0.5, gain = "newton"',
        {"model": "gradient_boosting", "learning_rate": 0.05, "max_depth": 5, "n_estimators": 200, "subsample": 0.5, "gain": "newton"},
        {"LightGBM": (lightgbm, {})},
        growth={"n_estimators": 20},
    ),
    "logistic": Model(
        "Logistic regression C=0.01",
        {"model": "logistic_regression", "C": 0.01, "max_iter": 500},
        {"scikit-learn": (logistic, {})},
    ),
    "newton": Model(
        "Logistic regression newton-cg C=0.001",
        {"model": "logistic_regression", "C": 0.001, "max_iter": 500, "solver": "newton-cg"},
        {"scikit-learn": (logistic, {"C": 0.001, "solver": "newton-cg"})},
    ),
    "catboost": Model(
        "CatBoost 800/6/0.05/0",
        {"model": "catboost", "iterations": 800, "depth": 6, "bagging_temperature": 0.05, "l2_leaf_reg": 0},
        {"CatBoost": (catboost, {})},
        slow=("CatBoost",),
        growth={"iterations": 50},
    ),
}
RANDOM = ("forest", "boosting", "boosting-newton", "catboost")
LEAST_TURNS = 3


def ask(make, keys, seed, rows, cache):
    """A peer's answer: seconds, predictions, and what equality is judged by; from the cache where it is there."""
    x, y, cut = rows
    name = json.dumps([make.__name__, keys, seed, x.shape, float(x.sum()), cut], sort_keys=True)
    kept = cache and pathlib.Path(cache) / f"{make.__name__}-{hashlib.sha256(name.encode()).hexdigest()[:16]}.json"
    if kept and kept.exists():
        return json.loads(kept.read_text())
    model = make(seed, **keys)
    start = time.process_time()
    model.fit(x[:cut], y[:cut])
    middle = time.process_time()
    predicted = np.ravel(model.predict(x[cut:]))
    answer = {"fit": middle - start, "predict": time.process_time() - middle, "predicted": predicted.tolist()}
    if hasattr(model, "n_support_"):
        answer["support"] = int(model.n_support_.sum())
    if hasattr(model, "coef_") and hasattr(model, "C") and hasattr(model, "predict_proba"):
        answer["objective"] = objective(model.coef_, model.intercept_, model.C, x[:cut], y[:cut])
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(answer))
    return answer


class Ours:
    """genrebench on the rows, as an .npz file with a list of sides."""

    def __init__(self, binary, folder, rows):
        self.binary, self.folder, self.x, self.y, self.cut = binary, pathlib.Path(folder), *rows
        ids = np.array([f"r{row:06}" for row in range(len(self.y))])
        labels = np.array([f"c{label:02}" for label in self.y])
        np.savez(self.folder / "rows.npz", features=self.x, labels=labels, ids=ids)
        sides = [f"{id},{'train' if row < self.cut else 'test'}\n" for row, id in enumerate(ids)]
        (self.folder / "sides.csv").write_text("id,side\n" + "".join(sides))

    def ask(self, row, seed, threads=1):
        keys = "".join(f"{key} = {json.dumps(value)}\n" for key, value in row.items())
        experiment = self.folder / "experiment.toml"
        experiment.write_text(
            f'title = "peers"\nseed = {seed}\ndataset = {{ name = "table", path = "rows.npz", label = "labels" }}\n'
            f'split = {{ kind = "list", file = "sides.csv" }}\n[[row]]\nname = "row"\n{keys}'
        )
        with tempfile.TemporaryDirectory() as out:
            out = pathlib.Path(out) / "run"
            command = [self.binary, "run", str(experiment), "--out", str(out), "--threads", str(threads), "--quiet"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            [cell] = (out / "cells").glob("*.json")
            cell = json.loads(cell.read_text())
        times, found = cell["times"], cell["outcome"]["predicted"]
        answer = {"fit": times["fit_cpu_seconds"], "predict": times["predict_cpu_seconds"], "predicted": found["predicted"]}
        answer["wall"], answer["memory"] = times["fit_wall_seconds"], times["peak_memory_mib"]
        answer["probabilities"], answer["notes"] = found.get("probabilities"), cell["notes"]
        return answer


def objective(coef, intercept, C, x, y):
    """scikit-learn's: C times the log-loss of every row, plus half the squared weights."""
    scores = x @ np.asarray(coef).T + intercept
    scores -= scores.max(axis=1, keepdims=True)
    loss = np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(y)), y]
    return float(C * loss.sum() + 0.5 * (np.asarray(coef) ** 2).sum())


def our_objective(answer, ours, C):
    """Our weights, solved from the probabilities: their logs, centred, are linear in the row."""
    logs = np.log(np.array(answer["probabilities"]))
    logs -= logs.mean(axis=1, keepdims=True)
    tested = np.column_stack([ours.x[ours.cut :], np.ones(len(logs))])
    weights = np.linalg.lstsq(tested, logs, rcond=None)[0]
    return objective(weights[:-1].T, weights[-1], C, ours.x[: ours.cut], ours.y[: ours.cut])


def macro_f1(truth, predicted):
    return 100 * f1_score(truth, predicted, average="macro")


def turns(options, model, peer, seconds):
    """Slow peers once, quick ones as often as asked."""
    return 1 if peer in model.slow else options.turns


# ------------------------------------------------------------------------------------------------------- the reports


def speed(options):
    print("| model | peer | peer fit s | our fit s | faster | peer predict s | our predict s | faster | equal predictions | macro-F1 peer / ours | more |")
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---|")
    rows = hard()
    total = [0.0, 0.0]
    with tempfile.TemporaryDirectory() as folder:
        ours = Ours(options.binary, folder, rows)
        truth = rows[1][rows[2] :]
        for name in options.models:
            model = MODELS[name]
            mine, theirs = [], {peer: [] for peer in model.peers if peer not in options.skip}
            for turn in range(options.turns):
                mine.append(ours.ask(model.row, turn))
                for peer, answers in theirs.items():
                    if turn < turns(options, model, peer, None):
                        make, keys = model.peers[peer]
                        cache = options.cache if peer in model.slow else None
                        answers.append(ask(make, keys, turn, rows, cache))
            fit, predict = (float(np.median([answer[part] for answer in mine])) for part in ("fit", "predict"))
            total[1] += fit if name != "boosting-newton" else 0
            for peer, answers in theirs.items():
                their_fit, their_predict = (float(np.median([a[part] for a in answers])) for part in ("fit", "predict"))
                total[0] += their_fit if peer != "LightGBM" else 0
                equal = 100 * np.mean(np.array(answers[0]["predicted"]) == np.array(mine[0]["predicted"]))
                scores = [macro_f1(truth, a[0]["predicted"]) for a in (answers, mine)]
                more = []
                if "support" in answers[0]:
                    more.append(f"{answers[0]['support']} support vectors; {' '.join(mine[0]['notes'])}")
                if "objective" in answers[0]:
                    theirs_at, ours_at = answers[0]["objective"], our_objective(mine[0], ours, model.row["C"])
                    more.append(f"objective {theirs_at:.6f} / {ours_at:.6f} ({ours_at / theirs_at - 1:+.1e})")
                print(
                    f"| {model.title} | {peer} | {their_fit:.3f} | {fit:.3f} | {their_fit / fit:.2f}x | {their_predict:.4f} | "
                    f"{predict:.4f} | {their_predict / predict:.1f}x | {'–' if name in RANDOM else f'{equal:.2f} %'} | "
                    f"{scores[0]:.2f} / {scores[1]:.2f} | {'; '.join(more)} |",
                    flush=True,
                )
    print(f"\nfits together: {total[0]:.1f} s against {total[1]:.1f} s, {total[0] / total[1]:.1f}x (without LightGBM)")


def quality(options):
    print("| model | set | peer | macro-F1 peer | ours | difference | peer fit s | ours | faster |")
    print("|---|---|---|---:|---:|---:|---:|---:|---:|")
    for set_name in options.sets:
        rows = options.made[set_name]()
        truth = rows[1][rows[2] :]
        with tempfile.TemporaryDirectory() as folder:
            ours = Ours(options.binary, folder, rows)
            for name in [name for name in options.models if name in RANDOM]:
                model = MODELS[name]
                mine = [ours.ask(model.row, seed) for seed in range(options.seeds)]
                for peer, (make, keys) in model.peers.items():
                    if peer in options.skip:
                        continue
                    try:
                        theirs = [ask(make, keys, seed, rows, options.cache) for seed in range(options.seeds)]
                    except Exception as error:  # LightGBM ends with a failed check of its own on digits
                        print(f"| {model.title} | {set_name} | {peer} | failed: {str(error)[:60]} | | | | | |", flush=True)
                        continue
                    (a, sa), (b, sb) = (
                        (np.mean(s), np.std(s, ddof=1))
                        for s in ([macro_f1(truth, answer["predicted"]) for answer in side] for side in (theirs, mine))
                    )
                    fits = [float(np.median([answer["fit"] for answer in side])) for side in (theirs, mine)]
                    print(
                        f"| {model.title} | {set_name} | {peer} | {a:.2f} ± {sa:.2f} | {b:.2f} ± {sb:.2f} | {b - a:+.2f} | "
                        f"{fits[0]:.3f} | {fits[1]:.3f} | {fits[0] / fits[1]:.1f}x |",
                        flush=True,
                    )


def growth(options):
    counts = [int(count) for count in options.rows.split(",")]
    for name in options.models:
        model = MODELS[name]
        seconds = {side: [] for side in ["genrebench", *model.peers] if side not in options.skip}
        memory = []
        for count in counts:
            rows = hard(count, 400, options.columns)
            with tempfile.TemporaryDirectory() as folder:
                ours = Ours(options.binary, folder, rows)
                answers = [ours.ask({**model.row, **model.growth}, seed) for seed in range(LEAST_TURNS if count < 10000 else 1)]
            seconds["genrebench"].append(float(np.median([answer["fit"] for answer in answers])))
            memory.append(answers[0]["memory"])
            for peer, (make, keys) in model.peers.items():
                if peer not in options.skip:
                    seconds[peer].append(ask(make, {**keys, **model.growth}, 0, rows, options.cache)["fit"])
        print(f"{model.title}, {options.columns} columns{', ' + str(model.growth) if model.growth else ''}: CPU s at {counts} rows")
        for side, fits in seconds.items():
            steps = " ".join(
                f"{np.log(b / a) / np.log(n / m):.2f}" for a, b, m, n in zip(fits, fits[1:], counts, counts[1:])
            )
            print(f"  {side:13} {' '.join(f'{fit:9.3f}' for fit in fits)}   exponents {steps}", flush=True)
        print(f"  peak memory   {' '.join(f'{mib:9.0f}' for mib in memory)} MiB", flush=True)


def threads(options):
    rows = hard()
    load = os.getloadavg()
    print(f"fit wall seconds, one thread and two, best of {options.turns}; load average {load[0]:.2f} of {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        ours = Ours(options.binary, folder, rows)
        for name in options.models:
            one, two = [], []
            for _ in range(options.turns):
                one.append(ours.ask(MODELS[name].row, 1, threads=1))
                two.append(ours.ask(MODELS[name].row, 1, threads=2))
            bits = lambda answer: (answer["predicted"], answer["probabilities"])
            same = all(bits(answer) == bits(one[0]) for answer in one + two + [ours.ask(MODELS[name].row, 1, threads=4)])
            a, b = (min(answer["wall"] for answer in side) for side in (one, two))
            print(f"  {MODELS[name].title:38} {a:7.3f} {b:7.3f}  {a / b:.2f}x  bits {'the same at 1, 2, 4 threads' if same else 'DIFFER'}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", choices=["table", "quality", "growth", "threads"])
    parser.add_argument("models", nargs="*", help=f"of {', '.join(MODELS)}; all unless told")
    parser.add_argument("--binary", default=str(ROOT / "target/release/genrebench"))
    parser.add_argument("--turns", type=int, default=LEAST_TURNS)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--sets", help=f"for quality: of {', '.join(SETS)} and the tables; digits, tails and the tables unless told")
    parser.add_argument("--table", action="append", default=[], metavar="NAME=FILE")
    parser.add_argument("--rows", default="1000,4000,16000,64000", help="for growth")
    parser.add_argument("--columns", type=int, default=60, help="for growth")
    parser.add_argument("--skip", nargs="+", default=[], metavar="PEER")
    parser.add_argument("--cache", help="where peers' answers are kept")
    options = parser.parse_args()
    options.models = options.models or list(MODELS)
    for name in options.models:
        if name not in MODELS:
            parser.error(f"no model {name}; {', '.join(MODELS)}")
    options.made = dict(SETS)
    for pair in options.table:
        name, _, path = pair.partition("=")
        options.made[name] = lambda path=path: table(path)
    default = ["digits", "tails", *(pair.partition("=")[0] for pair in options.table)]
    options.sets = options.sets.split(",") if options.sets else default
    {"table": speed, "quality": quality, "growth": growth, "threads": threads}[options.report](options)


if __name__ == "__main__":
    main()
