from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .junction import Junction, Model, Queued, Run, queue

CROSS = ("Gr", "rG")  # two lanes in conflict, a stage for each


def test_a_queue_leaves_one_headway_after_the_other() -> None:
    run = Run(Junction(("G",), (queue(4),), headway_s=2.0)).show(0, 10.0)
    assert run.departures_s(0) == [0.0, 2.0, 4.0, 6.0]
    assert run.cost == 0.0 + 2.0 + 4.0 + 6.0


def test_who_arrives_at_an_empty_green_passes_without_delay() -> None:
    run = Run(Junction(("G",), ((Queued(1.5), Queued(5.25)),))).show(0, 10.0)
    assert run.departures_s(0) == [1.5, 5.25]
    assert run.cost == 0.0


def test_nobody_leaves_at_red() -> None:
    run = Run(Junction(("r",), (queue(2),))).show(0, 10.0)
    assert run.departures_s(0) == []
    assert run.cost == 20.0


def test_the_leader_of_a_shared_lane_decides() -> None:
    shared = (*queue(1, 0), *queue(1, 1), *queue(1, 0))
    run = Run(Junction(CROSS, (shared,), lanes=(0, 0))).show(0, 10.0)
    assert run.departures_s(0) == [0.0]  # the second wants the red movement and keeps the third back
    run.show(1, 20.0)
    assert run.departures_s(0) == [0.0, 10.0]


def test_a_new_green_waits_for_its_clearance_and_a_queue_for_its_start() -> None:
    junction = Junction(CROSS, (queue(0), (*queue(2, 1), Queued(30.0, 1))), delay_s=4.0)
    run = Run(junction, Model(start_loss_s=1.0)).show(0, 10.0).show(1, 40.0)
    assert run.departures_s(1) == [15.0, 17.0, 30.0]  # the last one finds the lane empty and loses nothing


def test_who_arrives_with_the_new_green_loses_at_most_the_start() -> None:
    junction = Junction(CROSS, (queue(0), (Queued(14.5, 1),)), delay_s=4.0)
    assert Run(junction, Model(start_loss_s=1.0)).show(0, 10.0).show(1, 20.0).departures_s(1) == [15.0]


def test_part_of_the_yellow_is_driven() -> None:
    run = Run(Junction(CROSS, (queue(9), queue(0))), Model(yellow_use_s=1.5)).show(0, 7.0).show(1, 20.0)
    assert run.departures_s(0) == [0.0, 2.0, 4.0, 6.0, 8.0]
    without = Run(Junction(CROSS, (queue(9), queue(0))), Model(yellow_use_s=1.0)).show(0, 7.0).show(1, 20.0)
    assert without.departures_s(0) == [0.0, 2.0, 4.0, 6.0]  # 8 s is the end of what is driven


def test_a_movement_that_stays_green_loses_nothing() -> None:
    junction = Junction(("GGr", "Grr", "GrG"), (queue(9), (), ()), lanes=(0, 1, 2), delay_s=5.0)
    run = Run(junction, Model(start_loss_s=2.0)).show(0, 5.0).show(1, 9.0).show(2, 20.0)
    assert run.departures_s(0) == [2.0 * k for k in range(9)]


def test_a_yielding_movement_waits_for_a_gap() -> None:
    opposing = tuple(Queued(t_s, 1) for t_s in (1.0, 3.0, 5.0, 6.5, 12.0))
    junction = Junction(("gG",), (queue(1, 0), opposing), yields=((0, 1),))
    (left_s,) = Run(junction, Model(critical_gap_s=3.0)).show(0, 20.0).departures_s(0)
    assert 6.5 < left_s <= 9.0
    (later_s,) = Run(junction, Model(critical_gap_s=6.0)).show(0, 20.0).departures_s(0)
    assert later_s > 12.0


def test_a_yielding_movement_with_nobody_to_yield_to_goes() -> None:
    queues = (queue(2, 0), queue(2, 1))
    assert Run(Junction(("gr",), queues, yields=((0, 1),))).show(0, 9.0).departures_s(0) == [0.0, 2.0]
    assert Run(Junction(("gG",), queues)).show(0, 9.0).departures_s(0) == [0.0, 2.0]
    assert Run(Junction(("GG",), queues, yields=((0, 1),))).show(0, 9.0).departures_s(0) == [0.0, 2.0]


