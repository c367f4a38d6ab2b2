"""Training: one cycle, from the published encoder or from the best so far; goes on where it was stopped."""

import json
import time
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import torch
from models.training.checkpoint import load_half
from models.training.encoder import read_encoder, read_heads
from models.training.folders import Folders
from models.training.loss import Loss
from models.training.network import Network, Published
from models.training.quick import quick_report
from models.training.sample import Target, target
from models.training.sources import Sources
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

SIZES: Final = (
    (385, 257),
    (481, 321),
    (289, 193),
    (257, 385),
    (289, 385),
)  # (height, width) of batches' frames
_CHANCE: Final = (0.35, 0.25, 0.2, 0.1, 0.1)
_WARM_UP: Final = 0.12  # share of the cycle in which the rate rises
_DECAY: Final = 0.995  # of the averaged weights, a step
_SLOW: Final = 0.15  # encoder's rate beside the decoder's: it must not forget what it knows of people
_CLOSER: Final = 1.5  # times the teacher sees a frame enlarged: it finds more of small people so
_NEVER: Final = -8.0  # logit of somebody where it is known that there is nobody


class Batches(Dataset):  # type: ignore[type-arg]
    """Batch number n, the same whenever it is asked for."""

    def __init__(self, sources: Sources, seed: int, size: int, first: int, last: int) -> None:
        self._sources, self._seed, self._size = sources, seed, size
        self._first, self._last = first, last

    def __len__(self) -> int:
        return self._last - self._first

    def __getitem__(self, index: int) -> tuple[torch.Tensor, ...]:
        cv2.setNumThreads(1)
        number = self._first + index
        shape = SIZES[int(np.random.default_rng([self._seed, number, 1]).choice(len(SIZES), p=_CHANCE))]
        frames = [self._sources.frame(self._seed, number * self._size + i, shape) for i in range(self._size)]
        targets = [target(frame) for frame in frames]
        return (
            torch.from_numpy(np.stack([frame.image for frame in frames])),
            *(
                torch.from_numpy(np.stack([getattr(one, field.name) for one in targets]))
                for field in fields(Target)
            ),
        )


