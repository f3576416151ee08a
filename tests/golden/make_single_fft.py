"""Golden bits of Fourier transforms in single precision: what scipy makes of complex64 noise.

Run with scipy 1.17.1 and numpy 2.4.6; writes audio/single_fft.json beside itself: for each length the bits of the first
four bins (re, im, re, im …) and of all bins folded into one number.
"""
import json
import pathlib

import numpy as np
import scipy.fft

HERE = pathlib.Path(__file__).parent / "audio"
FACTOR, MASK = 0x9E3779B97F4A7C15, (1 << 64) - 1


def noise(count):
    """The generator of Numerical Recipes from 12345, top 24 bits, on [-1, 1)."""
    values, state = np.empty(count), 12345
    for k in range(count):
        state = (1664525 * state + 1013904223) & 0xFFFFFFFF
        values[k] = (state >> 8) / float(1 << 23) - 1.0
    return values.astype(np.float32)


golden = {}
for length in [2 ** k for k in range(1, 13)]:
    spectrum = scipy.fft.fft(noise(2 * length).view(np.complex64))
    assert spectrum.dtype == np.complex64
    bits = [int(b) for b in spectrum.view(np.uint32)]
    folded = 0
    for b in bits:
        folded = (folded * FACTOR + b) & MASK
    golden[str(length)] = {"first": bits[:8], "all": f"{folded:016x}"}
(HERE / "single_fft.json").write_text(json.dumps(golden, indent=1) + "\n")
