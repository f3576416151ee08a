"""scikit-learn's answers for tests/model_golden.rs: `python make_models.py` writes models/<set>.json.

Pinned: Python 3.11, numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1. The data are made here and in the test by
the same generator (a 64-bit LCG, sums in the same order), so that only answers need storing.
"""

import json
import os
import sys
import warnings

import numpy as np
import sklearn
from sklearn.base import clone
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    AdaBoostClassifier,
    ExtraTreesClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.class_weight import compute_sample_weight

from golden_rows import rows

warnings.filterwarnings("ignore")
assert sklearn.__version__ == "1.9.1", sklearn.__version__


SETS = {
    "plain": rows(1, 120, 6, [0, 1, 2], 0.0, 0.0),
    "correlated": rows(2, 200, 20, [0, 0, 0, 0, 1, 1, 1, 2, 2, 3], 0.8, 0.25),
    "binary": rows(3, 120, 5, [0, 0, 1], 0.3, 0.0),
}

# The L-BFGS of scipy stops short of 1e-6 on correlated columns, Newton's method does not.
TIGHT = dict(solver="newton-cholesky", tol=1e-12, max_iter=1000)


def left_impurity(criterion, weights):
    """Impurity times weight, by row of `weights`."""
    total = weights.sum(axis=1, keepdims=True)
    if criterion == "gini":
        return (total - (weights**2).sum(axis=1, keepdims=True) / total)[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        return -np.nan_to_num(weights * np.log2(weights / total)).sum(axis=1)


def chance_decides(tree, x, y):
    """Whether some node has equally good cuts: scikit-learn then takes the one that its draws or rounding favour."""
    fitted = clone(tree).fit(x, y)
    nodes = fitted.decision_path(x.astype(np.float32)).toarray().astype(bool)
    each = compute_sample_weight(tree.class_weight, y)[:, None] * np.eye(y.max() + 1)[y]
    for node in np.flatnonzero(fitted.tree_.children_left >= 0):
        rows, scores = np.flatnonzero(nodes[:, node]), []
        for column in x.T:
            left = np.cumsum(each[rows[np.argsort(column[rows])]], axis=0)
            left, right = left[:-1], left[-1] - left[:-1]
            side = tree.min_samples_leaf
            left = left_impurity(tree.criterion, left) + left_impurity(tree.criterion, np.maximum(right, 0))
            scores.extend(left[side - 1 : len(left) - side + 1])
        best, second = np.sort(scores)[:2]
        if second - best < 1e-9:
            return True
    return False


def draws_decide(peer, x, y, test):
    """Whether the order in which columns are looked at changes the answer, some cuts being equally good."""
    answers = [clone(peer).set_params(random_state=seed).fit(x, y).predict_proba(test) for seed in range(8)]
    return any(np.abs(answer - answers[0]).max() > 1e-12 for answer in answers)


def models():
    yield "majority", "", DummyClassifier(strategy="prior")
    for metric, p in [("euclidean", 2), ("manhattan", 2), ("chebyshev", 2), ("cosine", 2), ("minkowski", 3)]:
        power = "\np = 3" if metric == "minkowski" else ""
        yield "knn", f'n_neighbors = 7\nmetric = "{metric}"{power}', KNeighborsClassifier(7, metric=metric, p=p)
    yield "knn", 'weights = "distance"', KNeighborsClassifier(weights="distance")
    yield "nearest_centroid", "", NearestCentroid()
    yield "nearest_centroid", 'metric = "manhattan"', NearestCentroid(metric="manhattan")
    yield "nearest_centroid", "shrink_threshold = 0.7", NearestCentroid(shrink_threshold=0.7)
    yield "gaussian_nb", "", GaussianNB()
    yield "gaussian_nb", "var_smoothing = 0.01", GaussianNB(var_smoothing=0.01)
    yield "lda", "", LinearDiscriminantAnalysis()
    yield "lda", 'solver = "lsqr"', LinearDiscriminantAnalysis(solver="lsqr")
    yield "lda", 'solver = "lsqr"\nshrinkage = 0.3', LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.3)
    yield "lda", 'solver = "lsqr"\nshrinkage = "auto"', LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
    for c in ["0.01", "1", "30"]:
        yield "logistic_regression", f"C = {c}\ntol = 1e-9\nmax_iter = 1000", LogisticRegression(C=float(c), **TIGHT)
    yield (
        "logistic_regression",
        'class_weight = "balanced"\ntol = 1e-9\nmax_iter = 1000',
        LogisticRegression(class_weight="balanced", **TIGHT),
    )
    yield "logistic_regression", "fit_intercept = false\ntol = 1e-9\nmax_iter = 1000", LogisticRegression(fit_intercept=False, **TIGHT)
    ours = "tol = 1e-9\nmax_iter = 10000"
    for c in ["0.001", "1"]:
        peer = LogisticRegression(C=float(c), solver="newton-cg", tol=1e-12, max_iter=1000)
        yield "logistic_regression", f'C = {c}\nsolver = "newton-cg"\n{ours}', peer
    for balance in [None, "balanced"]:
        peer = OneVsRestClassifier(LogisticRegression(C=0.3, class_weight=balance, **TIGHT))
        weigh = '\nclass_weight = "balanced"' if balance else ""
        yield "logistic_regression", f'C = 0.3\nmulti_class = "ovr"{weigh}\n{ours}', peer
    saga = dict(C=0.1, solver="saga", tol=1e-11, max_iter=100000, random_state=0)
    peer = LogisticRegression(l1_ratio=1.0, **saga)
    yield "logistic_regression", f'C = 0.1\npenalty = "l1"\n{ours}', peer
    peer = OneVsRestClassifier(LogisticRegression(l1_ratio=0.3, **saga))
    yield "logistic_regression", f'C = 0.1\npenalty = "elasticnet"\nl1_ratio = 0.3\nmulti_class = "ovr"\n{ours}', peer
    grid = [0.001, 0.01, 0.1, 1.0, 10.0]
    peer = LogisticRegressionCV(Cs=grid, cv=3, l1_ratios=[0.0], use_legacy_attributes=False, **TIGHT)
    yield "logistic_regression", f"C = {grid}\ncv = 3\n{ours}", peer
    for loss, balance in [("squared_hinge", None), ("squared_hinge", "balanced"), ("hinge", None)]:
        weigh = '\nclass_weight = "balanced"' if balance else ""
        peer = LinearSVC(C=0.2, loss=loss, class_weight=balance, dual=loss == "hinge", tol=1e-10, max_iter=3000000)
        yield "linear_svc", f'C = 0.2\nloss = "{loss}"{weigh}\ntol = 1e-9\nmax_iter = 1000000', peer
    yield "qda", "", QuadraticDiscriminantAnalysis()
    yield "qda", "reg_param = 0.1", QuadraticDiscriminantAnalysis(reg_param=0.1)
    for amount in ["0.3", '"auto"']:
        peer = QuadraticDiscriminantAnalysis(solver="eigen", shrinkage=json.loads(amount))
        yield "qda", f"shrinkage = {amount}", peer
    for rounds, rate, depth in [(50, 1.0, 1), (20, 0.5, 1), (15, 1.0, 2)]:
        peer = AdaBoostClassifier(DecisionTreeClassifier(max_depth=depth), n_estimators=rounds, learning_rate=rate)
        yield "adaboost", f"n_estimators = {rounds}\nlearning_rate = {rate}\nmax_depth = {depth}", peer
    logistic = LogisticRegression(C=0.1, **TIGHT)
    written_logistic = '{ model = "logistic_regression", C = 0.1, tol = 1e-9, max_iter = 10000 }'
    trio = [("a", GaussianNB()), ("b", KNeighborsClassifier(7)), ("c", logistic)]
    members = f'members = ["gaussian_nb", {{ model = "knn", n_neighbors = 7 }}, {written_logistic}]'
    yield "voting", members, VotingClassifier(trio)
    soft = VotingClassifier(trio, voting="soft", weights=[1, 2, 3.5])
    yield "voting", f'{members}\nvoting = "soft"\nweights = [1, 2, 3.5]', soft
    svc = LinearSVC(C=0.2, dual=False, tol=1e-10, max_iter=100000)
    trio = [("a", GaussianNB()), ("b", svc), ("c", logistic)]
    written_svc = '{ model = "linear_svc", C = 0.2, tol = 1e-9, max_iter = 10000 }'
    for through in [False, True]:
        stack = StackingClassifier(trio, LogisticRegression(C=0.1, **TIGHT), cv=3, passthrough=through)
        parameters = f'members = ["gaussian_nb", {written_svc}, {written_logistic}]\nfinal_model = {written_logistic}'
        yield "stacking", f"{parameters}\ncv = 3\npassthrough = {str(through).lower()}", stack
    for parameters in [
        dict(max_depth=2),
        dict(max_depth=3, min_samples_split=30),
        dict(min_samples_split=40, min_samples_leaf=5),
        dict(min_impurity_decrease=0.03, min_samples_leaf=8),
        dict(class_weight="balanced", max_depth=2),
        dict(class_weight="balanced", min_samples_split=30, min_samples_leaf=4),
        dict(criterion="entropy", min_samples_split=30, min_samples_leaf=4),
        dict(criterion="entropy", class_weight="balanced", max_depth=2),
    ]:
        yield "decision_tree", written(parameters), DecisionTreeClassifier(**parameters, random_state=0)


