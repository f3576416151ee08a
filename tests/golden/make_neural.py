"""Numbers for the tests of the networks. Run with librosa 0.11.0, torch 2.15.0 (the optimizers' steps: 2.8.0), numpy;
prints, and writes neural/networks.json: small networks with weights by a formula, which the test knows too."""
import json
import pathlib
import sys

import numpy as np
import librosa

y = (0.5 * np.sin(2 * np.pi * 440 / 16000 * np.arange(8000))).astype(np.float32)
m = librosa.feature.melspectrogram(y=y, sr=16000, n_fft=1024, hop_length=256, n_mels=96, window="hamming")
print("mel_frames", m.shape, float(m.sum()), [float(m[b, 16]) for b in (10, 24, 25, 60)])

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "benches/peers"))
import torch  # noqa: E402
import pytorch as peers  # noqa: E402

HERE = pathlib.Path(__file__).parent / "neural"
# Tiny deep networks are chaotic at larger rates and over more steps: PyTorch in float leaves PyTorch in double too.
STEPS = {"resnet50": 1}
RATES = {"vgg16_bn": 1e-3, "resnet50": 1e-5}


def noise(name, count):
    """Numbers in [-1, 1) that depend on the name and the place only."""
    start = np.uint32(2166136261)
    with np.errstate(over="ignore"):
        for byte in name.encode():
            start = (start ^ np.uint32(byte)) * np.uint32(16777619)
        x = start + np.arange(count, dtype=np.uint32) * np.uint32(2654435761)
        x = (x ^ (x >> 16)) * np.uint32(0x85EBCA6B)
        x = (x ^ (x >> 13)) * np.uint32(0xC2B2AE35)
        x = x ^ (x >> 16)
    return ((x >> 8).astype("f8") / 2**23 - 1).astype("f4")


def weights(name, shape):
    values = noise(name, int(np.prod(shape)))
    if name.endswith("running_var") or (len(shape) == 1 and name.endswith("weight")):
        values = np.float32(1) + np.float32(0.2) * values
    elif len(shape) == 1:
        values = np.float32(0.1) * values
    else:
        values = values * np.float32(np.sqrt(3 / np.prod(shape[1:])))
    return torch.from_numpy(values.reshape(shape))


CASES = {
    "mlp": ("model = 'mlp'\nhidden = [7, 5]\nbatch_norm = true", lambda: peers.Mlp(9, [7, 5], True, 3), (9,)),
    "conv1d": ("model = 'conv1d'\nchannels = [6, 5]\nkernel = [5, 3]\npool = [5, 3]",
               lambda: peers.Conv1d(20, [6, 5], [5, 3], 3), (20, 40)),
    "conv2d": (f"model = 'conv2d'\nchannels = [8, 12]\ndense = [5]\n{peers.CNTK}",
               lambda: peers.Conv2d(16, 21, [8, 12], 5, 3), (16, 21)),
    "vgg16_bn": ("model = 'vgg'\ndepth = 16\nbatch_norm = true\nwidth = 8\ndense = 9\ndropout = 0.0",
                 lambda: peers.Vgg16(8, 9, 3), (32, 40)),
    "resnet18": ("model = 'resnet'\ndepth = 18\nwidth = 8", lambda: peers.ResNet(18, 8, 3), (32, 45)),
    "resnet50": ("model = 'resnet'\ndepth = 50\nwidth = 4", lambda: peers.ResNet(50, 4, 3), (32, 45)),
    "lstm": ("model = 'lstm'\nhidden = 6\nlayers = 2\nbidirectional = true",
             lambda: peers.Recurrent("lstm", 12, 6, 2, True, 3), (12, 9)),
    "gru": ("model = 'gru'\nhidden = 5\nlayers = 2", lambda: peers.Recurrent("gru", 12, 5, 2, False, 3), (12, 9)),
    "crnn": ("model = 'crnn'\nchannels = [8, 9]\npool = [[4, 2], [2, 2]]\nhidden = 6",
             lambda: peers.Crnn(16, [8, 9], [(4, 2), (2, 2)], 6, 3), (16, 24)),
}

found = {"made_with": f"tests/golden/make_neural.py, torch {torch.__version__}", "networks": []}
for name, (row, build, shape) in CASES.items():
    network = build()
    state = {key: weights(key, value.shape) for key, value in network.state_dict().items() if "num_b" not in key}
    network.load_state_dict(state, strict=False)
    batch = 6
    x = torch.from_numpy(noise("input", batch * int(np.prod(shape))).reshape(batch, *shape))
    truth = torch.arange(batch) * 2 % 3
    before = peers.logits(network, [x])
    rate = RATES.get(name, peers.RATE)
    step = peers.trainer(network, [x], [truth], rate)
    losses = [next(step)[0] for _ in range(STEPS.get(name, 8))]
    rounded = lambda values: [float(f"{value:.6g}") for value in np.ravel(values)]
    found["networks"].append({
        "name": name, "row": row, "shape": shape, "classes": 3, "batch": batch,
        "learning_rate": rate, "momentum": peers.MOMENTUM, "before": rounded(before),
        "losses": rounded(losses), "after": rounded(peers.logits(network, [x])),
    })
HERE.mkdir(exist_ok=True)
(HERE / "networks.json").write_text(json.dumps(found, indent=1) + "\n")
