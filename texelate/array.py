"""``Array``: what users hold outside of traced functions. Immutable; computed when looked at."""

from __future__ import annotations

import html
from typing import Any

import numpy as np

from . import backends, eager
from .compiler.errors import ArgumentError, DonatedError
from .compiler.ir import core
from .compiler.ir.aval import Aval
from .compiler.ir.core import Value
from .compiler.ir.dtypes import DType, as_dtype, complex64, float32, int32, uint32
from .compiler.source import Source
from .methods import ArrayMethods, check_device

_NARROW = {
    np.dtype(t): d for t, d in (("f8", float32), ("i8", int32), ("u8", uint32), ("c16", complex64))
}


def narrowed(dtype: np.dtype[Any]) -> DType:
    """The DType for data that comes as ``dtype``: 64-bit data is stored in 32 bits, silently."""
    native = dtype.newbyteorder("=")
    return _NARROW.get(native) or as_dtype(native)


class Array(ArrayMethods, Value):
    """A dense array of numbers or booleans, on the backend or on its way there.

    Made by ``texelate.numpy.asarray`` and by operations. Operations on it return at once; they run,
    fused, when a value is looked at (``np.asarray``, ``float``, ``print``, ``block_until_ready``).

    >>> import texelate.numpy as tnp
    >>> x = tnp.asarray([1.0, 2.0])
    >>> x * 2
    Array([2., 4.], dtype=float32)
    """

    __slots__ = ("aval", "_node", "_gone", "__weakref__")

    def __init__(self, node: eager.Node) -> None:
        self.aval = node.aval
        self._node: eager.Node | None = node

    @staticmethod
    def copy_of(x: np.ndarray[Any, Any]) -> Array:
        """An Array with the contents of ``x`` now. ArgumentError for integers that do not fit."""
        if hasattr(x, "mask"):
            raise ArgumentError("a masked array has no counterpart here", fix="use x.filled(...)")
        dtype = narrowed(x.dtype)
        if x.dtype.itemsize == 8 and x.dtype.kind in "iu" and x.size:
            info = np.iinfo(dtype.numpy)
            if x.min() < info.min or x.max() > info.max:
                raise ArgumentError(
                    f"{x.dtype} values from {x.min()} to {x.max()} do not fit in {dtype}",
                    why="GPUs have no 64-bit integers",
                    fix="scale the values, or convert to float32 first",
                )
        with np.errstate(over="ignore"):
            host = np.array(x, dtype.numpy, order="C", copy=True, subok=False)
        return Array(eager.Node.of_host(host, Aval(host.shape, dtype)))

    @property
    def node(self) -> eager.Node:
        """The value behind it. Raises DonatedError after donation."""
        if self._node is None:
            raise DonatedError(
                f"this array {self.aval} was donated",
                why=f"its memory was given to {self._gone[0]} at {self._gone[1]}",
                fix="use the call's result instead, or drop donate_argnums",
            )
        return self._node

    def donate(self, to: str, where: Source | None) -> None:
        """Gives its memory up; any use after this raises DonatedError, which names the call."""
        self._gone = to, where
        self._node = None

    def _value(self, asked: str) -> np.ndarray[Any, Any]:
        return self.node.read()

    def _peek(self) -> np.ndarray[Any, Any] | None:
        return None if self._node is None else self._node.read()

    @property
    def backend(self) -> str:
        """The name of the backend that holds or will compute it; "host" for data not moved yet."""
        where = self.node.backend
        return where.name if where is not None else "host"

    @property
    def device(self) -> str:
        """The name of the backend that has it or will compute it, as the array API wants."""
        where = self.node.backend
        return (where or backends.current()).name

    def to_device(self, device: str, /, *, stream: Any = None) -> Array:
        """On the backend called ``device``, moved through the host where it is elsewhere.

        Raises ArgumentError for another name or a ``stream``, AdapterError without a GPU.
        """
        check_device(device, stream)
        if device == self.device and self.node.backend is not None:
            return self
        node = eager.Node.of_host(self.node.read(), self.aval)
        node.on(backends.get(device))
        return Array(node)

    def __setitem__(self, index: Any, value: Any) -> None:
        """This object gets a new value; what was made of the old one keeps it.

        ``value`` broadcasts to ``self[index]`` and takes the dtype. AxisError for an index that is
        known to be out of range.

        >>> import texelate.numpy as tnp
        >>> x = tnp.zeros(3)
        >>> y = x + 0
        >>> x[1] = 5
        >>> print(x, y)
        [0. 5. 0.] [0. 0. 0.]
        """
        changed = self.at[index].set(value)
        if not isinstance(changed, Array):
            super().__setitem__(index, value)
        self._node = changed.node

    def _repr_html_(self) -> str:
        """For notebooks: a line about it, and the values as NumPy prints them."""
        return f"<b>{html.escape(str(self.aval))}</b><pre>{html.escape(str(self))}</pre>"

    async def data(self) -> np.ndarray[Any, Any]:
        """The values as a read-only NumPy array, without blocking the event loop meanwhile."""
        node = self.node
        if node.prim is not None:
            eager.flush([node])
        if node.host is None:
            assert node.backend is not None
            host = await node.backend.read_async(node.stored, node.aval)
            host.flags.writeable = False
            node.host = host
        return node.host

    def block_until_ready(self) -> Array:
        """Returns itself when it has been computed (it stays where it is)."""
        node = self.node
        if node.prim is not None:
            eager.flush([node])
        if node.backend is not None:
            node.backend.wait()
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return Array.copy_of, (np.asarray(self),)

    def __deepcopy__(self, memo: dict[int, Any]) -> Array:
        return Array(self.node)

    def __copy__(self) -> Array:
        return Array(self.node)


def _unwrap(x: Any) -> eager.Node | None:
    return x.node if type(x) is Array else None


root = eager.EagerTrace(Array, _unwrap)
core.install_eager(root)


def flush(arrays: list[Array]) -> None:
    """Computes several arrays at once."""
    eager.flush([a.node for a in arrays])
