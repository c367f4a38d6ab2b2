"""Making portraits of photo files: everything from a path to a path."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.depth.stereo import MATCHED, depth_of, load_pair
from framecue.depth.stored import depth_beside
from framecue.errors import ModelError, NobodyError, PhotoError, SettingsError
from framecue.parts import Part
from framecue.photo import read_photo, scaled_into
from framecue.portrait import PortraitSettings
from framecue.portrait.backdrop import read_backdrop
from framecue.portrait.depth import focus_distance, nearness, read_depth, useful
from framecue.portrait.files import Original, copy_photo, read_original, require_writable, write_portrait
from framecue.portrait.kept import Kept, choose, with_depth, with_pets
from framecue.portrait.matte import Matte, find_matte
from framecue.portrait.render import Portrayed, blur_background, put_backdrop
from framecue.portrait.scene import Stage, find_stage, ground
from framecue.segmentation import Segmenter
from framecue.segmentation.patient import Patient
from framecue.segmentation.segmenter import SegmenterSettings, open_segmenter

PETS_MODEL: Final = "deeplab"
_SEGMENTED_PX: Final = 1024  # long side of the picture that is segmented
_PATIENCE_S: Final = 30.0  # for the model: nobody waits, and the live path has the cores


@dataclass(frozen=True, slots=True)
class Wanted:
    """One portrait to make.

    depth: its depth map; None for the one beside the photo, where there is one. matte_out: a file, or None.
    fov_deg: the photo's, vertical, or None.
    """

    photo: Path
    out: Path | None
    depth: Path | None = None
    matte_out: Path | None = None
    fov_deg: float | None = None
    second: Path | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What became of it. notes: what the person who asked should know, a line each."""

    people: int
    notes: tuple[str, ...] = ()


