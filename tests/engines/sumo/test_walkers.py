from __future__ import annotations

from collections.abc import Callable

import libsumo

from cityloop.city.city import City
from cityloop.engines.sumo import SumoEngine

OpenEngine = Callable[..., SumoEngine]


def test_walkers_wait_at_the_crossing_they_want(open_engine: OpenEngine, street: City) -> None:
    crossing_links = {
        int(link_ix)
        for link_ix, is_crossing in zip(street.movements["link_ix"], street.movements["is_crossing"], strict=True)
        if is_crossing and link_ix >= 0
    }
    most = 0
    with open_engine("ideal") as engine:
        for t_s in range(601, 760):
            engine.advance(float(t_s))
            n_walkers = engine.sense().n_walkers
            assert n_walkers.sum() == n_walkers[sorted(crossing_links)].sum()
            waiting = [
                p
                for p in libsumo.person.getIDList()
                if libsumo.person.getRoadID(p).startswith(":J_w") and libsumo.person.getWaitingTime(p) > 0
            ]
            assert n_walkers.sum() == len(waiting)
            most = max(most, int(n_walkers.max()))
    assert most >= 2
