"""Opens with numpy and pyarrow what src/table/ writes, and prints "ok" or fails.

First: TABLE_OUT=FOLDER cargo test --release --lib writes_tables_for_other_programs -- --ignored
Then:  python tests/golden/check_table.py FOLDER
Made for numpy 2.4.6 and pyarrow 26.0.1 (pandas too, where it is installed).
"""

import math
import sys
from pathlib import Path

import numpy as np
import pyarrow.csv as pc
import pyarrow.parquet as pq

folder = Path(sys.argv[1])
IDS = ['a "b"', "ü,x/1.wav", "3"]
LABELS = ["rock", "hip hop", "rock"]
MFCC = [0.1 + 0.2, -0.0, 5e-324]
NAMES = ["clip_id", "label", "group", "fold", "mfcc.mean.00", "tempo"]

strings = pc.ConvertOptions(strings_can_be_null=True)
for table in (pq.read_table(folder / "t.parquet"), pc.read_csv(folder / "t.csv", convert_options=strings)):
    assert table.column_names == NAMES, table.column_names
    assert table["clip_id"].to_pylist() == IDS
    assert table["label"].to_pylist() == LABELS
    assert table["group"].to_pylist() == ["X", None, "Y, Z"], table["group"]
    assert table["mfcc.mean.00"].to_pylist() == MFCC
    assert math.copysign(1, table["mfcc.mean.00"][1].as_py()) == -1
    assert table["tempo"].to_pylist() == [None, sys.float_info.max, -math.inf]
statistics = pq.ParquetFile(folder / "t.parquet").metadata.row_group(0).column(4).statistics
assert statistics.null_count == 0 and statistics.max == 0.1 + 0.2, statistics

arrays = np.load(folder / "t.npz")
assert arrays["ids"].tolist() == IDS and arrays["y"].tolist() == LABELS
assert arrays["columns"].tolist() == NAMES[4:]
assert arrays["X"][:, 0].tolist() == MFCC and np.isnan(arrays["X"][0, 1])
assert arrays["groups"].tolist() == ["X", "", "Y, Z"]

frames = np.load(folder / "frames.npz")
assert frames["__labels__"].tolist() == ["rock"] and frames["__rows__"].tolist() == ["mel.000", "mel.001"]
assert frames["b/1.wav"].dtype == np.float32
assert frames["b/1.wav"].tolist() == [[1, 3, 5], [2, 4, 6]]
lines = pq.read_table(folder / "frames.parquet").to_pydict()
assert lines["frame"] == [0, 1, 2] and lines["mel.001"] == [2, 4, 6] and lines["clip_id"] == ["b/1.wav"] * 3

try:
    import pandas
except ImportError:
    print("pandas is not installed: not tried")
else:
    for frame in (pandas.read_csv(folder / "t.csv", float_precision="round_trip"), pandas.read_parquet(folder / "t.parquet")):
        assert frame["clip_id"].tolist() == IDS and frame["mfcc.mean.00"].tolist() == MFCC
print("ok")
