from __future__ import annotations

import dataclasses

import pytest

from cityloop.city.city import City


def test_links_of_a_signal_are_its_rows(street: City) -> None:
    for signal_ix in range(street.signals.n_rows):
        assert set(street.links["signal_ix"][street.links_of(signal_ix)].tolist()) == {signal_ix}
    counted = [street.links_of(ix).stop - street.links_of(ix).start for ix in range(street.signals.n_rows)]
    assert sum(counted) == street.links.n_rows


def test_states_of_a_plan_have_one_character_a_link(street: City) -> None:
    for signal_ix in range(street.signals.n_rows):
        links = street.links_of(signal_ix)
        states = street.states_of(int(street.signals["plan_ix"][signal_ix]))
        assert len(states) > 2
        assert {len(state) for state in states} == {links.stop - links.start}


def test_a_city_cannot_be_changed(street: City) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        street.name = "another"  # type: ignore[misc]