FORESTS = [
    ("random_forest", {}),
    ("random_forest", dict(class_weight="balanced")),
    ("random_forest", dict(class_weight="balanced_subsample", min_samples_leaf=3)),
    ("random_forest", dict(criterion="entropy", max_features=0.5, max_depth=4)),
    ("random_forest", dict(bootstrap=False, class_weight="balanced", min_samples_split=20)),
    ("extra_trees", {}),
    ("extra_trees", dict(bootstrap=True, criterion="entropy", max_features=9, min_impurity_decrease=0.002)),
]


def forests():
    """What forests expect: probabilities and importances over ten seeds of 500 trees."""
    x, y, test = rows(4, 400, 20, [0, 0, 0, 0, 1, 1, 1, 2, 2, 3], 0.8, 0.25)
    for model, parameters in FORESTS:
        make = RandomForestClassifier if model == "random_forest" else ExtraTreesClassifier
        fitted = [make(500, random_state=seed, **parameters).fit(x, y) for seed in range(10)]
        yield {
            "model": model,
            "parameters": written(parameters),
            "probabilities": np.mean([one.predict_proba(test) for one in fitted], axis=0).round(5).tolist(),
            "importances": np.mean([one.feature_importances_ for one in fitted], axis=0).round(5).tolist(),
        }


