"""Mattes: who is kept, how fine alpha is, and that solving is what the literature says it is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framecue.parts import Part, Segmentation
from framecue.portrait.kept import _whole, choose, with_depth, with_pets
from framecue.portrait.laplacian import EPSILON, Laplacian, solve_alpha
from framecue.portrait.matte import Tile, find_matte
from framecue.portrait.screen import find_screen, take_spill
from framecue.portrait.trimap import find_window, make_trimap
from portraits import Knowing, view


def explicit_laplacian(image: np.ndarray, epsilon: float) -> np.ndarray:
    """The matting Laplacian, assembled window by window as Levin et al. write it."""
    height, width = image.shape[:2]
    whole = np.zeros((height * width, height * width))
    numbers = np.arange(height * width).reshape(height, width)
    for row in range(1, height - 1):
        for column in range(1, width - 1):
            inside = numbers[row - 1 : row + 2, column - 1 : column + 2].ravel()
            colours = image.reshape(-1, 3)[inside].astype(np.float64)
            off = colours - colours.mean(axis=0)
            inverse = np.linalg.inv(off.T @ off / 9 + epsilon * np.eye(3))
            whole[np.ix_(inside, inside)] += np.eye(9) - (1 + off @ inverse @ off.T) / 9
    return whole


@pytest.mark.parametrize("seed", range(3))
def test_the_laplacian_is_the_one_of_the_literature(seed: int) -> None:
    rng = np.random.default_rng(seed)
    image = rng.random((7, 9, 3), np.float32)
    alpha = rng.random((7, 9), np.float32)
    laplacian = Laplacian(image)
    exact = explicit_laplacian(image, EPSILON)
    np.testing.assert_allclose(laplacian.times(alpha).ravel(), exact @ alpha.ravel(), atol=2e-3)
    np.testing.assert_allclose(laplacian.diagonal.ravel(), np.maximum(np.diag(exact), 0.05), atol=2e-3)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_the_laplacian_is_symmetric_and_leaves_a_constant_alone(one: int, other: int) -> None:
    image = np.random.default_rng(one).random((12, 14, 3), np.float32)
    first, second = np.random.default_rng(other).random((2, 12, 14), np.float32)
    laplacian = Laplacian(image)
    assert np.vdot(laplacian.times(first), second) == pytest.approx(
        np.vdot(first, laplacian.times(second)), abs=5e-2
    )
    assert np.abs(laplacian.times(np.ones((12, 14), np.float32))).max() < 1e-3


def test_alpha_between_two_colours_is_found() -> None:
    """A soft edge between red and blue: alpha is how red it is."""
    true = np.clip((np.arange(160, dtype=np.float32)[None, :] - 60) / 40, 0, 1).repeat(120, axis=0)
    image = true[..., None] * np.float32([0.8, 0.2, 0.1]) + (1 - true[..., None]) * np.float32(
        [0.1, 0.2, 0.9]
    )
    image += np.random.default_rng(0).normal(0, 0.01, image.shape).astype(np.float32)
    known = (true == 0) | (true == 1)
    known[:, 45:115] = False
    guess = np.where(known, true, 0.5).astype(np.float32)
    found = solve_alpha(image.astype(np.float32), guess, known, np.zeros_like(true))
    assert np.abs(found - true).mean() < 0.02
    assert (found[known] == true[known]).all()


def test_the_matte_of_somebody_is_close_to_the_truth() -> None:
    seen = view()
    true = (seen.parts > 0).astype(np.float32)
    found = Knowing(seen.parts[::4, ::4]).segment(seen.image)
    kept = choose(seen.image, found)
    alpha = find_matte(seen.image, found, kept).apply(seen.image) / 255
    coarse = np.repeat(np.repeat(true[::4, ::4], 4, 0), 4, 1)[: true.shape[0], : true.shape[1]]
    assert np.abs(alpha - true).mean() < 0.75 * np.abs(coarse - true).mean()
    assert np.abs(alpha - true).mean() < 0.008


def test_bands_are_wide_at_hair_and_narrow_at_shoes() -> None:
    seen = view()
    found = Knowing(seen.parts[::4, ::4]).segment(seen.image)
    kept = choose(seen.image, found)
    box = (0.0, 0.0, 1.0, 1.0)
    trimap = make_trimap(found, kept, box, seen.image.shape[1], seen.image.shape[0])
    rows = {part: np.flatnonzero((seen.parts == part).any(axis=1)) for part in (Part.HAIR, Part.FOOT)}
    above = np.flatnonzero(trimap.unknown.any(axis=1))[0]
    below = np.flatnonzero(trimap.unknown.any(axis=1))[-1]
    assert rows[Part.HAIR][0] - above > 1.8 * (below - rows[Part.FOOT][-1])
    assert trimap.sure.any()


def test_loose_hair_that_the_model_saw_nothing_of_is_kept_by_its_colour() -> None:
    image = np.full((240, 240, 3), (90, 120, 170), np.uint8)
    parts = np.zeros((240, 240), np.uint8)
    parts[60:90, 108:132] = Part.HAIR
    parts[72:90, 112:128] = Part.FACE
    parts[90:200, 90:150] = Part.TORSO
    loose = np.zeros(parts.shape, bool)
    loose[42:80, 92:148] = True
    loose &= parts == 0
    image[parts > 0] = (150, 150, 150)
    image[(parts == Part.HAIR) | loose] = (190, 70, 30)
    image[parts == Part.FACE] = (200, 160, 140)
    found = Knowing(parts).segment(image)
    alpha = find_matte(image, found, choose(image, found)).apply(image)
    assert alpha[loose].mean() > 230
    assert alpha[30:80, 170:].max() < 10


def two_people(scale: float, gap: int = 40) -> tuple[np.ndarray, Segmentation]:
    """A main person and one beside, so many times as large, both on plain grey."""
    parts = np.zeros((240, 240), np.uint8)

    def stand(left: int, top: int, size: float) -> None:
        head, body, width = round(24 * size), round(150 * size), round(36 * size)
        middle = left + width // 2
        parts[top : top + head, middle - head // 3 : middle + head // 3] = Part.FACE
        parts[top + head : top + body // 2, left : left + width] = Part.TORSO
        parts[top + body // 2 : top + body, left : left + width] = Part.LEG
        parts[top + body : top + body + round(6 * size), left : left + width] = Part.FOOT

    stand(90, 40, 1.0)
    stand(126 + gap, round(40 + 60 * (1 - scale)), scale)
    image = np.full((240, 240, 3), 128, np.uint8)
    image[parts > 0] = (180, 120, 90)
    return image, Knowing(parts).segment(image)


def test_who_stands_beside_is_kept_and_who_passes_behind_is_not() -> None:
    for scale, both in ((0.95, True), (0.45, False)):
        image, found = two_people(scale)
        kept = choose(image, found)
        beside = found.parts[:, 150:] > 0
        assert bool(kept.mask[:, 150:][beside].all()) is both
        assert bool(kept.others[:, 150:].any()) is not both
        assert kept.mask[:, 90:126].any()


def test_depth_tells_who_is_behind_although_as_tall() -> None:
    image, found = two_people(0.95)
    depth = np.full((60, 60), 3.0, np.float32)
    depth[:, 38:] = 4.5
    kept = choose(image, found, depth)
    assert not kept.mask[:, 160:].any()


def someone_with_an_arm(seen: slice) -> tuple[np.ndarray, np.ndarray, Segmentation, np.ndarray]:
    """Somebody whose arm, as grey as the wall, the model sees in some rows only; and a depth map."""
    parts = np.zeros((240, 240), np.uint8)
    parts[40:64, 100:116] = Part.FACE
    parts[64:115, 90:126] = Part.TORSO
    parts[115:190, 90:126] = Part.LEG
    parts[190:196, 90:126] = Part.FOOT
    arm = np.zeros(parts.shape, bool)
    arm[66:120, 136:146] = True
    arm[66:76, 126:146] = True
    depth = np.full(parts.shape, 6.0, np.float32)
    below = np.arange(240) - 90
    depth[:] = np.minimum(6.0, 3.0 * 106 / np.maximum(below, 1))[:, None]
    depth[(parts > 0) | arm] = 3.0
    image = np.full((240, 240, 3), 128, np.uint8)
    image[parts > 0] = (180, 120, 90)
    known = parts.copy()
    known[seen][arm[seen]] = Part.ARM
    return image, arm, Knowing(known).segment(image), depth


def test_a_hand_that_the_model_missed_is_kept_by_its_depth_and_the_floor_is_not() -> None:
    image, arm, found, depth = someone_with_an_arm(slice(66, 100))
    missed = arm.copy()
    missed[:102] = False
    kept = choose(image, found, depth)
    assert find_matte(image, found, kept).apply(image)[missed].mean() < 100
    kept, known = with_depth(kept, found, depth)
    alpha = find_matte(image, known, kept).apply(image)
    assert alpha[missed].mean() > 190  # of the wall's own colour: its rim stays soft
    assert alpha[120:, :80].max() < 10, "the floor at their feet is as near as they are"
    assert alpha[202:].max() < 40


def test_the_gap_beside_an_arm_is_seen_through_by_its_depth() -> None:
    image, arm, found, depth = someone_with_an_arm(slice(66, 120))
    gap = np.s_[82:116, 129:133]
    filled = Knowing(np.where(arm | (found.parts > 0), np.maximum(found.parts, Part.ARM), 0).astype(np.uint8))
    filled.parts[76:120, 126:136] = Part.ARM
    found = filled.segment(image)
    kept, known = with_depth(choose(image, found, depth), found, depth)
    assert find_matte(image, known, kept).apply(image)[gap].max() < 30


def test_a_table_that_somebody_touches_is_no_part_of_them() -> None:
    image, _, found, depth = someone_with_an_arm(slice(66, 120))
    depth[130:150, 126:240] = 3.0
    kept, known = with_depth(choose(image, found, depth), found, depth)
    assert find_matte(image, known, kept).apply(image)[132:148, 150:].max() < 10


def test_a_piece_of_a_leg_given_to_somebody_else_is_given_back_and_a_distant_shape_is_not_kept() -> None:
    image, found = two_people(0.95)
    parts = found.parts.copy()
    parts[:, 160:] = 0
    parts[20:60, 200:225] = Part.LEG  # like somebody's, far away from everybody, and higher up
    kept = choose(image, Knowing(parts).segment(image))
    assert not kept.mask[:, 180:].any()
    mask = parts[:, :160] > 0
    torn = mask.copy()
    torn[130:140, 100:115] = False
    heads = np.isin(parts[:, :160], (Part.HAIR, Part.FACE))
    assert (_whole(torn, mask & ~torn, heads, 24.0) == mask).all()


def test_feet_under_a_table_stay() -> None:
    _, found = two_people(0.45)
    parts = found.parts.copy()
    parts[:, 150:] = 0
    parts[110:180] = 0
    heads = np.isin(parts, (Part.HAIR, Part.FACE))
    assert (_whole(parts > 0, np.zeros(parts.shape, bool), heads, 24.0) == (parts > 0)).all()


def test_the_inside_of_a_pet_stays_whatever_its_colour() -> None:
    """A pet as white as the snow behind, of which the model of people knows nothing."""
    image = np.full((240, 240, 3), 235, np.uint8)
    nobody = Knowing(np.zeros((120, 120), np.uint8)).segment(image)
    animals = np.zeros((120, 120), np.float32)
    animals[40:90, 30:80] = 1
    kept = with_pets(choose(image, nobody), animals)
    alpha = find_matte(image, nobody, kept).apply(image)
    assert (alpha[100:160, 80:140] == 255).all()
    assert not alpha[:30].any()


def test_nobody_is_kept_where_nobody_is() -> None:
    image = np.full((200, 160, 3), 90, np.uint8)
    found = Knowing(np.zeros((50, 40), np.uint8)).segment(image)
    kept = choose(image, found)
    assert not kept.anybody
    assert not find_matte(image, found, kept).apply(image).any()


def test_somebody_who_fills_the_photo_is_kept_whole() -> None:
    image = view().image
    parts = np.full((60, 45), Part.TORSO, np.uint8)
    parts[:20] = Part.FACE
    found = Knowing(parts).segment(image)
    kept = choose(image, found)
    assert kept.anybody
    assert (find_matte(image, found, kept).apply(image) == 255).mean() > 0.99


def test_tiles_hold_every_pixel_that_is_neither_somebodys_nor_nobodys() -> None:
    seen = view()
    found = Knowing(seen.parts[::4, ::4]).segment(seen.image)
    matte = find_matte(seen.image, found, choose(seen.image, found))
    alpha = matte.apply(seen.image)
    covered = np.zeros(alpha.shape, bool)
    for tile in matte.tiles():
        assert not covered[tile.of].any(), "tiles do not overlap"
        covered[tile.of] = True
    between = (alpha > 2) & (alpha < 253)
    assert not (between & ~covered).any()
    assert covered.mean() < 0.5


def test_tiles_index_rows_and_columns() -> None:
    assert Tile(3, 5, 9, 11).of == (slice(5, 11), slice(3, 9))


def test_a_green_screen_is_found_keyed_and_its_spill_taken() -> None:
    rng = np.random.default_rng(3)
    seen = view()
    mask = seen.parts > 0
    screen = np.clip(np.array([40, 170, 60]) + rng.normal(0, 4, seen.image.shape), 0, 255).astype(np.uint8)
    image = np.where(mask[..., None], seen.image, screen).astype(np.uint8)
    found = Knowing(seen.parts[::4, ::4]).segment(image)
    matte = find_matte(image, found, choose(image, found))
    assert matte.screen is not None
    assert matte.screen.channel == 1
    alpha = matte.apply(image)
    assert np.abs(alpha / 255 - mask).mean() < 0.008
    image[mask] = np.clip(image[mask] + np.array([0.0, 60.0, 0.0]), 0, 255)
    take_spill(image, alpha, matte.screen)
    mine = image[mask].astype(int)
    assert (mine[:, 1] <= np.maximum(mine[:, 0], mine[:, 2]) + 1).mean() > 0.98


def test_a_room_is_no_screen() -> None:
    image = (view().image / np.float32(255)).astype(np.float32)
    assert find_screen(image, view().parts == 0) is None


def test_the_window_holds_everybody_and_a_margin() -> None:
    seen = view()
    found = Knowing(seen.parts[::4, ::4]).segment(seen.image)
    left, top, right, bottom = find_window(choose(seen.image, found))
    rows, columns = np.nonzero(seen.parts)
    height, width = seen.parts.shape
    assert left * width < columns.min()
    assert right * width > columns.max()
    assert top * height < rows.min()
    assert bottom * height > rows.max()
