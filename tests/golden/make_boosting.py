"""Training losses of scikit-learn 1.9.1's GradientBoosting, LightGBM 4.7.0 and CatBoost 1.2.10 without any draws.

    python tests/golden/make_boosting.py

The rows are whole numbers that the tests in src/models/gradient_boosting.rs and src/models/catboost.rs make
again; what is printed is what they expect. No column has more values than either method has bins.
"""

import numpy as np
from catboost import CatBoostClassifier
from lightgbm import LGBMClassifier
from sklearn.ensemble import GradientBoostingClassifier

ROWS, COLUMNS = 600, 7


def rows(classes):
    i, j = np.meshgrid(np.arange(ROWS), np.arange(COLUMNS), indexing="ij")
    x = ((i * i * (2 * j + 3) + i * (31 * j + 7) + 5 * j) % 211).astype(float)
    noise = (np.arange(ROWS) * 37) % 101
    score = x[:, 0] + 2 * np.abs(x[:, 1] - 100) - x[:, 2] * (x[:, 3] > 90) + noise
    y = np.floor(np.clip(score, 0, 399) * classes / 400).astype(int)
    return x, y


def main():
    for classes in [2, 4]:
        x, y = rows(classes)
        print("classes", classes, "counts", np.bincount(y), "sum", x.sum())
        model = GradientBoostingClassifier(n_estimators=30, random_state=0).fit(x, y)
        print("  sklearn", [float(f"{model.train_score_[at]:.12f}") for at in [0, 4, 29]])
        # Leaves of one row, no least curvature, a bin a value: Newton's gain and nothing else.
        free = dict(min_child_samples=1, min_child_weight=0, min_data_in_bin=1, max_bin=255, verbose=-1)
        model = LGBMClassifier(n_estimators=30, max_depth=3, num_leaves=8, **free).fit(x, y)
        parts = [model.predict_proba(x, num_iteration=rounds) for rounds in [1, 5, 30]]
        losses = [-np.log(part[np.arange(ROWS), y]).mean() for part in parts]
        print("  lightgbm", [float(f"{loss:.9f}") for loss in losses])
        for changed in [
            {},
            {"l2_leaf_reg": 0, "learning_rate": 0.05, "depth": 3},
            {"leaf_estimation_method": "Gradient", "leaf_estimation_iterations": 3, "learning_rate": 0.2},
        ]:
            # Its own record of two classes' losses is rounded: this is the loss of its probabilities.
            losses, settled = [], dict(iterations=30, random_strength=0, bootstrap_type="No", verbose=0)
            for iterations in [1, 5, 30]:
                model = CatBoostClassifier(allow_writing_files=False, **settled, **changed)
                parts = model.fit(x, y).predict_proba(x, ntree_end=iterations)
                losses.append(float(-np.log(parts[np.arange(ROWS), y]).mean()))
                importances = model.get_feature_importance(type="PredictionValuesChange") / 100
            print("    importances", [float(f"{part:.9f}") for part in importances])
            print("  catboost", changed, model.get_all_params()["learning_rate"], losses)


if __name__ == "__main__":
    main()
