"""What is packed comes out again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from cityloop.lab.replay.packing import pack


@given(
    arrays.arrays(
        np.int64, arrays.array_shapes(min_dims=1, max_dims=2, max_side=9), elements=st.integers(-(2**30), 2**30)
    ),
    st.booleans(),
)
def test_what_is_packed_comes_out_again(unpacked, values, is_delta):
    packed = pack(values, is_delta)
    assert np.array_equal(unpacked(packed).reshape(values.shape), values)


@pytest.mark.parametrize(
    ("values", "dtype"),
    [([0, 255], "u1"), ([-1, 7], "i1"), ([256], "u2"), ([-1, 255], "i2"), ([70000], "i4"), ([], "u1")],
)
def test_numbers_take_no_more_room_than_they_need(unpacked, values, dtype):
    packed = pack(np.array(values, np.int64))
    assert packed["dtype"] == dtype
    assert unpacked(packed).ravel().tolist() == values


def test_what_changes_little_is_small_as_differences():
    clock = np.arange(100_000)
    assert len(pack(clock, is_delta=True)["data"]) < 1000 < len(pack(clock)["data"])


def test_numbers_beyond_32_bits_are_refused():
    with pytest.raises(OverflowError, match="32 bits"):
        pack(np.array([2**40]))
