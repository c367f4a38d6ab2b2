"""The commands about albums: `framecue album ...`. All work beside a running booth."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from framecue.errors import AlbumError

album_app = typer.Typer(
    help="The shots that were kept: what they are, whether they are whole.", no_args_is_help=True
)

FolderOption = Annotated[Path | None, typer.Option("--folder", help="Album; the settings' without it.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines, one object a line.")]


@album_app.command("list")
def list_(folder: FolderOption = None, as_json: JsonOption = False) -> None:
    """List the shots, in the order they were taken."""
    from framecue.album.store import list_shots

    for shot in list_shots(_folder(folder)):
        told = {
            "number": shot.number,
            "original": str(shot.original),
            "taken": shot.taken.isoformat(),
            "look": shot.look,
            "sidecar": None if shot.sidecar is None else str(shot.sidecar),
        }
        print(json.dumps(told) if as_json else shot.original)


@album_app.command()
def verify(folder: FolderOption = None, as_json: JsonOption = False) -> None:
    """Compare every original with its checksum; exit code 1 where one is damaged or missing."""
    from framecue.album.verify import verify as verify_album

    place = _folder(folder)
    states: dict[str, int] = {}
    for finding in verify_album(place, _progress):
        states[finding.state] = states.get(finding.state, 0) + 1
        if as_json:
            print(json.dumps(asdict(finding)))
        elif finding.state != "ok":
            print(f"{finding.name}: {finding.text}")
    if not as_json:
        bad = [f"{count} {state}" for state, count in sorted(states.items()) if state != "ok"]
        print(f"{place}: {', '.join([str(states.get('ok', 0)) + ' ok', *bad])}")
    if set(states) - {"ok"}:
        raise typer.Exit(1)


@album_app.command()
def rebuild(folder: FolderOption = None) -> None:
    """Make the index anew from the files; it forgets originals that are gone."""
    from framecue.album.index import Index

    place = _folder(folder)
    try:
        index = Index(place)
        index.forget()
        print(f"{place}: {len(index.records())} originals indexed")
    except OSError as error:
        raise AlbumError(f"album {place}: cannot be read ({error.strerror}); check the path") from None


@album_app.command()
def copy(
    target: Annotated[Path, typer.Argument(help="Folder on another disk.")],
    folder: FolderOption = None,
    renders: Annotated[bool, typer.Option(help="Copy what was made of the originals, too.")] = True,
) -> None:
    """Copy all shots that another folder does not have yet, each read back and compared."""
    from framecue.album.copy import copy_album

    done = copy_album(_folder(folder), target, with_renders=renders, told=_progress)
    print(f"{target}: {done.copied} files copied, {done.there} were there")
    if done.damaged:
        raise AlbumError(
            f"not copied, damaged in the album: {', '.join(done.damaged)}; run framecue album verify"
        )


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {total}", end="\n" if done == total else "", file=sys.stderr, flush=True)


def _folder(named: Path | None) -> Path:
    if named is not None:
        return named
    from framecue.settings import find_settings_file, load_settings

    return load_settings(find_settings_file()).album.folder.expanduser()
