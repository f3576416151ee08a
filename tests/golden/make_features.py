"""Golden moments for tests/librosa_parity.rs: librosa 0.11.0, scipy 1.17.1, numpy 2.4.6, Python 3.11.

    python tests/golden/make_features.py        # writes tests/golden/features/moments.json

The signals are formulas that the test repeats, so only numbers are stored: seven moments of every row, laid out one
moment after the other, and the clip-level scalars. Everything is computed from float64 samples. null is NaN, which
scipy gives for the skew and kurtosis of a constant row.
"""
import json, math, os, warnings

import librosa
import numpy as np
import scipy.stats

warnings.filterwarnings("ignore")
RATE = 22050


def quantised(x):
    return np.floor(np.asarray(x, np.float64) * 32767.0 + 0.5) / 32768.0


def noise(seed, n):
    state, out = seed, np.empty(n)
    for i in range(n):
        state = (1664525 * state + 1013904223) & 0xFFFFFFFF
        out[i] = (state >> 8) / float(1 << 23) - 1.0
    return out


def tones(n):
    t = np.arange(n) / RATE
    return np.exp(-2.0 * t) * (0.4 * np.sin(2 * np.pi * 440.0 * t) + 0.2 * np.sin(2 * np.pi * 1234.5 * t))


def bursts(n):
    at = np.arange(n)
    return np.where(((at >= 5000) & (at < 6000)) | ((at >= 14000) & (at < 14500)), 0.8 * noise(3, n), 0.0)


SIGNALS = {
    "noise": 0.3 * noise(7, 9001),
    "tones": tones(20000) + 1e-3 * noise(9, 20000),
    "bursts": bursts(20001),
    "short": 0.5 * noise(5, 300),
    "one": np.array([0.5]),
    "constant": np.full(4000, 0.25),
    "silence": np.zeros(3000),
}


def moments(x):
    parts = [x.mean(1), x.std(1), scipy.stats.skew(x, axis=1), scipy.stats.kurtosis(x, axis=1), np.median(x, axis=1), x.min(1), x.max(1)]
    return [None if math.isnan(v) else float(v) for v in np.concatenate(parts)]


def answers(y):
    feature, spectrum = librosa.feature, librosa.stft(y)
    magnitude = np.abs(spectrum)
    harmonic, percussive = librosa.decompose.hpss(spectrum)
    parts = [librosa.istft(part, length=len(y), dtype=np.float64) for part in (harmonic, percussive)]
    frames = {
        "mfcc": feature.mfcc(y=y, sr=RATE),
        "spectral_centroid": feature.spectral_centroid(S=magnitude, sr=RATE),
        "spectral_bandwidth": feature.spectral_bandwidth(S=magnitude, sr=RATE),
        "spectral_contrast": feature.spectral_contrast(S=magnitude, sr=RATE),
        "spectral_rolloff": feature.spectral_rolloff(S=magnitude, sr=RATE),
        "spectral_flatness": feature.spectral_flatness(S=magnitude),
        "rms": feature.rms(S=magnitude),
        "rms_y": feature.rms(y=y),
        "zcr": feature.zero_crossing_rate(y),
    }
    if len(y) > 512:  # librosa cannot take a difference within one frame
        frames["onset_strength"] = librosa.onset.onset_strength(y=y, sr=RATE)[None]
    return {
        "moments": {name: moments(np.asarray(x, np.float64)) for name, x in frames.items()},
        "scalars": {
            "power": [float(np.mean(part**2)) for part in parts],
            "power_rms": [float(np.mean(feature.rms(y=part))) for part in parts],
            "power_spectral": [float(np.mean(np.abs(part) ** 2)) for part in (harmonic, percussive)],
            "tempo": [float(v) for v in feature.tempo(y=y, sr=RATE)] if len(y) > 512 else [],
        },
    }


if __name__ == "__main__":
    out = {name: answers(quantised(x)) for name, x in SIGNALS.items()}
    path = os.path.join(os.path.dirname(__file__), "features", "moments.json")
    with open(path, "w") as file:
        json.dump(out, file, indent=0, separators=(",", ":"))
        file.write("\n")
