"""Times of a signal plan, and its states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cityloop.city.errors import Unusable
from cityloop.city.metropolis.sizes import check_positive, check_share

Links = frozenset[int]
_NONE: Links = frozenset()


@dataclass(frozen=True)
class Timing:
    """How the cycle of a signal is shared out.

    Parameters
    ----------
    cycle_s : float
        Length of the cycle; an assumption, as are the shares.
    yellow_s : float
        Yellow after each stage: 3 s up to 60 km/h (Korean National Police Agency, see ``control.guard.clearance``).
    all_red_s : float
        All-red after the yellow; an assumption, the floor of ``control.guard.clearance``.
    left_frac : float
        Share of the green of a road that its own stage for left turns takes.

    Raises
    ------
    Unusable
        Where a time is not above 0 (the all-red may be 0) or the share is not between 0 and 1.
    """

    cycle_s: float = 100.0
    yellow_s: float = 3.0
    all_red_s: float = 2.0
    left_frac: float = 0.35

    def __post_init__(self) -> None:
        check_positive(self.cycle_s, "timing cycle_s")
        check_positive(self.yellow_s, "timing yellow_s")
        if self.all_red_s < 0:
            raise Unusable(f"{self.all_red_s:g} is negative", "timing all_red_s", "give a time from 0 s on")
        check_share(self.left_frac, "timing left_frac")

    def green_s(self, n_stages: int) -> float:
        """Return the green that ``n_stages`` stages have to share.

        Raises
        ------
        Unusable
            Where the cycle leaves less than 5 s of green a stage.
        """
        green_s = self.cycle_s - n_stages * (self.yellow_s + self.all_red_s)
        if green_s < 5.0 * n_stages:
            raise Unusable(f"{self.cycle_s:g} s are too short for {n_stages} stages", "timing cycle_s", "lengthen it")
        return green_s

    def split_s(self, shares: Sequence[float]) -> tuple[float, ...]:
        """Return the green of stages with these shares in whole seconds, the rest to the first."""
        green_s = self.green_s(len(shares))
        others_s = [float(round(green_s * share / sum(shares))) for share in shares[1:]]
        return green_s - sum(others_s), *others_s


@dataclass(frozen=True)
class Stage:
    """What is green together.

    Parameters
    ----------
    green_s : float
        Duration of its green.
    protected, permissive, walks : frozenset of int
        Links that show ``G``, links that show ``g``, and links of crossings (``G``).
    walking_clearance_s : float
        How long before the end of the green its crossings turn red.
    """

    green_s: float
    protected: Links
    permissive: Links = _NONE
    walks: Links = _NONE
    walking_clearance_s: float = 0.0


def states_of(stages: Sequence[Stage], n_links: int, timing: Timing) -> tuple[tuple[str, float], ...]:
    """Return the states of a plan with their durations, in order.

    A link that is green in the next stage too stays green in between, any other shows yellow and then red.
    Crossings are green at the begin of their stage and red while the last walkers clear them.

    Parameters
    ----------
    stages : sequence of Stage
    n_links : int
    timing : Timing

    Raises
    ------
    Unusable
        Where a stage is too short to let walkers start for 7 s (Korean National Police Agency) and cross.
    """
    states: list[tuple[str, float]] = []
    for stage, following in zip(stages, [*stages[1:], stages[0]], strict=True):
        shown = [_character(stage, link) for link in range(n_links)]
        if stage.walks:
            walk_s = stage.green_s - stage.walking_clearance_s
            if walk_s < 7.0:
                need_s = 7.0 + stage.walking_clearance_s
                what = f"a stage of {stage.green_s:g} s is too short for walkers, who need {need_s:g} s"
                raise Unusable(what, "timing cycle_s", "lengthen the cycle or narrow the roads")
            walking = ["G" if link in stage.walks else shown[link] for link in range(n_links)]
            states.append(("".join(walking), walk_s))
            states.append(("".join(shown), stage.walking_clearance_s))
        else:
            states.append(("".join(shown), stage.green_s))
        stays = following.protected | following.permissive
        ending = ["y" if shown[link] in "gG" and link not in stays else shown[link] for link in range(n_links)]
        states.append(("".join(ending), timing.yellow_s))
        if timing.all_red_s > 0:
            states.append(("".join(ending).replace("y", "r"), timing.all_red_s))
    return tuple(states)


def _character(stage: Stage, link: int) -> str:
    if link in stage.protected:
        return "G"
    return "g" if link in stage.permissive else "r"
