from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.city.link_state import codes_of, text_of
from cityloop.control.guard import Clearance, GuardConfig, SignalGuard, reasons, signal_rules
from cityloop.control.orders import Orders, Precedence, Refusal, StageOrder
from cityloop.control.view import View

CityOf = Callable[[list[dict[str, Any]]], City]
WEST, NORTH, ALL_RED = "GrgG", "rGrr", "rrrr"


@dataclass
class Street:
    """Heads that show what is permitted, and a log of what they showed and what was refused."""

    city: City
    guard: SignalGuard
    display: str
    t_s: float = 0.0
    film: dict[float, str] = field(default_factory=dict)
    refused: dict[float, list[str]] = field(default_factory=dict)

    def tick(self, *orders: StageOrder, walkers: int = 0, by_s: float = 1.0) -> None:
        n_walkers = np.zeros(len(self.display), np.int64)
        n_walkers[3] = walkers
        permit = self.guard.permit(View(self.t_s, codes_of(self.display), n_walkers), [Orders((o,)) for o in orders])
        for signal_ix, display in zip(permit.signal_ix, permit.displays, strict=True):
            links = self.city.links_of(signal_ix)
            self.display = self.display[: links.start] + text_of(display) + self.display[links.stop :]
        if self.display != next(reversed(self.film.values()), None):
            self.film[self.t_s] = self.display
        if permit.refusals:
            self.refused[self.t_s] = [refusal.reason for refusal in permit.refusals]
        self.t_s += by_s

    def ask(self, greens: str, until_s: float, precedence: Precedence = Precedence.TRAFFIC) -> None:
        while self.t_s < until_s:
            self.tick(order(greens, precedence))

    def wait(self, until_s: float) -> None:
        while self.t_s < until_s:
            self.tick()


def order(greens: str, precedence: Precedence = Precedence.TRAFFIC, signal_ix: int = 0) -> StageOrder:
    return StageOrder(signal_ix, codes_of(greens), precedence, precedence.name.lower())


@pytest.fixture
def street_of(city_of: CityOf, cross: dict[str, Any]) -> Callable[..., Street]:
    def made(
        display: str = WEST,
        clearance: Clearance | None = None,
        config: GuardConfig | None = None,
        junctions: Sequence[dict[str, Any]] = (cross,),
    ) -> Street:
        city = city_of(list(junctions))
        return Street(city, SignalGuard(city, signal_rules(city, clearance or Clearance.street()), config), display)

    return made


StreetOf = Callable[..., Street]


def test_a_signal_is_left_alone_until_its_first_valid_order(street_of: StreetOf, cross: dict[str, Any]) -> None:
    street = street_of(display=WEST + "ryry", junctions=[cross, cross])
    street.tick()
    street.tick(order("GGrr"))
    assert street.guard.permit(View(2.0, codes_of(street.display), np.zeros(8, np.int64)), []).signal_ix == ()
    street.t_s = 3.0
    street.tick(order(WEST, signal_ix=1))
    permit = street.guard.permit(View(4.0, codes_of(street.display), np.zeros(8, np.int64)), [])
    assert permit.signal_ix == (1,)
    assert text_of(permit.displays[0]) == "ryrr"
    with pytest.raises(ValueError, match="read-only"):
        permit.displays[0][0] = 0


def test_an_order_is_followed_safely(street_of: StreetOf) -> None:
    street = street_of()
    street.ask(NORTH, 40)
    assert street.film == {0: WEST, 7: "yryr", 10: "rrrr", 19: NORTH}  # 12 s for whoever walks
    assert street.refused[0] == [reasons.TRANSITION]
    assert all(street.refused[t_s] == [reasons.MINIMUM_GREEN] for t_s in range(1, 7))
    assert max(street.refused) == 6


def test_a_switch_waits_for_the_one_before(street_of: StreetOf) -> None:
    street = street_of(display="rGrr")
    street.ask("rrrG", 9)
    assert street.display == "ryrr"
    street.ask("rrgG", 13)  # may be added
    street.ask("GrrG", 60)  # but not be ended at once
    assert street.film == {0: "rGrr", 7: "ryrr", 10: "rrrr", 12: "rrgG", 19: "rryG", 22: "rrrG", 24: "GrrG"}
    assert street.refused[13] == [reasons.MINIMUM_GREEN]


def test_a_green_that_has_not_begun_may_be_given_up(street_of: StreetOf) -> None:
    street = street_of()
    street.ask(NORTH, 9)
    street.ask(WEST, 60)
    assert street.film == {0: WEST, 7: "yryr", 9: "yryG", 10: "rrrG", 12: WEST}
    assert max(street.refused) == 6


def test_a_recall_is_not_given_up(street_of: StreetOf) -> None:
    street = street_of()
    street.ask(WEST, 110)
    assert street.display == "yryr"
    street.ask(WEST, 120)
    assert street.display == "rrrr"
    street.tick(order(WEST))
    assert street.display == NORTH
    assert street.refused[119] == [reasons.MAXIMUM_RED]