def test_a_turn_that_becomes_protected_starts_after_those_it_yielded_to() -> None:
    junction = Junction(("gG", "Gr"), (queue(2, 0), queue(9, 1)), yields=((0, 1),))
    model = Model(start_loss_s=1.0, yellow_use_s=1.5)
    run = Run(junction, model).show(0, 4.0).show(1, 20.0)
    assert run.departures_s(0) == [6.5, 8.5]  # switched at 4 s, the others drive until 5.5 s, then the start
    without = Run(Junction(("gG", "Gr"), (queue(2, 0), ()), yields=((0, 1),)), model).show(0, 0.5).show(1, 20.0)
    assert without.departures_s(0) == [0.0, 2.0]  # nobody to wait for, nothing lost


def test_an_out_lane_takes_no_more_than_it_has_room_for() -> None:
    junction = Junction(("G",), (queue(5),), outs=(0,), places={0: [0.0, 0.0, 7.5]})
    assert Run(junction).show(0, 30.0).departures_s(0) == [0.0, 2.0, 7.5]


def test_two_lanes_share_the_room_of_their_out_lane() -> None:
    junction = Junction(("GG",), (queue(3, 0), queue(3, 1)), outs=(0, 0), places={0: [0.0, 0.0, 0.0]})
    run = Run(junction).show(0, 30.0)
    assert len(run.departures_s(0)) + len(run.departures_s(1)) == 3


def test_copies_of_an_uncertain_lane_share_one_place() -> None:
    queues = (queue(2, 0), queue(2, 0))  # the same two vehicles, drawn twice
    places = {0: [0.0]}
    run = Run(Junction(("G",), queues, lanes=(0,), outs=(0,), places=places, shares=(1, 1)), n_samples=2).show(0, 9.0)
    assert [len(run.departures_s(lane)) for lane in (0, 1)] == [1, 1]
    sure = Run(Junction(("G",), (queue(2),), outs=(0,), places=places, shares=(2,)), n_samples=2).show(0, 9.0)
    assert sure.departures_s(0) == [0.0]


def test_an_obstructed_way_is_waited_for() -> None:
    assert Run(Junction(("G",), (queue(2),), obstructed_s=(3.5,))).show(0, 9.0).departures_s(0) == [3.5, 5.5]


def test_a_stop_costs_once_and_only_who_was_moving() -> None:
    stopped = (Queued(0.0, 0), Queued(0.0, 0, stop_cost=5.0))
    assert Run(Junction(("r",), (stopped,))).show(0, 4.0).cost == 8.0
    assert Run(Junction(("r",), ((Queued(2.0, 0, stop_cost=5.0),),))).show(0, 6.0).cost == 4.0 + 5.0
    assert Run(Junction(("G",), ((Queued(2.0, 0, stop_cost=5.0),),))).show(0, 6.0).cost == 0.0


def test_delay_counts_by_weight() -> None:
    bus = (Queued(0.0, 0, weight=40.0), Queued(1.0, 0, weight=1.0))
    assert Run(Junction(("r",), (bus,))).show(0, 3.0).cost == 40.0 * 3.0 + 1.0 * 2.0


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.floats(0.0, 30.0), max_size=8),
    st.lists(st.floats(1.0, 8.0), min_size=1, max_size=5),
    st.sampled_from([0.5, 1.0, 2.5]),
)
def test_the_length_of_the_steps_changes_nothing(arrivals_s: list[float], greens_s: list[float], step_s: float) -> None:
    queues = (tuple(Queued(t_s) for t_s in sorted(arrivals_s)), ())
    model = Model(start_loss_s=1.0, yellow_use_s=1.5)
    whole, fine = (Run(Junction(CROSS, queues, delay_s=3.0), model) for _ in range(2))
    until_s = 0.0
    for k, green_s in enumerate(greens_s):
        until_s += green_s + 3.0
        whole.show(k % 2, until_s, step_s=green_s + 3.0)
        fine.show(k % 2, until_s, step_s=step_s)
    assert fine.departures_s(0) == pytest.approx(whole.departures_s(0))
    assert fine.cost == pytest.approx(whole.cost)


def test_who_waits_at_the_end_of_a_step_waits_for_its_green_and_for_each_other() -> None:
    waiting = (Queued(0.0, weight=2.0), Queued(1.0), Queued(3.5, weight=4.0))
    model = Model(residual_s=10.0, residual_growth_s=1.5)
    assert Run(Junction(("r",), (waiting,)), model).show(0, 3.0).residual == 3.0 * (10.0 + 1.5 * 2)  # not the last yet
    assert Run(Junction(("r",), (waiting,)), model).show(0, 4.0).residual == 7.0 * (10.0 + 1.5 * 3)
    assert Run(Junction(("G",), (waiting,)), model).show(0, 3.0, step_s=3.0).residual == 0.0
    two = Run(Junction(("rr",), (queue(1), queue(2, 1))), model).show(0, 1.0)
    assert two.residual == 11.5 + 2 * 13.0
