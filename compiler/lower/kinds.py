"""The kinds of kernels that can be tuned: what a measured schedule is remembered under.

Family, dtype and layout of a kernel, and its extents rounded to powers of two.
"""

from __future__ import annotations

from ..ir.graph import Var
from ..ir.index import product
from ..ir.primitive import Contract
from ..passes.group import Group, fold_spec
from ..target import Target
from ..tuned import S, rounded
from .contract import ContractSchedule
from .lanes import with_lanes


def kind_of(group: Group, names: dict[Var, str]) -> str:
    """What the schedule of ``group`` is remembered under; empty where there is no choice."""
    if group.parts:
        return ""
    if group.root is None:
        return _nest(group)
    return _contraction(group, names) if isinstance(group.root.prim.lower, Contract) else ""


def tuned(group: Group, target: Target, names: dict[Var, str], chosen: S) -> S:
    """The schedule that was measured for this kind of kernel, else ``chosen``."""
    return target.tuned.get(kind_of(group, names), chosen) if target.tuned else chosen


def _contraction(group: Group, names: dict[Var, str]) -> str:
    assert group.root is not None
    spec = group.contraction
    own = {v: n for v, n in names.items() if v not in group.outputs}
    lanes = with_lanes(group, ContractSchedule(4, 4), own)
    extents = (spec.batch, spec.m, spec.n, spec.k)
    sizes = "x".join(str(rounded(product(e))) for e in extents)
    axes = "".join(str(len(e)) for e in extents)
    layout = f"{lanes.lhs_lanes or 1}{lanes.rhs_lanes or 1}"
    return f"contract {group.root.out.aval.dtype} {sizes} axes {axes} by {layout}"


def _nest(group: Group) -> str:
    dtypes = "+".join(str(v.aval.dtype) for v in group.outputs)
    folds = "+".join(fold_spec(f).monoid for f in group.folds) or "map"
    return f"{folds} {dtypes} {rounded(group.rows)}x{rounded(group.inner)}"
