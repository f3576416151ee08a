"""Small files of weights in every layout that is read, with values known by a formula: tests/golden/weights/.

pip install torch==2.15.0 safetensors==0.8.0 h5py==3.16.0 numpy==2.4.6
python tests/golden/make_weights.py
"""

from collections import OrderedDict
from pathlib import Path

import h5py
import numpy as np
import torch
from safetensors.torch import save_file

OUT = Path(__file__).parent / "weights"


def ramp(*shape, start=0.0):
    """start, start + 1/4, start + 1/2, ... in C order: exact in every kind of float."""
    return torch.arange(int(np.prod(shape)), dtype=torch.float32).reshape(shape) / 4 + start


def state():
    return OrderedDict(
        {
            "features.0.weight": ramp(4, 3, 3, 3),
            "features.0.bias": ramp(4, start=-1.0),
            "turned": ramp(3, 5).T,
            "part": ramp(6, 4)[1:4, ::2],
            "half": ramp(3).half(),
            "brain": ramp(3).bfloat16(),
            "double": ramp(3).double(),
            "steps": torch.tensor(7),
        }
    )


def main():
    OUT.mkdir(exist_ok=True)
    torch.save(state(), OUT / "zip.pth")
    torch.save(state(), OUT / "legacy.pth", _use_new_zipfile_serialization=False)
    wrapped = OrderedDict((f"module.{name}", tensor) for name, tensor in state().items())
    optimizer = {"state": {0: {"momentum": ramp(2)}}, "lr": 0.1}
    torch.save({"epoch": 3, "optimizer": optimizer, "state_dict": wrapped}, OUT / "checkpoint.pth")
    torch.save(torch.nn.Linear(1, 1), OUT / "whole_model.pth")
    save_file({name: tensor.contiguous() for name, tensor in state().items()}, OUT / "plain.safetensors")
    numbers = {name: tensor.float().numpy() for name, tensor in state().items()}
    np.savez_compressed(OUT / "compressed.npz", **{name: np.ascontiguousarray(v) for name, v in numbers.items()})
    with h5py.File(OUT / "keras.h5", "w") as file:
        group = file.create_group("model_weights/conv")
        group.attrs["names"] = [b"kernel:0", b"bias:0"]
        group["kernel:0"] = numbers["features.0.weight"]
        group.create_dataset("bias:0", data=numbers["features.0.bias"].astype(">f4"))
        squeezed = ramp(37, 11).numpy()
        group.create_dataset("chunked:0", data=squeezed, chunks=(8, 4), compression="gzip", shuffle=True, fletcher32=True)
        group["whole:0"] = np.arange(-3, 3, dtype=np.int16)
        group["text:0"] = "no numbers"
        group["itself"] = group
        for many in range(40):
            file[f"many/{many:02}"] = np.float64([many])


main()
