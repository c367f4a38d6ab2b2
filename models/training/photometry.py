"""What light, lens, sensor and codec do to a picture."""

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]


def spoiled(
    image: NDArray[np.uint8], people: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.uint8]:
    """The picture under other conditions. image: (h, w, 3) uint8; people: (h, w) where somebody is."""
    value = image.astype(np.float32) / 255
    if rng.random() < 0.2 and people.any():
        value = _backlit(value, people, rng)
    if rng.random() < 0.8:
        value = _exposed(value, rng)
    if rng.random() < 0.5:
        value = value * (1 + rng.normal(0, [0.12, 0.04, 0.12]).astype(np.float32))  # colour temperature
    if rng.random() < 0.25:
        grey = value.mean(axis=2, keepdims=True)
        value = grey + (value - grey) * np.float32(rng.uniform(0, 1.5))
    if rng.random() < 0.2:
        value = _blurred(value, rng)
    if rng.random() < 0.4:
        value = value + rng.standard_normal(value.shape, np.float32) * np.float32(rng.uniform(0, 0.05))
    result = np.clip(value * 255 + 0.5, 0, 255).astype(np.uint8)
    if rng.random() < 0.3:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 95))]
        result = cv2.imdecode(cv2.imencode(".jpg", result, quality)[1], cv2.IMREAD_COLOR)
    return result


def _backlit(value: Picture, people: NDArray[np.bool_], rng: np.random.Generator) -> Picture:
    """People in their own shadow, and what is behind them too bright; light runs over the edges a little."""
    share = cv2.GaussianBlur(people.astype(np.float32), (0, 0), float(rng.uniform(0.8, 3)))[..., None]
    dark, bright = np.float32(rng.uniform(0.15, 0.7)), np.float32(rng.uniform(1.0, 2.2))
    return value * (share * dark + (1 - share) * bright)


def _exposed(value: Picture, rng: np.random.Generator) -> Picture:
    gain, gamma = 2.0 ** rng.uniform(-1.8, 0.7), 2.0 ** rng.uniform(-0.5, 0.5)
    return np.clip(value, 0, 4) ** np.float32(gamma) * np.float32(gain)


def _blurred(value: Picture, rng: np.random.Generator) -> Picture:
    """Out of focus, or moved."""
    if rng.random() < 0.5:
        return cv2.GaussianBlur(value, (0, 0), float(rng.uniform(0.5, 1.6)))
    length = int(rng.integers(3, 10))
    kernel = np.zeros((length, length), np.float32)
    angle = rng.uniform(0, np.pi)
    reach = (length - 1) / 2
    ends = [
        (round(reach + sign * reach * np.cos(angle)), round(reach + sign * reach * np.sin(angle)))
        for sign in (1, -1)
    ]
    cv2.line(kernel, ends[0], ends[1], 1.0)
    return cv2.filter2D(value, -1, kernel / kernel.sum())
