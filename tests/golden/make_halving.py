"""Golden values of decimation by two: what soxr makes of signals given by integer formulas.

Run with soxr 1.1.0 and numpy 2.4.6 on x86-64 with a GNU C library before 2.41 (its sinf sets up soxr's transforms);
writes audio/halving.json beside itself: for each signal and length the FNV-1a hash of the output's bits.
"""
import json
import pathlib

import numpy as np
import soxr

HERE = pathlib.Path(__file__).parent / "audio"


def noise(count):
    """The generator of Numerical Recipes from 7, top 24 bits, on [-1, 1)."""
    values, state = np.empty(count), 7
    for k in range(count):
        state = (1664525 * state + 1013904223) & 0xFFFFFFFF
        values[k] = (state >> 8) / float(1 << 23) - 1.0
    return values


def signals(count):
    k = np.arange(count)
    # a triangle of period 100, peak 0.5
    tone = (np.abs((k % 100) - 50) - 25) / 50.0
    return {
        "noise": noise(count),
        "tone": tone,
        "clicks": np.where(k % 9000 == 777, 0.75, 0.0),
        "burst": np.where((k >= 3000) & (k < 5000), tone, 0.0),
        "silence": np.zeros(count),
    }


def fnv(values):
    hashed = 0xCBF29CE484222325
    # 0 and -0 are the same
    for byte in (values + np.float32(0)).astype("<f4").tobytes():
        hashed = ((hashed ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{hashed:016x}"


def main():
    out = {}
    for count in (1, 2, 3, 100, 1660, 3001, 20_000, 66_151):
        for name, samples in signals(count).items():
            halved = soxr.resample(samples.astype(np.float32), 2, 1, quality="soxr_hq")
            out[f"{name} {count}"] = fnv(halved)
    (HERE / "halving.json").write_text(json.dumps(out, indent=0) + "\n")


if __name__ == "__main__":
    main()
