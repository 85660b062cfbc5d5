"""The numbers along an axis that begins at 0."""

import math


def round_numbers(length: float, most: int) -> list[float]:
    """Give at most so many steps of 1, 2 or 5 times a power of ten, from 0 on, as far as `length` reaches."""
    if length <= 0:
        return [0.0]
    power = 10.0 ** math.floor(math.log10(length / most))
    step = next(power * factor for factor in (1, 2, 5, 10) if length / (power * factor) <= most)
    return [number * step for number in range(int(length / step + 1e-9) + 1)]
