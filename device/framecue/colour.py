"""Between a picture's bytes and light: sRGB (IEC 61966-2-1) and linear light, both 0..1."""

from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]

LUMA: Final = (0.2126, 0.7152, 0.0722)  # of linear red, green, blue
_FINE: Final = 4095  # steps of linear light between which encoding is not told apart


def to_linear(image: NDArray[np.uint8]) -> Plane:
    """Linear light, float32, of a uint8 sRGB picture, same shape."""
    return np.asarray(cv2.LUT(image, _linear_of_byte()), np.float32)


def to_srgb(linear: Plane) -> Plane:
    """sRGB as float32 of 0..255, of linear light; what is outside of 0..1 is clipped.

    Off by .15 at most, and only in the darkest greys.
    """
    return _srgb_of_root().take(_steps(linear))


def to_bytes(linear: Plane) -> NDArray[np.uint8]:
    """sRGB as uint8, of linear light of any shape; what is outside of 0..1 is clipped."""
    return _bytes_of_root().take(_steps(linear))


def unit(image: NDArray[np.uint8]) -> Plane:
    """Bytes as float32 of 0..1, still sRGB."""
    return np.asarray(image * np.float32(1 / 255), np.float32)


def luma(linear: Plane) -> Plane:
    """(h, w) luminance of (h, w, 3) linear light; of sRGB, its luma."""
    return np.asarray(cv2.transform(linear, np.array([LUMA], np.float32)), np.float32)


def decode(srgb: Plane) -> Plane:
    """Linear light of sRGB float32 values of 0..1; what is outside is clipped."""
    steps = np.asarray(np.clip(srgb, 0, 1) * np.float32(_FINE) + np.float32(0.5), np.uint16)
    return _linear_of_srgb().take(steps)


def _steps(linear: Plane) -> NDArray[np.uint16]:
    root = np.sqrt(np.clip(linear, 0, 1))  # even steps of the root are finer where eyes see finer
    return np.asarray(root * np.float32(_FINE) + np.float32(0.5), np.uint16)


@cache
def _linear_of_byte() -> Plane:
    return _linear(np.arange(256) / 255)


@cache
def _linear_of_srgb() -> Plane:
    return _linear(np.arange(_FINE + 1) / _FINE)


def _linear(srgb: NDArray[np.float64]) -> Plane:
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4).astype(np.float32)


@cache
def _srgb_of_root() -> Plane:
    linear = (np.arange(_FINE + 1) / _FINE) ** 2
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return (encoded * 255).astype(np.float32)


@cache
def _bytes_of_root() -> NDArray[np.uint8]:
    return np.rint(_srgb_of_root()).astype(np.uint8)
