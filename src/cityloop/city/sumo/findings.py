"""What the owner of a city's signals should know."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cityloop.city.city import City, Finding
from cityloop.city.link_state import BLINKING, DARK, GREEN, RED, RED_YELLOW, STOP_THEN_GO, YELLOW, codes_of

_STOPS = np.array([RED, YELLOW, RED_YELLOW], np.uint8)
_SPECIAL = {STOP_THEN_GO: "s", RED_YELLOW: "u", BLINKING: "o", DARK: "O"}


def signal_findings(city: City) -> list[Finding]:
    """Return what stands out in the signal programs, at most one finding of a kind for each signal.

    - ``conflicting greens``: a program shows two conflicting links ``G`` at once, so that neither yields;
    - ``never green``: links that the plan in force never lets go;
    - ``unused links``: links that no movement hangs on;
    - ``special states``: ``s`` (stop, then go), ``u`` (red and yellow), ``o`` (blinking) or ``O`` (dark).

    Parameters
    ----------
    city : City

    Returns
    -------
    list of Finding
        In the order of the signals.
    """
    findings: list[Finding] = []
    for signal_ix in range(city.signals.n_rows):
        where = f"signal {city.signals['signal_id'][signal_ix]}"
        states = {
            str(city.plans["plan_id"][plan_ix]): np.array([codes_of(state) for state in city.states_of(plan_ix)])
            for plan_ix in np.flatnonzero(city.plans["signal_ix"] == signal_ix).tolist()
        }
        in_force = states[str(city.plans["plan_id"][city.signals["plan_ix"][signal_ix]])]
        is_used = city.links["is_used"][city.links_of(signal_ix)]
        pairs = _conflicting_greens(city, signal_ix, states)
        if pairs:
            text = "conflicting links are green at once and neither yields: " + "; ".join(pairs)
            findings.append(Finding("conflicting greens", where, text))
        is_never_green = np.all(np.isin(in_force, _STOPS), axis=0) & is_used
        if is_never_green.any():
            links = ", ".join(map(str, np.flatnonzero(is_never_green)))
            findings.append(Finding("never green", where, f"the plan in force never lets go links {links}"))
        if not is_used.all():
            links = ", ".join(map(str, np.flatnonzero(~is_used)))
            findings.append(Finding("unused links", where, f"no movement hangs on links {links}"))
        shown = np.unique(np.concatenate([codes.ravel() for codes in states.values()]))
        special = [text for code, text in _SPECIAL.items() if code in shown]
        if special:
            findings.append(Finding("special states", where, f"its programs show {', '.join(special)}"))
    return findings


def _conflicting_greens(city: City, signal_ix: int, states: dict[str, NDArray[np.uint8]]) -> list[str]:
    """Return ``"i-j, i-j (program)"`` for the conflicting links that each program shows ``G`` at once."""
    links = city.links_of(signal_ix)
    link_ix = city.movements["link_ix"]
    own, foe = link_ix[city.conflicts["movement_ix"]], link_ix[city.conflicts["foe_ix"]]
    is_here = (own >= links.start) & (own < links.stop) & (foe >= links.start) & (foe < links.stop) & (own < foe)
    i, j = np.unique(np.column_stack((own[is_here], foe[is_here])), axis=0).T - links.start
    found = []
    for name, codes in states.items():
        is_both = ((codes[:, i] == GREEN) & (codes[:, j] == GREEN)).any(axis=0)
        if is_both.any():
            pairs = ", ".join(f"{a}-{b}" for a, b in zip(i[is_both].tolist(), j[is_both].tolist(), strict=True))
            found.append(f"{pairs} (program {name})")
    return found
