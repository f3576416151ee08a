"""Makes tests/fuzzing/corpus: small files of every kind that a reader knows, for fuzzers to begin with.

Wanted: ffmpeg 5.1, lame 3.100, Python with numpy, h5py, polars, safetensors and torch (CPU), and target/release/genrebench.
Run from the repository root. Nothing is compared with these files, so that other versions do as well; files that
are there already (`aac/stream`, `m4a/first`, `m4a/alac`, `model/tree`) stay.
"""
import io
import pathlib
import subprocess
import tarfile
import tempfile
import zipfile

import h5py
import numpy as np
import polars
import torch
from safetensors.torch import save_file

OUT = pathlib.Path("tests/fuzzing/corpus")


def at(entry, name):
    (OUT / entry).mkdir(parents=True, exist_ok=True)
    return OUT / entry / name


def run(*command):
    subprocess.run([str(part) for part in command], check=True, capture_output=True)


def sound(entry, name, *options, rate=8000, channels=1, seconds=0.06, container=None):
    source = f"aevalsrc=0.3*sin(2*PI*440*t)+0.2*random(0):s={rate}:d={seconds}"
    container = ["-f", container] if container else []
    run("ffmpeg", "-y", "-bitexact", "-f", "lavfi", "-i", source, "-ac", channels, "-ar", rate, *options,
        *container, at(entry, name))


def unpadded(path):
    """Without the 8 KB of zeros that ffmpeg leaves for tags."""
    content = path.read_bytes()
    at = 4
    while content.startswith(b"fLaC"):
        kind, length = content[at] & 127, int.from_bytes(content[at + 1 : at + 4], "big")
        if kind == 1:
            content = content[: at + 1] + b"\0\0\x10" + bytes(16) + content[at + 4 + length :]
        if content[at] & 128:
            break
        at += 4 + (16 if kind == 1 else length)
    path.write_bytes(content)


def sounds():
    for codec in ["pcm_u8", "pcm_s16le", "pcm_s32le", "pcm_f32le", "pcm_f64le", "pcm_alaw", "pcm_mulaw",
                  "adpcm_ima_wav", "adpcm_ms"]:
        sound("wav", codec, "-c:a", codec, channels=2, container="wav")
    # More than two channels ask for the extensible header.
    sound("wav", "extensible", "-c:a", "pcm_s24le", channels=4, container="wav")
    sound("wav", "rf64", "-c:a", "pcm_s16le", "-rf64", "always", container="wav")
    sound("wav", "tagged", "-c:a", "pcm_s16le", "-metadata", "title=a", "-write_bext", "1", container="wav")
    for codec in ["pcm_s8", "pcm_s24be", "pcm_f32be", "pcm_f64be", "pcm_alaw", "pcm_mulaw", "pcm_s16le"]:
        sound("aiff", codec, "-c:a", codec, channels=2, container="aiff")
    for codec in ["pcm_s8", "pcm_s24be", "pcm_s32be", "pcm_f32be", "pcm_f64be", "pcm_alaw"]:
        sound("au", codec, "-c:a", codec, channels=2, container="au")
    sound("flac", "stereo", "-c:a", "flac", "-compression_level", "12", channels=2, container="flac")
    sound("flac", "wide", "-c:a", "flac", "-sample_fmt", "s32", container="flac")
    sound("flac", "fixed", "-c:a", "flac", "-lpc_type", "fixed", "-metadata", "title=a", container="flac")
    sound("flac", "in_ogg", "-c:a", "flac", container="ogg")
    for path in (OUT / "flac").iterdir():
        unpadded(path)
    sound("ogg", "stereo", "-c:a", "libvorbis", "-q:a", "3", rate=22050, channels=2, container="ogg")
    sound("ogg", "two_streams", "-c:a", "libvorbis", "-q:a", "0", container="ogg")
    chained = at("ogg", "two_streams")
    chained.write_bytes(chained.read_bytes() * 2)
    sound("ogg", "opus", "-c:a", "libopus", rate=8000, container="ogg")
    sound("aac", "stereo", "-c:a", "aac", rate=22050, channels=2, container="adts")
    sound("m4a", "stereo", "-c:a", "aac", rate=22050, channels=2, container="ipod")
    sound("m4a", "fragmented", "-c:a", "aac", "-movflags", "frag_keyframe+empty_moov", rate=16000, container="mp4")
    sound("m4a", "alac_stereo", "-c:a", "alac", channels=2, container="ipod")
    sound("m4a", "mp3", "-c:a", "libmp3lame", rate=22050, container="mp4")
    sound("m4a", "flac", "-c:a", "flac", "-strict", "-2", rate=22050, container="mp4")
    sound("mp3", "layer_2", "-c:a", "mp2", rate=32000, channels=2, container="mp2")
    with tempfile.TemporaryDirectory() as folder:
        for rate in [8000, 44100]:
            source = f"aevalsrc=0.3*sin(2*PI*440*t)+0.2*random(0)|0.2*random(1):s={rate}:d=0.1"
            run("ffmpeg", "-y", "-f", "lavfi", "-i", source, "-ac", 2, f"{folder}/{rate}.wav")
        lame = lambda name, rate, *options: run("lame", *options, f"{folder}/{rate}.wav", at("mp3", name))
        lame("joint_checked", 44100, "-m", "j", "-b", 64, "-p", "-t")
        lame("mpeg_2_5", 8000, "-m", "m", "-b", 16)
        lame("free_format", 44100, "-m", "s", "--freeformat", "-b", 100)
        lame("tagged", 44100, "-V", 6, "--add-id3v2", "--id3v1-only", "--tt", "a", "--ta", "b")
        lame("tagged_2", 44100, "-V", 6, "--id3v2-only", "--tt", "ä", "--tc", "c")


