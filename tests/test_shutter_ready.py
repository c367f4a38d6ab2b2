"""Ready takes the picture by itself where that is set: once each time."""

from framecue.composition.cue import Cue
from framecue.composition.words import say
from framecue.shutter.ready import ReadyShutter


def test_a_cue_that_becomes_ready_is_shot_once_each_time():
    asked = []
    shutter = ReadyShutter(asked.append)
    for name in ("hold", "ready", "ready", "ready", "tilt_up", "best_possible", "ready"):
        shutter.see(Cue(name, say(name)))
    assert asked == ["shoot", "shoot"]
