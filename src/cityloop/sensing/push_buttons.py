"""Pedestrians as their push buttons tell of them: somebody waits, not how many."""

from __future__ import annotations

import dataclasses

import numpy as np

from cityloop.city.city import City
from cityloop.city.link_state import is_green
from cityloop.control.view import View


class PushButtons:
    """Latches a call at each crossing until it gets green.

    Whoever waits has pressed the button; the next green answers everybody. ``n_walkers`` becomes 1 where a call is
    latched, 0 elsewhere.

    Parameters
    ----------
    city : City
    """

    def __init__(self, city: City) -> None:
        self._is_called = np.zeros(city.links.n_rows, np.bool_)

    def estimate(self, view: View) -> View:
        """Return the view with calls in place of numbers."""
        self._is_called = (self._is_called & ~is_green(view.display)) | (view.n_walkers > 0)
        return dataclasses.replace(view, n_walkers=self._is_called.astype(np.int64))