MATRICES = {
    "bare": "3,1\n2,4\n",
    "above": "rock,jazz,folk\n30,1,0\n2,25,3\n0,4,26\n",
    "both": ",rock,jazz\nRock,3,1\njazz,2,4\n",
    "corner": "actual;rock;jazz\n;;\nrock;3;1\njazz;2;4\n",
    "numbered": "\ufeff\t0\t1\t2\n0\t5\t1\t0\n1\t0\t6\t2\n2\t1\t1\t7\n",
    "quoted": '# counts\n"","rock, hard","ja""zz"\n"rock, hard",3,1\n"ja""zz",2,4\n',
    "spaces": "3 1 0\n2 4 1\n0 0 9\n",
    "totals": "3,1,4\n2,4,6\n5,5,10\n",
}


def matrices():
    for name, text in MATRICES.items():
        at("matrix", name).write_text(text, encoding="utf-8")


def tables():
    frame = polars.DataFrame({
        "id": [f"clip {n}" for n in range(12)],
        "label": ["rock", "jazz", "folk"] * 4,
        "a": [n / 3 for n in range(12)],
        "b": [None if n % 5 == 0 else n for n in range(12)],
        "c": [n % 2 == 0 for n in range(12)],
    })
    for packing in ["uncompressed", "snappy", "gzip", "lz4", "zstd", "brotli"]:
        frame.write_parquet(at("parquet", packing), compression=packing, row_group_size=5)
    nested = frame.select("id", "label", polars.concat_list("a", "b").alias("list"), polars.lit(3.5).alias("d"),
                          polars.lit("2020-01-01").str.to_date().alias("day"))
    nested.write_parquet(at("parquet", "nested"))
    frame.with_columns(polars.col("a").cast(polars.Float32), polars.col("b").cast(polars.Int16)).write_parquet(
        at("parquet", "narrow"), statistics="full")
    claims = '[paper]\nid = "x"\ntitle = "x"\n[test]\nsupport = [5, 5, 7]\n'
    for metric, more, value in [("accuracy", "", "0.7"), ("f1", 'average = "any"\n', "0.7000"),
                                ("precision", 'average = "any"\nruns = 2\n', "0.71"),
                                ("recall", 'average = "any"\nfolds = 3\n', "0.69")]:
        claims += f'[[claim]]\nof = "a"\nmetric = "{metric}"\n{more}value = "{value}"\nunit = "fraction"\n'
    at("audit", "any_average").write_text(claims)
    at("csv", "quoted").write_text('id,label,"a ""b"""\n"x, y",rock,1e3\n"two\nlines",jazz,-0.5\n')
    at("csv", "semicolons").write_text("id;label;a\r\nx;rock;1,5\r\ny;jazz;\r\n")
    at("csv", "fma").write_text("feature,zcr,zcr\nstatistics,mean,std\nnumber,01,01\ntrack_id,,\n2,0.1,1e-3\n134,,nan\n")
    at("csv", "tabs").write_bytes("\ufeffid\tlabel\ta\nx\trock\tNaN\ny\tjazz\tinf\n".encode())
    for kind in ["<f4", ">i2", "<U3", "|b1", "<u8"]:
        with at("npy", "of_" + kind[1:]).open("wb") as out:
            np.lib.format.write_array(out, np.asarray([[1, 0, 3], [4, 5, 6]]).astype(kind), version=(1, 0))
    with at("npy", "version_2").open("wb") as out:
        np.lib.format.write_array(out, np.asfortranarray(np.ones((2, 3))), version=(2, 0))
    frames = {"frames/a": np.ones((4, 3), "f4"), "frames/b": np.zeros((2, 3), "f4"), "labels": np.array(["x", "y"])}
    np.savez_compressed(at("npz", "frames.npz"), **frames)


