"""The commands about looks: `framecue learn` and `framecue looks ...`."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from framecue.errors import LookError

if TYPE_CHECKING:  # the commands import what they need, so that each starts fast
    from framecue.composition.look import Look, Measures
    from framecue.looks.learn import Learnt

looks_app = typer.Typer(
    help="The framings to reach: learnt from photos, or as they come along.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(help="Name of the look.")]
ModelOption = Annotated[str | None, typer.Option(help="Model to use, as `framecue models list` names it.")]


def learn(
    photos: Annotated[list[Path], typer.Argument(help="Photos you like, at least 3 of one kind.")],
    look: Annotated[str, typer.Option(help="Name for the look: lower-case words joined by -.")],
    model: ModelOption = None,
) -> None:
    """Learn a look from photos you like."""
    from framecue.composition.look import check_name
    from framecue.looks.learn import learn as learn_from

    check_name(look)
    found = learn_from(look, _measured(photos, model))
    for photo, reason in found.left_out.items():
        print(f"framecue: {photo} is not used: {reason}", file=sys.stderr)
    file = _save(found)
    print(f"{look}: {found.look.kind}, from {len(found.used)} of {len(set(photos))} photos, in {file}")
    _print_measures(found.look.measures)


def crop(
    photo: Annotated[Path, typer.Argument(help="Photo to level and crop; it stays as it is.")],
    look: Annotated[str, typer.Option(help="Name of the look to crop into.")],
    out: Annotated[Path, typer.Option(help="JPEG, PNG or TIFF to write.")],
    max_enlargement: Annotated[
        float | None,
        typer.Option(min=1, max=10, help="Times a print may be enlarged; crop.max_enlargement without it."),
    ] = None,
    model: ModelOption = None,
) -> None:
    """Level a photo and crop it into a look, as far as its pixels allow."""
    from framecue.composition.crop import crop_into
    from framecue.composition.look import load_look
    from framecue.finish import cut_out
    from framecue.photo import read_photo
    from framecue.photos import measure_image, opened_segmenter
    from framecue.settings import find_settings_file, load_settings

    limit = max_enlargement or load_settings(find_settings_file()).crop.max_enlargement
    wanted, image = load_look(look, _folders()), read_photo(photo)
    with opened_segmenter(model) as segmenter:
        found = crop_into(measure_image(image, segmenter), wanted, limit)
    _write(out, cut_out(image, found))
    print(
        f"{out}: {found.size[0]} x {found.size[1]} pixels, turned by {found.turn_deg:.1f} degrees, "
        f"its worst measure {found.error:.1f} tolerances off"
    )


@looks_app.command("list")
def looks_list() -> None:
    """Name every look, what it shows, and its file."""
    from framecue.composition.look import look_files, read_look

    for name, file in look_files(_folders()).items():
        try:
            look = read_look(file)
        except LookError as error:
            print(f"{name:<20}{'unusable':<15}{error}")
            continue
        print(f"{name:<20}{look.kind:<15}{look.about}  {file}")


@looks_app.command("show")
def looks_show(
    name: Name,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
    photo: Annotated[Path | None, typer.Option(help="Photo to draw the look over.")] = None,
    out: Annotated[Path | None, typer.Option(help="PNG or JPEG to write the drawing to.")] = None,
    model: ModelOption = None,
) -> None:
    """Show a look: its measures, how it moved, and, over a photo, what it asks for."""
    from framecue.composition.look import load_look, look_files

    folders = _folders()
    look = load_look(name, folders)
    if (photo is None) != (out is None):
        raise typer.BadParameter("--photo and --out go together: what to draw over, and where to")
    if photo is not None and out is not None:
        _draw(look, photo, out, model)
    if as_json:
        print(json.dumps(_as_json(look, look_files(folders)[name]), ensure_ascii=False))
        return
    low, high = look.people
    people = f"{low} to {high} people" if high > low else "1 person" if high == 1 else f"{high} people"
    print(f"{look.name}: {look.kind}, {people}, held {look.orientation}\n{look.about}".rstrip())
    _print_measures(look.measures)
    _print_history(look)


@looks_app.command("update")
def looks_update(
    name: Name,
    album: Annotated[
        Path | None, typer.Option(help="Album to learn from; the settings' own without it.")
    ] = None,
) -> None:
    """Fold in the shots made with a look that are still in the album: the look follows what people keep."""
    from datetime import UTC, datetime

    from framecue.album.sidecar import clock_looks_set
    from framecue.composition.look import load_look
    from framecue.looks.file import save_look
    from framecue.looks.grow import grow, kept_shots
    from framecue.settings import find_settings_file, load_settings

    settings = load_settings(find_settings_file())
    folders = settings.looks.folders
    look = load_look(name, folders)
    now = datetime.now(UTC)
    when = f"{now:%Y-%m-%d}" if clock_looks_set(now, None) else None
    grown = grow(look, kept_shots((album or settings.album.folder).expanduser()), when)
    for shot, reason in grown.left_out.items():
        print(f"framecue: {shot} is not used: {reason}", file=sys.stderr)
    if grown.look == look:
        print(f"{name}: no new shots made with it; it stays as it is")
        return
    file = save_look(grown.look, folders)
    print(f"{name}: {len(grown.folded)} kept shots folded in, in {file}")
    if grown.folded:
        _print_moves(look.measures, grown.look.measures)


@looks_app.command("card")
def looks_card(
    name: Name,
    out: Annotated[Path, typer.Option(help="PNG or PDF to write, A6.")],
) -> None:
    """Make a card that picks the look when it is held to the booth's camera."""
    from framecue.composition.look import load_look
    from framecue.looks.card import print_card

    print_card(load_look(name, _folders()), out)
    print(out)