class Maker:
    """Makes portraits with one opened segmenter, and a second one for pets where there is one."""

    def __init__(
        self, settings: PortraitSettings, segmenter: Segmenter, pets: Segmenter | None = None
    ) -> None:
        self._settings, self._segmenter, self._pets = settings, segmenter, pets

    def make(self, wanted: Wanted) -> Made:
        """Make one portrait.

        Raises PhotoError for files that cannot be read or written, NobodyError where nobody is in the photo,
        and SegmenterError. The photo itself is only ever read.
        """
        for path in (wanted.out, wanted.matte_out):
            if path is not None:
                require_writable(path)
        wanted, depth_m = self._with_depth(wanted)
        backdrop = read_backdrop(self._settings.backdrop) if self._settings.effect == "backdrop" else None
        original = read_original(wanted.photo)
        if self._settings.effect == "none" and wanted.matte_out is None:
            self._copy(wanted, original)
            return Made(0)
        kept = self.choose(original.pixels, depth_m)
        if not kept.anybody:
            raise NobodyError(f"{wanted.photo} shows nobody; there is nothing to make a portrait of")
        portrayed, notes = self._prepare(original.pixels, kept, depth_m, _pose(wanted), wanted)
        alpha = self._render(portrayed, backdrop)
        if self._settings.effect == "none":
            self._copy(wanted, original)
        elif wanted.out is not None:
            write_portrait(wanted.out, original.pixels, original, self._settings.jpeg_quality)
        if wanted.matte_out is not None:
            write_portrait(wanted.matte_out, alpha, Original(alpha, None, None), 95)
        return Made(len(kept.whom), notes)

    def choose(self, pixels: NDArray[np.uint8], depth_m: NDArray[np.float32] | None = None) -> Kept:
        """Whom to keep of a photo, measured in its own pixels."""
        small = scaled_into(pixels, (_SEGMENTED_PX, _SEGMENTED_PX))
        found = self._segmenter.segment(small)
        kept = choose(small, found, depth_m)
        if self._pets is not None:
            heatmaps = self._pets.segment(small).heatmaps
            kept = with_pets(kept, np.maximum(heatmaps["cat"], heatmaps["dog"]))
        if depth_m is not None:
            kept, found = with_depth(kept, found, depth_m)
        self._found = found
        return replace(kept, composition=kept.composition.scaled(pixels.shape[1], pixels.shape[0]))

    def matte(self, pixels: NDArray[np.uint8], kept: Kept) -> Matte:
        """The matte of the photo that was chosen from last."""
        return find_matte(pixels, self._found, kept)

    def _with_depth(self, wanted: Wanted) -> tuple[Wanted, NDArray[np.float32] | None]:
        """The portrait with the depth map it goes by, and the map; None where it says nothing.

        Raises PhotoError for a map that was asked for; one that only lies beside the photo may be damaged.
        """
        if wanted.second is not None:
            if self._settings.pair is None:
                raise SettingsError(
                    f"{wanted.second} cannot be matched: name the file of `framecue calibrate stereo` "
                    "as pair under [portrait]"
                )
            pair = load_pair(self._settings.pair)
            left, right = (read_photo(path, fit=MATCHED) for path in (wanted.photo, wanted.second))
            return replace(wanted, depth=wanted.second), useful(depth_of(left, right, pair))
        path = wanted.depth or depth_beside(wanted.photo)
        if path is None:
            return wanted, None
        try:
            return replace(wanted, depth=path), read_depth(path)
        except PhotoError:
            if wanted.depth is not None:
                raise
            return replace(wanted, depth=path), None

    def _copy(self, wanted: Wanted, original: Original) -> None:
        """What no effect makes of a photo: the same file, or the same pixels in another format."""
        if wanted.out is None:
            return
        if wanted.out.suffix.lower() == wanted.photo.suffix.lower():
            copy_photo(wanted.photo, wanted.out)
        else:
            write_portrait(wanted.out, original.pixels, original, self._settings.jpeg_quality)

    def _prepare(
        self,
        pixels: NDArray[np.uint8],
        kept: Kept,
        depth_m: NDArray[np.float32] | None,
        pose: tuple[float | None, float | None],
        wanted: Wanted,
    ) -> tuple[Portrayed, tuple[str, ...]]:
        matte = self.matte(pixels, kept)
        pitch, roll = pose
        known = kept.composition
        composition = replace(
            known,
            pitch_deg=known.pitch_deg if pitch is None else pitch,
            roll_deg=known.roll_deg if roll is None else roll,
        )
        kept = replace(kept, composition=composition)
        stage = find_stage(kept, self._settings.camera_height_m, wanted.fov_deg)
        subjects = [kept.composition.subjects[index] for index in kept.whom]
        standing = tuple((s.left_x, s.right_x, s.foot_y) for s in subjects if s.foot_y is not None)
        notes: tuple[str, ...] = ()
        near = None
        if wanted.depth is not None:
            near = None if depth_m is None else self._near(pixels, matte, depth_m, stage)
            if near is None:
                notes = (f"depth {wanted.depth} knows nothing of the people; going by the floor instead",)
        faces = ((self._found.parts == Part.FACE) & kept.mask).astype(np.float32)
        return Portrayed(pixels, matte, stage, faces, near, standing), notes

    def _near(
        self, pixels: NDArray[np.uint8], matte: Matte, depth_m: NDArray[np.float32], stage: Stage
    ) -> NDArray[np.float32] | None:
        small = scaled_into(pixels, (640, 640))
        rows, columns = small.shape[:2]
        scale = pixels.shape[1] / columns
        people = matte.coarse(scale, columns, rows)
        focus = focus_distance(depth_m, people)
        if focus is None:
            return None
        return nearness(depth_m, focus, small, people, ground(stage, columns, rows, scale))

    def _render(self, photo: Portrayed, backdrop: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
        if backdrop is not None:
            return put_backdrop(photo, backdrop, self._settings)
        if self._settings.effect == "blur":
            return blur_background(photo, self._settings)
        return photo.matte.apply(photo.image)


@contextmanager
def opened_maker(settings: PortraitSettings, segmenter: SegmenterSettings) -> Iterator[Maker]:
    """A maker whose models run on the CPU, apart from the live path's; closed at the end.

    Raises ModelError where the settings' model cannot be used. Without the pets' model there are no pets.
    """
    patient = {"exact": True, "answer_limit_s": max(segmenter.answer_limit_s, _PATIENCE_S), "edge_tpu": ""}
    with ExitStack() as stack:
        people = stack.enter_context(open_segmenter(segmenter.model_copy(update=patient)))
        pets: Any = None
        if settings.pets:
            try:
                named = segmenter.model_copy(update={**patient, "model": PETS_MODEL})
                pets = stack.enter_context(open_segmenter(named))
            except ModelError:
                pets = None
        cv2.setNumThreads(2)
        yield Maker(settings, Patient(people), pets)


def _pose(wanted: Wanted) -> tuple[float | None, float | None]:
    """The camera's pitch and roll as the photo's sidecar in an album has them."""
    try:
        found = json.loads(wanted.photo.with_suffix(".json").read_text(encoding="utf-8"))["composition"]
        pitch, roll = (found.get(key) for key in ("pitch_deg", "roll_deg"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None, None
    numbers = int | float
    return pitch if isinstance(pitch, numbers) else None, roll if isinstance(roll, numbers) else None
