"""Figures fitted by counts: `python -m benchmarks.embedded --calibrate` prints this."""

from __future__ import annotations

from typing import Final

# For each piece of evidence, what it adds to the logarithm of a vote's weight.
WEIGHTS: Final = (
    -4.52,  # bias
    0.30,  # left
    0.51,  # left_log
    0.39,  # whole_head
    0.15,  # lines_above
    1.86,  # names_near
    1.64,  # names_far
    0.06,  # right
    0.54,  # lines_below
    0.86,  # names_below
    -0.93,  # renamed
    -1.53,  # conflicts
    -0.35,  # rest
    -1.51,  # unknown
    0.26,  # familiar
    -0.60,  # distant
    0.53,  # young_unknown
    0.76,  # young_distant
    1.17,  # share_names
    -4.10,  # repeats
    -1.12,  # redefines
    -5.82,  # closes
    -2.12,  # opens
    0.38,  # opens_last
    -2.38,  # ends
    0.33,  # partial
    -0.95,  # partial_whole
    -0.44,  # head
    -2.85,  # start
    1.18,  # start_names_near
    0.29,  # start_right
)

# A text's share of the votes, and how often a text with that share was exactly right.
CONFIDENCE: Final = (
    (0.019, 0.04),
    (0.056, 0.10),
    (0.113, 0.16),
    (0.176, 0.20),
    (0.198, 0.24),
    (0.236, 0.32),
    (0.282, 0.38),
    (0.325, 0.43),
    (0.398, 0.48),
    (0.486, 0.52),
    (0.557, 0.58),
    (0.641, 0.66),
    (0.734, 0.77),
    (0.818, 0.86),
    (0.897, 0.95),
    (0.975, 0.99),
)