def test_the_higher_precedence_is_followed(street_of: StreetOf) -> None:
    street = street_of()
    street.ask(WEST, 10)
    street.tick(order(WEST), order(NORTH, Precedence.TRANSIT))
    assert street.refused[10] == [reasons.PRECEDENCE]
    assert street.display == "yryr"


def test_a_waiting_link_is_never_starved(street_of: StreetOf) -> None:
    street = street_of()
    street.ask(WEST, 400)
    north = [t_s for t_s, shown in street.film.items() if shown == NORTH]
    assert north[0] == 120  # red since the guard knows it, and called since nothing tells otherwise
    assert len(north) == 3
    recalled = [t_s for t_s, why in street.refused.items() if why == [reasons.MAXIMUM_RED]]
    assert recalled[0] == 120 - 12  # of the crossing
    assert street.film[127] == "ryrr"  # back as soon as its minimum green is over
    assert all(t_s in recalled for t_s in range(108, 127))


def test_stages_with_the_same_deadline_are_all_in_time(street_of: StreetOf, cross: dict[str, Any]) -> None:
    states = [("rrrG", 9.0), ("Grgr", 9.0), ("rGrr", 9.0)]
    street = street_of(display="rrrG", junctions=[{**cross, "states": states}])
    street.ask("rrrG", 130)
    assert {shown: t_s for t_s, shown in street.film.items() if shown in ("Grgr", "rGrr")} == {"Grgr": 108, "rGrr": 120}


def test_an_order_does_not_change_a_recall_as_it_begins(street_of: StreetOf, cross: dict[str, Any]) -> None:
    free = {**cross, "n_links": 5, "states": [("GrgGr", 30.0), ("rGrrr", 20.0), ("rrrrG", 9.0)]}
    street = street_of(display="GrgGr", junctions=[free])
    street.ask("GrgGr", 108)
    street.tick(order("rGrrG"))
    assert street.display == "yryrr"
    assert street.refused[108] == [reasons.MAXIMUM_RED]
    street.tick(order("rGrrG"))
    assert street.display == "yryrG"


def test_nobody_waits_where_the_crossing_only_is_called(street_of: StreetOf) -> None:
    street = street_of(display=NORTH)
    vehicle_free = View(0.0, codes_of(NORTH), np.zeros(4, np.int64))
    street.guard.permit(vehicle_free, [])
    street.ask(NORTH, 200)
    assert WEST in street.film.values()


def test_maximum_red_holds_for_all_red_orders_too(street_of: StreetOf) -> None:
    street = street_of()
    street.ask(ALL_RED, 300)
    shown = list(street.film.values())
    assert shown[0] == WEST
    assert shown.count(WEST) >= 2
    assert NORTH in shown


def test_an_emergency_may_hold_its_green_for_a_bounded_grace(street_of: StreetOf) -> None:
    street = street_of()
    street.ask(WEST, 20)
    street.ask(WEST, 400, Precedence.EMERGENCY)
    assert next(t_s for t_s, shown in street.film.items() if shown == NORTH) == 180
    street = street_of()
    street.ask(WEST, 20)
    street.ask(WEST, 150, Precedence.EMERGENCY)
    street.ask(WEST, 200)
    assert next(t_s for t_s, shown in street.film.items() if shown == NORTH) == 162  # overdue when it ends
    assert street.refused[150] == [reasons.MAXIMUM_RED]


def test_a_maximum_red_that_cannot_be_kept_is_kept_as_far_as_possible(street_of: StreetOf) -> None:
    street = street_of(clearance=Clearance(max_red_s=9.0))
    street.ask(WEST, 100)
    # every link is overdue all the time: stage follows stage as fast as is safe, and no order is followed
    assert [shown for shown in street.film.values() if "G" in shown] == [WEST, NORTH] * 3 + [WEST]
    assert list(street.film)[:4] == [0, 7, 10, 19]
    street.ask(ALL_RED, 110)
    assert all(reason == [reasons.MAXIMUM_RED] for t_s, reason in street.refused.items() if t_s >= 100)


def test_a_recall_needs_no_order_and_is_told(street_of: StreetOf) -> None:
    street = street_of(config=GuardConfig(silence_s=1000.0))
    street.ask(WEST, 5)
    street.wait(130)
    assert street.refused == {108: [reasons.MAXIMUM_RED]}
    assert street.film[120] == NORTH


def test_a_stage_that_serves_more_of_the_waiting_is_recalled(street_of: StreetOf, cross: dict[str, Any]) -> None:
    states = [("rrrG", 9.0), ("rGrr", 9.0), ("Grrr", 9.0), ("GrgG", 30.0)]
    street = street_of(display=NORTH, junctions=[{**cross, "states": states}])
    street.ask(NORTH, 140)
    assert list(street.film.values())[1:4] == ["ryrr", "rrrr", WEST]


