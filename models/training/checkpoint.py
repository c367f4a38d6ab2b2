"""Weights in small form: float16, names as in the network; what the repository keeps to go on from."""

from pathlib import Path

import numpy as np
import torch
from models.training.network import Network


def save_half(network: Network, path: Path) -> None:
    """Write the weights as float16 into an .npz."""
    state = {
        name: value.cpu().numpy().astype(np.float16 if value.dtype.is_floating_point else np.int64)
        for name, value in network.state_dict().items()
    }
    np.savez_compressed(path, **state)


def load_half(network: Network, path: Path, encoder: bool = True) -> None:
    """Read them again, with or without the encoder; layers that the file does not have stay as they are.

    Raises SystemExit where the file is of another network.
    """
    with np.load(path) as file:
        values = {name: file[name] for name in file.files}
    state = {
        name: torch.from_numpy(value.astype(np.float32) if value.dtype.kind == "f" else value)
        for name, value in values.items()
        if (encoder or not name.startswith(("encoder.", "heads."))) and not name.startswith("blend.")
    }
    try:
        strange = network.load_state_dict(state, strict=False).unexpected_keys
        if strange:
            raise RuntimeError(f"no layer is called {strange[0]}")
    except RuntimeError as error:
        raise SystemExit(f"{path} holds another network: {str(error).splitlines()[0]}") from None


def averaged(path: Path) -> Network:
    """The averaged network of a training checkpoint, or that of an .npz, ready to use."""
    network = Network()
    if path.suffix == ".npz":
        load_half(network, path)
    else:
        network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True)["average"])
    return network.eval()
