"""Depth of field: circles of confusion, blur that bleeds nowhere, floors in focus at the feet."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framecue.colour import decode, to_linear, to_srgb
from framecue.portrait.backdrop import is_colour, placed, read_backdrop
from framecue.portrait.blur import bloomed, radii, spread
from framecue.portrait.compose import true_share
from framecue.portrait.depth import nearness
from framecue.portrait.grain import measure_grain, pattern
from framecue.portrait.lens import LensSettings, blur_radius, opening
from framecue.portrait.lift import curve, find_curve
from framecue.portrait.scene import Stage, ground


@given(st.floats(0.5, 10), st.floats(0.5, 200), st.floats(20, 200), st.floats(1.0, 16), st.floats(500, 6000))
def test_the_circle_of_confusion_is_the_thin_lenss(
    focus_m: float, away_m: float, focal_mm: float, stop: float, focal_px: float
) -> None:
    """Against the lens equation: an image plane behind a thin lens, by where rays through its rim land."""
    lens = LensSettings(focal_mm=focal_mm, aperture=stop)
    radius = blur_radius(np.float32([focus_m / away_m]), focal_px / focus_m, lens.opening_m)[0]
    # In the plane in focus, a ray from a point at away_m through the rim is this far from the one through the
    # middle; that plane is seen at focal_px / focus_m pixels per metre.
    aside = lens.opening_m / 2 * abs(away_m - focus_m) / away_m
    assert radius == pytest.approx(aside * focal_px / focus_m, rel=1e-3, abs=1e-3)


@settings(deadline=None)
@given(st.floats(0.8, 30))
def test_an_opening_sums_to_one_and_has_its_radius(radius: float) -> None:
    kernel = opening(radius)
    assert kernel.sum() == pytest.approx(1, abs=1e-4)
    reach = kernel.shape[0] // 2
    steps = np.arange(-reach, reach + 1)
    second = (kernel * (steps[None, :] ** 2 + steps[:, None] ** 2)).sum()
    assert math.sqrt(2 * second) == pytest.approx(radius, abs=0.35)  # a disc's mean square is r² / 2


def test_a_hexagon_has_the_discs_area() -> None:
    disc, hexagon = opening(12.0), opening(12.0, "hexagon")
    assert (hexagon > 0.5 * hexagon.max()).sum() == pytest.approx((disc > 0.5 * disc.max()).sum(), rel=0.04)
    assert hexagon.shape >= disc.shape


def lights(places: list[tuple[int, int]], shape: str) -> np.ndarray:
    """Small far lights, spread by a lens: one colour of linear light."""
    light = np.zeros((240, 320, 3), np.float32)
    for row, column in places:
        light[row - 1 : row + 2, column - 1 : column + 2] = 1
    everywhere = np.ones((240, 320), np.float32)
    return spread(light, 12 * everywhere, everywhere, LensSettings(shape=shape, bloom=0)).back[..., 0]


def width(spot: np.ndarray, along: tuple[float, float]) -> float:
    """How far a spot reaches along a direction (right, down), as a deviation."""
    rows, columns = np.indices(spot.shape)
    at = along[0] * columns + along[1] * rows
    middle = np.average(at, weights=spot)
    return float(np.sqrt(np.average((at - middle) ** 2, weights=spot)))


def test_cats_eyes_are_round_in_the_middle_and_narrow_in_the_corners() -> None:
    found = lights([(120, 160), (20, 20), (220, 300)], "cats_eye")
    middle, corners = found[95:145, 135:185], (found[:50, :50], found[190:, 270:])
    away, across = (0.8, 0.6), (-0.6, 0.8)
    assert width(middle, away) == pytest.approx(width(middle, across), rel=0.03)
    for corner in corners:
        assert width(corner, away) < 0.75 * width(corner, across)
        assert corner.sum() == pytest.approx(middle.sum(), rel=0.02), "narrow, but as much light"


def test_cats_eyes_stay_where_their_lights_are() -> None:
    found = lights([(30, 280)], "cats_eye")
    rows, columns = np.indices(found.shape)
    assert np.average(rows, weights=found) == pytest.approx(30, abs=0.3)
    assert np.average(columns, weights=found) == pytest.approx(280, abs=0.3)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.floats(1, 8), st.sampled_from(["disc", "cats_eye"]))
def test_blur_keeps_what_is_even_even(seed: int, radius: float, shape: str) -> None:
    rng = np.random.default_rng(seed)
    light = np.full((50, 60, 3), 0.3, np.float32)
    weight = (rng.random((50, 60)) > 0.3).astype(np.float32)
    found = spread(light, np.full((50, 60), radius, np.float32), weight, LensSettings(bloom=0, shape=shape))
    np.testing.assert_allclose(found.back, 0.3, atol=2e-3)


def test_somebody_adds_no_light_to_the_blur_beside_them() -> None:
    """White people on black: the background stays black up to their edge."""
    light = np.zeros((80, 80, 3), np.float32)
    light[:, 30:50] = 1
    weight = np.ones((80, 80), np.float32)
    weight[:, 30:50] = 0
    found = spread(light, np.full((80, 80), 6, np.float32), weight, LensSettings(bloom=0))
    assert found.back[:, :29].max() < 1e-3
    assert found.back[:, 51:].max() < 1e-3


def test_a_small_light_blooms_into_a_disc() -> None:
    light = np.full((101, 101, 3), 0.02, np.float32)
    light[49:52, 49:52] = 1
    everywhere = np.ones((101, 101), np.float32)
    plain = spread(light, 9 * everywhere, everywhere, LensSettings(bloom=0)).back[..., 0]
    lit = spread(light, 9 * everywhere, everywhere, LensSettings(bloom=3)).back[..., 0]
    assert lit[50, 50] > 4 * plain[50, 50]
    assert lit[50, 56] == pytest.approx(lit[50, 50], rel=0.15)  # as bright at its rim as in its middle
    assert lit[50, 63] < 0.05
    snow = np.full((60, 60, 3), 0.97, np.float32)
    assert bloomed(snow, 3.0, 9.0).max() < 1.01  # a white wall is no lamp


def test_what_is_nearer_is_blurred_over_the_subjects_edge() -> None:
    light = np.full((60, 60, 3), 0.1, np.float32)
    light[:, :20] = 0.8
    near = np.zeros((60, 60), bool)
    near[:, :20] = True
    everywhere = np.ones((60, 60), np.float32)
    found = spread(light, 5 * everywhere, everywhere, LensSettings(bloom=0), near)
    assert found.cover is not None
    assert found.front is not None
    assert found.cover[30, 22] > 0.15
    assert found.cover[30, 30] < 0.01
    np.testing.assert_allclose(found.front[30, 22] / found.cover[30, 22], 0.8, atol=0.02)
    assert found.back[30, 22, 0] == pytest.approx(0.1, abs=0.02)  # and it is not smeared into what is behind


def test_the_floor_is_in_focus_at_the_feet_and_recedes() -> None:
    near = ground(Stage(200.0, 400.0, 150.0), 60, 100, 5.0)
    column = near[:, 30]
    assert column[80] == pytest.approx(1, abs=0.02)  # 80 * 5 = the foot line
    assert column[:30].max() == 0  # over the horizon all is far
    assert (np.diff(column) >= 0).all()
    assert column[95] > 1.1


def test_a_rolled_camera_has_a_rolled_floor() -> None:
    near = ground(Stage(200.0, 400.0, 150.0, roll_deg=5.0), 80, 100, 5.0)
    assert near[60, 79] > near[60, 0]  # clockwise: the horizon rises to the right, floor comes nearer there


def test_without_feet_everything_is_far() -> None:
    assert not ground(Stage(200.0, None, None), 20, 20, 5.0).any()


def test_a_depth_maps_holes_are_filled_from_what_is_around() -> None:
    depth = np.full((60, 80), 4.0, np.float32)
    depth[:, 40:] = 8.0
    depth[20:40, 10:25] = 0
    image = np.full((240, 320, 3), 100, np.uint8)
    image[:, 160:] = 200
    near = nearness(depth, 2.0, image, np.zeros((60, 80), np.float32))
    scale = near.shape[0] / 60
    assert near[int(30 * scale), int(17 * scale)] == pytest.approx(0.5, abs=0.02)
    assert near[int(30 * scale), int(60 * scale)] == pytest.approx(0.25, abs=0.02)


def test_a_coarse_maps_edge_moves_to_the_pictures() -> None:
    depth = np.full((15, 20), 2.0, np.float32)
    depth[:, 11:] = 6.0  # 176 of 320
    image = np.full((240, 320, 3), 60, np.uint8)
    image[:, 168:] = 190
    near = nearness(depth, 2.0, image, np.zeros((15, 20), np.float32))
    row = near[120 * near.shape[0] // 240]
    assert abs(int(np.argmin(np.abs(row - 0.66))) * 320 / len(row) - 168) < 6


@settings(deadline=None)
@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
def test_light_and_back_is_the_same_byte(red: int, green: int, blue: int) -> None:
    pixel = np.array([[[red, green, blue]]], np.uint8)
    assert np.abs(to_srgb(to_linear(pixel)) - pixel).max() < 0.51
    np.testing.assert_allclose(decode(pixel.astype(np.float32) / 255), to_linear(pixel), atol=4e-4)


@settings(deadline=None)
@given(st.floats(0, 1), st.lists(st.floats(0, 1), min_size=6, max_size=6))
def test_before_the_same_background_nothing_changes(alpha: float, colours: list[float]) -> None:
    """What was alpha in sRGB gives, mixed as light, the brightness that was there."""
    mine = np.float32(colours[:3]).reshape(1, 1, 3)
    behind = np.float32(colours[3:]).reshape(1, 1, 3)
    share = true_share(np.float32([[alpha]]), mine, behind)
    assert 0 <= share[0, 0] <= 1
    grey, dark = (
        mine.mean(axis=2, keepdims=True).repeat(3, 2),
        behind.mean(axis=2, keepdims=True).repeat(3, 2),
    )
    share = true_share(np.float32([[alpha]]), grey, dark)[..., None]
    mixed = to_srgb(share * decode(grey) + (1 - share) * decode(dark)) / 255
    assert np.abs(mixed - (alpha * grey + (1 - alpha) * dark)).max() < 0.012


def test_grain_is_measured_and_put_on() -> None:
    rng = np.random.default_rng(1)
    for deviation in (1.0, 3.0, 6.0):
        noisy = np.clip(120 + rng.normal(0, deviation, (400, 500, 3)), 0, 255).astype(np.uint8)
        assert measure_grain(noisy) == pytest.approx(deviation, rel=0.25)
        assert pattern(deviation).std() == pytest.approx(deviation, rel=0.05)


def test_only_people_against_the_light_are_lifted() -> None:
    alpha = np.zeros((50, 50), np.float32)
    alpha[10:40, 20:30] = 1
    against = np.where(alpha > 0, 0.03, 0.6).astype(np.float32)
    even = np.where(alpha > 0, 0.2, 0.25).astype(np.float32)
    faces = np.zeros((50, 50), np.float32)
    faces[12:20, 20:30] = 1
    lifted = find_curve(against, alpha, faces, 1.0)
    assert lifted is not None
    assert lifted[60] > 66
    assert lifted[255] == 255
    assert (np.diff(lifted.astype(int)) >= 0).all()
    assert find_curve(even, alpha, faces, 1.0) is None
    assert find_curve(against, alpha, faces, 0.0) is None
    assert find_curve(against, alpha, 0 * faces, 1.0) is None, "a black dog is not against the light"


@settings(deadline=None)
@given(st.floats(0.01, 2))
def test_a_lift_never_darkens(stops: float) -> None:
    lifted = curve(stops).astype(int)
    assert (lifted >= np.arange(256) - 1).all()


@given(
    st.integers(64, 900), st.integers(64, 900), st.integers(64, 600), st.integers(64, 600), st.floats(0, 600)
)
@settings(max_examples=40, deadline=None)
def test_a_backdrop_fills_the_photo(rows: int, columns: int, height: int, width: int, horizon: float) -> None:
    backdrop = np.full((rows, columns, 3), 50, np.uint8)
    backdrop[rows // 2 :] = 200
    found = placed(backdrop, width, height, horizon)
    assert found.shape == (height, width, 3)
    assert set(np.unique(found)) - set(range(30, 222)) == set()


def test_a_backdrops_horizon_comes_to_the_cameras() -> None:
    backdrop = np.full((400, 600, 3), 50, np.uint8)
    backdrop[200:] = 200
    found = placed(backdrop, 300, 300, 120.0)
    edge = int(np.argmax(found[:, 150, 0] > 125))
    assert abs(edge - 120) <= 2


def test_a_colour_is_a_backdrop_too() -> None:
    green = read_backdrop("#00b140")
    assert is_colour(green)
    assert placed(green, 4, 3, None).tolist() == [[[0, 177, 64]] * 4] * 3


def test_radii_fall_to_none() -> None:
    found = radii(10.0)
    assert found[0] == 10
    assert found[-1] == 0
    assert (np.diff(found) < 0).all()
