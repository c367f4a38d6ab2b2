"""`framecue portrait`: one photo, or a folder of them."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from framecue.errors import PhotoError

if TYPE_CHECKING:  # the command imports what it needs, so that others start fast
    from concurrent.futures import Future

    from framecue.portrait import PortraitSettings
    from framecue.portrait.jobs import Job, Outcome
    from framecue.portrait.make import Wanted
    from framecue.segmentation.segmenter import SegmenterSettings

EffectOption = Annotated[Literal["blur", "backdrop", "none"], typer.Option(help="What to do behind people.")]

ShapeOption = Annotated[
    Literal["disc", "hexagon", "cats_eye"] | None,
    typer.Option(help="What small lights become; cats_eye: narrower towards the corners."),
]


def portrait(
    photo: Annotated[Path, typer.Argument(help="Photo, or a folder of photos.")],
    out: Annotated[Path, typer.Option(help="Picture to write; a folder where PHOTO is one.")],
    effect: EffectOption = "blur",
    backdrop: Annotated[
        str | None, typer.Option(help="Picture, or a colour such as #00b140, put behind people.")
    ] = None,
    depth: Annotated[Path | None, typer.Option(help="Depth map: 16-bit PNG, millimetres, 0 unknown.")] = None,
    second: Annotated[
        Path | None, typer.Option(help="Photo of the right one of two cameras, for depth; needs --pair.")
    ] = None,
    pair: Annotated[Path | None, typer.Option(help="File of `framecue calibrate stereo`.")] = None,
    fov: Annotated[
        float | None, typer.Option(min=2, max=170, help="Vertical field of view, degrees; EXIF's otherwise.")
    ] = None,
    matte: Annotated[Path | None, typer.Option(help="PNG to write alpha to; a folder with a folder.")] = None,
    aperture: Annotated[float | None, typer.Option(help="f-number of the lens that blur imitates.")] = None,
    shape: ShapeOption = None,
    model: Annotated[
        str | None, typer.Option(help="Model to use, as `framecue models list` names it.")
    ] = None,
    workers: Annotated[
        str | None, typer.Option(help="How many at once for a folder, or dask://HOST:PORT.")
    ] = None,
) -> None:
    """Make portraits: depth of field, or another place behind people. A folder goes on where it ended."""
    from framecue.portrait.make import Wanted

    settings, segmenter = _settings(
        model, effect=effect, backdrop=backdrop, aperture=aperture, pair=pair, shape=shape
    )
    if photo.is_dir():
        if depth is not None or second is not None:
            raise typer.BadParameter("--depth and --second go with one photo, not with a folder")
        failed = _folder(photo, out, matte, fov, settings, segmenter, workers)
    else:
        failed = _one(Wanted(photo, out, depth, matte, fov, second), settings, segmenter)
    if failed:
        raise typer.Exit(1)


def _settings(model: str | None, **named: object) -> "tuple[PortraitSettings, SegmenterSettings]":
    """The settings' own, with what the command line changes."""
    from pydantic import ValidationError

    from framecue.portrait import PortraitSettings
    from framecue.settings import find_settings_file, load_settings

    found = load_settings(find_settings_file())
    changed = {key: value for key, value in named.items() if value is not None}
    try:
        settings = PortraitSettings(**{**found.portrait.model_dump(), **changed})
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        raise typer.BadParameter(f"--{fault['loc'][-1]}: {fault['msg'].lower()}") from None
    segmenter = found.segmenter
    return settings, segmenter if model is None else segmenter.model_copy(update={"model": model})


def _one(wanted: "Wanted", settings: "PortraitSettings", segmenter: "SegmenterSettings") -> bool:
    from framecue.portrait.make import opened_maker

    _refuse_overwriting(wanted.photo, (wanted.out, wanted.matte_out))
    if wanted.fov_deg is None:
        wanted = replace(wanted, fov_deg=_fov(wanted.photo))
    with opened_maker(settings, segmenter) as maker:
        made = maker.make(wanted)
    for note in made.notes:
        print(f"framecue: {note}", file=sys.stderr)
    print(wanted.out)
    return False


def _fov(photo: Path) -> float | None:
    from framecue.composition.lens import photo_fov

    return photo_fov(photo)


def _folder(
    folder: Path,
    out: Path,
    matte: Path | None,
    fov: float | None,
    settings: "PortraitSettings",
    segmenter: "SegmenterSettings",
    workers: str | None,
) -> bool:
    """Every photo of a folder whose portrait is not there yet; whether any failed."""
    from framecue.portrait.jobs import Job, open_workers
    from framecue.portrait.make import Wanted

    if out.resolve() == folder.resolve():
        raise PhotoError(f"{out} holds the photos themselves; choose another folder for portraits")
    for made in (out, matte):
        if made is not None:
            _make_folder(made)
    count = int(workers) if workers is not None and workers.isdigit() else None
    opened = open_workers(None if count is not None else workers, settings.job_mb, count)
    try:
        jobs = [
            Job(
                Wanted(
                    photo,
                    place,
                    matte_out=None if matte is None else matte / f"{photo.stem}.png",
                    fov_deg=_fov(photo) if fov is None else fov,
                ),
                settings,
                segmenter,
            )
            for photo, place in _missing(folder, out)
        ]
        return _done(jobs, [opened.submit(job) for job in jobs])
    finally:
        opened.close()


def _missing(folder: Path, out: Path) -> list[tuple[Path, Path]]:
    """Photos of a folder without a portrait that is younger than they are, and where it goes."""
    from framecue.photo import is_photo
    from framecue.portrait.files import OUT_SUFFIXES

    found = []
    for photo in sorted(folder.iterdir()):
        if photo.name.startswith(".") or not is_photo(photo) or not photo.is_file():
            continue
        ending = photo.suffix if photo.suffix.lower() in OUT_SUFFIXES else ".png"
        place = out / f"{photo.stem}{ending}"
        if not place.exists() or place.stat().st_mtime < photo.stat().st_mtime:
            found.append((photo, place))
    return found


def _done(jobs: "list[Job]", promised: "list[Future[Outcome]]") -> bool:
    """Wait for jobs, showing how far they are on a terminal; tell what each became."""
    from concurrent.futures import as_completed

    from rich.console import Console
    from rich.progress import Progress

    failed = False
    terminal = Console(stderr=True)
    of = dict(zip(promised, jobs, strict=True))
    with Progress(console=terminal, disable=not terminal.is_terminal, transient=True) as bar:
        task = bar.add_task("portraits", total=len(jobs))
        for one in as_completed(of):
            outcome = one.result()
            bar.advance(task)
            if outcome.message:
                print(f"framecue: {outcome.message}", file=sys.stderr)
            if outcome.state == "made":
                print(of[one].wanted.out, flush=True)
            failed = failed or outcome.state == "failed"
    return failed


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PhotoError(f"{folder} cannot be made ({error.strerror}); choose another place") from None


def _refuse_overwriting(photo: Path, written: tuple[Path | None, ...]) -> None:
    for path in written:
        if path is not None and path.exists() and photo.exists() and path.samefile(photo):
            raise PhotoError(f"{path} is the photo itself, which is never changed; choose another name")
