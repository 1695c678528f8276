"""Reading orders that may be anything at all, and choosing the one that goes first at each signal."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cityloop.control.guard import reasons
from cityloop.control.guard.machine import SignalMachine
from cityloop.control.guard.rules import SignalRules, can_be_green_together
from cityloop.control.orders import Orders, Precedence, Refusal, StageOrder

Codes = NDArray[np.uint8]

_CODE = np.dtype(np.uint8)


class GreensOrder(NamedTuple):
    """A valid order: greens that may be shown, and who asks."""

    greens: Codes
    greens_bytes: bytes
    precedence: Precedence
    service: str


def merge_orders(
    orders: Sequence[Orders], rules: Sequence[SignalRules], machines: Mapping[int, SignalMachine]
) -> tuple[dict[int, GreensOrder], list[Refusal]]:
    """Return the order that goes first at each signal, and those that are refused.

    The higher precedence goes first; of the same, the one of the service listed first.

    Parameters
    ----------
    orders : sequence of Orders
        One a service; nothing in it is trusted.
    rules : sequence of SignalRules
        One a signal.
    machines : mapping of int to SignalMachine
        The signals under control.

    Returns
    -------
    dict of int to GreensOrder
    list of Refusal
        Malformed orders, those that would show conflicting greens, and those that others go before.
    """
    merged: dict[int, GreensOrder] = {}
    refusals: list[Refusal] = []
    for of_service in orders:
        try:
            asked = tuple(of_service.stages)
        except Exception:  # noqa: BLE001  a service may hand over anything at all; the street goes on
            refusals.append(Refusal(-1, "", reasons.MALFORMED))
            continue
        for item in asked:
            read = _read_unchanged(item, machines) or _read(item, rules)
            if isinstance(read, Refusal):
                refusals.append(read)
                continue
            signal_ix, order = read
            first = merged.setdefault(signal_ix, order)
            if first is order:
                continue
            if order.precedence > first.precedence:
                merged[signal_ix], first, order = order, order, first
            if order.greens_bytes != first.greens_bytes:
                refusals.append(Refusal(signal_ix, order.service, reasons.PRECEDENCE))
    return merged, refusals


def _read_unchanged(item: object, machines: Mapping[int, SignalMachine]) -> tuple[int, GreensOrder] | None:
    """Return an order for what its signal aims at already: by far the most frequent, so it is read first."""
    if type(item) is not StageOrder:
        return None
    try:
        signal_ix, greens, precedence, service = item.signal_ix, item.greens, item.precedence, str(item.service)
    except Exception:  # noqa: BLE001  one that was never filled, or a name that cannot be read, is read with care below
        return None
    if type(signal_ix) is not int or type(greens) is not np.ndarray:
        return None
    machine = machines.get(signal_ix)
    if machine is None or greens.dtype is not _CODE or greens.shape != machine.target.shape:
        return None
    if greens.tobytes() != machine.target_bytes or type(precedence) is not Precedence:
        return None
    return signal_ix, GreensOrder(machine.target, machine.target_bytes, precedence, service)


def _read(item: object, rules: Sequence[SignalRules]) -> tuple[int, GreensOrder] | Refusal:
    """Return a signal and its order in clean types, or why there is none."""
    signal_ix, service = -1, ""
    try:
        service = str(item.service)  # type: ignore[attr-defined]
        signal_ix = operator.index(item.signal_ix)  # type: ignore[attr-defined]
        precedence = Precedence(item.precedence)  # type: ignore[attr-defined]
        greens = np.asarray(item.greens)  # type: ignore[attr-defined]
    except Exception:  # noqa: BLE001  as above
        return Refusal(signal_ix, service, reasons.MALFORMED)
    if not 0 <= signal_ix < len(rules):
        return Refusal(signal_ix, service, reasons.UNKNOWN_SIGNAL)
    if greens.dtype.kind not in "iu":
        return Refusal(signal_ix, service, reasons.MALFORMED)
    reason = can_be_green_together(rules[signal_ix], greens)
    if reason is not None:
        return Refusal(signal_ix, service, reason)
    codes = np.array(greens, np.uint8)
    return signal_ix, GreensOrder(codes, codes.tobytes(), precedence, service)
