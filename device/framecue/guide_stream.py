"""`framecue guide`: compositions in, a line of JSON each; a cue out for every one."""

import json
from collections.abc import Iterable
from typing import Any, TextIO

from framecue.composition.guide import Guide, GuideSettings
from framecue.composition.look import load_look
from framecue.composition.subject import Composition
from framecue.errors import CompositionError, FramecueError

FRAME_S = 0.1  # between lines that tell no time


def guide_stream(
    lines: Iterable[str],
    out: TextIO,
    complaints: TextIO,
    *,
    settings: GuideSettings,
    fov_deg: float,
    as_json: bool = True,
) -> None:
    """Answer every line with a cue, at once. A line that is no composition is told of and passed over.

    Raises LookError for a look or lens that cannot be, FramecueError when not one line could be used.
    """
    guide = Guide(load_look(settings.look), fov_deg, settings)
    time_s, answered, read = 0.0, 0, 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        read += 1
        try:
            found = _object(line)
            composition = Composition.from_json(found)
            told_s = found.get("time_s")
            if told_s is not None and (isinstance(told_s, bool) or not isinstance(told_s, int | float)):
                raise CompositionError(f"time_s must be a number, not {told_s!r}")
        except CompositionError as error:
            print(f"framecue: line {number}: {error}", file=complaints, flush=True)
            continue
        if told_s is not None and told_s < time_s:  # another take
            guide = Guide(guide.look, fov_deg, settings)
        time_s = time_s + FRAME_S if told_s is None else float(told_s)
        cue = guide.update(composition, time_s)
        print(json.dumps(cue.as_json(), ensure_ascii=False) if as_json else cue.text, file=out, flush=True)
        answered += 1
    if read and not answered:
        raise FramecueError("no line was a composition; give what `framecue measure --json` prints")


def _object(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        raise CompositionError(f"is not JSON ({error})") from None
    if not isinstance(found, dict):
        raise CompositionError("is not a JSON object")
    return found
