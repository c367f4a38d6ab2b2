"""One command for every step of making the segmenter, and for all of them.

    python -m models.training.run STEP [--shared ../shared] [--work build/training]

Steps: teach, prepare, agree, render, meshes, train, export, check, evaluate, trials, all; and fetch, which
gets the data, and masks and chins, which need an environment of their own. See README.md.
"""

import argparse
import sys
from pathlib import Path

from models.training.folders import Folders, add_arguments, folders
from models.training.meshes.make import step as _meshes

HERE = Path(__file__).parent


def main() -> int:
    """Run the step asked for; returns the exit status."""
    options = _arguments()
    if options.step == "fetch":
        return _fetch(options)
    place = folders(options)
    names = list(_STEPS) if options.step == "all" else [options.step]
    for name in names:
        print(f"{name} ...", file=sys.stderr)
        status = (_STEPS | _APART)[name](place, options)
        if status:
            return status
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("step", choices=["fetch", *_STEPS, *_APART, "all"])
    add_arguments(parser)
    parser.add_argument("--scenes", type=int, default=500, help="scenes to render, three pictures each")
    parser.add_argument("--count", type=int, default=4000, help="pictures of people made from meshes")
    parser.add_argument("--steps", type=int, default=2200, help="training steps in all")
    parser.add_argument("--batch", type=int, default=12, help="frames in a step")
    parser.add_argument("--rate", type=float, default=2e-3, help="highest learning rate of the decoder")
    parser.add_argument("--anchor", type=float, default=2e-3, help="pull of the published encoder, a step")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1, help="processes that make frames")
    parser.add_argument("--device", help="cpu or cuda; the best there is without it")
    parser.add_argument("--report", type=int, default=200, help="steps between checkpoints and reports")
    parser.add_argument("--log", type=int, default=20, help="steps between notes in the log")
    parser.add_argument(
        "--run", default="run", help="name of this training's folder; the same name goes on with it"
    )
    parser.add_argument(
        "--start", type=Path, help="weights (.npz) to start from instead of the published encoder"
    )
    parser.add_argument(
        "--fresh-encoder", action="store_true", help="with --start: take the published encoder all the same"
    )
    parser.add_argument(
        "--best", type=Path, default=HERE.parent / "figure.tflite", help="the best model so far, for `agree`"
    )
    parser.add_argument("--checkpoint", type=Path, help="weights to export; this run's without it")
    parser.add_argument(
        "--size", type=int, nargs=2, default=(481, 321), help="exported height and width, 16 n + 1"
    )
    parser.add_argument("--out", type=Path, default=HERE.parent / "figure.tflite", help="the exported model")
    parser.add_argument("--model", action="append", help="FILE:LONG_SIDE to evaluate, again for more")
    parser.add_argument("--every", type=int, default=1, help="evaluate on every so many held-out photos")
    parser.add_argument("--worst", type=Path, help="folder for pictures of where models are furthest off")
    return parser.parse_args()


def _fetch(options: argparse.Namespace) -> int:
    from models.training.fetch import fetch

    return 1 if fetch(options.shared) else 0


def _chins(place: Folders, options: argparse.Namespace) -> int:  # noqa: ARG001
    from models.training.chins import chins

    print(f"{chins(place)} chins found", file=sys.stderr)
    return 0


def _teach(place: Folders, options: argparse.Namespace) -> int:  # noqa: ARG001
    from models.training.teacher import teach

    teach(place)
    return 0


def _masks(place: Folders, options: argparse.Namespace) -> int:  # noqa: ARG001
    from models.training.masks import masks

    masks(place)
    return 0


def _agree(place: Folders, options: argparse.Namespace) -> int:
    from models.training.agree import agree

    agree(place, options.best)
    return 0


def _prepare(place: Folders, options: argparse.Namespace) -> int:  # noqa: ARG001
    from models.training.prepare import prepare

    prepare(place)
    return 0


def _render(place: Folders, options: argparse.Namespace) -> int:
    from models.training.rendered import render

    render(place, options.scenes)
    return 0


def _train(place: Folders, options: argparse.Namespace) -> int:
    from models.training.train import train

    train(place, options)
    return 0


def _export(place: Folders, options: argparse.Namespace) -> int:
    from models.training.checkpoint import averaged, save_half
    from models.training.export import calibration, export, write_model
    from models.training.sources import Sources

    network = averaged(options.checkpoint or place.work / options.run / "last.pt")
    size = (options.size[0], options.size[1])
    write_model(export(network, size, calibration(Sources(place), size)), options.out)
    save_half(network, options.out.with_suffix(".npz"))
    return 0


def _check(place: Folders, options: argparse.Namespace) -> int:  # noqa: ARG001
    from models.training.opcheck import main as check

    return check(options.out)


def _evaluate(place: Folders, options: argparse.Namespace) -> int:
    from models.training.evaluate import evaluate

    print(evaluate(place, _runners(place, options), options.every, options.worst))
    return 0


def _trials(place: Folders, options: argparse.Namespace) -> int:
    from models.training.trials import trials

    print(trials(place, _runners(place, options)))
    return 0


def _runners(place: Folders, options: argparse.Namespace) -> list:  # type: ignore[type-arg]
    from models.training.runner import open_runner

    wanted = [f"{place.bodypix}:481", *(options.model or [f"{options.out}:481", f"{options.out}:337"])]
    pairs = [one.rpartition(":") for one in wanted]
    return [open_runner(Path(path), int(long_side)) for path, _, long_side in pairs]


_STEPS = {
    "teach": _teach,
    "prepare": _prepare,
    "agree": _agree,
    "render": _render,
    "meshes": _meshes,
    "train": _train,
    "export": _export,
    "check": _check,
    "evaluate": _evaluate,
    "trials": _trials,
}
_APART = {"masks": _masks, "chins": _chins}  # never part of "all"

if __name__ == "__main__":
    sys.exit(main())
