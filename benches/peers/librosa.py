#!/usr/bin/env python3
"""genrebench beside librosa: the same features from the same 30-s mp3 in one paired run, CPU time on one thread.

    python3 -m venv peers && peers/bin/pip install librosa==0.11.0 scipy==1.17.1 numpy==2.4.6 soundfile==0.14.0
    cargo build --release
    peers/bin/python benches/peers/librosa.py [--runs 7] [--clips 8] [song.mp3]

Both sides work on the same CLIPS copies of the song in one process each, A B A B …; the processes' own start (and
librosa's imports and first compilations) is left out: ours by subtracting a run over one clip, librosa's by timing
after its first clip. Without a song one
is made by `genrebench data synth` and encoded by ffmpeg or lame at 256 kbit/s, 44.1 kHz stereo.
"""
import argparse, os, resource, shutil, statistics, subprocess, sys, tempfile, time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

PEER = r'''
import sys, time, numpy as np, librosa, scipy.stats, warnings
warnings.filterwarnings("ignore")
which, paths = sys.argv[1], sys.argv[2:]
def moments(x):
    return np.concatenate([x.mean(1), x.std(1), scipy.stats.skew(x, axis=1), scipy.stats.kurtosis(x, axis=1),
                           np.median(x, axis=1), x.min(1), x.max(1)])
def mfcc(y, sr): return moments(librosa.feature.mfcc(y=y, sr=sr, n_mfcc=20))
def mipt(y, sr):
    h, p = librosa.effects.hpss(y)
    return np.concatenate([mfcc(y, sr), moments(librosa.feature.tonnetz(y=y, sr=sr)),
                           librosa.feature.tempo(y=y, sr=sr), [np.mean(h ** 2), np.mean(p ** 2)]])
def fma518(y, sr):
    f = librosa.feature
    S = np.abs(librosa.stft(y, n_fft=2048, hop_length=512))
    cqt = np.abs(librosa.cqt(y, sr=sr, hop_length=512, bins_per_octave=12, n_bins=84, tuning=None))
    cens = f.chroma_cens(C=cqt, bins_per_octave=12, n_chroma=12, n_octaves=7)
    mel = f.melspectrogram(sr=sr, S=S ** 2)
    parts = [f.zero_crossing_rate(y, frame_length=2048, hop_length=512),
             f.chroma_cqt(C=cqt, bins_per_octave=12, n_chroma=12, n_octaves=7), cens, f.tonnetz(chroma=cens),
             f.chroma_stft(S=S ** 2, sr=sr, n_chroma=12), f.rms(S=S), f.spectral_centroid(S=S, sr=sr),
             f.spectral_bandwidth(S=S, sr=sr), f.spectral_contrast(S=S, sr=sr, n_bands=6),
             f.spectral_rolloff(S=S, sr=sr), f.mfcc(S=librosa.power_to_db(mel), n_mfcc=20)]
    return np.concatenate([moments(p) for p in parts])
todo = dict(mfcc=mfcc, mipt=mipt, fma518=fma518)[which]
def one(path):
    y, sr = librosa.load(path, sr=22050)
    return todo(y, sr)
one(paths[0])                       # imports and compilations
start = time.process_time()
for path in paths: one(path)
print((time.process_time() - start) / len(paths))
'''


def cpu_of(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def make_song(ours, folder):
    subprocess.run([ours, "data", "synth", "--out", folder, "--clips", "1", "--genres", "2", "--seconds", "30",
                    "--rate", "44100", "--quiet"], check=True)
    wav = next(os.path.join(r, f) for r, _, fs in sorted(os.walk(folder)) for f in sorted(fs) if f.endswith(".wav"))
    song = os.path.join(folder, "song.mp3")
    if shutil.which("ffmpeg"):
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", wav, "-filter_complex",
                        "[0:a]asplit[a][b];[b]adelay=11[c];[a][c]join=inputs=2:channel_layout=stereo", "-b:a", "256k", song],
                       check=True)
    elif shutil.which("lame"):
        subprocess.run(["lame", "--quiet", "-b", "256", wav, song], check=True)
    else:
        sys.exit("give a song, or install ffmpeg or lame to have one made")
    return song


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("song", nargs="?")
    arguments.add_argument("--runs", type=int, default=7)
    arguments.add_argument("--clips", type=int, default=8)
    arguments.add_argument("--binary", default="target/release/genrebench")
    options = arguments.parse_args()
    ours = os.path.abspath(options.binary)
    with tempfile.TemporaryDirectory() as folder:
        song = options.song or make_song(ours, os.path.join(folder, "corpus"))
        clips = []
        for index in range(options.clips + 1):
            clips.append(os.path.join(folder, f"clip{index}.mp3"))
            shutil.copy(song, clips[-1])
        program = os.path.join(folder, "peer.py")
        open(program, "w").write(PEER)
        print(f"{options.clips} copies of a {os.path.getsize(song)}-byte mp3, medians of {options.runs} paired runs")
        print(f"{'set':8} {'librosa ms':>11} {'ours ms':>9} {'ratio':>7}   (min … max of the paired ratios)")
        for which in ("mfcc", "mipt", "fma518"):
            choice = ["--features", "mfcc"] if which == "mfcc" else ["--set", which]
            command = lambda some: [ours, "features", *some, *choice, "--threads", "1", "--quiet", "--no-cache", "--out",
                                    os.path.join(folder, "out.csv")]
            pairs = []
            for _ in range(options.runs):
                peer = float(subprocess.run([sys.executable, program, which, *clips[1:]], check=True,
                                            capture_output=True, text=True).stdout)
                mine = (cpu_of(command(clips)) - cpu_of(command(clips[:1]))) / options.clips
                pairs.append((peer, mine))
            ratios = sorted(peer / mine for peer, mine in pairs)
            middle = lambda k: statistics.median(pair[k] for pair in pairs) * 1000
            print(f"{which:8} {middle(0):11.1f} {middle(1):9.1f} {statistics.median(ratios):7.2f}   "
                  f"({ratios[0]:.2f} … {ratios[-1]:.2f})", flush=True)
        many = []
        for index in range(6 * options.clips):
            many.append(os.path.join(folder, f"more{index}.mp3"))
            shutil.copy(song, many[-1])
        one = lambda threads: time_of([ours, "features", *many, "--set", "mipt", "--no-cache", "--threads", threads,
                                       "--quiet", "--out", os.path.join(folder, "out.csv")])
        speedups = sorted(one("1") / one("2") for _ in range(options.runs))
        print(f"two threads beside one, wall time of mipt: {statistics.median(speedups):.2f} × "
              f"({speedups[0]:.2f} … {speedups[-1]:.2f})")


def time_of(command):
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
