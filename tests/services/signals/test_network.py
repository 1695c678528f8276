from __future__ import annotations

from dataclasses import fields, replace
from itertools import pairwise

import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.city.link_state import GREEN, GREEN_YIELDING, RED
from cityloop.control.guard import SignalRules, clearance_of, signal_rules, start_delay_s
from cityloop.services.signals import PlannerConfig, SignalsConfig
from cityloop.services.signals.network import SignalNetwork, signal_network

from .closed_loop import lanes_of, movement_of

J, K = 0, 1


def _build(city: City, clearance: str = "program", **planner: object) -> SignalNetwork:
    config = SignalsConfig(planner=PlannerConfig.model_validate(planner))
    return signal_network(city, signal_rules(city, clearance_of(clearance)), config)


@pytest.fixture(scope="session")
def networks(street: City, cologne1: City) -> list[tuple[City, tuple[SignalRules, ...], SignalNetwork]]:
    """Return the street and a real junction, with their rules, under both clearances."""
    result = []
    for city in (street, cologne1):
        for clearance in ("street", "program"):
            rules = signal_rules(city, clearance_of(clearance))
            result.append((city, rules, signal_network(city, rules, SignalsConfig())))
    return result


def _signals(network: SignalNetwork) -> list[int]:
    return [rule.signal_ix for planned in network.planned for rule in planned.members]


def _own(starts: np.ndarray, row: int) -> slice:
    return slice(int(starts[row]), int(starts[row + 1]))


def test_every_array_covers_its_rows(networks: list[tuple[City, tuple[SignalRules, ...], SignalNetwork]]) -> None:
    for city, _, network in networks:
        rows = {
            "link_start": len(network.link_ix),
            "lane_start": len(network.lane_share),
            "movement_start": len(network.movement_ix),
            "out_start": len(network.out_end_lane),
            "stage_start": len(network.shown),
            "delay_start": len(network.start_delay_s),
            "hold_start": len(network.hold_after_s),
            "prior_start": len(network.prior_movement),
            "candidate_start": len(network.candidate_movement),
            "path_start": len(network.path_out),
            "foe_start": len(network.foe_row),
        }
        for field in fields(network):
            if field.name.endswith("_start"):
                start = getattr(network, field.name)
                assert start[0] == 0
                assert (np.diff(start) >= 0).all()
                assert start[-1] == rows[field.name], field.name
        assert len(network.candidate_start) == len(network.path_start) == city.lanes.n_rows + 1
        assert len(network.foe_start) == len(network.row_of_movement) + 1 == city.movements.n_rows + 1


def test_every_signalised_movement_stands_once(
    networks: list[tuple[City, tuple[SignalRules, ...], SignalNetwork]],
) -> None:
    for city, _, network in networks:
        planned = np.isin(city.movements["signal_ix"], _signals(network))
        assert sorted(network.movement_ix.tolist()) == np.flatnonzero(planned).tolist()
        rows = np.arange(len(network.movement_ix))
        np.testing.assert_array_equal(network.row_of_movement[network.movement_ix], rows)
        assert (network.row_of_movement[~planned] == -1).all()
        for signal in range(network.n_signals):
            own = network.movement_ix[_own(network.movement_start, signal)]
            assert set(city.movements["signal_ix"][own].tolist()) == {_signals(network)[signal]}
            links = city.links_of(_signals(network)[signal])
            of_link = network.movement_link[_own(network.movement_start, signal)] + links.start
            np.testing.assert_array_equal(of_link, city.movements["link_ix"][own])


def test_movements_hang_on_their_lanes(networks: list[tuple[City, tuple[SignalRules, ...], SignalNetwork]]) -> None:
    for city, _, network in networks:
        from_lane = city.movements["from_lane_ix"][network.movement_ix]
        np.testing.assert_array_equal(network.lane_ix[network.movement_lane], from_lane)
        drives = ~city.movements["is_crossing"][network.movement_ix]
        assert (network.movement_out[drives] >= 0).all()
        assert (network.movement_out[~drives] == -1).all()
        np.testing.assert_array_equal(np.sort(network.crossing_movement), np.flatnonzero(~drives))
        np.testing.assert_array_equal(network.movement_lane[network.crossing_movement], network.crossing_lane)
        assert city.links["is_crossing"][network.crossing_link].all()


def test_stages_show_what_their_movements_may(
    networks: list[tuple[City, tuple[SignalRules, ...], SignalNetwork]],
) -> None:
    light = {RED: 0, GREEN_YIELDING: 1, GREEN: 2}
    for _, _, network in networks:
        for signal, stages in enumerate(network.stages):
            links = network.movement_link[_own(network.movement_start, signal)]
            assert len(stages) >= 2
            for k, greens in enumerate(stages):
                shown = network.shown[network.stage_start[signal] + k]
                assert shown[: len(links)].tolist() == [light[int(code)] for code in greens[links]]
                assert not shown[len(links) :].any()


