"""What a signal head shows, as small integers.

The characters are SUMO's: ``r y g G u s o O``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RED, YELLOW, GREEN_YIELDING, GREEN, RED_YELLOW, STOP_THEN_GO, BLINKING, DARK = range(8)
CHARACTERS = "rygGusoO"
_CODE_OF_BYTE = np.full(256, 255, np.uint8)
_CODE_OF_BYTE[np.frombuffer(CHARACTERS.encode(), np.uint8)] = np.arange(len(CHARACTERS), dtype=np.uint8)
_CODE_OF_BYTE[ord("Y")] = YELLOW
_BYTE_OF_CODE = CHARACTERS.encode().ljust(256, b"\xff")  # no character: what is not ASCII cannot be decoded


def codes_of(state: str) -> NDArray[np.uint8]:
    """Return the codes of a state string, one a link; 255 for a character that is none of ``rygGusoO``."""
    return _CODE_OF_BYTE[np.frombuffer(state.encode("latin-1"), np.uint8)]


def text_of(codes: NDArray[np.uint8]) -> str:
    """Return the state string of codes."""
    return codes.tobytes().translate(_BYTE_OF_CODE).decode("ascii")


def is_green(codes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return where a link shows green, protected or yielding."""
    return np.asarray((codes == GREEN) | (codes == GREEN_YIELDING))
