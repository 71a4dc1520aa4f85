"""NumPy's names on GPU arrays: ``import texelate.numpy as tnp``.

A namespace of the Python array API standard (2024.12), and NumPy's usual names beyond. Types are
bool, integers and floats of up to 32 bits and complex64; ``float64``, ``int64`` and ``uint64`` give
those of 32 bits with one warning. Python numbers take the dtype of the array they meet. All
functions work on arrays, inside ``jit``, ``grad`` and ``vmap``, and accept NumPy arrays, numbers
and nested lists.
"""

from importlib import import_module as _import_module
from math import e as e
from math import inf as inf
from math import nan as nan
from math import pi as pi
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from numpy import dtype as _dtype

from ..compiler.ir.dtypes import bool_ as bool  # noqa: F401
from ..compiler.ir.dtypes import bool_ as bool_
from ..compiler.ir.dtypes import complex64 as complex64
from ..compiler.ir.dtypes import float16 as float16
from ..compiler.ir.dtypes import float32 as float32
from ..compiler.ir.dtypes import int8 as int8
from ..compiler.ir.dtypes import int16 as int16
from ..compiler.ir.dtypes import int32 as int32
from ..compiler.ir.dtypes import uint8 as uint8
from ..compiler.ir.dtypes import uint16 as uint16
from ..compiler.ir.dtypes import uint32 as uint32
from .complexes import *  # noqa: F403
from .creation import *  # noqa: F403
from .elementwise import *  # noqa: F403
from .floats import *  # noqa: F403
from .indexing import *  # noqa: F403
from .info import *  # noqa: F403
from .info import array_namespace_info as __array_namespace_info__  # noqa: F401
from .logic import *  # noqa: F403
from .products import *  # noqa: F403
from .reductions import *  # noqa: F403
from .scans import *  # noqa: F403
from .shapes import *  # noqa: F403
from .sorting import *  # noqa: F403

newaxis = None
euler_gamma = 0.5772156649015329
__array_api_version__ = "2024.12"

int64, uint64, float64 = (_dtype(name) for name in ("int64", "uint64", "float64"))

if _TYPE_CHECKING:
    from . import fft as fft
    from . import linalg as linalg
    from .arranging import *  # noqa: F403
    from .choosing import *  # noqa: F403
    from .diagonals import *  # noqa: F403
    from .einsums import *  # noqa: F403
    from .filters import *  # noqa: F403
    from .float_parts import *  # noqa: F403
    from .grids import *  # noqa: F403
    from .histograms import *  # noqa: F403
    from .integers import *  # noqa: F403
    from .nans import *  # noqa: F403
    from .padding import *  # noqa: F403
    from .polynomials import *  # noqa: F403
    from .quantiles import *  # noqa: F403
    from .sets import *  # noqa: F403
    from .statistics import *  # noqa: F403

_LATER = (
    "arranging",
    "choosing",
    "diagonals",
    "einsums",
    "filters",
    "float_parts",
    "grids",
    "histograms",
    "integers",
    "nans",
    "padding",
    "polynomials",
    "quantiles",
    "sets",
    "statistics",
)
"""Opened together, when a name is asked for that the others do not have: importing stays quick."""


_opened = False


def __getattr__(name: str) -> _Any:
    if name in ("fft", "linalg"):
        return _import_module(f".{name}", __name__)
    if name.startswith("_") or not _open() or name not in globals():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return globals()[name]


def __dir__() -> list[str]:
    _open()
    return sorted({*globals(), "fft", "linalg"})


def _open() -> _Any:
    """Opens the modules of ``_LATER``; false when they are open already."""
    if _opened:
        return False
    globals()["_opened"] = True
    for room in _LATER:
        module = _import_module(f".{room}", __name__)
        globals().update((name, getattr(module, name)) for name in module.__all__)
    return True
