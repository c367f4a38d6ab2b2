"""The commands. Results go to stdout, everything else to stderr; exit 0 done, 1 could not, 2 wrong usage."""

import json
import logging
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from framecue.commands.album import album_app
from framecue.commands.calibrate import calibrate_app
from framecue.commands.doctor import doctor
from framecue.commands.looks import crop, learn, looks_app
from framecue.commands.portrait import portrait
from framecue.commands.simulate import guide, simulate
from framecue.errors import FramecueError

if TYPE_CHECKING:  # the commands import what they need, so that each starts fast
    from framecue.composition.subject import Composition

app = typer.Typer(
    help="A camera that teaches the person behind it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
models_app = typer.Typer(help="The models the segmenter can run.", no_args_is_help=True)
bench_app = typer.Typer(help="Speed and memory, measured on this machine.", no_args_is_help=True)
app.command()(learn)
app.command()(crop)
app.command()(guide)
app.command()(simulate)
app.command()(portrait)
app.command()(doctor)
app.add_typer(looks_app, name="looks")
app.add_typer(album_app, name="album")
app.add_typer(calibrate_app, name="calibrate")
app.add_typer(models_app, name="models")
app.add_typer(bench_app, name="bench")

ModelOption = Annotated[str | None, typer.Option(help="Model to use, as `framecue models list` names it.")]
ConfigOption = Annotated[Path | None, typer.Option("--config", help="Settings file, TOML.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
Photos = Annotated[list[Path], typer.Argument(help="Photos to read.")]


def main() -> None:
    """Entry of the `framecue` command: errors made for people end as one line and exit code 1."""
    # Before numpy is imported: our matrices are small, and the cores are the model's.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    status = 1
    try:
        app()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except FramecueError as error:
        print(f"framecue: {error}", file=sys.stderr)
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        sys.stderr.close()
    except KeyboardInterrupt:
        status = 130
    _end(status)


def _end(status: int) -> NoReturn:
    """End the process, and at once where threads are left that a driver or a busy machine holds up.

    In an orderly end OpenCV under such a thread aborts the process, which counts as a crash.
    """
    if any(thread.daemon for thread in threading.enumerate()):
        logging.shutdown()
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(status)
    sys.exit(status)


@app.command()
def run(config: ConfigOption = None) -> None:
    """Run the booth: camera, cues, shutter, album. Enter shoots; Ctrl-C or SIGTERM stops."""
    from framecue.daemon import run_daemon

    _log_to_stderr(logging.INFO)
    run_daemon(config)


@app.command()
def demo(
    out: Annotated[Path | None, typer.Option(help="Folder for the shot and the animation.")] = None,
    model: ModelOption = None,
    seed: Annotated[int, typer.Option(help="Which person and room.")] = 48,
) -> None:
    """Watch a simulated photographer being guided to a shot; needs no hardware and ends by itself."""
    from framecue.demo import run_demo

    _log_to_stderr(logging.WARNING)
    run_demo(out, model, seed)


@app.command()
def measure(photos: Photos, as_json: JsonOption = False, model: ModelOption = None) -> None:
    """Measure how people are framed in photos."""
    from framecue.photos import measure_photo, opened_segmenter

    failed = False
    with opened_segmenter(model) as segmenter:
        for photo in photos:
            try:
                composition = measure_photo(photo, segmenter)
            except FramecueError as error:
                failed = True
                print(f"framecue: {error}", file=sys.stderr)
                continue
            found = {"photo": str(photo), **composition.as_json(), "model": segmenter.model}
            print(json.dumps(found) if as_json else _in_words(str(photo), composition), flush=True)
    if failed:
        raise typer.Exit(1)


@app.command()
def segment(
    photo: Annotated[Path, typer.Argument(help="Photo to read.")],
    model: ModelOption = None,
    parts: Annotated[Path | None, typer.Option(help="PNG to write part ids to.")] = None,
    mask: Annotated[Path | None, typer.Option(help="PNG to write the person's probability to.")] = None,
) -> None:
    """Say which pixel of a photo belongs to what."""
    from framecue.photos import opened_segmenter, segment_photo
    from framecue.segmentation.patient import Patient

    with opened_segmenter(model) as segmenter:
        shares = segment_photo(photo, Patient(segmenter), parts, mask)
    for part, share in shares.items():
        print(f"{part:<12}{share:7.2%}")


@models_app.command("list")
def models_list() -> None:
    """Name every known model, and whether it is on this machine."""
    from framecue.segmentation.models import Models

    models = Models()
    for found in models.verify():
        entry = models.registry[found.name]
        print(f"{found.name:<24}{found.state:<9}{entry.family:<9}{entry.licence:<12}{found.path or ''}")


@models_app.command("fetch")
def models_fetch(name: Annotated[str, typer.Argument(help="Model to download.")]) -> None:
    """Download a model, check it, and put it in place."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    from framecue.segmentation.models import Models

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    terminal = Console(stderr=True)
    with Progress(*columns, console=terminal, disable=not terminal.is_terminal) as bar:
        task = bar.add_task(name, total=None)
        path = Models().fetch(
            name, progress=lambda done, total: bar.update(task, completed=done, total=total)
        )
    print(path)


@models_app.command("verify")
def models_verify() -> None:
    """Check every model on this machine against its registered checksum."""
    from framecue.segmentation.models import Models

    found = [each for each in Models().verify() if each.state != "missing"]
    for each in found:
        print(f"{each.name:<24}{each.state:<9}{each.path}")
    if any(each.state == "corrupt" for each in found):
        raise typer.Exit(1)


@bench_app.command("live")
def bench_live(
    as_json: JsonOption = False,
    frames: Annotated[int, typer.Option(min=50, help="Frames to time.")] = 500,
    model: ModelOption = None,
) -> None:
    """Time the way from frame to cue against the bare model in the same run."""
    from framecue.bench.live import bench_live as bench

    bench(frames, model, as_json)


@bench_app.command("portrait")
def bench_portrait(
    as_json: JsonOption = False,
    runs: Annotated[int, typer.Option(min=1, help="Portraits to time.")] = 5,
    model: ModelOption = None,
) -> None:
    """Time a 12-megapixel portrait, its memory, and what it costs the live path."""
    from framecue.bench.portrait import bench_portrait as bench

    bench(runs, model, as_json)


def _in_words(photo: str, composition: "Composition") -> str:
    lines = [f"{photo}: {len(composition.subjects) or 'nobody'} found"]
    for index, subject in enumerate(composition.subjects):
        found = subject.as_json()
        names = ("head_top_y", "chin_y", "foot_y", "heads", "confidence")
        values = "  ".join(f"{name} {'-' if found[name] is None else found[name]}" for name in names)
        cut = f"  cut at {', '.join(subject.cut)}" if subject.cut else ""
        lines.append(f"  {'*' if index == composition.main else ' '} {values}{cut}")
    return "\n".join(lines)


def _log_to_stderr(level: int) -> None:
    # On a terminal the console's live line stands where the log line goes: clear it first.
    start = "\r\x1b[2K" if sys.stderr.isatty() else ""
    form = f"{start}%(asctime)s %(levelname)s %(message)s"
    logging.basicConfig(stream=sys.stderr, level=level, format=form)


if __name__ == "__main__":
    main()
