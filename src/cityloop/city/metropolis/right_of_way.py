"""Who yields to whom at a junction."""

from __future__ import annotations

_RANK = {"s": 0, "r": 1, "l": 2, "t": 3}


def must_yield(own: tuple[int, str], foe: tuple[int, str], *, is_signalised: bool, major_axis: int) -> bool:
    """Whether a movement yields to a conflicting one when both may go.

    At a signal, turning vehicles yield to walkers, left turns and U-turns to who comes towards them, and a right turn
    to everybody it joins. Any other pair from crossing roads is to be kept apart by the signal: neither yields, so
    that no guard lets both go. Without a signal the minor road yields to the major one, and vehicles to walkers.

    Parameters
    ----------
    own, foe : (int, str)
        Arm and turn (``r s l t``, ``w`` for the crossing over that arm).
    is_signalised : bool
    major_axis : int
        Which arms have priority where there is no signal: 0 for arms 0 and 2, 1 for arms 1 and 3.
    """
    (arm, turn), (foe_arm, foe_turn) = own, foe
    if turn == "w":
        return False
    if foe_turn == "w":
        return turn != "s" or not is_signalised
    if arm % 2 != foe_arm % 2:
        if is_signalised:
            return turn == "r" and foe_turn != "r"
        return arm % 2 != major_axis
    if _RANK[turn] != _RANK[foe_turn]:
        return _RANK[turn] > _RANK[foe_turn]
    return arm > foe_arm and not is_signalised  # never met by the junctions of this package; settled all the same