def test_clearance_and_holds_are_the_guards(
    networks: list[tuple[City, tuple[SignalRules, ...], SignalNetwork]],
) -> None:
    for _, rules, network in networks:
        for signal, stages in enumerate(network.stages):
            rule, n = rules[_signals(network)[signal]], len(stages)
            links = network.movement_link[_own(network.movement_start, signal)]
            for a, before in enumerate(stages):
                for b, after in enumerate(stages):
                    at = int(network.delay_start[signal]) + (a * n + b) * len(links)
                    delay_s = network.start_delay_s[at : at + len(links)]
                    np.testing.assert_array_equal(delay_s, start_delay_s(rule, before, after)[links])
                    hold_s = network.hold_after_s[network.hold_start[signal] + a * n + b]
                    is_new = (before[links] == RED) & (after[links] != RED)
                    is_new |= (before[links] == GREEN_YIELDING) & (after[links] == GREEN)
                    assert (hold_s >= (delay_s + rule.min_green_s[links])[is_new] - 1e-9).all()
                    assert hold_s >= rule.yellow_s[(before != RED) & (after == RED)].max(initial=0.0)
                    assert a != b or hold_s == 0.0


def test_a_turn_that_yields_waits_for_who_has_the_right_of_way(street: City, network: SignalNetwork) -> None:
    def row(from_lane: str, to_lane: str) -> int:
        return int(network.row_of_movement[movement_of(street, from_lane, to_lane)])

    left, opposing, straight = row("AJ_2", "JN_1"), row("KJ_1", "JA_1"), row("AJ_1", "JK_1")
    assert opposing in network.prior_movement[_own(network.prior_start, left)]
    assert left not in network.prior_movement[_own(network.prior_start, opposing)]
    assert straight not in network.prior_movement[_own(network.prior_start, left)]


def test_only_own_movements_have_priority(
    networks: list[tuple[City, tuple[SignalRules, ...], SignalNetwork]],
) -> None:
    for _, _, network in networks:
        signal_of = np.repeat(np.arange(network.n_signals), np.diff(network.movement_start))
        from_rows = np.repeat(np.arange(len(network.movement_ix)), np.diff(network.prior_start))
        np.testing.assert_array_equal(signal_of[from_rows], signal_of[network.prior_movement])
        assert (from_rows != network.prior_movement).all()


def test_candidates_reach_upstream_past_unsignalised_nodes(street: City, network: SignalNetwork) -> None:
    lane = lanes_of(street)
    own = _own(network.candidate_start, lane["AJ_1"])
    upstream = _own(network.candidate_start, lane["WA_1"])
    np.testing.assert_array_equal(network.candidate_movement[upstream], network.candidate_movement[own])
    way_m = street.lanes["length_m"][lane["AJ_1"]] + street.movements["length_m"][movement_of(street, "WA_1", "AJ_1")]
    assert network.candidate_offset_m[own].tolist() == [0.0] * 4
    assert network.candidate_offset_m[upstream] == pytest.approx([way_m] * 4)


def test_a_change_of_lane_is_possible_but_not_expected(street: City, network: SignalNetwork) -> None:
    lane = lanes_of(street)
    rows = _own(network.candidate_start, lane["WA_1"])
    stop_lane = network.lane_ix[network.movement_lane[network.candidate_movement[rows]]]
    assert stop_lane.tolist() == [lane["AJ_1"]] * 2 + [lane["AJ_2"]] * 2  # its own lane first
    assert (network.candidate_prior[rows][:2] > 0.0).all()
    assert (network.candidate_prior[rows][2:] == 0.0).all()


def test_candidates_end_at_the_reach_and_at_other_stop_lines(street: City, network: SignalNetwork) -> None:
    lane = lanes_of(street)
    near = _build(street, reach_m=5.0)
    assert near.candidate_start[lane["WA_1"] + 1] == near.candidate_start[lane["WA_1"]]
    # JK leads to K's stop line; what stands before J is not on K's approach
    rows = _own(network.candidate_start, lane["AJ_1"])
    of_signal = np.repeat(np.arange(2), np.diff(network.movement_start))[network.candidate_movement[rows]]
    assert set(of_signal.tolist()) == {J}


def test_a_lane_that_leads_to_no_signal_has_no_candidates(street: City, network: SignalNetwork) -> None:
    lane = lanes_of(street)
    for name in ("AW_1", "JN_1", "KE_1"):
        assert network.candidate_start[lane[name] + 1] == network.candidate_start[lane[name]]


def test_turning_back_is_expected_of_few(cologne1: City) -> None:
    network = _build(cologne1)
    direction = cologne1.movements["direction"][network.movement_ix[network.candidate_movement]]
    prior = network.candidate_prior
    assert 0.0 < prior[(direction == "t") & (prior > 0.0)].max() < prior[(direction == "l") & (prior > 0.0)].min()


