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
