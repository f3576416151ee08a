"""scikit-learn's support vector machines for src/models/svc/tests.rs: `python make_svc.py` writes models/svc.json.

Pinned: Python 3.11, numpy 2.4.6, scikit-learn 1.9.1. Rows are those of make_models.py, rounded and stored with
the answers: predictions, decision values of the pairs (positive is the lower class) and the number of support
vectors. `tol` is small, so that both sides reach the one solution.
"""

import itertools
import json
import os
import sys

import numpy as np
import sklearn
from make_models import rows
from sklearn.svm import SVC

assert sklearn.__version__ == "1.9.1", sklearn.__version__

SETS = {
    "plain": rows(1, 120, 6, [0, 1, 2], 0.0, 0.0),
    "correlated": rows(2, 160, 10, [0, 0, 0, 0, 1, 1, 1, 2, 2, 3], 0.8, 0.1),
    "binary": rows(3, 100, 5, [0, 0, 1], 0.3, 0.0),
}

CASES = [
    {},
    {"C": 30.0},
    {"C": 0.05, "class_weight": "balanced"},
    {"class_weight": "balanced"},
    {"gamma": "auto"},
    {"gamma": 0.5},
    {"kernel": "linear", "C": 0.1},
    {"kernel": "poly"},
    {"kernel": "poly", "degree": 2, "coef0": 1.0, "gamma": "auto"},
    {"kernel": "sigmoid", "gamma": 0.0005, "C": 20.0},
]


def toml(parameters):
    quote = lambda value: f'"{value}"' if isinstance(value, str) else value
    return "\n".join(f"{key} = {quote(value)}" for key, value in parameters.items())


def main():
    golden = []
    for name, (x, y, test) in SETS.items():
        x, test = x.round(3), test.round(3)
        cases = []
        for case, tol in itertools.product(CASES, [1e-7]):
            peer = SVC(**case, tol=tol, decision_function_shape="ovo").fit(x, y)
            decisions = peer.decision_function(test)
            if decisions.ndim == 1:
                decisions = -decisions[:, None]
            cases.append(
                {
                    "parameters": toml({**case, "tol": tol}),
                    "predicted": peer.predict(test).tolist(),
                    "decisions": [[float(f"{d:.7g}") for d in row] for row in decisions],
                    "support_vectors": int(peer.n_support_.sum()),
                }
            )
        golden.append({"name": name, "x": x.tolist(), "y": y.tolist(), "test": test.tolist(), "cases": cases})
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "models", "svc.json")
    with open(path, "w") as out:
        json.dump(golden, out, separators=(",", ":"))
        out.write("\n")


if __name__ == "__main__":
    sys.exit(main())
