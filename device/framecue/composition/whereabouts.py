"""Where the camera stands over time: what was found before a move, and what was asked for, count after it."""

from collections import deque
from typing import Final

from framecue.composition.cue import Mount
from framecue.composition.guess import STRAYED, Guess, Moves
from framecue.composition.pose import KINDS, Estimate, Lens, Sight

TURNED_S: Final = 0.4  # who moves now read what was asked so long ago
BETTER: Final = 2.0  # misfit by which another guess must be better to be believed instead
MOST: Final = 16.0  # doubt beyond which no view more counts: people may be told apart wrongly


class Whereabouts:
    """Follows a camera and one person from one calm moment to the next, as a grown-up and as a child.

    A child near by looks like a grown-up seen from above, a low camera tilted up like a high one tilted
    down: what is asked for changes the picture otherwise for each, so two views tell what one cannot.
    """

    def __init__(self, mount: Mount) -> None:
        self._mount: Mount = mount
        self.forget()

    def forget(self) -> None:
        """Somebody else may be there: nothing found before counts."""
        self._guesses = [Guess(self._mount, kind) for kind in KINDS]
        self._likely = self._guesses[0]
        self._moving = False
        self._asked: deque[tuple[float, Moves]] = deque(maxlen=20)

    @property
    def found(self) -> Estimate | None:
        """The likeliest pose in the last frame; None before anybody was seen."""
        return self._likely.found

    def asked(self, moves: Moves, time_s: float) -> None:
        """The moves shown now, metres and degrees."""
        self._asked.append((time_s, moves))

    def watch(self, moving: bool, time_s: float) -> None:
        """Notice in every frame whether the picture moves: what was found last counts after the move."""
        if moving and not self._moving:
            moves = self._read(time_s)
            for guess in self._guesses:
                guess.move(moves)
            least = min(guess.doubt for guess in self._guesses)
            for guess in self._guesses:
                guess.doubt = min(guess.doubt - least, MOST)
        self._moving = moving

    def see(self, sight: Sight, lens: Lens) -> Estimate:
        """The pose in a frame."""
        for guess in self._guesses:
            guess.see(sight, lens)
        found = self._weighed(sight)
        if found.misfit > STRAYED:
            self._likely.search(sight, lens)
            found = self._weighed(sight)
        return found

    def _weighed(self, sight: Sight) -> Estimate:
        """Of the likeliest guess; another is believed only of somebody seen whole, for a ratio is needed."""
        best = min(self._guesses, key=lambda guess: guess.misfit)
        whole = sight.head_top is not None and sight.chin is not None and sight.foot is not None
        if whole and best.misfit < self._likely.misfit - BETTER:
            self._likely = best
        assert self.found is not None
        return self.found

    def _read(self, time_s: float) -> Moves:
        """What was asked for when whoever moves now had read it."""
        before = [moves for shown_s, moves in self._asked if shown_s <= time_s - TURNED_S]
        return before[-1] if before else {}
