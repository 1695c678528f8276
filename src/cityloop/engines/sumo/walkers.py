"""Pedestrians who wait at signalised crossings."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from cityloop.city.city import City
from cityloop.control.view import Ints


class WalkerReader:
    """Counts persons who stand on a walking area and want over a crossing.

    Parameters
    ----------
    city : City
    libsumo : module
    """

    def __init__(self, city: City, libsumo: Any) -> None:
        self._sumo = libsumo
        self._links_of_crossing: dict[str, list[int]] = defaultdict(list)
        movements = city.movements
        for ix in np.flatnonzero(movements["is_crossing"] & (movements["link_ix"] >= 0)):
            for via_id in str(movements["via_ids"][ix]).split():
                self._links_of_crossing[via_id.rpartition("_")[0]].append(int(movements["link_ix"][ix]))
        nodes = {crossing_id.rpartition("_c")[0] for crossing_id in self._links_of_crossing}
        self._areas = [
            edge_id for edge_id in (libsumo.edge.getIDList() if nodes else ()) if edge_id.rpartition("_w")[0] in nodes
        ]
        self._n_links = city.links.n_rows

    def read(self) -> Ints:
        """Return the number of waiting pedestrians of every link; 0 for links that rule no crossing."""
        n_walkers = np.zeros(self._n_links, np.int64)
        person = self._sumo.person
        if not self._areas or person.getIDCount() == 0:
            return n_walkers
        for area_id in self._areas:
            for person_id in self._sumo.edge.getLastStepPersonIDs(area_id):
                links = self._links_of_crossing.get(person.getNextEdge(person_id))
                if links and person.getWaitingTime(person_id) > 0:
                    n_walkers[links] += 1
        return n_walkers
