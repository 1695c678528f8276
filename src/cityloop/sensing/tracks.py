"""Vehicles followed from view to view, also while nobody sees them for a moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.control.view import Floats, Ints, Vehicles
from cityloop.sensing.coverage import Coverage
from cityloop.sensing.selection import joined, vehicles_where

STANDING_MPS = 1.0
"""A vehicle that is seen to be slower than this twice stands: speeds are read with an error."""
POSITION_GAIN, SPEED_GAIN = 0.5, 0.6
"""Weights of what is read against what was expected."""
TRUST_S = 5.0
"""Time after which what is only expected is trusted 1/e as much."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long vehicles are followed that nobody sees.

    Parameters
    ----------
    moving_s : float
        One that drove where it should be seen.
    beyond_s : float
        One that drove where nobody looks.
    standing_s : float
        One that stood; a green that has had time to clear it ends this earlier.
    inside_s : float
        One inside a junction.
    proof_s, proof_standing_s : float
        A new one counts once it has been seen for so long.
    """

    moving_s: float = 4.0
    beyond_s: float = 15.0
    standing_s: float = 30.0
    inside_s: float = 2.0
    proof_s: float = 1.0
    proof_standing_s: float = 4.0


class Tracks:
    """Follows vehicles by their numbers: smooths errors, bridges time without a reading, drops what soon vanishes.

    Position and speed are mixed with what was expected, by constant gains (an alpha-beta filter). A vehicle that is
    not seen any more drives on at its speed, at red up to the end of its lane, or stands on; so it is kept for a time
    that depends on where it was (see `Patience`).

    Parameters
    ----------
    city : City
    coverage : Coverage
        Where vehicles should be seen.
    patience : Patience, optional
    """

    def __init__(self, city: City, coverage: Coverage, patience: Patience | None = None) -> None:
        self._coverage, self._patience = coverage, patience or Patience()
        self._length_m = np.concatenate([city.lanes["length_m"], city.movements["length_m"]])
        self._now = Vehicles()
        self._first_s: Floats = np.empty(0)
        self._last_s: Floats = np.empty(0)
        self._is_proven: NDArray[np.bool_] = np.empty(0, np.bool_)
        self._t_s: float | None = None

    def follow(self, t_s: float, seen: Vehicles, green_s: Floats) -> Vehicles:
        """Return every vehicle that is thought to be there.

        Parameters
        ----------
        t_s : float
        seen : Vehicles
            Readings; ``age_s`` says how old they are. Rows of one number twice are not expected.
        green_s : float64, one a lane of the city
            Time since the start of green at the end of the lane; nan where it is red, infinity where no signal is.

        Returns
        -------
        Vehicles
            Sorted by number; ``age_s`` counts from the last picture of each and ``waiting_s`` from when it stood first.
        """
        elapsed_s = 0.0 if self._t_s is None else t_s - self._t_s
        self._t_s = t_s
        seen = vehicles_where(seen, np.argsort(seen.vehicle_ix, kind="stable"), seen.movement_ix)
        before, old, new = self._matched(seen.vehicle_ix)
        kept, kept_first_s, kept_last_s, kept_proven = self._unseen(before, t_s, elapsed_s, green_s)
        now, first_s, is_proven = self._seen(seen, old, new, t_s, elapsed_s)
        self._now = joined(now, kept)
        order = np.argsort(self._now.vehicle_ix, kind="stable")
        self._now = vehicles_where(self._now, order, self._now.movement_ix)
        self._first_s = np.concatenate([first_s, kept_first_s])[order]
        self._last_s = np.concatenate([t_s - seen.age_s, kept_last_s])[order]
        self._is_proven = np.concatenate([is_proven, kept_proven])[order]
        return vehicles_where(self._now, self._is_proven, self._now.movement_ix)

    def _matched(self, vehicle_ix: Ints) -> tuple[Ints, Ints, Ints]:
        """Return the rows of before that are not seen now, and for those that are: rows of before and of now."""
        known = self._now.vehicle_ix
        at = np.searchsorted(known, vehicle_ix)
        is_known = at < len(known)
        is_known[is_known] = known[at[is_known]] == vehicle_ix[is_known]
        new = np.flatnonzero(is_known)
        old = at[new]
        is_unseen = np.ones(len(known), np.bool_)
        is_unseen[old] = False
        return np.flatnonzero(is_unseen), old, new

    def _seen(
        self, seen: Vehicles, old: Ints, new: Ints, t_s: float, elapsed_s: float
    ) -> tuple[Vehicles, Floats, NDArray[np.bool_]]:
        before, place = self._now, self._coverage.place_of(seen)
        speed_mps, position_m = seen.speed_mps.copy(), seen.position_m + seen.speed_mps * seen.age_s
        waiting_s, first_s = np.zeros(len(place)), np.full(len(place), t_s)
        first_s[new] = self._first_s[old]
        expected_m = before.position_m[old] + before.speed_mps[old] * elapsed_s
        speed_mps[new] = before.speed_mps[old] + SPEED_GAIN * (seen.speed_mps[new] - before.speed_mps[old])
        is_same = (seen.lane_ix[new] == before.lane_ix[old]) & (
            (seen.lane_ix[new] >= 0) | (seen.movement_ix[new] == before.movement_ix[old])
        )
        is_near = is_same & (np.abs(position_m[new] - expected_m) < 15.0)
        position_m[new] = np.where(
            is_near, expected_m + POSITION_GAIN * (position_m[new] - expected_m), position_m[new]
        )
        is_slow = (seen.speed_mps < STANDING_MPS) & (speed_mps < STANDING_MPS)
        speed_mps[is_slow] = 0.0
        # a stop counts for as long as the vehicle is on its way to one stop line
        waiting_s[new] = np.where(seen.lane_ix[new] >= 0, before.waiting_s[old], 0.0)
        waiting_s += np.where(is_slow, elapsed_s, 0.0)
        patience = self._patience
        proof_s = np.where(is_slow, patience.proof_standing_s, patience.proof_s)
        is_proven = (t_s - first_s >= proof_s) | (seen.lane_ix < 0)
        is_proven[new] |= self._is_proven[old]
        now = Vehicles(
            vehicle_ix=seen.vehicle_ix,
            lane_ix=seen.lane_ix,
            movement_ix=seen.movement_ix,
            position_m=np.clip(position_m, 0.0, self._length_m[place]),
            speed_mps=speed_mps,
            length_m=seen.length_m,
            waiting_s=waiting_s,
            n_persons=seen.n_persons,
            age_s=seen.age_s,
            source=seen.source,
            confidence_frac=seen.confidence_frac,
        )
        return now, first_s, is_proven

    def _unseen(
        self, rows: Ints, t_s: float, elapsed_s: float, green_s: Floats
    ) -> tuple[Vehicles, Floats, Floats, NDArray[np.bool_]]:
        patience, coverage = self._patience, self._coverage
        track = vehicles_where(self._now, rows, self._now.movement_ix)
        place = coverage.place_of(track)
        age_s = t_s - self._last_s[rows]
        is_on_lane = track.lane_ix >= 0
        end_m = self._length_m[place]
        green = np.where(is_on_lane, green_s[track.lane_ix], np.inf)
        position_m = track.position_m + track.speed_mps * elapsed_s
        is_held = is_on_lane & np.isnan(green) & (position_m >= end_m)
        is_gone = (position_m >= end_m) & ~is_held
        speed_mps = np.where(is_held, 0.0, track.speed_mps)
        position_m = np.minimum(position_m, end_m)
        is_standing = speed_mps <= 0.0
        patience_s = np.where(coverage.sees(track), patience.moving_s, patience.beyond_s)
        patience_s = np.where(is_standing, patience.standing_s, patience_s)
        patience_s = np.where(is_on_lane, patience_s, patience.inside_s)
        # the wave that starts a queue runs upstream at 5 to 6 m/s; who is still not seen then has left
        is_cleared = is_standing & np.isfinite(green) & (green > 3.0 + (end_m - position_m) / 5.0)
        is_kept = ~is_gone & ~is_cleared & (age_s <= patience_s) & self._is_proven[rows]
        kept = Vehicles(
            vehicle_ix=track.vehicle_ix,
            lane_ix=track.lane_ix,
            movement_ix=track.movement_ix,
            position_m=position_m,
            speed_mps=speed_mps,
            length_m=track.length_m,
            waiting_s=track.waiting_s + np.where(is_standing, elapsed_s, 0.0),
            n_persons=track.n_persons,
            age_s=age_s,
            source=track.source,
            confidence_frac=track.confidence_frac * np.exp(-elapsed_s / TRUST_S),
        )
        kept = vehicles_where(kept, is_kept, kept.movement_ix)
        return kept, self._first_s[rows][is_kept], self._last_s[rows][is_kept], self._is_proven[rows][is_kept]
