"""The networks beside PyTorch 2.15.0 on the CPU: the same numbers, and the time of a training step.

    python benches/peers/pytorch.py EXAMPLE [parity] [speed] [memory] [threads] [--only NAME,…] [--turns N]

EXAMPLE is the built example (`cargo build --release --example network`, then target/release/examples/network). Each
network's weights go to it as safetensors, its batches as NPZ. `parity`: logits in evaluation mode before and after 20
steps of SGD, and the 20 losses in training mode. `speed`: CPU seconds of a step on one thread, the sides in turn,
medians. `memory`: peak resident memory of a process that trains, less what it held before the network was there (for
PyTorch: after the import). `threads`: our seconds of a step on one thread and on two.

torch 2.15.0, safetensors 0.8.0, numpy 2.4.6.
"""

import argparse
import copy
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

for name in ["OMP_NUM_THREADS", "MKL_NUM_THREADS"]:
    os.environ[name] = "1"

import numpy as np
import torch
from torch import nn

torch.set_num_threads(1)
MOMENTUM, STEPS = 0.9, 20
# Deep networks on batches of eight are chaotic at larger rates: PyTorch in float then leaves PyTorch in double too.
RATE, RATES = 0.01, {"vgg16_bn": 1e-4, "resnet18": 2e-4, "resnet50": 1e-7}


class Mlp(nn.Module):
    def __init__(self, columns, hidden, batch_norm, classes):
        super().__init__()
        self.count, self.batch_norm = len(hidden), batch_norm
        for number, size in enumerate(hidden, 1):
            setattr(self, f"fc{number}", nn.Linear(columns, size))
            if batch_norm:
                setattr(self, f"bn{number}", nn.BatchNorm1d(size))
            columns = size
        setattr(self, f"fc{self.count + 1}", nn.Linear(columns, classes))

    def forward(self, x):
        for number in range(1, self.count + 1):
            x = getattr(self, f"fc{number}")(x)
            if self.batch_norm:
                x = getattr(self, f"bn{number}")(x)
            x = torch.relu(x)
        return getattr(self, f"fc{self.count + 1}")(x)


