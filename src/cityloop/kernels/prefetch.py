"""Asking for memory before it is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

llvm: Any = ir


def _prefetch(typing_context: Any, array: Any, row: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        stride = builder.extract_value(view.strides, 0)
        index = context.cast(builder, arguments[1], signature.args[1], types.intp)
        data = builder.bitcast(view.data, llvm.IntType(8).as_pointer())
        address = builder.gep(data, [builder.mul(index, stride)])
        number = llvm.IntType(32)
        kind = llvm.FunctionType(llvm.VoidType(), (data.type, number, number, number))
        function = builder.module.declare_intrinsic("llvm.prefetch", (data.type,), kind)
        # to read (0) data (1) that will be needed again soon (3)
        builder.call(function, (address, number(0), number(3), number(1)))
        return context.get_dummy_value()

    return types.void(array, row), codegen


prefetch = cast(Callable[[Any, int], None], intrinsic(_prefetch))
"""Ask for a row of an array that will be needed soon, and go on without waiting for it; it changes no result.

Whoever jumps about in arrays that are larger than the caches waits for memory most of the time, unless it asks in
advance. The row must be one of the array's. See ``llvm.prefetch`` in the LLVM Language Reference.
"""