def weights():
    array = np.arange(24, dtype="f4").reshape(4, 6)
    for name, version in [("old", "earliest"), ("new", "latest")]:
        with h5py.File(at("hdf5", name), "w", libver=version) as file:
            group = file.create_group("model_weights/dense")
            group.create_dataset("kernel", data=array, chunks=(2, 3), compression="gzip", shuffle=True)
            group.create_dataset("bias", data=np.ones(3, ">f8"), fletcher32=True)
            group.create_dataset("half", data=np.ones((2, 2), "f2"))
            group.create_dataset("empty", shape=(0, 3), dtype="f4", maxshape=(None, 3))
            group.create_dataset("text", data=np.array([b"a", b"bc"]))
            group.attrs["weight_names"] = np.array([b"kernel", b"bias"])
            group.attrs["note"] = "text of any length"
    tensors = {name: torch.ones(2, 3).to(kind) for name, kind in [
        ("single", torch.float32), ("half", torch.float16), ("brain", torch.bfloat16), ("double", torch.float64),
        ("long", torch.int64), ("byte", torch.uint8), ("truth", torch.bool)]}
    save_file(tensors, at("safetensors", "kinds"), metadata={"format": "pt"})
    torch.save({"state_dict": tensors, "epoch": 3, "list": [1.5, None, "a"]}, at("pth", "kinds"))
    shared = torch.arange(12.0)
    torch.save({"a": shared[2:8].view(2, 3), "b": shared.view(3, 4).t()}, at("pth", "views"))


def archives():
    files = {"set/rock/a.wav": b"abc" * 200, "set/notes.txt": b"", "set/\u00e4.txt": b"x"}
    for name, packing in [("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED), ("bzip2", zipfile.ZIP_BZIP2)]:
        with zipfile.ZipFile(at("zip", name), "w", packing) as archive:
            archive.mkdir("set")
            for path, content in files.items():
                archive.writestr(path, content)
    for name, form in [("gnu", tarfile.GNU_FORMAT), ("pax", tarfile.PAX_FORMAT), ("ustar", tarfile.USTAR_FORMAT)]:
        with tarfile.open(at("tar", name), "w", format=form) as archive:
            folder = tarfile.TarInfo("set")
            folder.type = tarfile.DIRTYPE
            archive.addfile(folder)
            long = {} if form == tarfile.USTAR_FORMAT else {"set/" + "long/" * 30 + "a.txt": b"y"}
            for path, content in (files | long).items():
                entry = tarfile.TarInfo(path)
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
        # Without most of the zeros that fill the last record.
        at("tar", name).write_bytes(at("tar", name).read_bytes().rstrip(b"\0") + bytes(2048))


ROWS = {
    "majority": "", "knn": "n_neighbors = 1", "nearest_centroid": "", "gaussian_nb": "", "lda": "", "qda": "reg_param = 0.1",
    "logistic_regression": "", "decision_tree": "max_depth = 3", "random_forest": "n_estimators = 2\nmax_depth = 2",
    "extra_trees": "n_estimators = 2\nmax_depth = 2", "adaboost": "n_estimators = 2",
    "gradient_boosting": "n_estimators = 2", "catboost": "iterations = 2\ndepth = 2", "svc": "probability = true",
    "linear_svc": "", "mlp": "hidden = [3]",
    "voting": 'members = [{ model = "gaussian_nb" }, { model = "knn", n_neighbors = 1 }]',
    "stacking": 'members = [{ model = "gaussian_nb" }, { model = "lda" }]\ncv = 2',
}
NETWORKS = ["conv1d", "gru"]


def models():
    with tempfile.TemporaryDirectory() as folder:
        for model, options in ROWS.items():
            row = f'[[row]]\nname = "row"\nmodel = "{model}"\n{options}\n'
            fit(folder, model, 'features = { list = ["zcr", "rms"], statistics = ["mean", "std"] }\n'
                'prepare = ["impute", "standardize"]\n', row)
        for model in NETWORKS:
            row = f'[[row]]\nname = "row"\nmodel = "{model}"\nchannels = [2, 2]\n' if model == "conv1d" else \
                f'[[row]]\nname = "row"\nmodel = "{model}"\nhidden = 2\n'
            fit(folder, model, 'features = { frames = "mfcc" }\n', row + "train = { epochs = 1 }\n")


def fit(folder, model, features, row):
    path = pathlib.Path(folder) / f"{model}.toml"
    path.write_text('title = "e"\n' + features + 'dataset = { name = "synth", genres = 3, clips_per_genre = 4, '
                    'seconds = 1 }\nsplit = { kind = "stratified_kfold", folds = 2 }\nseed = 1\n' + row)
    made = subprocess.run(["target/release/genrebench", "fit", path, "--row", "row", "--quiet", "--no-cache",
                           "--out", at("model", model)], capture_output=True, text=True)
    if made.returncode != 0:
        raise SystemExit(f"{model}: {made.stderr}")


if __name__ == "__main__":
    sounds()
    matrices()
    tables()
    weights()
    archives()
    models()
