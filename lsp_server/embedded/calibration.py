"""Figures fitted by counts: `python -m benchmarks.embedded --calibrate` prints this."""

from __future__ import annotations

from typing import Final

# For each piece of evidence, what it adds to the logarithm of a vote's weight.
WEIGHTS: Final = (
    -4.55,  # bias
    0.34,  # left
    0.45,  # left_log
    0.19,  # whole_head
    2.28,  # names_near
    1.81,  # names_far
    0.10,  # right
    0.57,  # lines_below
    0.90,  # names_below
    -1.79,  # conflicts
    -0.37,  # rest
    -0.73,  # unknown
    -0.51,  # distant
    1.23,  # share_names
    -3.77,  # repeats
    -1.06,  # redefines
    -5.92,  # closes
    -2.12,  # opens
    0.49,  # opens_last
    -2.37,  # ends
    0.31,  # partial
    -0.94,  # partial_whole
    -0.48,  # head
    -2.98,  # start
    1.32,  # start_names_near
    0.30,  # start_right
)

# A text's share of the votes, and how often a text with that share was exactly right.
CONFIDENCE: Final = (
    (0.016, 0.04),
    (0.042, 0.08),
    (0.058, 0.11),
    (0.098, 0.16),
    (0.143, 0.22),
    (0.193, 0.27),
    (0.279, 0.35),
    (0.367, 0.46),
    (0.479, 0.55),
    (0.625, 0.65),
    (0.745, 0.75),
    (0.825, 0.87),
    (0.899, 0.96),
    (0.976, 0.99),
)