def written(parameters):
    def value(value):
        return f'"{value}"' if isinstance(value, str) else str(value).lower()

    return "\n".join(f"{key} = {value(of)}" for key, of in parameters.items())


def main():
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "models")
    os.makedirs(folder, exist_ok=True)
    for name, (x, y, test) in SETS.items():
        cases = []
        for model, parameters, peer in models():
            if model == "decision_tree" and chance_decides(peer, x, y):
                continue
            try:
                peer.fit(x, y)
            except np.linalg.LinAlgError:
                # A class with too few rows for its covariance: scikit-learn breaks off.
                continue
            if model == "adaboost" and draws_decide(peer, x, y, test):
                continue
            case = {"model": model, "parameters": parameters, "predicted": peer.predict(test).tolist()}
            if model not in ["nearest_centroid", "linear_svc"] and getattr(peer, "voting", "soft") == "soft":
                case["probabilities"] = [[float(f"{p:.12g}") for p in row] for row in peer.predict_proba(test)]
            if hasattr(peer, "C_"):
                case["chosen"] = float(np.ravel(peer.C_)[0])
            cases.append(case)
        golden = {"checksum": float(x.sum()), "cases": cases}
        store(folder, name, golden)
    store(folder, "forests", {"cases": list(forests())})


def store(folder, name, golden):
    with open(os.path.join(folder, f"{name}.json"), "w") as out:
        json.dump(golden, out, separators=(",", ":"))
        out.write("\n")


if __name__ == "__main__":
    sys.exit(main())
