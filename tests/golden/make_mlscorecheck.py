"""mlscorecheck's verdicts for tests/audit.rs: `python make_mlscorecheck.py` writes audit/mlscorecheck.json.

Pinned: Python 3.11, mlscorecheck 1.0.3. Each case: positives and negatives, the folding (none, score of means, mean of
scores with known folds), scores as printed (half of them true and rounded, half with one of them redrawn), the verdict
with eps half a unit of the last digit. Where it is "consistent", every pair of counts is tried too (`none_fits`).
"""

import json
import logging
import os
import random
from importlib.metadata import version

from mlscorecheck.check.binary import (
    check_1_dataset_kfold_som,
    check_1_dataset_known_folds_mos,
    check_1_testset_no_kfold,
)
from mlscorecheck.scores import calculate_scores

logging.disable(logging.CRITICAL)
assert version("mlscorecheck") == "1.0.3"
SCORES = ["acc", "sens", "spec", "ppv", "npv", "bacc", "f1p", "f1n", "fbp", "fbn", "upm", "gm", "fm", "mk", "bm", "lrp",
          "lrn", "pt", "ji", "mcc", "kappa"]
MEANS = ["acc", "sens", "spec", "bacc"]


def printed(value, digits):
    text = f"{value:.{digits}f}"
    return text[1:] if float(text) == 0 and text.startswith("-") else text


def values(names, p, n, tp, tn):
    found = calculate_scores({"p": p, "n": n, "tp": tp, "tn": tn, "beta_positive": 2, "beta_negative": 2})
    return {name: found[name] for name in names}


def spoil(draw, texts, digits):
    name = draw.choice(sorted(texts))
    unit = 10**-digits
    texts[name] = printed(abs(float(texts[name]) + draw.choice([-1, 1]) * draw.randint(1, 9) * unit), digits)
    if name not in ("lrp", "lrn") and float(texts[name]) > 1:
        texts[name] = printed(1, digits)


def fits_somewhere(p, n, texts):
    """Whether some pair of true positives and true negatives gives all scores; 0 / 0 may be printed as 0 or 1."""

    def fits(found, name, text):
        if found is None or found.get(name) is None:
            return float(text) in (0, 1)
        return abs(found[name] - float(text)) <= 0.5 * 10 ** -len(text.split(".")[1]) + 1e-9

    for tp in range(p + 1):
        for tn in range(n + 1):
            try:
                found = calculate_scores({"p": p, "n": n, "tp": tp, "tn": tn, "beta_positive": 2, "beta_negative": 2})
            except ZeroDivisionError:
                found = None
            if all(fits(found, name, text) for name, text in texts.items()):
                return True
    return False


def case_of(draw, kind):
    digits = draw.randint(2, 4)
    eps = 0.5 * 10**-digits
    p, n, sizes = draw.randint(5, 120), draw.randint(5, 120), []
    if kind == "mos":
        sizes = [(draw.randint(3, 30), draw.randint(3, 30)) for _ in range(draw.randint(2, 5))]
        p, n = sum(size[0] for size in sizes), sum(size[1] for size in sizes)
        names = draw.sample(MEANS, draw.randint(1, 3))
        each = [values(names, a, b, draw.randint(0, a), draw.randint(0, b)) for a, b in sizes]
        scores = {name: sum(fold[name] for fold in each) / len(each) for name in names}
    else:
        names = draw.sample(SCORES, draw.randint(2, 4))
        scores = values(names, p, n, draw.randint(1, p - 1), draw.randint(1, n - 1))
    texts = {name: printed(value, digits) for name, value in scores.items()}
    if draw.random() < 0.5:
        spoil(draw, texts, digits)
    numbers = {name: float(text) for name, text in texts.items()}
    for name, beta in (("fbp", "beta_positive"), ("fbn", "beta_negative")):
        if name in numbers:
            numbers[beta] = 2
    if kind == "testset":
        verdict = check_1_testset_no_kfold({"p": p, "n": n}, numbers, eps)
    elif kind == "som":
        verdict = check_1_dataset_kfold_som({"p": p, "n": n}, {"n_folds": 5, "n_repeats": 1}, numbers, eps)
    else:
        folding = {"folds": [{"p": a, "n": b} for a, b in sizes]}
        verdict = check_1_dataset_known_folds_mos({"p": p, "n": n}, folding, numbers, eps, verbosity=0)
    case = {"kind": kind, "p": p, "n": n, "folds": sizes, "scores": texts, "inconsistent": bool(verdict["inconsistency"])}
    if kind != "mos" and not case["inconsistent"] and not fits_somewhere(p, n, texts):
        case["none_fits"] = True
    return case


def main():
    draw, cases, left_out = random.Random(20), [], 0
    while len(cases) < 520:
        try:
            cases.append(case_of(draw, ("testset", "som", "mos")[len(cases) % 3]))
        except Exception:  # it fails on some supported input, such as a mean of bacc alone
            left_out += 1
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "audit")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "mlscorecheck.json"), "w") as out:
        out.write("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
    print(len(cases), "cases,", sum(case["inconsistent"] for case in cases), "inconsistent,", left_out, "left out")


main()
