"""The street's signals J and K; stages 0 (east and west) and 1 (north and south) are those of the plan."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from cityloop.city.city import City
from cityloop.city.link_state import GREEN, RED, YELLOW, codes_of, is_green
from cityloop.control.guard import SignalRules
from cityloop.control.orders import Orders
from cityloop.control.view import View
from cityloop.services.signals.network import SignalNetwork
from cityloop.services.signals.stage_keeper import StageKeeper

J, K = 0, 1
EAST_WEST, NORTH_SOUTH = 0, 1


@pytest.fixture
def keeper(street: City, network: SignalNetwork, rules: tuple[SignalRules, ...]) -> StageKeeper:
    return StageKeeper(street, network)


def _display(network: SignalNetwork, *stages: int) -> NDArray[np.uint8]:
    return np.concatenate([network.stages[signal][stage] for signal, stage in enumerate(stages)])


def _view(t_s: float, display: NDArray[np.uint8]) -> View:
    return View(t_s, display, np.zeros(len(display), np.int64))


def _request(keeper: StageKeeper, t_s: float, *wanted: int, unclear: list[int] | None = None) -> Orders:
    is_unclear = np.zeros(len(keeper.green_since_s), np.bool_)
    is_unclear[unclear or []] = True
    return keeper.request(np.array(wanted, np.int64), is_unclear, t_s)


def _asked(orders: Orders, signal: int) -> NDArray[np.uint8]:
    return orders.stages[signal].greens


def test_it_begins_with_what_the_street_shows(keeper: StageKeeper, network: SignalNetwork) -> None:
    keeper.observe(_view(50.0, _display(network, NORTH_SOUTH, EAST_WEST)))
    assert keeper.stage.tolist() == keeper.before.tolist() == [NORTH_SOUTH, EAST_WEST]
    assert keeper.may_switch(50.0).all()  # how long it has been shown already is the guard's to know
    assert (keeper.last_green_s == 50.0).all()  # nobody is taken to have waited for ever


def test_it_takes_the_stage_that_is_nearest_to_what_is_shown(keeper: StageKeeper, network: SignalNetwork) -> None:
    display = _display(network, EAST_WEST, NORTH_SOUTH)
    crossings = np.flatnonzero(network.stages[J][EAST_WEST][14:]) + 14
    display[crossings] = RED  # the crossings have ended before the cars
    keeper.observe(_view(0.0, display))
    assert keeper.stage.tolist() == [EAST_WEST, NORTH_SOUTH]


def test_every_signal_gets_an_order_at_every_tick(keeper: StageKeeper, network: SignalNetwork) -> None:
    keeper.observe(_view(0.0, _display(network, EAST_WEST, EAST_WEST)))
    orders = _request(keeper, 0.0, EAST_WEST, NORTH_SOUTH)
    assert [order.signal_ix for order in orders.stages] == [J, K]
    np.testing.assert_array_equal(_asked(orders, J), network.stages[J][EAST_WEST])
    np.testing.assert_array_equal(_asked(orders, K), network.stages[K][NORTH_SOUTH])


def test_a_switch_is_noted_and_held(keeper: StageKeeper, network: SignalNetwork) -> None:
    keeper.observe(_view(10.0, _display(network, EAST_WEST, EAST_WEST)))
    _request(keeper, 10.0, NORTH_SOUTH, EAST_WEST)
    assert (keeper.stage[J], keeper.before[J], keeper.switched_s[J]) == (NORTH_SOUTH, EAST_WEST, 10.0)
    n_stages = len(network.stages[J])
    hold_s = network.hold_after_s[network.hold_start[J] + EAST_WEST * n_stages + NORTH_SOUTH]
    assert keeper.hold_until_s[J] == 10.0 + hold_s
    assert hold_s > 0.0
    assert keeper.may_switch(10.0 + hold_s - 0.5).tolist() == [False, True]
    assert keeper.may_switch(10.0 + hold_s).all()


def test_who_asks_too_early_gets_the_stage_that_is_held(keeper: StageKeeper, network: SignalNetwork) -> None:
    keeper.observe(_view(10.0, _display(network, EAST_WEST, EAST_WEST)))
    _request(keeper, 10.0, NORTH_SOUTH, EAST_WEST)
    orders = _request(keeper, 11.0, EAST_WEST, EAST_WEST)
    np.testing.assert_array_equal(_asked(orders, J), network.stages[J][NORTH_SOUTH])
    assert keeper.switched_s[J] == 10.0


def test_asking_for_the_same_changes_nothing(keeper: StageKeeper, network: SignalNetwork) -> None:
    keeper.observe(_view(0.0, _display(network, EAST_WEST, EAST_WEST)))
    for t_s in (0.0, 1.0, 50.0):
        _request(keeper, t_s, EAST_WEST, EAST_WEST)
    assert keeper.switched_s.tolist() == [0.0, 0.0]


def _change(network: SignalNetwork, to_stage: int, yellow_from: int) -> NDArray[np.uint8]:
    """Return a display on the way: what ends shows yellow, nothing new is green."""
    greens, target = network.stages[J][yellow_from], network.stages[J][to_stage]
    ended = np.where(target == RED, YELLOW, greens)
    return np.concatenate([np.where(greens != RED, ended, RED), network.stages[K][EAST_WEST]]).astype(np.uint8)


def test_a_change_under_way_is_no_reason_to_give_it_up(keeper: StageKeeper, network: SignalNetwork) -> None:
    keeper.observe(_view(0.0, _display(network, EAST_WEST, EAST_WEST)))
    _request(keeper, 0.0, NORTH_SOUTH, EAST_WEST)
    for t_s in (1.0, 2.0, 3.0):
        keeper.observe(_view(t_s, _change(network, NORTH_SOUTH, EAST_WEST)))
        assert keeper.stage[J] == NORTH_SOUTH
    keeper.observe(_view(5.0, _display(network, NORTH_SOUTH, EAST_WEST)))
    assert (keeper.stage[J], keeper.switched_s[J]) == (NORTH_SOUTH, 0.0)


def test_an_order_that_was_not_carried_out_does_not_count(keeper: StageKeeper, network: SignalNetwork) -> None:
    keeper.observe(_view(0.0, _display(network, EAST_WEST, EAST_WEST)))
    _request(keeper, 0.0, NORTH_SOUTH, EAST_WEST)
    keeper.observe(_view(1.0, _display(network, EAST_WEST, EAST_WEST)))  # refused: all is as before
    assert (keeper.stage[J], keeper.before[J]) == (EAST_WEST, EAST_WEST)
    assert keeper.may_switch(1.0)[J]  # it may be asked for again


def test_a_stage_the_guard_recalls_is_taken_over(keeper: StageKeeper, network: SignalNetwork) -> None:
    keeper.observe(_view(0.0, _display(network, EAST_WEST, EAST_WEST)))
    _request(keeper, 0.0, EAST_WEST, EAST_WEST)
    keeper.observe(_view(100.0, _display(network, NORTH_SOUTH, EAST_WEST)))
    assert (keeper.stage[J], keeper.switched_s[J]) == (NORTH_SOUTH, 100.0)
    orders = _request(keeper, 100.0, int(keeper.stage[J]), EAST_WEST)
    np.testing.assert_array_equal(_asked(orders, J), network.stages[J][NORTH_SOUTH])


def test_greens_that_are_missing_after_the_hold_are_noticed(keeper: StageKeeper, network: SignalNetwork) -> None:
    keeper.observe(_view(0.0, _display(network, EAST_WEST, EAST_WEST)))
    _request(keeper, 0.0, NORTH_SOUTH, EAST_WEST)
    dark = np.concatenate([np.full(len(network.stages[J][0]), RED), network.stages[K][EAST_WEST]]).astype(np.uint8)
    keeper.observe(_view(float(keeper.hold_until_s[J]) - 1.0, dark))
    assert keeper.stage[J] == NORTH_SOUTH
    keeper.observe(_view(float(keeper.hold_until_s[J]), dark))
    fewest = int(np.argmin([(greens != RED).sum() for greens in network.stages[J]]))
    assert keeper.stage[J] == fewest


def test_it_knows_since_when_a_movement_is_green(keeper: StageKeeper, network: SignalNetwork) -> None:
    east_west, north_south = _display(network, EAST_WEST, EAST_WEST), _display(network, NORTH_SOUTH, EAST_WEST)
    for t_s, display in ((0.0, east_west), (5.0, east_west), (9.0, north_south), (12.0, north_south)):
        keeper.observe(_view(t_s, display))
    for movement, link in enumerate(keeper.link_of_movement.tolist()):
        was, is_now = is_green(east_west)[link], is_green(north_south)[link]
        since_s = keeper.green_since_s[movement]
        if is_now:
            assert since_s == (0.0 if was else 9.0)
            assert keeper.last_green_s[movement] == 12.0
        else:
            assert np.isnan(since_s)
            assert keeper.last_green_s[movement] == (5.0 if was else 0.0)


def test_a_link_whose_way_is_not_clear_is_held_back(keeper: StageKeeper, network: SignalNetwork) -> None:
    keeper.observe(_view(0.0, _display(network, EAST_WEST, EAST_WEST)))
    north = int(np.flatnonzero(network.shown[network.stage_start[J] + NORTH_SOUTH] == 2)[0])
    orders = _request(keeper, 0.0, NORTH_SOUTH, EAST_WEST, unclear=[north])
    link, full = int(network.movement_link[north]), network.stages[J][NORTH_SOUTH]
    assert full[link] == GREEN
    differs = np.flatnonzero(_asked(orders, J) != full)
    assert differs.tolist() == [link]
    assert _asked(orders, J)[link] == RED
    np.testing.assert_array_equal(_asked(orders, K), network.stages[K][EAST_WEST])
    np.testing.assert_array_equal(full, network.stages[J][NORTH_SOUTH])  # the stage itself is untouched
    cleared = _request(keeper, 1.0, NORTH_SOUTH, EAST_WEST)
    np.testing.assert_array_equal(_asked(cleared, J), full)


def test_a_link_held_back_still_gets_its_minimum_green(
    keeper: StageKeeper, network: SignalNetwork, rules: tuple[SignalRules, ...]
) -> None:
    keeper.observe(_view(0.0, _display(network, EAST_WEST, EAST_WEST)))
    north = int(np.flatnonzero(network.shown[network.stage_start[J] + NORTH_SOUTH] == 2)[0])
    _request(keeper, 0.0, NORTH_SOUTH, EAST_WEST)
    _request(keeper, 60.0, NORTH_SOUTH, EAST_WEST, unclear=[north])
    min_green_s = rules[J].min_green_s[network.movement_link[north]]
    assert not keeper.may_switch(60.0 + min_green_s - 0.5)[J]
    assert keeper.may_switch(60.0)[K]


def test_a_running_green_is_not_taken_back(keeper: StageKeeper, network: SignalNetwork) -> None:
    keeper.observe(_view(0.0, _display(network, EAST_WEST, EAST_WEST)))
    running = int(np.flatnonzero(network.shown[network.stage_start[J] + EAST_WEST] == 2)[0])
    orders = _request(keeper, 0.0, EAST_WEST, EAST_WEST, unclear=[running])
    np.testing.assert_array_equal(_asked(orders, J), network.stages[J][EAST_WEST])


def test_what_is_neither_green_nor_red_is_no_green(keeper: StageKeeper, network: SignalNetwork) -> None:
    keeper.observe(_view(0.0, _display(network, NORTH_SOUTH, EAST_WEST)))
    blinking = codes_of("o" * len(_display(network, EAST_WEST, EAST_WEST)))
    keeper.observe(_view(1.0, blinking))
    assert np.isnan(keeper.green_since_s).all()