def test_cologne_is_followed_upstream(cologne1: City) -> None:
    network = _build(cologne1)
    stop_lanes = set(network.lane_ix.tolist())
    with_candidates = set(np.flatnonzero(np.diff(network.candidate_start)).tolist())
    assert stop_lanes < with_candidates
    beyond = with_candidates - stop_lanes
    assert all(network.candidate_offset_m[network.candidate_start[lane]] > 0.0 for lane in beyond)
    changes = [lane for lane in beyond if network.candidate_prior[network.candidate_start[lane]] == 0.0]
    assert changes  # a lane from which the stop line is reached only by a change of lane


def test_out_lanes_are_followed_to_the_next_stop_line(street: City, network: SignalNetwork) -> None:
    lane = lanes_of(street)

    def out(from_lane: str, to_lane: str) -> int:
        return int(network.movement_out[network.row_of_movement[movement_of(street, from_lane, to_lane)]])

    to_k, to_west = out("AJ_1", "JK_1"), out("KJ_1", "JA_1")
    assert network.lane_ix[network.out_end_lane[to_k]] == lane["JK_1"]
    assert network.out_path_m[to_k] == pytest.approx(street.lanes["length_m"][lane["JK_1"]])
    assert network.out_end_lane[to_west] == -1  # no signal ends it
    rows = _own(network.path_start, lane["AW_1"])
    (row,) = [row for row in range(rows.start, rows.stop) if network.path_out[row] == to_west]
    way_m = street.movements["length_m"][movement_of(street, "JA_1", "AW_1")]
    assert network.path_base_m[row] == pytest.approx(street.lanes["length_m"][lane["JA_1"]] + way_m)


def test_who_is_in_the_way_of_whom(street: City, network: SignalNetwork) -> None:
    left, opposing = movement_of(street, "AJ_2", "JN_1"), movement_of(street, "KJ_1", "JA_1")
    rows = _own(network.foe_start, left)
    (row,) = [r for r in range(rows.start, rows.stop) if network.foe_row[r] == network.row_of_movement[opposing]]
    assert 0.0 < network.foe_conflict_m[row] <= street.movements["length_m"][left]
    back = _own(network.foe_start, opposing)
    (mirror,) = [r for r in range(back.start, back.stop) if network.foe_row[r] == network.row_of_movement[left]]
    acceleration_mps2 = PlannerConfig().acceleration_mps2
    entry_s = np.sqrt(2.0 * network.foe_conflict_m[mirror] / acceleration_mps2)
    assert network.foe_entry_s[row] == pytest.approx(entry_s)


def test_a_turn_never_discharges_faster_than_straight_on(street: City, network: SignalNetwork) -> None:
    direction = street.movements["direction"][network.movement_ix]
    drives = ~street.movements["is_crossing"][network.movement_ix]
    straight, turning = network.discharge_mps[drives & (direction == "s")], network.discharge_mps[direction == "l"]
    assert turning.max() <= straight.min()
    assert (network.discharge_mps > 0.0).all()


def test_uncertain_lanes_are_kept_in_samples(street: City) -> None:
    network = _build(street, n_samples=3)
    n_movements = np.bincount(network.movement_lane, minlength=len(network.lane_share))
    for signal in range(network.n_signals):
        lane, end = int(network.lane_start[signal]), int(network.lane_start[signal + 1])
        while lane < end:
            n_copies = 3 if n_movements[lane] > 1 else 1
            assert (network.lane_share[lane : lane + n_copies] == 3 // n_copies).all()
            assert len(set(network.lane_ix[lane : lane + n_copies].tolist())) == 1
            lane += n_copies
    assert (_build(street, n_samples=1).lane_share == 1).all()


def test_a_signal_with_nothing_to_choose_is_left_to_its_program(street: City, rules: tuple[SignalRules, ...]) -> None:
    one_stage = replace(rules[J], stages=np.full((1, rules[J].n_links), RED, np.uint8))
    network = signal_network(street, (one_stage, rules[K]), SignalsConfig())
    assert _signals(network) == [K]
    assert (network.row_of_movement[street.movements["signal_ix"] == J] == -1).all()
    nothing = signal_network(street, (one_stage,), SignalsConfig())
    assert nothing.n_signals == 0
    assert nothing.shown.shape == (0, 0)


def test_the_same_city_gives_the_same_arrays(street: City, network: SignalNetwork) -> None:
    again = _build(street)
    for field in fields(network):
        one, other = getattr(network, field.name), getattr(again, field.name)
        if isinstance(one, np.ndarray):
            np.testing.assert_array_equal(one, other, err_msg=field.name)
            assert one.flags.c_contiguous


def test_lanes_and_movements_stand_by_signal(network: SignalNetwork) -> None:
    for starts, rows in ((network.lane_start, network.movement_lane), (network.out_start, network.movement_out)):
        for signal, (first, end) in enumerate(pairwise(network.movement_start.tolist())):
            own = rows[first:end][rows[first:end] >= 0]
            assert ((own >= starts[signal]) & (own < starts[signal + 1])).all()
