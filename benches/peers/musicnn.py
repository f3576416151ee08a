"""musicnn's patches a CPU second on one thread, beside onnxruntime and PyTorch running the same network.

python3 -m venv peers && peers/bin/pip install torch==2.15.0 onnx==1.23.2 onnxscript==0.7.2 onnxruntime==1.32.0 h5py==3.16.0 numpy==2.4.6
cargo build --release
OMP_NUM_THREADS=1 peers/bin/python benches/peers/musicnn.py target/release/genrebench weights/MSD_musicnn.h5

The peers get ready patches and run the network only; ours reads a wav, makes the log-mel and writes the table too.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import wave

import h5py
import numpy as np
import onnxruntime
import torch
from torch import nn
from torch.nn import functional

PATCHES, FRAMES, BANDS, RUNS = 200, 187, 96, 5


class Musicnn(nn.Module):
    def __init__(self, path):
        super().__init__()
        file = h5py.File(path, "r")["model_weights"]

        def tensor(layer, part):
            group = file[layer][layer]
            name = next(name for name in group if name.startswith(part))
            return torch.from_numpy(np.array(group[name]))

        def norm(layer, shape):
            gamma, beta, mean, var = (tensor(layer, p) for p in ("gamma", "beta", "moving_mean", "moving_var"))
            scale = gamma / torch.sqrt(var + 0.001)
            return scale.reshape(shape), (beta - mean * scale).reshape(shape)

        plane = (1, -1, 1, 1)
        self.input = norm("batch_normalization", plane)
        self.tall = [
            (tensor(layer, "kernel").permute(3, 2, 0, 1).contiguous(), tensor(layer, "bias"), norm(bn, plane))
            for layer, bn in (("conv2d", "batch_normalization_1"), ("conv2d_1", "batch_normalization_2"))
        ]
        self.long = [
            (tensor(f"conv2d_{n}", "kernel").permute(3, 2, 0, 1).contiguous(), tensor(f"conv2d_{n}", "bias"),
             norm(f"batch_normalization_{n + 1}", plane))
            for n in (2, 3, 4)
        ]
        self.middle = [
            (tensor(f"midend_conv{n}", "kernel")[:, :, 0].permute(2, 1, 0).contiguous(),
             tensor(f"midend_conv{n}", "bias"), norm(f"bn_midend_conv{n}", (1, -1, 1)))
            for n in (1, 2, 3)
        ]
        self.pool = norm("bn_flatpool", (1, -1))
        self.dense = (tensor("dense", "kernel").T.contiguous(), tensor("dense", "bias"), norm("bn_dense", (1, -1)))
        self.out = (tensor("dense_1", "kernel").T.contiguous(), tensor("dense_1", "bias"))

    def forward(self, patch):
        x = patch * self.input[0] + self.input[1]
        parts = []
        for weight, bias, (scale, shift) in self.tall:
            y = functional.relu(functional.conv2d(x, weight, bias, padding=(3, 0))) * scale + shift
            parts.append(y.amax(3))
        for weight, bias, (scale, shift) in self.long:
            taps = weight.shape[2]
            padded = functional.pad(x, (0, 0, (taps - 1) // 2, taps // 2))
            y = functional.relu(functional.conv2d(padded, weight, bias)) * scale + shift
            parts.append(y.amax(3))
        y = torch.cat(parts, 1)
        stack = [y]
        for place, (weight, bias, (scale, shift)) in enumerate(self.middle):
            z = functional.relu(functional.conv1d(y, weight, bias, padding=3)) * scale + shift
            y = z + y if place else z
            stack.append(y)
        features = torch.cat(stack, 1)
        largest = features.amax(2)
        pooled = torch.stack([largest, features.mean(2)], 2).flatten(1) * self.pool[0] + self.pool[1]
        weight, bias, (scale, shift) = self.dense
        penultimate = functional.relu(functional.linear(pooled, weight, bias)) * scale + shift
        return largest, torch.sigmoid(functional.linear(penultimate, *self.out))


def cpu_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def ours(binary, weights, sound, out):
    before = cpu_children()
    subprocess.run(
        [binary, "features", sound, "--embedding", "musicnn-msd", "--weights", weights, "--per", "patch",
         "--threads", "1", "--quiet", "--out", out], check=True)
    return PATCHES / (cpu_children() - before)


def theirs(run, patches):
    begin = time.process_time()
    for patch in patches:
        run(patch)
    return PATCHES / (time.process_time() - begin)


def main():
    binary, weights = sys.argv[1:]
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    model = Musicnn(weights).eval()
    random = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "musicnn.onnx")
        program = torch.onnx.export(
            model, (torch.zeros(1, 1, FRAMES, BANDS),), input_names=["mel"], output_names=["max_pool", "tags"],
            dynamo=True, verbose=False)
        program.save(path)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        patches = random.random((PATCHES, 1, 1, FRAMES, BANDS), dtype=np.float32) * 3
        sound = os.path.join(folder, "noise.wav")
        samples = random.integers(-9000, 9000, PATCHES * FRAMES * 256, dtype=np.int16)
        with wave.open(sound, "wb") as file:
            file.setparams((1, 2, 16000, len(samples), "NONE", ""))
            file.writeframes(samples.tobytes())
        out = os.path.join(folder, "out.npz")
        rows = []
        for _ in range(RUNS):
            rows.append({
                "genrebench": ours(binary, weights, sound, out),
                "onnxruntime": theirs(lambda patch: session.run(None, {"mel": patch}), patches),
                "torch": theirs(lambda patch: model(torch.from_numpy(patch)), patches),
            })
    median = {name: float(np.median([row[name] for row in rows])) for name in rows[0]}
    ratios = [row["genrebench"] / max(row["onnxruntime"], row["torch"]) for row in rows]
    print(json.dumps({"patches a CPU second": median, "ratio to the faster peer": float(np.median(ratios)),
                      "smallest": min(ratios), "largest": max(ratios)}, indent=1))


main()
