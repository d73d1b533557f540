"""Figures fitted by counts: `python -m benchmarks.embedded --calibrate` prints this."""

from __future__ import annotations

from typing import Final

# For each piece of evidence, what it adds to the logarithm of a vote's weight.
WEIGHTS: Final = (
    -4.55,  # bias
    0.24,  # left
    0.65,  # left_log
    0.33,  # whole_head
    1.83,  # names_near
    1.65,  # names_far
    0.05,  # right
    0.54,  # lines_below
    0.86,  # names_below
    -0.95,  # renamed
    -1.54,  # conflicts
    -0.36,  # rest
    -1.50,  # unknown
    0.26,  # familiar
    -0.60,  # distant
    0.54,  # young_unknown
    0.76,  # young_distant
    1.18,  # share_names
    -4.11,  # repeats
    -1.13,  # redefines
    -5.84,  # closes
    -2.12,  # opens
    0.38,  # opens_last
    -2.38,  # ends
    0.33,  # partial
    -0.95,  # partial_whole
    -0.47,  # head
    -2.86,  # start
    1.18,  # start_names_near
    0.29,  # start_right
)

# A text's share of the votes, and how often a text with that share was exactly right.
CONFIDENCE: Final = (
    (0.015, 0.04),
    (0.047, 0.08),
    (0.089, 0.14),
    (0.139, 0.17),
    (0.175, 0.21),
    (0.198, 0.24),
    (0.236, 0.30),
    (0.303, 0.41),
    (0.397, 0.49),
    (0.521, 0.54),
    (0.638, 0.67),
    (0.733, 0.78),
    (0.817, 0.84),
    (0.949, 0.98),
)
