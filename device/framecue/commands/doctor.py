"""`framecue doctor`."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer


def doctor(
    config: Annotated[Path | None, typer.Option("--config", help="Settings file, TOML.")] = None,
    press: Annotated[
        float | None,
        typer.Option(
            min=0, max=120, help="Seconds to wait for a press; 10 on a terminal, else 0.", show_default=False
        ),
    ] = None,
    edges: Annotated[
        Path | None,
        typer.Option(help="File for what the button's contact does meanwhile, CSV.", show_default=False),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON for machines, one object a line.")
    ] = False,
) -> None:
    """Try every part of the booth and say what to do about what fails; exit code 1 where one is broken."""
    from framecue.doctor import World
    from framecue.doctor.examine import examine
    from framecue.settings import find_settings_file

    broken = False
    press_s = press if press is not None else 10.0 * (sys.stderr.isatty() or edges is not None)
    world = World(say=lambda text: print(f"  {text}", file=sys.stderr, flush=True))
    for result in examine(config or find_settings_file(), press_s, world, edges):
        broken |= result.state == "broken"
        if as_json:
            print(json.dumps(asdict(result), ensure_ascii=False), flush=True)
            continue
        print(f"{result.state:<8} {result.part:<18} {result.found}", flush=True)
        if result.advice:
            print(f"{'':<27} -> {result.advice}", flush=True)
    if broken:
        raise typer.Exit(1)
