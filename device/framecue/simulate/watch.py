"""One simulated run to look at: an animation of all of it, or a sheet with a picture of each cue."""

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from framecue.composition.cue import Cue
from framecue.composition.look import Look, load_look
from framecue.composition.subject import Composition
from framecue.errors import FramecueError
from framecue.simulate.group import Group
from framecue.simulate.outline import Outline
from framecue.simulate.place import Place
from framecue.simulate.report import Plan, one, summary
from framecue.sketch import save_animation, sketch
from framecue.studio import Scene, Studio
from framecue.studio.scene import Person

EVERY_S: Final = 0.2  # between pictures of an animation
LAST_S: Final = 3.0  # how long its last picture stays
MOST: Final = 12  # pictures of a sheet
WIDTHS: Final = {False: 240, True: 320}  # of a picture, upright and across, pixels
GAP: Final = 6
INK, PAPER = (16, 18, 22), (245, 245, 245)


def watch_run(plan: Plan, file: Path, as_json: bool) -> None:
    """Simulate the first run of a plan and draw it to a file, `.gif` or `.png`; prints what came of it.

    Raises FramecueError for another kind of file, and where it cannot be written.
    """
    kind = file.suffix.lower()
    if kind not in (".gif", ".png"):
        raise FramecueError(f"{file}: a run is drawn as .gif or .png; name it one of these")
    if not file.absolute().parent.is_dir():
        raise FramecueError(f"{file}: there is no folder {file.absolute().parent}; make it first")
    watcher = Recorder(load_look(plan.look), each_cue=kind == ".png")
    judged = one(plan, 0, watcher.see)
    try:
        if kind == ".gif":
            save_animation(file, watcher.pages, [*np.diff(watcher.times), LAST_S])
        else:
            drawn = Image.fromarray(sheet(watcher.pages)).quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=2)
            drawn.save(file, optimize=True)
    except OSError as error:
        raise FramecueError(f"{file}: cannot be written ({error.strerror}); name another file") from None
    result = judged.result
    if as_json:
        print(json.dumps(summary([judged])))
        return
    how = "in the look" if result.in_look else "as near as it gets" if judged.reached else "not in the look"
    print(f"{result.mount}: {how} after {result.cues} cues and {result.seconds:.1f} s ({result.ended})")
    print(f"drawn      {file}")


class Recorder:
    """Keeps pages of a run: one every so often, or one for each cue and the last."""

    def __init__(self, look: Look, each_cue: bool) -> None:
        self._look, self._each_cue = look, each_cue
        self._studio: tuple[object, Studio] | None = None
        self._cues = 0
        self._said: tuple[object, ...] | None = None
        self.pages: list[NDArray[np.uint8]] = []
        self.times: list[float] = []

    def see(
        self, guests: Outline | Group, place: Place, composition: Composition, cue: Cue, now_s: float
    ) -> None:
        """A frame of the run."""
        said = (cue.cue, cue.also and cue.also.cue, cue.detail)
        fresh = said != self._said
        if fresh and cue.cue != "hold":
            self._cues += 1
        due = fresh and cue.cue != "hold" if self._each_cue else self._due(now_s)
        self._said = said
        if due or (fresh and cue.cue in ("ready", "best_possible")):
            self.pages.append(self._page(guests, place, composition, cue, now_s))
            self.times.append(now_s)

    def _due(self, now_s: float) -> bool:
        return not self.times or now_s - self.times[-1] >= EVERY_S - 1e-6

    def _page(
        self, guests: Outline | Group, place: Place, composition: Composition, cue: Cue, now_s: float
    ) -> NDArray[np.uint8]:
        camera = place.seen_from
        image = self._rendered(guests, place).view(camera, 1.0).image
        look = guests.fitted(self._look, camera)
        page = sketch(image, composition, look, cue, width=WIDTHS[camera.width > camera.height])
        drawn = Image.fromarray(page)
        pen = ImageDraw.Draw(drawn)
        font = ImageFont.load_default(size=drawn.width // 18)
        text = f"{self._cues}    {now_s:.1f} s"
        pen.text((6, 4), text, fill=PAPER, font=font, stroke_width=2, stroke_fill=INK)
        return np.asarray(drawn)

    def _rendered(self, guests: Outline | Group, place: Place) -> Studio:
        """The room with these people in it, made anew only where they moved within their group."""
        people = tuple(_people(guests))
        if self._studio is None or self._studio[0] != people:
            scene = Scene.random(people[0].seed, 1)
            room = replace(scene.room, front_m=max(place.wall_m, 2.0), furnished=len(people) == 1)
            self._studio = people, Studio(replace(scene, people=people, room=room))
        return self._studio[1]


def _people(guests: Outline | Group) -> list[Person]:
    if isinstance(guests, Group):
        return [replace(m.outline.person, x=round(m.x, 2), z=round(m.z, 2)) for m in guests.members]
    return [guests.person]


def sheet(pages: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Pages of one size side by side in rows; of too many the first and the last."""
    shown = list(pages) if len(pages) <= MOST else [*pages[: MOST - 4], *pages[-4:]]
    down = math.ceil(len(shown) / (4 if shown[0].shape[1] > shown[0].shape[0] * 0.8 else 6))
    across = math.ceil(len(shown) / down)
    high, wide = shown[0].shape[:2]
    whole = np.full((down * (high + GAP) - GAP, across * (wide + GAP) - GAP, 3), INK, np.uint8)
    for number, page in enumerate(shown):
        top, left = number // across * (high + GAP), number % across * (wide + GAP)
        whole[top : top + high, left : left + wide] = page
    return whole
