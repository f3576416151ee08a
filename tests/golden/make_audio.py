"""Makes tests/golden/audio: small sound files of a formula signal, and the samples librosa reads from them.

Pinned: librosa 0.11.0, soundfile with libsndfile 1.2.2 (mpg123 inside), numpy 2.4.6, lame 3.100,
flac 1.4.2, oggenc of vorbis-tools 1.4.2, ffmpeg 5.1.9. Run from the repository root.

The signal is made of integers, so that the tests compute it too: with tri(p) = 60 |p mod 400 - 200| - 6000,
left[n] = tri(3 n + n n / 3000), right[n] = tri(5 n) / 2 (whole-number division rounding down), 16 bits, 22050 Hz.
Lossless files must give it back exactly; for the others `<file>.npy` holds librosa.load(file, sr=None).
"""
import pathlib
import subprocess

import librosa
import numpy as np
import soundfile

OUT = pathlib.Path("tests/golden/audio")
RATE = 22050


def signal(count):
    n = np.arange(count, dtype=np.int64)
    tri = lambda p: 60 * abs(p % 400 - 200) - 6000
    return np.stack([tri(3 * n + n * n // 3000), tri(5 * n) // 2], axis=1).astype(np.int16)


def run(*command):
    subprocess.run([str(part) for part in command], check=True, capture_output=True)


def ffmpeg(source, name, *options):
    run("ffmpeg", "-y", "-bitexact", "-i", source, *options, OUT / name)


OUT.mkdir(parents=True, exist_ok=True)
short, long = pathlib.Path("short.wav"), pathlib.Path("long.wav")
soundfile.write(short, signal(3000), RATE, subtype="PCM_16")
soundfile.write(long, signal(9000), RATE, subtype="PCM_16")
ffmpeg(short, "s24.wav", "-c:a", "pcm_s24le")
ffmpeg(short, "s16.aiff", "-c:a", "pcm_s16be")
ffmpeg(short, "s16.au", "-c:a", "pcm_s16be")
ffmpeg(short, "ulaw.au", "-c:a", "pcm_mulaw")
run("flac", "-f", "--best", short, "-o", OUT / "s16.flac")
run("oggenc", "-q", "1", "--serial", "1", short, "-o", OUT / "q1.ogg")
run("lame", "-b", "64", short, OUT / "tagged.mp3")
run("lame", "-V", "7", "-t", long, OUT / "untagged_vbr.mp3")
run("lame", "-b", "48", "-t", long, "whole.mp3")
# Frames of 48 kbit/s at 22.05 kHz: 156 bytes and a padding bit. Dropping the first two takes the reservoir away.
whole = pathlib.Path("whole.mp3").read_bytes()
start = 0
for _ in range(2):
    start += 156 + (whole[start + 2] >> 1 & 1)
(OUT / "cut.mp3").write_bytes(whole[start:])
for name in ["ulaw.au", "q1.ogg", "tagged.mp3", "cut.mp3"]:
    samples, rate = librosa.load(OUT / name, sr=None)
    assert rate == RATE
    np.save(OUT / f"{name}.npy", samples)
# libsndfile stops an untagged VBR file at a wrong estimate of its length: mpg123 itself reads it whole.
run("mpg123", "-q", "-e", "f32", "-w", "vbr.wav", OUT / "untagged_vbr.mp3")
np.save(OUT / "untagged_vbr.mp3.npy", librosa.load("vbr.wav", sr=None)[0])
for scratch in [short, long, pathlib.Path("whole.mp3"), pathlib.Path("vbr.wav")]:
    scratch.unlink()
