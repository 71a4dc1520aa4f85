"""Texelate: NumPy-style Python compiled to GPU shaders. See ``docs/`` and ``texelate.numpy``."""

from importlib import import_module as _import_module
from typing import Any as _Any

from ._version import __version__ as __version__
from .adapters import default_device as default_device
from .adapters import devices as devices
from .array import Array as Array
from .autodiff import grad as grad
from .autodiff import jvp as jvp
from .autodiff import stop_gradient as stop_gradient
from .autodiff import value_and_grad as value_and_grad
from .autodiff import vjp as vjp
from .backends import backend as backend
from .compiler.errors import AdapterError as AdapterError
from .compiler.errors import ArgumentError as ArgumentError
from .compiler.errors import AxisError as AxisError
from .compiler.errors import CompileError as CompileError
from .compiler.errors import ConcretizationError as ConcretizationError
from .compiler.errors import DeviceLostError as DeviceLostError
from .compiler.errors import DonatedError as DonatedError
from .compiler.errors import DtypeError as DtypeError
from .compiler.errors import GradientError as GradientError
from .compiler.errors import KnobError as KnobError
from .compiler.errors import LeakedTracerError as LeakedTracerError
from .compiler.errors import LimitError as LimitError
from .compiler.errors import OutOfMemoryError as OutOfMemoryError
from .compiler.errors import ParseError as ParseError
from .compiler.errors import ProgramError as ProgramError
from .compiler.errors import ShapeError as ShapeError
from .compiler.errors import TexelateError as TexelateError
from .compiler.errors import VerifyError as VerifyError
from .compiler.ir.aval import Aval as Aval
from .compiler.ir.dtypes import bool_ as bool_
from .compiler.ir.dtypes import complex64 as complex64
from .compiler.ir.dtypes import float32 as float32
from .compiler.ir.dtypes import int32 as int32
from .compiler.ir.dtypes import uint32 as uint32
from .compiler.knobs import knobs as knobs
from .control import cond as cond
from .control import fori_loop as fori_loop
from .control import map as map
from .control import scan as scan
from .control import switch as switch
from .control import while_loop as while_loop
from .custom import checkpoint as checkpoint
from .custom import custom_jvp as custom_jvp
from .custom import custom_vjp as custom_vjp
from .gradcheck import check_grads as check_grads
from .jacobians import hessian as hessian
from .jacobians import jacfwd as jacfwd
from .jacobians import jacrev as jacrev
from .jitted import JitFunction as JitFunction
from .jitted import clear_caches as clear_caches
from .jitted import jit as jit
from .lowered import Lowered as Lowered
from .profiling import profile as profile
from .tree import block_until_ready as block_until_ready
from .vectorize import vmap as vmap

_LAZY = (
    "data",
    "image",
    "metrics",
    "nn",
    "numpy",
    "optim",
    "ragged",
    "random",
    "segments",
    "signal",
    "sparse",
    "special",
    "strings",
    "tree",
)


def __getattr__(name: str) -> _Any:
    """Rooms that are opened when first entered, so that importing stays quick."""
    if name in _LAZY:
        return _import_module(f".{name}", __name__)
    raise AttributeError(f"module 'texelate' has no attribute {name!r}")
