"""VGGish and a narrow network of its shape, with weights known by a formula, in PyTorch: tests/golden/embeddings/.

pip install torch==2.15.0 onnx==1.23.2 onnxscript==0.7.2 safetensors==0.8.0 numpy==2.4.6
python tests/golden/make_embeddings.py            # narrow.onnx and embeddings.json
python tests/golden/make_embeddings.py --full DIR # also DIR/vggish.{pth,safetensors,onnx}, 288 MB each, and sweep.wav
"""

import argparse
import json
import wave
from pathlib import Path

import numpy as np
import onnx
import torch
from safetensors.torch import save_file
from torch import nn

OUT = Path(__file__).parent / "embeddings"
RATE = 16000
SAMPLES = 35200


def formula(tensor, count, scale):
    """Number i of tensor k, in [-scale, scale)."""
    mask = np.uint64(0xFFFFFFFF)
    h = (np.arange(count, dtype=np.uint64) * np.uint64(2654435761) + np.uint64(tensor * 40503 + 12345)) & mask
    h ^= h >> np.uint64(16)
    h = (h * np.uint64(0x45D9F3B)) & mask
    h ^= h >> np.uint64(16)
    return ((h.astype(np.float64) / 2147483648.0 - 1.0) * scale).astype(np.float32)


class Vggish(nn.Module):
    """torchvggish's modules and names; `widths` are of the four stages, the hidden layers and the output."""

    def __init__(self, widths):
        super().__init__()
        a, b, c, d, hidden, out = widths
        layers, before = [], 1
        for width in (a, "pool", b, "pool", c, c, "pool", d, d, "pool"):
            if width == "pool":
                layers.append(nn.MaxPool2d(2, 2))
            else:
                layers += [nn.Conv2d(before, width, 3, padding=1), nn.ReLU()]
                before = width
        self.features = nn.Sequential(*layers)
        self.embeddings = nn.Sequential(
            nn.Linear(d * 24, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, out)
        )
        for place, tensor in enumerate(self.state_dict().values()):
            # weight, bias, weight, bias, ... in the order of the layers
            fan_in = tensor[0].numel()
            scale = 0.05 if tensor.ndim == 1 else float(np.sqrt(6.0 / fan_in))
            tensor.copy_(torch.from_numpy(formula(place, tensor.numel(), scale)).reshape(tensor.shape))

    def forward(self, mel):
        image = self.features(mel)
        return self.embeddings(image.permute(0, 2, 3, 1).flatten(1))


def sweep():
    t = np.arange(SAMPLES) / RATE
    x = 0.5 * np.sin(2 * np.pi * (50 * t + 7450 / 12 * t * t))
    return np.floor(32767 * x + 0.5).astype(np.int16)


def examples(samples):
    """VGGish's log-mel: 25 ms every 10 ms, magnitude, 64 bands of 125 to 7500 Hz, examples of 96 frames."""
    x = samples / 32768.0
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    frames = np.stack([x[s : s + 400] * window for s in range(0, len(x) - 399, 160)])
    spectrum = np.abs(np.fft.rfft(frames, 512))
    mel = lambda hz: 1127.0 * np.log(1.0 + hz / 700.0)
    edges = np.linspace(mel(125.0), mel(7500.0), 66)
    bins = mel(np.linspace(0.0, RATE / 2, 257))[:, None]
    rise = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0.0, np.minimum(rise, fall))
    weights[0] = 0.0
    log_mel = np.log(spectrum @ weights + 0.01)
    count = len(log_mel) // 96
    return torch.from_numpy(log_mel[: count * 96].reshape(count, 1, 96, 64).astype(np.float32))


def export(model, path):
    program = torch.onnx.export(
        model, (torch.zeros(1, 1, 96, 64),), input_names=["mel"], output_names=["embedding"], dynamo=True
    )
    program.save(path, external_data=False)
    kept = onnx.load(path)
    # Nothing of the machine that made it.
    for node in kept.graph.node:
        del node.metadata_props[:]
    onnx.save(kept, path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", type=Path, metavar="DIR")
    full_into = parser.parse_args().full
    torch.set_grad_enabled(False)
    OUT.mkdir(exist_ok=True)
    mel = examples(sweep())
    narrow, full = Vggish((2, 4, 6, 8, 16, 8)), Vggish((64, 128, 256, 512, 4096, 128))
    export(narrow, OUT / "narrow.onnx")
    answers = {"narrow": narrow(mel).tolist(), "vggish": full(mel).tolist()}
    (OUT / "embeddings.json").write_text(json.dumps(answers) + "\n")
    if full_into:
        full_into.mkdir(exist_ok=True)
        torch.save(full.state_dict(), full_into / "vggish.pth")
        save_file(full.state_dict(), full_into / "vggish.safetensors")
        export(full, full_into / "vggish.onnx")
        with wave.open(str(full_into / "sweep.wav"), "wb") as file:
            file.setparams((1, 2, RATE, SAMPLES, "NONE", ""))
            file.writeframes(sweep().tobytes())


main()