def _folders() -> tuple[Path, ...]:
    from framecue.settings import find_settings_file, load_settings

    return load_settings(find_settings_file()).looks.folders


def _measured(photos: list[Path], model: str | None) -> dict[str, Any]:
    """What was measured in each photo, or why nothing could be; shows progress on a terminal."""
    from rich.console import Console
    from rich.progress import track

    from framecue.errors import PhotoError
    from framecue.photos import measure_photo, opened_segmenter

    found: dict[str, Any] = {}
    terminal = Console(stderr=True)
    once = list(dict.fromkeys(photos))  # a photo named twice counts once
    with opened_segmenter(model) as segmenter:
        for photo in track(once, "measuring", console=terminal, disable=not terminal.is_terminal):
            try:
                found[str(photo)] = measure_photo(photo, segmenter)
            except PhotoError as error:
                found[str(photo)] = str(error).removeprefix(f"{photo.absolute()} ")
    return found


def _save(found: "Learnt") -> Path:
    """Write a learnt look; one of its name that was there before goes into its history."""
    from datetime import UTC, datetime

    from framecue.album.sidecar import clock_looks_set
    from framecue.looks.file import earlier, moved, save_look

    folders, look = _folders(), found.look
    before = earlier(look.name, folders)
    if before is not None:
        now = datetime.now(UTC)
        when = f"{now:%Y-%m-%d}" if clock_looks_set(now, None) else None
        old = look.model_copy(update={"growth": before.growth, "measures": before.measures})
        look = moved(old, look.measures, f"learnt anew from {len(found.used)} photos", when, len(found.used))
    return save_look(look, folders)


def _draw(look: "Look", photo: Path, out: Path, model: str | None) -> None:
    from framecue.looks.draw import draw_look
    from framecue.photo import read_photo
    from framecue.photos import measure_photo, opened_segmenter

    with opened_segmenter(model) as segmenter:
        composition = measure_photo(photo, segmenter)
    _write(out, draw_look(read_photo(photo), composition, look))


def _write(out: Path, image: Any) -> None:
    """Write an (h, w, 3) uint8 picture as its file's ending says; LookError where that cannot be."""
    from PIL import Image

    try:
        Image.fromarray(image).save(out, quality=95)
    except (OSError, ValueError) as error:
        raise LookError(
            f"{out} cannot be written ({error}); name a PNG or JPEG in a folder of yours"
        ) from None


def _as_json(look: "Look", file: Path) -> dict[str, Any]:
    told = look.model_dump(mode="json")
    growth = told["growth"]
    return {
        "name": look.name,
        "kind": look.kind,
        "measures": told["measures"],
        "people": list(look.people),
        "orientation": look.orientation,
        "about": look.about,
        "photos": growth["photos"],
        "history": growth["history"],
        "file": str(file),
    }


def _print_measures(measures: "Measures") -> None:
    for name in type(measures).model_fields:
        found = getattr(measures, name)
        told = "any" if found is None else f"{found.value:.4g} ± {found.tolerance:.3g}"
        print(f"  {name:<12} {told}")


def _print_moves(before: "Measures", after: "Measures") -> None:
    for name in type(after).model_fields:
        old, new = getattr(before, name), getattr(after, name)
        if old is not None and new is not None and old.value != new.value:
            print(f"  {name:<12} {old.value:.4g} -> {new.value:.4g}")


def _print_history(look: "Look") -> None:
    """Every change, oldest first: what changed the look, and from where to where."""
    history = look.growth.history
    afters = [*(step.before for step in history[1:]), look.measures]
    for step, after in zip(history, afters, strict=False):
        print(f"{step.when or 'undated'}  {step.what}")
        _print_moves(step.before, after)
