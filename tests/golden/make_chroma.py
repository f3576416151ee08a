"""Golden vectors for chroma, tonnetz and resampling: what librosa says of signals given by formula.

Run with librosa 0.11.0, soxr 1.1.0, numpy 2.4.6, scipy 1.17.1; writes chroma/chroma.json and chroma/resample.json
beside itself. Tolerances: 1e-5 for chroma and tonnetz, 1e-6 for resampling.
"""
import json
import pathlib

import librosa
import numpy as np

HERE = pathlib.Path(__file__).parent / "chroma"


def noise(seed, count):
    """The generator of Numerical Recipes, top 24 bits, on [-1, 1)."""
    values, state = np.empty(count), seed
    for k in range(count):
        state = (1664525 * state + 1013904223) & 0xFFFFFFFF
        values[k] = (state >> 8) / float(1 << 23) - 1.0
    return values


def chord(notes, cents, count, rate):
    """Harmonics 1 to 4 of each note, amplitude 0.1/h, cents off pitch, plus faint noise."""
    t = np.arange(count) / rate
    tones = [
        0.1 / h * np.sin(2 * np.pi * h * 440.0 * 2.0 ** ((note - 69 + cents / 100.0) / 12.0) * t)
        for note in notes
        for h in range(1, 5)
    ]
    return np.sum(tones, axis=0) + 0.001 * noise(5, count)


def features(y, rate):
    cqt12 = np.abs(librosa.cqt(y, sr=rate, bins_per_octave=12, n_bins=84, tuning=None))
    cens12 = librosa.feature.chroma_cens(C=cqt12, bins_per_octave=12)
    return {
        "chroma_stft": librosa.feature.chroma_stft(y=y, sr=rate),
        "chroma_cqt": librosa.feature.chroma_cqt(y=y, sr=rate),
        "chroma_cens": librosa.feature.chroma_cens(y=y, sr=rate),
        "tonnetz": librosa.feature.tonnetz(y=y, sr=rate),
        "tonnetz_harmonic": librosa.feature.tonnetz(y=librosa.effects.harmonic(y), sr=rate),
        "fma_chroma_cqt": librosa.feature.chroma_cqt(C=cqt12, bins_per_octave=12),
        "fma_chroma_cens": cens12,
        "fma_tonnetz": librosa.feature.tonnetz(chroma=cens12),
    }


def rounded(values):
    return [float(f"{value:.8g}") for value in np.asarray(values, np.float64).ravel()]


def main():
    signals = [
        ("chord", 22050, chord([48, 55, 64, 71], 23.0, 30001, 22050)),
        ("noise", 22050, 0.3 * noise(77, 20000)),
        ("chord_44k", 44100, chord([45, 52, 61], -11.0, 44100, 44100)),
        ("noise_16k", 16000, 0.3 * noise(78, 15000)),
        ("noise_96k", 96000, 0.3 * noise(79, 30000)),
        ("short", 22050, chord([69], 0.0, 700, 22050)),
    ]
    out = {}
    for name, rate, samples in signals:
        matrices = features(samples.astype(np.float32), rate)
        out[name] = {
            feature: {"frames": matrix.shape[1], "every": 8, "values": rounded(matrix.T[::8])}
            for feature, matrix in matrices.items()
            # librosa's istft leaves memory unset at the ends of so short a signal
            if (name, feature) != ("short", "tonnetz_harmonic")
        }
    (HERE / "chroma.json").write_text(json.dumps(out))

    samples = noise(99, 300).astype(np.float32)
    pairs = [
        (44100, 22050), (48000, 22050), (32000, 22050), (16000, 22050), (11025, 22050), (8000, 22050), (96000, 22050),
        (88200, 22050), (192000, 22050), (37800, 22050), (37801, 22050), (33075, 22050), (44100, 16000),
        (48000, 16000), (22050, 44100),
    ]
    out = {
        f"{a} {b}": rounded(librosa.resample(samples, orig_sr=a, target_sr=b, res_type="soxr_hq")) for a, b in pairs
    }
    (HERE / "resample.json").write_text(json.dumps(out))


if __name__ == "__main__":
    main()
