"""mlscorecheck's verdicts for tests/audit_parity.rs: `python make_mlscorecheck.py` writes audit/mlscorecheck.json.

Pinned: Python 3.11, mlscorecheck 1.0.3. Each case: its kind, the clips (positives and negatives, or of each class), the
folds, the scores as printed (half of the cases true and rounded, half with one score redrawn) and the verdict with eps
half a unit of the last digit. Kinds:
  testset      two classes, one test set, two to four of the 22 scores and their complements
  som          two classes, pooled over 5 folds, the same scores
  mos          two classes, mean over known folds (acc, sens, spec, bacc: what it supports there)
  stratified   the same over scikit-learn's stratified folds
  unknown      the same, folds not known: any that could have been
  classes_mos  several classes, mean over known folds and over the classes of the recall
  classes_som  several classes, mean over the classes of the pooled recall
  micro_mos    several classes, mean over known folds of the share of right clips
  micro_som    several classes, the share of right clips
"""

import json
import logging
import os
import random
import time
from importlib.metadata import version

from mlscorecheck.check.binary import (
    check_1_dataset_kfold_som,
    check_1_dataset_known_folds_mos,
    check_1_dataset_unknown_folds_mos,
    check_1_testset_no_kfold,
)
from mlscorecheck.check.multiclass import (
    check_1_dataset_known_folds_mos_macro,
    check_1_dataset_known_folds_mos_micro,
    check_1_dataset_known_folds_som_macro,
    check_1_dataset_known_folds_som_micro,
)
from mlscorecheck.scores import calculate_scores

logging.disable(logging.CRITICAL)
assert version("mlscorecheck") == "1.0.3"
SCORES = ["acc", "sens", "spec", "ppv", "npv", "bacc", "f1p", "f1n", "fbp", "fbn", "upm", "gm", "fm", "mk", "bm", "lrp",
          "lrn", "pt", "dor", "ji", "mcc", "kappa"]
COMPLEMENTS = {"err": "acc", "fnr": "sens", "fpr": "spec", "fdr": "ppv"}
MEANS = ["acc", "sens", "spec", "bacc"]
CASES = {"testset": 300, "som": 140, "mos": 120, "stratified": 50, "unknown": 30, "classes_mos": 50, "classes_som": 40,
         "micro_mos": 40, "micro_som": 30}


def printed(value, digits):
    text = f"{value:.{digits}f}"
    return text[1:] if float(text) == 0 and text.startswith("-") else text


def values(names, p, n, tp, tn):
    found = calculate_scores({"p": p, "n": n, "tp": tp, "tn": tn, "beta_positive": 2, "beta_negative": 2})
    return {name: 1 - found[COMPLEMENTS[name]] if name in COMPLEMENTS else found[name] for name in names}


def spoil(draw, texts, digits):
    name = draw.choice(sorted(texts))
    unit = 10**-digits
    texts[name] = printed(abs(float(texts[name]) + draw.choice([-1, 1]) * draw.randint(1, 9) * unit), digits)
    if name not in ("lrp", "lrn", "dor") and float(texts[name]) > 1:
        texts[name] = printed(1, digits)


