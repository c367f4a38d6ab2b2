"""The light on the subject: measured in stops, exposed for, and bracketed where it is too much."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from framecue.album import Shot
from framecue.colour import to_bytes, to_linear
from framecue.composition.geometry import Pinhole
from framecue.composition.light import Light, find_light
from framecue.composition.measure import measure
from framecue.composition.subject import Composition
from framecue.errors import AlbumUnwritableError
from framecue.exposure import ExposureSettings, Merger, exposures, merged
from framecue.frame import Still
from framecue.parts import Part, Segmentation
from framecue.photo import read_photo
from framecue.studio import Light as StudioLight
from framecue.studio import Scene, Studio, View
from framecue.studio.exposure import exposed
from framecue.studio.scene import SKINS
from test_booth import Rig

DARK, PALE = (38, 42, 56), (232, 230, 224)
Colour = tuple[int, int, int]


def viewed(skin: Colour = SKINS[1], cloth: Colour = PALE, seed: int = 4) -> View:
    """Somebody from head to foot, evenly lit."""
    scene = Scene.random(seed)
    person = replace(
        scene.people[0], skin=skin, top_colour=cloth, accent=cloth, bottom_colour=cloth, bag="none"
    )
    scene = replace(scene, people=(person,), light=StudioLight(azimuth_deg=30))
    return Studio(scene).view(Pinhole(320, 400, 48, y=1.1, z=-3.4))


def lit(view: View, image: NDArray[np.uint8] | None = None) -> Light:
    image = view.image if image is None else image
    person = ((view.parts > 0) & (view.parts != Part.CARRIED)).astype(np.float32)
    segmentation = Segmentation(view.parts, person)
    light = find_light(image, segmentation, measure(view.image, segmentation))
    assert light is not None
    return light


def test_linear_light_and_back_is_the_same() -> None:
    values = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert (to_bytes(to_linear(values)) == values).all()
    assert to_linear(np.array([188], np.uint8))[0] == pytest.approx(0.5, abs=0.005)


@pytest.fixture(scope="module")
def evenly_lit() -> View:
    return viewed()


@settings(max_examples=15, deadline=None)
@given(stops=st.floats(0.0, 2.5))
def test_darkening_somebody_by_so_many_stops_is_measured_as_that(evenly_lit: View, stops: float) -> None:
    """With surroundings bright enough that the whole of it is believed."""
    people = (evenly_lit.parts > 0)[..., None]
    bright = to_linear(evenly_lit.image) * np.where(people, 1.0, 2.0)
    before = lit(evenly_lit, to_bytes(bright.astype(np.float32)))
    darker = bright * np.where(people, 2.0**-stops, 1.0)
    after = lit(evenly_lit, to_bytes(darker.astype(np.float32)))
    assert after.backlight_ev - before.backlight_ev == pytest.approx(stops, abs=0.25)
    assert after.from_face


@pytest.mark.parametrize("seed", [4, 6, 9])
def test_neither_skin_nor_dark_clothes_are_taken_for_backlight(seed: int) -> None:
    """All but the darkest skin all in black: one picture cannot tell that from three stops of backlight."""
    for skin in (SKINS[0], SKINS[3], SKINS[6]):
        for cloth in (PALE, DARK):
            limit = 3.4 if (skin, cloth) == (SKINS[6], DARK) else 1.5
            assert lit(viewed(skin, cloth, seed)).backlight_ev < limit, (skin, cloth)


def test_somebody_against_the_light_is_found_whatever_they_wear() -> None:
    for skin in (SKINS[0], SKINS[3], SKINS[6]):
        for cloth in (PALE, DARK):
            view = viewed(skin, cloth)
            backlit = exposed(view.image, view.parts > 0, 4.0, 0.0)
            assert lit(view, backlit).backlight_ev > 3.0, (skin, cloth)


def test_a_sky_that_is_clipped_counts_as_brighter_than_white(evenly_lit: View) -> None:
    image = evenly_lit.image.copy()
    image[:200][evenly_lit.parts[:200] == 0] = 245
    white = lit(evenly_lit, image).backlight_ev
    image[:200][evenly_lit.parts[:200] == 0] = 255
    assert lit(evenly_lit, image).backlight_ev > white + 0.4


def test_nobody_is_in_no_light() -> None:
    nobody = Segmentation(np.zeros((60, 80), np.uint8), np.zeros((60, 80), np.float32))
    assert find_light(np.zeros((120, 160, 3), np.uint8), nobody, Composition(160, 120)) is None


# Exposures


def test_even_light_changes_nothing() -> None:
    assert exposures(Light(0.5, -0.2, True), ExposureSettings()) == (0.0,)
    assert exposures(None, ExposureSettings()) == (0.0,)


def test_backlight_brightens_and_a_spotlight_darkens() -> None:
    assert exposures(Light(1.2, -0.8, True), ExposureSettings()) == (0.8,)
    assert exposures(Light(-1.5, 1.1, True), ExposureSettings()) == (-1.1,)
    assert exposures(Light(1.2, 0.8, True), ExposureSettings()) == (0.0,)  # bright as they are, if backlit
    assert exposures(Light(1.2, -0.8, True), ExposureSettings(for_person=False)) == (0.0,)


@given(backlight=st.floats(-8, 8), subject=st.floats(-8, 4), most=st.floats(0, 4))
def test_no_exposure_goes_further_than_allowed(backlight: float, subject: float, most: float) -> None:
    evs = exposures(Light(backlight, subject, True), ExposureSettings(most_ev=most))
    assert abs(evs[0]) <= most + 0.01
    assert abs(evs[0]) <= abs(backlight) + 0.01
    assert list(evs) == sorted(evs, reverse=True)
    assert (len(evs) == 3) == (backlight > 1.5)
    assert evs[0] - evs[-1] <= 4.001


def test_no_bracket_where_it_is_switched_off() -> None:
    assert len(exposures(Light(4, -2, True), ExposureSettings(bracket_over_ev=0))) == 1


# Merging


def bracket(view: View, evs: tuple[float, ...] = (2.0, 0.0, -2.0)) -> list[NDArray[np.uint8]]:
    return [exposed(view.image, view.parts > 0, 3.5, ev) for ev in evs]


def test_a_merged_bracket_holds_face_and_surroundings(evenly_lit: View) -> None:
    frames = bracket(evenly_lit)
    picture = merged(frames)
    face, around = evenly_lit.parts == Part.FACE, evenly_lit.parts == 0
    bright = frames[0]
    assert (bright[around].min(axis=1) >= 250).mean() > 0.3  # exposed for the person, the rest is lost
    assert (picture[around].min(axis=1) >= 250).mean() < 0.05
    assert np.median(picture[face]) == pytest.approx(np.median(bright[face]), abs=4)
    # And nothing that was darker in truth ends up brighter.
    truth, shown = (image[around].astype(int).max(axis=1) for image in (frames[-1], picture))
    order = np.argsort(truth, kind="stable")
    rises = np.convolve(shown[order], np.ones(201) / 201, "valid")
    assert np.diff(rises[::200]).min() > -4


def test_frames_of_a_shaking_hand_are_aligned(evenly_lit: View) -> None:
    frames = bracket(evenly_lit)
    shifted = [np.roll(frame, (3 * n, -4 * n), (0, 1)) for n, frame in enumerate(frames)]
    inside = np.s_[20:-20, 20:-20]
    still, shaken = merged(frames).astype(float)[inside], merged(shifted).astype(float)[inside]
    assert np.abs(shaken - still).mean() < 2


def test_frames_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="one size"):
        merged([np.zeros((4, 4, 3), np.uint8), np.zeros((4, 5, 3), np.uint8)])
    with pytest.raises(ValueError, match="two pictures"):
        merged([np.zeros((4, 4, 3), np.uint8)])


def test_a_merge_that_fails_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    merger, kept = Merger(), list[NDArray[np.uint8]]()
    merger.start()
    merger.add("0007.jpg", [np.zeros((4, 4, 3), np.uint8)], kept.append)
    merger.stop(20)
    assert not kept
    assert caplog.text.count("0007.jpg: bracket kept but not merged") == 1


# The whole booth


def backlit_rig(folder: Path, **exposure: Any) -> Rig:
    return Rig(folder, camera={"backlight_ev": 3.5}, exposure=exposure, start_limit_s=60)


def files_of(folder: Path) -> list[str]:
    found = (path.name.partition(".")[2] for path in folder.glob("[!.]*.*"))
    return sorted(name for name in found if not name.startswith("crop"))


def test_a_shot_against_the_light_is_exposed_for_the_person_and_bracketed(tmp_path: Path) -> None:
    with backlit_rig(tmp_path) as rig:
        rig.watcher.wait_for_cue()
        rig.booth.ask("shoot")
        rig.watcher.wait_for("saved")
        (shot,) = rig.album.shots()
        assert shot.sidecar is not None
        told = json.loads(shot.sidecar.read_text())
    assert told["camera"]["metadata"]["exposure_ev"] > 1
    assert [name[:3] for name in files_of(tmp_path)] == ["ev-", "ev-", "jpg", "jso", "mer"]
    (shot,) = rig.album.shots()  # what lies beside it is no shot
    original = read_photo(shot.original)
    union = read_photo(next(tmp_path.glob("*.merged.jpg")))
    assert union.shape == original.shape
    assert (union >= 250).mean() < 0.5 * (original >= 250).mean()


def test_a_bracket_that_fails_leaves_the_shot(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with backlit_rig(tmp_path) as rig:
        rig.watcher.wait_for_cue()
        save_beside = rig.album.save_beside

        def fail(shot: Shot, word: str, still: Still) -> Path:
            if word.startswith("ev"):
                raise AlbumUnwritableError("album: cannot be written; check the disk")
            return save_beside(shot, word, still)

        rig.album.save_beside = fail
        for press in (1, 2):  # the second finds the booth as it was
            rig.booth.ask("shoot")
            rig.watcher.wait_for("saved", press)
    assert len(rig.album.shots()) == 2
    assert caplog.text.count("its bracket is not whole") == 2
    assert "merged.jpg" not in files_of(tmp_path)


def test_even_light_takes_one_picture(tmp_path: Path) -> None:
    with Rig(tmp_path, start_limit_s=60) as rig:
        rig.watcher.wait_for_cue()
        rig.booth.ask("shoot")
        rig.watcher.wait_for("saved")
    assert files_of(tmp_path) == ["jpg", "json"]
