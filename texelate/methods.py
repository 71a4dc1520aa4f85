"""Operators and methods of arrays and traced values: functions of ``texelate.numpy``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np

from . import backends
from . import numpy as tnp
from .compiler.errors import ArgumentError, DtypeError, ShapeError
from .compiler.ir.aval import Aval
from .compiler.ir.core import Value
from .compiler.ir.graph import Literal

_OPERANDS = (Value, bool, int, float, complex, np.ndarray, np.generic, list, tuple, Literal)


def _binary(name: str) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        if not isinstance(other, _OPERANDS):
            return NotImplemented
        return getattr(tnp, name)(self, other)

    method.__doc__ = f"``texelate.numpy.{name}(self, other)``"
    return method


def _reflected(name: str) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        if not isinstance(other, _OPERANDS):
            return NotImplemented
        return getattr(tnp, name)(other, self)

    method.__doc__ = f"``texelate.numpy.{name}(other, self)``"
    return method


def _method(name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        for unused in ("out", "dtype"):  # np.std(x) calls x.std(out=None, dtype=None)
            if kwargs.get(unused, self) is None:
                del kwargs[unused]
        return getattr(tnp, name)(self, *args, **kwargs)

    method.__name__ = name
    method.__doc__ = f"``texelate.numpy.{name}(self, ...)``"
    return method


def _repr(name: str, host: np.ndarray[Any, Any], extra: str) -> str:
    """As NumPy writes it: the shape where the elements do not show it, a new line where needed."""
    options = np.get_printoptions()
    body = np.array2string(host, separator=", ", prefix=name + "(", suffix=")")
    if host.size > options["threshold"] or (not host.size and host.shape != (0,)):
        extra = f"shape={host.shape}, {extra}"
    body = f"{name}({body},"
    used = len(body) - (body.rfind("\n") + 1)
    fits = used + len(extra) + 2 <= options["linewidth"]
    return f"{body}{' ' if fits else chr(10) + ' ' * (len(name) + 1)}{extra})"


API_VERSIONS = ("2021.12", "2022.12", "2023.12", "2024.12")


def check_device(device: str, stream: Any) -> None:
    """ArgumentError for the name of no backend, and for streams."""
    backends.get(device)
    if stream is not None:
        raise ArgumentError("to_device has no streams", fix="leave stream out")


class ArrayMethods:
    """The mixin. A subclass has ``aval``, ``_value`` (or raises) and ``_peek`` (or None)."""

    __slots__ = ()
    aval: Aval
    shape: tuple[int, ...]
    ndim: int
    __hash__ = None  # type: ignore[assignment]  # == is elementwise
    __array_priority__ = 1000  # numpy_array + x is ours

    __add__, __radd__ = _binary("add"), _reflected("add")
    __sub__, __rsub__ = _binary("subtract"), _reflected("subtract")
    __mul__, __rmul__ = _binary("multiply"), _reflected("multiply")
    __truediv__, __rtruediv__ = _binary("divide"), _reflected("divide")
    __floordiv__, __rfloordiv__ = _binary("floor_divide"), _reflected("floor_divide")
    __mod__, __rmod__ = _binary("remainder"), _reflected("remainder")
    __divmod__, __rdivmod__ = _binary("divmod"), _reflected("divmod")
    __pow__, __rpow__ = _binary("power"), _reflected("power")
    __matmul__, __rmatmul__ = _binary("matmul"), _reflected("matmul")
    __and__, __rand__ = _binary("bitwise_and"), _reflected("bitwise_and")
    __or__, __ror__ = _binary("bitwise_or"), _reflected("bitwise_or")
    __xor__, __rxor__ = _binary("bitwise_xor"), _reflected("bitwise_xor")
    __lshift__, __rlshift__ = _binary("left_shift"), _reflected("left_shift")
    __rshift__, __rrshift__ = _binary("right_shift"), _reflected("right_shift")
    __lt__, __le__ = _binary("less"), _binary("less_equal")
    __gt__, __ge__ = _binary("greater"), _binary("greater_equal")
    __eq__ = _binary("equal")
    __ne__ = _binary("not_equal")
    __neg__, __abs__, __invert__ = _method("negative"), _method("abs"), _method("invert")
    __pos__ = _method("positive")
    __round__ = _method("round")

    sum, mean, prod = _method("sum"), _method("mean"), _method("prod")
    max, min, any, all = _method("max"), _method("min"), _method("any"), _method("all")
    std, var = _method("std"), _method("var")
    argmax, argmin, argsort = _method("argmax"), _method("argmin"), _method("argsort")
    cumsum, cumprod, nonzero = _method("cumsum"), _method("cumprod"), _method("nonzero")
    ravel, flatten, squeeze = _method("ravel"), _method("ravel"), _method("squeeze")
    swapaxes, repeat, take = _method("swapaxes"), _method("repeat"), _method("take")
    clip, round, dot = _method("clip"), _method("round"), _method("dot")
    astype, copy = _method("astype"), _method("copy")
    conj, conjugate = _method("conj"), _method("conj")
    searchsorted = _method("searchsorted")

    _value: Callable[[str], np.ndarray[Any, Any]]
    _peek: Callable[[], np.ndarray[Any, Any] | None]

    def reshape(self, *shape: Any, order: str = "C") -> Any:
        """``x.reshape(2, -1)`` or ``x.reshape((2, -1))``: see ``texelate.numpy.reshape``.

        ArgumentError for another ``order`` than rows first, "C".
        """
        if order != "C":
            raise ArgumentError(f"reshape in order {order!r}", fix="transpose first and after")
        return tnp.reshape(self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Any:
        """``x.transpose(1, 0)``, ``x.transpose((1, 0))``, or reversed axes without arguments."""
        chosen = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None
        return tnp.transpose(self, chosen)

    def __array_namespace__(self, *, api_version: str | None = None) -> ModuleType:
        """``texelate.numpy``. Raises ValueError for a version later than 2024.12."""
        if api_version is not None and api_version not in API_VERSIONS:
            raise ValueError(f"array API version {api_version!r} is not one of {API_VERSIONS}")
        return tnp

    @property
    def device(self) -> str:
        """The name of the backend that computes it, in the sense of the array API standard."""
        return backends.current().name

    def to_device(self, device: str, /, *, stream: Any = None) -> Any:
        """On the backend called ``device``: itself, as traced arrays are where the program runs.

        Raises ArgumentError for another name, or a ``stream`` (there are none here).
        """
        check_device(device, stream)
        return self

    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: tuple[int, int] | None = None,
        dl_device: Any = None,
        copy: bool | None = None,
    ) -> Any:
        """The values as a DLPack capsule on the CPU: always a copy, read back from the device."""
        if copy is False:
            raise BufferError("an array cannot be shared through DLPack, only copied")
        host = np.array(self._value("__dlpack__()"))
        return host.__dlpack__(stream=None, max_version=max_version, dl_device=dl_device, copy=None)

    def __dlpack_device__(self) -> tuple[int, int]:
        """The CPU: (1, 0)."""
        return 1, 0

    @property
    def real(self) -> Any:
        """The real parts."""
        return tnp.real(self)

    @property
    def imag(self) -> Any:
        """The imaginary parts; zeros of real arrays."""
        return tnp.imag(self)

    @property
    def T(self) -> Any:
        """All axes reversed."""
        return tnp.transpose(self)

    @property
    def mT(self) -> Any:
        """The last two axes swapped."""
        return tnp.matrix_transpose(self)

    @property
    def nbytes(self) -> int:
        """Bytes as NumPy counts them."""
        return self.aval.size * self.aval.dtype.itemsize

    @property
    def itemsize(self) -> int:
        """Bytes of an element as NumPy counts them."""
        return self.aval.dtype.itemsize

    def __getitem__(self, index: Any) -> Any:
        return tnp.getitem(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        raise ArgumentError(
            "traced arrays are immutable: x[...] = value is not possible here",
            why="inside jit, grad and vmap a program is written down, whose values never change",
            fix="x = x.at[...].set(value)",
        )

    @property
    def at(self) -> Any:
        """Functional updates: ``x.at[index].set(value)``, ``.add``, …; see ``AtIndex``."""
        from .numpy.indexing import At

        return At(self)

    def __len__(self) -> int:
        if not self.shape:
            raise ArgumentError("len() of a rank-0 array")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            raise ArgumentError("iteration over a rank-0 array")
        return (self[i] for i in range(self.shape[0]))

    def __contains__(self, x: Any) -> bool:
        return bool(tnp.any(tnp.equal(self, x)))

    def _scalar(self, asked: str) -> Any:
        if self.aval.size != 1:
            raise ShapeError(
                f"{asked} needs one element, this array has shape {self.shape}",
                fix="reduce it first: .any(), .all(), .sum(), or index it",
            )
        return self._value(asked).reshape(())[()]

    def _real(self, asked: str) -> Any:
        if self.aval.dtype.kind == "c":
            raise DtypeError(f"{asked} of {self.aval}", fix="take x.real, abs(x) or complex(x)")
        return self._scalar(asked)

    def __bool__(self) -> bool:
        return bool(self._scalar("bool()"))

    def __int__(self) -> int:
        return int(self._real("int()"))

    def __float__(self) -> float:
        return float(self._real("float()"))

    def __complex__(self) -> complex:
        return complex(self._scalar("complex()"))

    def __index__(self) -> int:
        if self.aval.dtype.kind not in "iu" or self.shape:
            raise ArgumentError(f"an index must be an integer of rank 0, not {self.aval}")
        return int(self._scalar("an index"))

    def item(self) -> bool | int | float:
        """The one element as a Python number. ShapeError when there are more, or none."""
        result: bool | int | float = self._scalar("item()").item()
        return result

    def tobytes(self) -> bytes:
        """The elements' bytes in C order, as NumPy stores them."""
        return self._value("tobytes()").tobytes()

    def tolist(self) -> Any:
        """Nested lists of Python numbers."""
        return self._value("tolist()").tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        host = self._value("np.asarray()")
        if dtype is not None and np.dtype(dtype) != host.dtype:
            if copy is False:
                raise ValueError(f"no {np.dtype(dtype)} of a {host.dtype} array without a copy")
            return host.astype(dtype)
        return host.copy() if copy else host

    def __repr__(self) -> str:
        host = self._peek()
        name = type(self).__name__
        if host is None:
            return f"<{name} {self.aval}>"
        return _repr(name, host, f"dtype={self.aval.dtype}" + ", weak_type=True" * self.aval.weak)

    def __str__(self) -> str:
        host = self._peek()
        return repr(self) if host is None else str(host)

    def __format__(self, spec: str) -> str:
        return format(self._scalar("format()") if spec else str(self), spec)