class Conv1d(nn.Module):
    def __init__(self, bands, channels, kernels, classes):
        super().__init__()
        self.kernels = kernels
        for number, (size, kernel) in enumerate(zip(channels, kernels), 1):
            setattr(self, f"conv{number}", nn.Conv1d(bands, size, kernel, padding=kernel // 2))
            setattr(self, f"bn{number}", nn.BatchNorm1d(size))
            bands = size
        self.fc1 = nn.Linear(bands, classes)

    def forward(self, x):
        for number, kernel in enumerate(self.kernels, 1):
            x = torch.relu(getattr(self, f"bn{number}")(getattr(self, f"conv{number}")(x)))
            x = nn.functional.max_pool1d(x, kernel)
        return self.fc1(x.mean(2))


class Conv2d(nn.Module):
    """cntk-2020's: pools of 3 by 2 with a margin of 1 but after the last layer, dense layers without activation."""

    def __init__(self, bands, frames, channels, dense, classes):
        super().__init__()
        self.layers, inputs = len(channels), 1
        for number, size in enumerate(channels, 1):
            setattr(self, f"conv{number}", nn.Conv2d(inputs, size, 3, padding=1, bias=False))
            setattr(self, f"bn{number}", nn.BatchNorm2d(size))
            inputs = size
            if number < self.layers:
                bands, frames = (bands - 1) // 2 + 1, (frames - 1) // 2 + 1
        self.fc1 = nn.Linear(inputs * bands * frames, dense)
        self.fc2 = nn.Linear(dense, classes)

    def forward(self, x):
        x = x[:, None]
        for number in range(1, self.layers + 1):
            x = torch.relu(getattr(self, f"bn{number}")(getattr(self, f"conv{number}")(x)))
            if number < self.layers:
                x = nn.functional.max_pool2d(x, 3, 2, 1)
        return self.fc2(self.fc1(x.flatten(1)))


class Vgg16(nn.Module):
    """torchvision's names; a grey image three times."""

    def __init__(self, width, dense, classes):
        super().__init__()
        layers, inputs = [], 3
        for block, count in enumerate([2, 2, 3, 3, 3]):
            size = width * [1, 2, 4, 8, 8][block]
            for _ in range(count):
                layers += [nn.Conv2d(inputs, size, 3, padding=1), nn.BatchNorm2d(size), nn.ReLU()]
                inputs = size
            layers.append(nn.MaxPool2d(2))
        self.features, self.pool = nn.Sequential(*layers), nn.AdaptiveAvgPool2d(7)
        blank = [nn.ReLU(), nn.Identity()]
        self.classifier = nn.Sequential(
            nn.Linear(49 * inputs, dense), *blank, nn.Linear(dense, dense), *blank, nn.Linear(dense, classes)
        )

    def forward(self, x):
        x = x[:, None].expand(-1, 3, -1, -1)
        return self.classifier(self.pool(self.features(x)).flatten(1))


class Block(nn.Module):
    def __init__(self, inputs, planes, stride, bottleneck):
        super().__init__()
        sizes = [(planes, 1, 1), (planes, 3, stride), (4 * planes, 1, 1)] if bottleneck else [
            (planes, 3, stride), (planes, 3, 1)]
        self.count, first = len(sizes), inputs
        for number, (size, side, step) in enumerate(sizes, 1):
            setattr(self, f"conv{number}", nn.Conv2d(first, size, side, step, side // 2, bias=False))
            setattr(self, f"bn{number}", nn.BatchNorm2d(size))
            first = size
        self.downsample = None
        if stride != 1 or inputs != first:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, first, 1, stride, bias=False), nn.BatchNorm2d(first))

    def forward(self, x):
        y = x
        for number in range(1, self.count + 1):
            y = getattr(self, f"bn{number}")(getattr(self, f"conv{number}")(y))
            if number < self.count:
                y = torch.relu(y)
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    """torchvision's names; a grey image three times."""

    def __init__(self, depth, width, classes):
        super().__init__()
        counts, bottleneck = {18: ([2, 2, 2, 2], False), 50: ([3, 4, 6, 3], True)}[depth]
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        inputs = width
        for stage, count in enumerate(counts):
            blocks = []
            for place in range(count):
                planes = width << stage
                blocks.append(Block(inputs, planes, 2 if stage and not place else 1, bottleneck))
                inputs = planes * (4 if bottleneck else 1)
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        x = x[:, None].expand(-1, 3, -1, -1)
        x = nn.functional.max_pool2d(torch.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        for stage in range(1, 5):
            x = getattr(self, f"layer{stage}")(x)
        return self.fc(x.mean((2, 3)))


class Recurrent(nn.Module):
    def __init__(self, kind, bands, hidden, layers, both, classes):
        super().__init__()
        self.kind = kind
        cell = {"lstm": nn.LSTM, "gru": nn.GRU}[kind]
        setattr(self, kind, cell(bands, hidden, layers, batch_first=True, bidirectional=both))
        self.fc = nn.Linear(hidden * (2 if both else 1), classes)

    def forward(self, x):
        return self.fc(getattr(self, self.kind)(x.transpose(1, 2))[0][:, -1])


class Crnn(nn.Module):
    def __init__(self, bands, channels, pools, hidden, classes):
        super().__init__()
        self.pools, inputs = pools, 1
        for number, (size, pool) in enumerate(zip(channels, pools), 1):
            setattr(self, f"conv{number}", nn.Conv2d(inputs, size, 3, padding=1))
            setattr(self, f"bn{number}", nn.BatchNorm2d(size))
            inputs, bands = size, bands // pool[0]
        self.rnn = nn.GRU(inputs * bands, hidden, batch_first=True)
        self.fc = nn.Linear(hidden, classes)

    def forward(self, x):
        x = x[:, None]
        for number, pool in enumerate(self.pools, 1):
            x = torch.relu(getattr(self, f"bn{number}")(getattr(self, f"conv{number}")(x)))
            x = nn.functional.max_pool2d(x, pool)
        return self.fc(self.rnn(x.flatten(1, 2).transpose(1, 2))[0][:, -1])


CNTK = 'conv_bias = false\nkernel = 3\npool = 3\npool_stride = 2\npool_margin = 1\nlast_pool = false\nending = "flatten"\ndense_activation = "linear"\n'
# name: the row, what builds the same, the shape of one input, rows of a batch, classes
PARITY = {
    "mlp": ("model = 'mlp'\nhidden = [256, 128]\nbatch_norm = true", lambda: Mlp(518, [256, 128], True, 8), (518,), 32, 8),
    "conv1d": ("model = 'conv1d'", lambda: Conv1d(64, [16, 32, 64, 128], [7, 5, 3, 3], 8), (64, 400), 8, 8),
    "conv2d": (f"model = 'conv2d'\nchannels = [64, 128, 256]\ndense = [512]\n{CNTK}",
               lambda: Conv2d(32, 40, [64, 128, 256], 512, 8), (32, 40), 8, 8),
    "vgg16_bn": ("model = 'vgg'\ndepth = 16\nbatch_norm = true\ndense = 512\ndropout = 0.0",
                 lambda: Vgg16(64, 512, 8), (32, 40), 8, 8),
    "resnet18": ("model = 'resnet'\ndepth = 18", lambda: ResNet(18, 64, 8), (64, 87), 8, 8),
    "resnet50": ("model = 'resnet'\ndepth = 50", lambda: ResNet(50, 64, 8), (64, 87), 8, 8),
    "lstm": ("model = 'lstm'\nhidden = 64\nlayers = 2\nbidirectional = true",
             lambda: Recurrent("lstm", 128, 64, 2, True, 8), (128, 31), 32, 8),
    "gru": ("model = 'gru'\nhidden = 64\nlayers = 2", lambda: Recurrent("gru", 128, 64, 2, False, 8), (128, 31), 32, 8),
    "crnn": ("model = 'crnn'", lambda: Crnn(96, [32, 64, 64], [(4, 2), (4, 2), (2, 2)], 64, 8), (96, 125), 8, 8),
}
SPEED = {
    "mlp": ("model = 'mlp'\nhidden = [256, 128]", lambda: Mlp(518, [256, 128], False, 8), (518,), 64, 8),
    "lstm": ("model = 'lstm'\nhidden = 64\nlayers = 2", lambda: Recurrent("lstm", 128, 64, 2, False, 8), (128, 31), 64, 8),
    "conv1d": PARITY["conv1d"][:1] + (lambda: Conv1d(128, [16, 32, 64, 128], [7, 5, 3, 3], 8), (128, 1292), 32, 8),
    "resnet18": PARITY["resnet18"][:2] + ((128, 173), 32, 8),
    "conv2d": PARITY["conv2d"][:1] + (lambda: Conv2d(128, 128, [64, 128, 256], 512, 8), (128, 128), 32, 8),
}


def prepared(case, batches, folder, rate=RATE):
    """The network, its batches, and the same as files."""
    row, build, shape, batch, classes = case
    torch.manual_seed(1)
    network = build()
    for name, buffer in network.named_buffers():
        if name.endswith("running_mean"):
            buffer.normal_(0, 0.1)
        elif name.endswith("running_var"):
            buffer.uniform_(0.8, 1.2)
    x = torch.randn(batches * batch, *shape)
    truth = torch.arange(batches * batch) * 5 % classes
    from safetensors.torch import save_file

    state = {name: value.contiguous() for name, value in network.state_dict().items() if "num_batches" not in name}
    files = [folder / "network.toml", folder / "weights.safetensors", folder / "batches.npz"]
    save_file(state, files[1])
    np.savez(files[2], **{"table" if len(shape) == 1 else "frames": x.numpy(), "truth": truth.numpy().astype("f4")})
    train = f'optimizer = "sgd", learning_rate = {rate}, momentum = {MOMENTUM}, batch = {batch}'
    files[0].write_text(f"classes = {classes}\n{row}\ntrain = {{ {train} }}\n")
    return network, x.split(batch), truth.split(batch), [str(file) for file in files]


def ours(example, files, steps, threads=1):
    environment = dict(os.environ, RAYON_NUM_THREADS=str(threads))
    return json.loads(subprocess.check_output([example, *files, str(steps)], env=environment))


def logits(network, xs):
    network.eval()
    with torch.no_grad():
        found = torch.cat([network(x) for x in xs])
    network.train()
    return found


def trainer(network, xs, truths, rate=RATE):
    """A step's loss, one after the other."""
    optimizer = torch.optim.SGD(network.parameters(), rate, MOMENTUM)
    network.train()
    step = 0
    while True:
        at = step % len(xs)
        start = time.process_time()
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(network(xs[at]), truths[at])
        loss.backward()
        optimizer.step()
        step += 1
        yield loss.item(), time.process_time() - start


def parity(example, names):
    print("| network | logits, largest difference | largest logit | losses, largest difference | PyTorch's own, float and double | loss 1 … 20 | logits after |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            rate = RATES.get(name, RATE)
            network, xs, truths, files = prepared(PARITY[name], 4, pathlib.Path(folder), rate)
            answer = ours(example, files, STEPS)
            before = logits(network, xs).numpy()
            exact = trainer(copy.deepcopy(network).double(), [x.double() for x in xs], truths, rate)
            exact = np.array([next(exact)[0] for _ in range(STEPS)])
            steps = trainer(network, xs, truths, rate)
            losses = np.array([next(steps)[0] for _ in range(STEPS)])
            after = logits(network, xs).numpy()
        far = lambda found, wanted: np.abs(np.reshape(found, wanted.shape) - wanted).max()
        apart = np.abs(np.array(answer["losses"]) / losses - 1).max()
        print(
            f"| {name} | {far(answer['before'], before):.1e} | {np.abs(before).max():.2f} | {100 * apart:.3f} % "
            f"| {100 * np.abs(exact / losses - 1).max():.3f} % "
            f"| {losses[0]:.3f} … {losses[-1]:.3f} | {far(answer['after'], after):.1e} |", flush=True)


def speed(example, names, turns):
    print("| network | PyTorch, s | genrebench, s | ratio | smallest … largest paired ratio |")
    print("|---|---:|---:|---:|---:|")
    for name in names:
        steps = 12 if name in ["mlp", "lstm"] else 3
        with tempfile.TemporaryDirectory() as folder:
            network, xs, truths, files = prepared(SPEED[name], 1, pathlib.Path(folder))
            step = trainer(network, xs, truths)
            next(step)
            pairs = []
            for _ in range(turns):
                theirs = statistics.median(next(step)[1] for _ in range(steps))
                mine = statistics.median(ours(example, files, steps + 1)["cpu_seconds"][1:])
                pairs.append((theirs, mine))
        ratios = [mine / theirs for theirs, mine in pairs]
        theirs, mine = (statistics.median(side) for side in zip(*pairs))
        print(
            f"| {name} | {theirs:.4f} | {mine:.4f} | {statistics.median(ratios):.2f} "
            f"| {min(ratios):.2f} … {max(ratios):.2f} |", flush=True)


def status(key):
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key))


def memory(example, names):
    print("| network | PyTorch, MB | genrebench, MB | ratio |")
    print("|---|---:|---:|---:|")
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            prepared(SPEED[name], 1, pathlib.Path(folder))
            files = [str(pathlib.Path(folder) / file) for file in ["network.toml", "weights.safetensors", "batches.npz"]]
            answer = ours(example, files, 3)
            theirs = json.loads(subprocess.check_output([sys.executable, __file__, "peak", "--only", name]))
        mine = answer["peak_kib"] - answer["start_kib"]
        print(f"| {name} | {theirs / 1024:.0f} | {mine / 1024:.0f} | {mine / theirs:.2f} |", flush=True)


def peak(name):
    _, build, shape, batch, classes = SPEED[name]
    start = status("VmRSS")
    xs, truths = [torch.randn(batch, *shape)], [torch.arange(batch) * 5 % classes]
    step = trainer(build(), xs, truths)
    for _ in range(3):
        next(step)
    print(status("VmHWM") - start)


def threads(example, names):
    print("| network | one thread, s | two threads, s | faster | smallest … largest paired ratio |")
    print("|---|---:|---:|---:|---:|")
    for name in names:
        steps = 3 if name in ["resnet18", "conv2d"] else 20
        with tempfile.TemporaryDirectory() as folder:
            *_, files = prepared(SPEED[name], 1, pathlib.Path(folder))
            step = lambda count: statistics.median(ours(example, files, steps + 1, count)["seconds"][1:])
            pairs = [(step(1), step(2)) for _ in range(3)]
        ratios = [one / two for one, two in pairs]
        one, two = (statistics.median(side) for side in zip(*pairs))
        print(
            f"| {name} | {one:.3f} | {two:.3f} | {statistics.median(ratios):.2f} "
            f"| {min(ratios):.2f} … {max(ratios):.2f} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("example")
    parser.add_argument("what", nargs="*", default=[])
    parser.add_argument("--only")
    parser.add_argument("--turns", type=int, default=5)
    options = parser.parse_args()
    chosen = lambda cases: options.only.split(",") if options.only else list(cases)
    if options.example == "peak":
        peak(options.only)
    for what in options.what or ([] if options.example == "peak" else ["parity", "speed"]):
        print(f"\n{what}\n")
        match what:
            case "parity":
                parity(options.example, chosen(PARITY))
            case "speed":
                speed(options.example, chosen(SPEED), options.turns)
            case "memory":
                memory(options.example, chosen(SPEED))
            case "threads":
                threads(options.example, chosen(["conv1d", "resnet18", "conv2d"]))
