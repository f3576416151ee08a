"""genrebench's features beside librosa's, on any sound files.

    python benches/peers/librosa_parity.py target/release/genrebench FILE…

librosa 0.11.0, numpy 2.4.6, scipy 1.17.1, soxr 1.1.0. For every feature the largest difference of a mean, deviation,
median, minimum or maximum over all files (relative where the value is above 1), against librosa on the same samples
as doubles (64) and as singles, the way librosa.load gives them (32), and how far librosa's two answers lie apart.
Files beyond `--worst` are named. 1 is the exit status if a feature is off its tolerance against both.
"""
import argparse
import json
import subprocess
import sys
import warnings

del sys.path[0]  # this folder has a librosa.py of its own
import numpy as np  # noqa: E402

warnings.filterwarnings("ignore")
import librosa  # noqa: E402

STATISTICS = ["mean", "std", "median", "min", "max"]
# absolute, relative beyond 1
TOLERANCES = {"mfcc": 1e-4, "power": 1e-6, "power_rms": 1e-6, "spectral_contrast": 1e-5, "tempo": 0.0}
FEATURES = [
    "mfcc", "chroma_stft", "chroma_cqt", "chroma_cens", "tonnetz", "tonnetz_harmonic", "fma_chroma_cqt",
    "fma_chroma_cens", "fma_tonnetz", "spectral_centroid", "spectral_bandwidth", "spectral_contrast",
    "spectral_rolloff", "spectral_flatness", "rms", "rms_y", "zcr",
]
SCALARS = ["tempo", "power", "power_rms"]


def moments(rows):
    rows = np.asarray(rows, np.float64)
    return {
        "mean": rows.mean(1), "std": rows.std(1), "median": np.median(rows, axis=1), "min": rows.min(1),
        "max": rows.max(1),
    }


def of_librosa(y, rate):
    f = librosa.feature
    spectrum = np.abs(librosa.stft(y))
    chroma = f.chroma_cqt(y=y, sr=rate)
    chroma_12 = f.chroma_cqt(y=y, sr=rate, bins_per_octave=12)
    cens_12 = f.chroma_cens(y=y, sr=rate, bins_per_octave=12)
    harmonic, percussive = librosa.effects.hpss(y)
    frames = {
        "mfcc": f.mfcc(y=y, sr=rate),
        "chroma_stft": f.chroma_stft(y=y, sr=rate),
        "chroma_cqt": chroma,
        "chroma_cens": f.chroma_cens(y=y, sr=rate),
        "tonnetz": f.tonnetz(chroma=chroma),
        "tonnetz_harmonic": f.tonnetz(y=harmonic, sr=rate),
        "fma_chroma_cqt": chroma_12,
        "fma_chroma_cens": cens_12,
        "fma_tonnetz": f.tonnetz(chroma=cens_12),
        "spectral_centroid": f.spectral_centroid(S=spectrum, sr=rate),
        "spectral_bandwidth": f.spectral_bandwidth(S=spectrum, sr=rate),
        "spectral_contrast": f.spectral_contrast(S=spectrum, sr=rate),
        "spectral_rolloff": f.spectral_rolloff(S=spectrum, sr=rate),
        "spectral_flatness": f.spectral_flatness(S=spectrum),
        "rms": f.rms(S=spectrum),
        "rms_y": f.rms(y=y),
        "zcr": f.zero_crossing_rate(y),
    }
    numbers = {}
    for name, rows in frames.items():
        for statistic, values in moments(rows).items():
            for row, value in enumerate(values):
                numbers[f"{name}.{statistic}.{row:02}"] = float(value)
    parts = {"harmonic": harmonic, "percussive": percussive}
    for part, signal in parts.items():
        numbers[f"power.{part}"] = float(np.mean(signal.astype(np.float64) ** 2))
        numbers[f"power_rms.{part}"] = float(np.mean(f.rms(y=signal), dtype=np.float64))
    numbers["tempo"] = float(f.tempo(y=y, sr=rate)[0])
    return numbers


def apart(ours, theirs):
    """The largest difference of each feature, relative beyond 1 (of a power always)."""
    worst = {}
    for name, value in theirs.items():
        feature = name.split(".")[0]
        scale = max(abs(value), 1e-9 if feature.startswith("power") else 1.0)
        worst[feature] = max(worst.get(feature, 0.0), abs(ours[name] - value) / scale)
    return worst


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("binary")
    arguments.add_argument("files", nargs="+")
    arguments.add_argument("--worst", type=float, default=1e-5)
    given = arguments.parse_args()
    overall = {}
    wrong = []
    for path in given.files:
        command = [given.binary, "features", path, "--features", ",".join(FEATURES + SCALARS)]
        command += ["--statistics", ",".join(STATISTICS), "--json", "--quiet", "--no-cache"]
        done = subprocess.run(command, capture_output=True)
        if done.returncode:
            print(f"{path}: {done.stderr.decode().strip()}")
            continue
        ours = json.loads(done.stdout)[0]["features"]
        y, rate = librosa.load(path)
        single, double = of_librosa(y, rate), of_librosa(y.astype(np.float64), rate)
        measured = [apart(ours, double), apart(ours, single), apart(single, double)]
        for feature in measured[0]:
            values = [differences[feature] for differences in measured]
            overall[feature] = np.maximum(overall.get(feature, np.zeros(3)), values)
            tolerance = TOLERANCES.get(feature, 1e-5)
            if min(values[:2]) > tolerance:
                wrong.append((path, feature))
            if max(values[:2]) > max(given.worst, tolerance):
                print(f"{path}: {feature} 64: {values[0]:.1e}  32: {values[1]:.1e}  librosa's own: {values[2]:.1e}",
                      flush=True)
    print(f"{len(given.files)} files\n{'feature':20} {'64':>8} {'32':>8} {'librosa 32/64':>14}")
    for feature, (double, single, own) in overall.items():
        print(f"{feature:20} {double:8.1e} {single:8.1e} {own:14.1e}")
    for path, feature in wrong:
        print(f"off its tolerance against both: {feature} of {path}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
