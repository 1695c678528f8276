"""What routing needs of a net and its city does not keep, read from the net file when it is asked for."""

from __future__ import annotations

from functools import cached_property

from lxml import etree

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.city.sumo.net_file import is_allowed

_COLUMN_OF_CLASS = {
    "passenger": "allows_cars",
    "bus": "allows_buses",
    "bicycle": "allows_bicycles",
    "pedestrian": "allows_pedestrians",
}
_EQUAL_RANK_KINDS = ("right_before_left", "left_before_right")


class NetDetails:
    """Which lanes are open to a class, and which ways SUMO counts as minor though they yield to none.

    Parameters
    ----------
    city : City
    """

    def __init__(self, city: City) -> None:
        self.city = city

    def open_lanes(self, vehicle_class: str) -> list[bool]:
        """Return whether each lane of the city is open to a vehicle class.

        Raises
        ------
        Unusable
            When the net file has to be read for it, and cannot be.
        """
        column = _COLUMN_OF_CLASS.get(vehicle_class)
        if column is not None:
            return [bool(is_open) for is_open in self.city.lanes[column].tolist()]
        if vehicle_class == "ignoring":
            return [True] * self.city.lanes.n_rows
        answers = {pair: is_allowed(vehicle_class, *pair) for pair in set(self._permissions)}
        return [answers[pair] for pair in self._permissions]

    @cached_property
    def equal_rank_via_ids(self) -> frozenset[str]:
        """Names of the first internal lanes of the ways between streets of equal rank (link state ``=``).

        Older nets give this state to every way through such a junction, newer ones to those that yield.
        """
        nodes, rows = self.city.nodes, self.city.movements
        is_equal_rank = [kind in _EQUAL_RANK_KINDS for kind in nodes["kind"]]
        is_open_question = any(
            is_equal_rank[node] and not is_minor
            for node, is_minor in zip(rows["node_ix"].tolist(), rows["is_minor"].tolist(), strict=True)
        )
        if not is_open_question:
            return frozenset()
        return frozenset(
            connection.get("via", "")
            for connection in self._root.iterchildren("connection")
            if connection.get("state") == "="
        )

    @cached_property
    def _permissions(self) -> list[tuple[str, str]]:
        permissions = {
            lane.get("id"): (lane.get("allow", ""), lane.get("disallow", ""))
            for lane in self._root.iterfind("edge/lane")
        }
        return [permissions.get(lane_id, ("", "")) for lane_id in self.city.lanes["lane_id"]]

    @cached_property
    def _root(self) -> etree._Element:
        try:
            return etree.parse(self.city.net_path, etree.XMLParser(huge_tree=True, no_network=True)).getroot()
        except (OSError, etree.XMLSyntaxError) as error:
            raise Unusable(f"the net cannot be read ({error})", str(self.city.net_path), "restore it") from error
