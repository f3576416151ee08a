"""Tables as numpy and pyarrow write them, for the readers of src/table/.

Made with Python 3, numpy 2.4.6 and pyarrow (version printed by the script). Run from the root of the
repository: python tests/golden/make_table.py

All files but labels.txt hold the same table: three clips, columns a and b; b of the second clip is missing.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

OUT = Path("tests/golden/table")
OUT.mkdir(parents=True, exist_ok=True)
print("numpy", np.__version__, "pyarrow", pa.__version__)

ids = ["000002", "blues/é.wav", "c"]
labels = ["Hip-Hop", "blues", "Hip-Hop"]
x = np.array([[0.1, -2.5], [1e-300, np.nan], [3.0, 1 / 3]])

np.savez(OUT / "plain.npz", X=x, y=labels, ids=ids, columns=["a", "b"], groups=["g", "", "h"])
np.savez_compressed(
    OUT / "compressed.npz",
    features=np.asfortranarray(x),
    labels=np.array([3, 1, 3], dtype=np.uint8),
)
np.savez(OUT / "objects.npz", X=x, y=np.array(labels, dtype=object))
np.save(OUT / "matrix.npy", x)
np.save(OUT / "big_endian.npy", x.astype(">f4"))
np.save(OUT / "half.npy", x.astype(np.float16))
np.save(OUT / "labels.npy", np.array(labels))
np.save(OUT / "labels_int.npy", np.array([-3, 1, -3], dtype=">i2"))
(OUT / "labels.txt").write_text("\n".join(labels) + "\n", encoding="utf-8")

columns = {
    "a": x[:, 0],
    "genre": pa.array(labels).dictionary_encode(),
    "b": pa.array([-2.5, None, 1 / 3]),
    "track_id": pa.array([2, 3, 5]),
    "when": pa.array([1, 2, 3], pa.timestamp("ms")),
}
for name, compression in [("snappy", "snappy"), ("plain", "none"), ("zstd", "zstd")]:
    pq.write_table(pa.table(columns), OUT / f"{name}.parquet", compression=compression)

# Pages of both versions and every encoding that pyarrow writes for such columns, for the reader of Parquet.
rows = 400
some = [n % 7 != 3 for n in range(rows)]
columns = {
    "label": [["rock", "jazz", "hip hop"][n * n % 3] for n in range(rows)],
    "name": pa.array([f"clips/{n // 10:04}/{n:06}.mp3" if n % 5 else None for n in range(rows)]),
    "real": pa.array([n / 3 if some[n] else None for n in range(rows)]),
    "single": pa.array([n / 7 for n in range(rows)], pa.float32()),
    "whole": pa.array([(-1) ** n * n**6 for n in range(rows)]),
    "narrow": pa.array([n * 1000 - 9 if some[n] else None for n in range(rows)], pa.int32()),
    "unsigned": pa.array([2**32 - 1 - n for n in range(rows)], pa.uint32()),
    "truth": pa.array([n % 3 == 0 if some[n] else None for n in range(rows)]),
}
write = lambda name, **settings: pq.write_table(pa.table(columns), OUT / f"{name}.parquet", compression="zstd",
                                                data_page_size=512, row_group_size=300, write_batch_size=64, **settings)
write("pages_1", data_page_version="1.0")
write("pages_2", data_page_version="2.0")
encodings = {"name": "DELTA_BYTE_ARRAY", "label": "DELTA_LENGTH_BYTE_ARRAY", "real": "PLAIN", "single": "PLAIN",
             "whole": "DELTA_BINARY_PACKED", "narrow": "DELTA_BINARY_PACKED", "unsigned": "DELTA_BINARY_PACKED",
             "truth": "RLE"}
write("deltas", use_dictionary=False, column_encoding=encodings, data_page_version="2.0")
split = {name: "BYTE_STREAM_SPLIT" for name in ["real", "single"]} | {"name": "PLAIN", "truth": "PLAIN"}
write("split", use_dictionary=False, column_encoding=split)
