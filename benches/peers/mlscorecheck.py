"""genrebench audit beside mlscorecheck 1.0.3: `python benches/peers/mlscorecheck.py target/release/genrebench`.

CPU seconds (user + system) of whole processes, start included, medians of 5, one after the other in turn. The same
question to both where both can be asked; the n-scan, tables by class and the envelope are ours alone.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile

BINARY = sys.argv[1]
HEAD = '[paper]\nid = "x"\ntitle = "x"\n'


def claim(metric, value, more="", of="a", unit="fraction"):
    return f'[[claim]]\nof = "{of}"\nmetric = "{metric}"\n{more}value = "{value}"\nunit = "{unit}"\n'


def macro(value):
    return claim("f1", value, 'average = "macro"\n')


EIGHT = "[test]\nsupport = [100, 100, 100, 100, 100, 100, 100, 100]\n"
LABELS = 'labels = ["a", "b", "c", "d", "e", "f", "g", "h"]\n'
TABLE = "".join(
    claim("precision", f"0.{50 + 4 * c}", f'class = "{l}"\n') + claim("recall", f"0.{52 + 3 * c}", f'class = "{l}"\n')
    for c, l in enumerate("abcdefgh")
)
SCAN = "".join(claim("accuracy", f"{100 * (197 + 5 * k) / 450:.2f}", "runs = 3\n", f"s{k}", "percent") for k in range(29))
THIRTY = "".join(claim("accuracy", f"{100 * (300 + 9 * k) / 800:.2f}", "", f"s{k}", "percent") for k in range(30))
FOLDS = "".join(f'folds = 10\nstratified = true\naggregate = "mean_of_scores"\n' for _ in range(1))
CASES = {
    "nothing but a note (start)": ('[[note]]\nabout = "x"\ntext = "x"\nsource = "x"\n', None),
    "binary accuracy and F1, 400 + 600": (
        "[test]\npositives = 400\nnegatives = 600\n" + claim("acc", "0.8120") + claim("f1p", "0.7569"),
        "from mlscorecheck.check.binary import check_1_testset_no_kfold as f\n"
        "f({'p': 400, 'n': 600}, {'acc': 0.8120, 'f1': 0.7569}, 5e-5)",
    ),
    "binary F1 alone, 10 000 + 60 000": (
        "[test]\npositives = 10000\nnegatives = 60000\n" + claim("f1p", "0.7569"),
        "from mlscorecheck.check.binary import check_1_testset_no_kfold as f\n"
        "f({'p': 10000, 'n': 60000}, {'f1': 0.7569}, 5e-5)",
    ),
    "10 stratified folds, accuracy, sensitivity, specificity": (
        "[test]\npositives = 400\nnegatives = 600\n"
        + "".join(claim(m, v, FOLDS) for m, v in [("acc", "0.8120"), ("sens", "0.7325"), ("spec", "0.8650")]),
        "from mlscorecheck.check.binary import check_1_dataset_known_folds_mos as f\n"
        "f({'p': 400, 'n': 600}, {'n_folds': 10, 'n_repeats': 1, 'strategy': 'stratified_sklearn'},"
        " {'acc': 0.8120, 'sens': 0.7325, 'spec': 0.8650}, 5e-5, verbosity=0)",
    ),
    "accuracy and macro F1, 8 x 100, settled by a witness": (EIGHT + claim("accuracy", "0.57") + macro("0.49"), None),
    "accuracy and macro F1, 8 x 100, settled by the bound": (EIGHT + claim("accuracy", "0.57") + macro("0.69"), None),
    "accuracy and macro F1, 8 x 100, neither": (EIGHT + claim("accuracy", "0.5000") + macro("0.4567891234"), None),
    "table by class, 8 x 100": (EIGHT + LABELS + TABLE, None),
    "n-scan 20 ... 500 over 29 values": ("[test]\n" + SCAN, None),
    "30 claims": ("[test]\nn = 800\n" + THIRTY, None),
}
for paper in ["iaml-2018", "gtzan8-2020", "mipt-2020", "cntk-2020", "tuiasi-2018", "esc-2015"]:
    CASES[f"paper {paper}"] = (paper, None)


def cpu_ms(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


for key in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[key] = "1"
with tempfile.TemporaryDirectory() as folder:
    for name, (claims, peer) in CASES.items():
        path = claims
        if "\n" in claims:
            path = os.path.join(folder, "claims.toml")
            with open(path, "w") as out:
                out.write(HEAD + claims)
        ours, theirs, loading = [], [], []
        for _ in range(5):
            ours.append(cpu_ms([BINARY, "audit", path]))
            if peer:
                quiet = "import logging; logging.disable(50)\n"
                theirs.append(cpu_ms([sys.executable, "-c", quiet + peer]))
                loading.append(cpu_ms([sys.executable, "-c", quiet + peer.split("\n")[0]]))
        line = f"{name}: ours {statistics.median(ours):.1f} ms"
        if peer:
            line += f", mlscorecheck {statistics.median(theirs):.0f} ms, its import alone {statistics.median(loading):.0f} ms"
        print(line, flush=True)