def two_classes(draw, kind):
    p, n, folds = draw.randint(5, 120), draw.randint(5, 120), []
    if kind in ("testset", "som"):
        names = draw.sample(SCORES + list(COMPLEMENTS), draw.randint(2, 4))
        return p, n, folds, values(names, p, n, draw.randint(1, p - 1), draw.randint(1, n - 1))
    if kind == "mos":
        folds = [(draw.randint(3, 30), draw.randint(3, 30)) for _ in range(draw.randint(2, 5))]
    elif kind == "stratified":
        count = draw.choice([3, 5, 10])
        p, n = draw.randint(count, 150), draw.randint(count, 150)
        folds = [[p // count, n // count] for _ in range(count)]
        for extra in range(n % count):
            folds[extra][1] += 1
        for extra in range(p % count):
            folds[(n % count + extra) % count][0] += 1
    else:
        count = draw.randint(2, 4)
        p = draw.randint(2 * count, 5 * count)
        n = draw.randint(2 * count, 12 * count)
        sizes = [(p + n) // count + (fold < (p + n) % count) for fold in range(count)]
        while True:
            own = [draw.randint(1, size - 1) for size in sizes]
            if sum(own) == p:
                break
        folds = [(a, size - a) for a, size in zip(own, sizes)]
    p, n = sum(fold[0] for fold in folds), sum(fold[1] for fold in folds)
    names = draw.sample(MEANS, draw.randint(1, 3))
    skill = draw.random()
    hits = lambda count: round(count * skill) if draw.random() < 0.5 else draw.randint(0, count)
    each = [values(names, a, b, hits(a), hits(b)) for a, b in folds]
    return p, n, folds, {name: sum(fold[name] for fold in each) / len(each) for name in names}


def binary_case(draw, kind):
    digits = draw.randint(2, 4)
    p, n, folds, scores = two_classes(draw, kind)
    texts = {name: printed(value, digits) for name, value in scores.items()}
    if draw.random() < 0.5:
        spoil(draw, texts, digits)
    numbers = {name: float(text) for name, text in texts.items()}
    for name, beta in (("fbp", "beta_positive"), ("fbn", "beta_negative")):
        if name in numbers:
            numbers[beta] = 2
    eps, dataset = 0.5 * 10**-digits, {"p": p, "n": n}
    if kind == "testset":
        verdict = check_1_testset_no_kfold(dataset, numbers, eps)
    elif kind == "som":
        verdict = check_1_dataset_kfold_som(dataset, {"n_folds": 5, "n_repeats": 1}, numbers, eps)
    elif kind == "mos":
        folding = {"folds": [{"p": a, "n": b} for a, b in folds]}
        verdict = check_1_dataset_known_folds_mos(dataset, folding, numbers, eps, verbosity=0)
    elif kind == "stratified":
        folding = {"n_folds": len(folds), "n_repeats": 1, "strategy": "stratified_sklearn"}
        verdict = check_1_dataset_known_folds_mos(dataset, folding, numbers, eps, verbosity=0)
    else:
        folding = {"n_folds": len(folds), "n_repeats": 1}
        verdict = check_1_dataset_unknown_folds_mos(dataset, folding, numbers, eps, verbosity=0)
    return {"kind": kind, "p": p, "n": n, "folds": folds, "scores": texts, "inconsistent": bool(verdict["inconsistency"])}


def classes_case(draw, kind):
    digits, classes = draw.randint(2, 4), draw.randint(3, 5)
    count = draw.randint(2, 4) if kind.endswith("mos") else 2
    folds = [[draw.randint(3, 20) for _ in range(classes)] for _ in range(count)]
    support = [sum(fold[label] for fold in folds) for label in range(classes)]
    hits = [[draw.randint(0, clips) for clips in fold] for fold in folds]
    pooled = [sum(fold[label] for fold in hits) for label in range(classes)]
    if kind == "classes_mos":
        value = sum(t / s for ts, ss in zip(hits, folds) for t, s in zip(ts, ss)) / (count * classes)
        check = check_1_dataset_known_folds_mos_macro
    elif kind == "classes_som":
        value = sum(t / s for t, s in zip(pooled, support)) / classes
        check = check_1_dataset_known_folds_som_macro
    elif kind == "micro_mos":
        value = sum(sum(ts) / sum(ss) for ts, ss in zip(hits, folds)) / count
        check = check_1_dataset_known_folds_mos_micro
    else:
        value = sum(pooled) / sum(support)
        check = check_1_dataset_known_folds_som_micro
    texts = {"sens": printed(value, digits)}
    if draw.random() < 0.5:
        texts["sens"] = printed(draw.random(), digits)
    folding = {"folds": [dict(enumerate(fold)) for fold in folds]}
    numbers, more = {"sens": float(texts["sens"])}, {}
    if kind != "micro_som":
        # Its linear program fails on the sensitivity alone; a specificity of 1, which is always possible, asks no more.
        numbers["spec"], more = 1.0, {"verbosity": 0}
    verdict = check(dict(enumerate(support)), folding, numbers, 0.5 * 10**-digits, **more)
    return {"kind": kind, "support": support, "folds": folds, "scores": texts, "inconsistent": bool(verdict["inconsistency"])}


def main():
    draw, cases, failed = random.Random(20), [], {}
    for kind, wanted in CASES.items():
        made = 0
        while made < wanted:
            try:
                make = classes_case if kind.startswith(("classes", "micro")) else binary_case
                cases.append(make(draw, kind))
                made += 1
                if os.environ.get("PROGRESS"):
                    print(kind, made, time.process_time(), flush=True)
            except Exception as error:  # it fails on some supported input, such as a mean of bacc alone
                assert len(failed.get(kind, [])) < 10 * wanted, failed[kind][-1]
                failed.setdefault(kind, []).append(f"{type(error).__name__}: {error}"[:80])
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "audit")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "mlscorecheck.json"), "w") as out:
        out.write("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
    print(len(cases), "cases,", sum(case["inconsistent"] for case in cases), "inconsistent;",
          {kind: (len(list_), list_[0]) for kind, list_ in failed.items()}, "failed")


main()
