"""Figures fitted by counts: `python -m benchmarks.embedded --calibrate` prints this."""

from __future__ import annotations

from typing import Final

# For each piece of evidence, what it adds to the logarithm of a vote's weight.
WEIGHTS: Final = (
    -4.37,  # bias
    0.20,  # left
    0.62,  # left_log
    0.36,  # whole_head
    1.99,  # names_near
    1.76,  # names_far
    0.08,  # right
    0.48,  # lines_below
    1.26,  # names_below
    -0.90,  # renamed
    -1.70,  # conflicts
    -0.33,  # rest
    -1.50,  # unknown
    0.26,  # familiar
    -0.62,  # distant
    0.34,  # young_unknown
    0.88,  # young_distant
    0.76,  # share_names
    -4.39,  # repeats
    -1.08,  # redefines
    -6.25,  # closes
    -2.19,  # opens
    0.23,  # opens_last
    -2.43,  # ends
    0.31,  # partial
    -1.04,  # partial_whole
    -0.52,  # head
    -2.89,  # start
    1.10,  # start_names_near
    0.25,  # start_right
)

# A text's share of the votes, and how often a text with that share was exactly right.
CONFIDENCE: Final = (
    (0.017, 0.04),
    (0.054, 0.09),
    (0.098, 0.14),
    (0.153, 0.22),
    (0.204, 0.26),
    (0.246, 0.31),
    (0.300, 0.38),
    (0.365, 0.45),
    (0.453, 0.49),
    (0.560, 0.63),
    (0.644, 0.66),
    (0.733, 0.79),
    (0.822, 0.87),
    (0.953, 0.98),
)
