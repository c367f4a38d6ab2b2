"""Calibration: the lens from photos of a printed board, the level sensor from a camera held level."""