def test_a_link_that_the_program_never_serves_is_recalled_once_it_was(
    street_of: StreetOf, cross: dict[str, Any]
) -> None:
    street = street_of(junctions=[{**cross, "states": [("GrgG", 30.0)]}])
    street.ask(WEST, 300)
    assert street.film == {0: WEST}
    street.ask(NORTH, 340)
    street.ask(WEST, 600)
    north = [t_s for t_s, shown in street.film.items() if shown == NORTH]
    assert len(north) >= 3


def test_a_silent_service_leaves_the_signal_to_the_local_plan(street_of: StreetOf) -> None:
    street = street_of()
    street.ask(WEST, 5)
    street.wait(120)
    assert street.refused == {15: [reasons.LOCAL_PLAN]}
    # 30 s of the first stage, its clearance, 20 s of the second, and again
    assert street.film == {
        0: WEST,
        30: "yryr",
        33: "rrrr",
        42: NORTH,
        62: "ryrr",
        65: "rrrr",
        67: WEST,
        97: "yryr",
        100: "rrrr",
        109: NORTH,
    }
    street.ask(NORTH, 180)
    assert street.display == NORTH
    street.wait(200)
    assert street.refused[190] == [reasons.LOCAL_PLAN]


def test_the_local_plan_finds_its_way_from_any_stage_and_keeps_maximum_red(
    street_of: StreetOf, cross: dict[str, Any]
) -> None:
    states = [("GrgG", 300.0), ("rGrr", 20.0)]
    street = street_of(display="Grrr", junctions=[{**cross, "states": states}])
    street.ask("Grrr", 5)
    street.wait(400)
    assert street.film[15] == WEST
    assert street.refused[15] == [reasons.LOCAL_PLAN]
    north = [t_s for t_s, shown in street.film.items() if shown == NORTH]
    assert north[0] == 120
    assert next(t_s for t_s, shown in street.film.items() if t_s > 120 and shown == WEST) == 120 + 20 + 5


def test_without_a_program_a_silent_signal_keeps_what_it_has(street_of: StreetOf, cross: dict[str, Any]) -> None:
    street = street_of(junctions=[{**cross, "states": []}])
    street.ask(WEST, 5)
    street.wait(300)
    assert street.film == {0: WEST}
    assert not street.refused


def test_the_street_is_believed(street_of: StreetOf) -> None:
    street = street_of()
    street.ask(NORTH, 8)
    street.display = WEST  # the head refused the yellow
    street.ask(NORTH, 40)
    assert street.film == {0: WEST, 7: "yryr", 8: WEST, 15: "yryr", 18: "rrrr", 27: NORTH}


def test_a_clock_that_is_set_back_starts_again(street_of: StreetOf) -> None:
    street = street_of()
    street.ask(WEST, 50)
    street.t_s = 10.0
    street.film.clear()
    street.ask(NORTH, 40)
    assert street.film == {10: WEST, 17: "yryr", 20: "rrrr", 29: NORTH}


def test_greens_that_are_seen_in_conflict_end(street_of: StreetOf) -> None:
    street = street_of(display="GGrr")
    street.ask(WEST, 20)
    assert street.film == {0: "yyrr", 3: "rrrr", 5: WEST}


@pytest.mark.parametrize("change", [{"tick_s": 0.0}, {"silence_s": -1.0}, {"reach_m": float("nan")}])
def test_figures_that_cannot_be_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(Unusable, match=next(iter(change))):
        GuardConfig(**change)


def test_rules_of_another_city_are_refused(city_of: CityOf, cross: dict[str, Any]) -> None:
    with pytest.raises(Unusable, match="signal_rules"):
        SignalGuard(city_of([cross]), signal_rules(city_of([cross, cross]), Clearance.street()))


def test_steady_signals_cost_microseconds(city_of: CityOf, cross: dict[str, Any]) -> None:
    n_signals, n_ticks = 500, 20
    city = city_of([cross] * n_signals)
    guard = SignalGuard(city, signal_rules(city, Clearance.street()))
    orders = [Orders(tuple(order(WEST, signal_ix=ix) for ix in range(n_signals)))]
    display = np.tile(codes_of(WEST), n_signals)
    walkers = np.zeros(4 * n_signals, np.int64)
    guard.permit(View(0.0, display, walkers), orders)
    begin_s = time.process_time()
    for t_s in range(1, 1 + n_ticks):
        permit = guard.permit(View(float(t_s), display, walkers), orders)
    spent_s = time.process_time() - begin_s
    assert not permit.refusals
    assert spent_s / n_ticks / n_signals < 50e-6


def test_refusals_name_signal_and_service(street_of: StreetOf) -> None:
    street = street_of()
    permit = street.guard.permit(View(0.0, codes_of(WEST), np.zeros(4, np.int64)), [Orders((order("GGrr"),))])
    assert permit.refusals == (Refusal(0, "traffic", reasons.CONFLICTING_GREENS),)