def train(folders: Folders, options: Any) -> Path:
    """Train for options.steps steps in all; returns the checkpoint, work/run/last.pt.

    options: steps, batch, rate, seed, report (steps between reports), start (float16 weights to start from,
    or None for the published network), fresh_encoder (take all but the encoder from them), device, run (name
    of its folder), workers, log, anchor (share of the way back to the published encoder that it is pulled at
    each step while the rate is highest).
    """
    device = torch.device(options.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    run = folders.work / options.run
    run.mkdir(parents=True, exist_ok=True)
    network, teacher = Network(), Published()
    for each in (network, teacher):
        each.start_from(read_encoder(folders.bodypix), read_heads(folders.bodypix))
    if options.start:
        load_half(network, Path(options.start), encoder=not options.fresh_encoder)
    teacher.to(device).to(memory_format=torch.channels_last).eval()
    network.to(device).to(memory_format=torch.channels_last)
    average = Network().to(device)
    average.load_state_dict(network.state_dict())
    anchor = [value.detach().clone() for value in teacher.encoder.parameters()]
    slow = [*network.encoder.parameters(), *network.heads.parameters()]
    known = {id(value) for value in slow}
    fast = [value for value in network.parameters() if id(value) not in known]
    optimizer = torch.optim.AdamW([{"params": slow}, {"params": fast}], lr=options.rate, weight_decay=0.01)
    first = _resume(run / "last.pt", network, average, optimizer)
    batches = Batches(Sources(folders), options.seed, options.batch, first, options.steps)
    loader = DataLoader(batches, batch_size=None, num_workers=options.workers, prefetch_factor=4)
    loss = Loss().on(device)
    sums, start = np.zeros(5), time.perf_counter()
    network.train()
    for step, batch in enumerate(loader, start=first + 1):
        rate = options.rate * cycle(step / options.steps)
        optimizer.param_groups[0]["lr"], optimizer.param_groups[1]["lr"] = rate * _SLOW, rate
        image, *wanted = (value.to(device) for value in batch)
        picture = as_input(image).contiguous(memory_format=torch.channels_last)
        total, *shares = loss(network(picture), wanted, _taught(teacher, picture, wanted[0]))
        optimizer.zero_grad(set_to_none=True)
        total.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        _pull(network, anchor, options.anchor * rate / options.rate)
        _average(average, network, min(_DECAY, step / (step + 10)))
        sums += [float(total.detach()), *(float(share) for share in shares)]
        if step % options.log == 0 or step == options.steps:
            pace = (time.perf_counter() - start) / options.log
            _note(
                run, {"step": step, "loss": list(np.round(sums / options.log, 4)), "s_a_step": round(pace, 2)}
            )
            sums, start = np.zeros(5), time.perf_counter()
        if step % options.report == 0 or step == options.steps:
            _save(run / "last.pt", network, average, optimizer, step)
            _note(run, {"step": step, **quick_report(folders, average, device)})
            start = time.perf_counter()
    return run / "last.pt"


def cycle(progress: float) -> float:
    """Share of the highest rate: up in a straight line, down along a cosine (Smith, 2018)."""
    if progress < _WARM_UP:
        return 0.05 + 0.95 * progress / _WARM_UP
    return 0.005 + 0.995 * 0.5 * (1 + float(np.cos(np.pi * (progress - _WARM_UP) / (1 - _WARM_UP))))


def as_input(image: torch.Tensor) -> torch.Tensor:
    """(b, h, w, 3) uint8 to what the network takes: the published model's scale, (value - 128) / 128."""
    return (image.permute(0, 3, 1, 2).float() - 128) / 128


def _taught(teacher: Published, picture: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
    """The teacher's logits of frames seen enlarged, and nobody in frames known to have nobody in them."""
    size = [round((side - 1) * _CLOSER) + 1 for side in picture.shape[2:]]
    with torch.no_grad():
        closer = functional.interpolate(picture, size=size, mode="bilinear", align_corners=True)
        logits = teacher(closer.contiguous(memory_format=torch.channels_last)).float()
        logits[codes.flatten(1).amax(1) == 0, :1] = _NEVER
    return logits


def _pull(network: Network, anchor: list[torch.Tensor], share: float) -> None:
    """Move the encoder back towards the published one by that share of the way (Li et al., L2-SP, 2018)."""
    with torch.no_grad():
        for value, published in zip(network.encoder.parameters(), anchor, strict=True):
            value.lerp_(published, share)


def _average(average: Network, network: Network, decay: float) -> None:
    with torch.no_grad():
        for mean, value in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
            if mean.dtype.is_floating_point:
                mean.lerp_(value, 1 - decay)
            else:
                mean.copy_(value)


def _resume(path: Path, network: Network, average: Network, optimizer: torch.optim.Optimizer) -> int:
    """Steps already taken."""
    if not path.exists():
        return 0
    kept = torch.load(path, map_location="cpu", weights_only=True)
    network.load_state_dict(kept["network"])
    average.load_state_dict(kept["average"])
    optimizer.load_state_dict(kept["optimizer"])
    return int(kept["step"])


def _save(
    path: Path, network: Network, average: Network, optimizer: torch.optim.Optimizer, step: int
) -> None:
    part = path.with_suffix(".part")
    torch.save(
        {
            "network": network.state_dict(),
            "average": average.state_dict(),
            "optimizer": optimizer.state_dict(),
            "step": step,
        },
        part,
    )
    part.replace(path)


def _note(run: Path, entry: dict[str, Any]) -> None:
    with (run / "log.jsonl").open("a") as file:
        file.write(json.dumps(entry, default=float) + "\n")


def notes(run: Path) -> Iterator[dict[str, Any]]:
    """What a run has logged so far."""
    with (run / "log.jsonl").open() as file:
        yield from (json.loads(line) for line in file)
