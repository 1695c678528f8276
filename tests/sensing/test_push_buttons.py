from __future__ import annotations

import numpy as np

from cityloop.city.city import City
from cityloop.city.link_state import GREEN
from cityloop.control.view import View
from cityloop.sensing.push_buttons import PushButtons


def test_a_button_says_that_somebody_waits_until_green(street: City) -> None:
    n, buttons = street.links.n_rows, PushButtons(street)
    walkers, nobody, red = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.uint8)
    walkers[1] = 4
    assert buttons.estimate(View(0.0, red, walkers)).n_walkers.tolist() == np.minimum(walkers, 1).tolist()
    assert buttons.estimate(View(1.0, red, nobody)).n_walkers[1] == 1
    assert buttons.estimate(View(2.0, np.full(n, GREEN, np.uint8), nobody)).n_walkers[1] == 0
