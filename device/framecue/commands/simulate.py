"""The commands `framecue guide` and `framecue simulate`."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from framecue.composition.cue import Mount
from framecue.composition.words import Language

LookOption = Annotated[str, typer.Option(help="Look to reach, as `framecue looks list` names it.")]
MountOption = Annotated[Mount, typer.Option(help="What may move: handheld, tripod or fixed.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def guide(
    look: LookOption = "full-body",
    mount: MountOption = "handheld",
    fov: Annotated[float, typer.Option(help="Vertical field of view, degrees.")] = 48.0,
    language: Annotated[Language, typer.Option(help="Language of the texts: en or ko.")] = "en",
    as_json: JsonOption = False,
) -> None:
    """Turn compositions on stdin, one JSON object a line, into cues on stdout."""
    from framecue.composition.guide import GuideSettings
    from framecue.guide_stream import guide_stream

    settings = GuideSettings(look=look, mount=mount, language=language)
    guide_stream(sys.stdin, sys.stdout, sys.stderr, settings=settings, fov_deg=fov, as_json=as_json)


def simulate(
    runs: Annotated[int, typer.Option(min=1, help="How many photographers.")] = 60,
    seed: Annotated[int, typer.Option(min=0, help="Which ones.")] = 1,
    look: Annotated[
        str | None, typer.Option(help="Look to reach; full-body if not given, group for several people.")
    ] = None,
    people: Annotated[int, typer.Option(min=1, max=12, help="How many people stand there.")] = 1,
    mount: Annotated[
        Mount | None, typer.Option(help="One mount only; all three in turn if not given.")
    ] = None,
    servo: Annotated[
        bool, typer.Option("--servo", help="Fixed cameras turn themselves by a pan-tilt head.")
    ] = False,
    sensor: Annotated[
        bool, typer.Option("--sensor", help="Cameras of exact parts have a level sensor.")
    ] = False,
    rate: Annotated[
        float | None, typer.Option(min=0.5, max=60, help="Frames a second; 10, or 5 through a model.")
    ] = None,
    reaction: Annotated[
        float, typer.Option(min=0, max=20, help="Seconds that people take from a cue to a move.")
    ] = 0.5,
    model: Annotated[
        str | None,
        typer.Option(help="Render the rooms and see through this model; exact parts if not given."),
    ] = None,
    watch: Annotated[
        Path | None,
        typer.Option(help="Show the first run instead: a .gif of all of it, or a .png of its cues."),
    ] = None,
    beside: Annotated[bool, typer.Option(help="Also a naive guide and a silhouette overlay.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Let simulated photographers follow the guide from random starts, and report what came of it."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from framecue.simulate.report import MOUNTED, Plan, report
    from framecue.simulate.watch import watch_run

    mounts = MOUNTED if mount is None else (mount,)
    named = look or ("full-body" if people == 1 else "group")
    plan = Plan(
        seed,
        named,
        mounts,
        model=model,
        people=people,
        head=servo,
        sensor=sensor,
        rate=rate,
        reaction_s=reaction,
    )
    if watch is None:
        report(runs, plan, as_json, beside)
    else:
        watch_run(plan, watch, as_json)
