"""How many tokens another family's model counts for one of Qwen's, by what endpoints report.

Prompts are counted by Qwen's vocabulary, which is exact for Qwen. Other vocabularies differ on code
by a factor that is much the same from one prompt to the next.
"""

from __future__ import annotations

from dataclasses import dataclass

# What lies beyond is no vocabulary: an endpoint that counts what was new to its cache alone, say.
LEAST, MOST = 0.5, 2.0
_FAR_OFF = 2.0
# The weight of a new report in the mean.
_DAMPING = 0.2
# A budget that changes has every context gathered anew: the ratio in use follows in steps.
_STEP = 0.05
# A shorter prompt is mostly form.
_FEWEST_TOKENS = 100


@dataclass(frozen=True, slots=True)
class Calibration:
    """The damped mean of what was reported, and the ratio in use, which is near it."""

    mean: float = 1.0
    ratio: float = 1.0

    def convert(self, tokens: int) -> int:
        """So many tokens of the model's as tokens of Qwen's vocabulary."""
        return int(tokens / self.ratio)


def calibrate(before: Calibration, counted: int, reported: int) -> Calibration:
    """With one more prompt: `counted` tokens by Qwen's vocabulary, `reported` by the model's."""
    if counted < _FEWEST_TOKENS:
        return before
    found = reported / counted
    if not LEAST / _FAR_OFF <= found <= MOST * _FAR_OFF:
        return before
    mean = before.mean + _DAMPING * (min(max(found, LEAST), MOST) - before.mean)
    is_near = abs(mean - before.ratio) <= _STEP * before.ratio
    return Calibration(mean, before.ratio if is_near else mean)
