"""Choosing a schedule: rules for each family and target, first match wins, fallback last.

Thresholds carry their source. "M" marks measurements in docs/design/measurements.md (lavapipe, 2
cores); "A" marks the numbers that several tuned WebGPU libraries agree on (32x32 tiles of 4x4
registers, 64-256 invocations).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from ..ir.graph import Var
from ..ir.kernel import LANES
from ..ir.primitive import Scan, Stream
from ..passes.group import Group
from ..passes.stored import MAX_PLACES, is_cheap
from ..target import Target
from .choose import schedule_contraction, try_contraction
from .emit import Emitter, Misaligned
from .kinds import tuned
from .nest import NestBody, NestSchedule, emit_nest
from .parts import join_parts
from .scan import emit_scan, may_be_wide
from .scheduled import Scheduled
from .stream import StreamSchedule, emit_stream, stream_of

SOFTWARE_VECTORS = 4  # M: an eighth less time than one vector; eight are slower again
SOFTWARE_VECTORS_ROWS = 1 << 16  # below, there are too few invocations to share out
COOPERATIVE_INNER = 256  # A: below, an invocation a row is as fast as a workgroup a row
STREAM_REGISTERS = 256  # results an invocation keeps: as the largest register block (M)
STREAM_ROWS, STREAM_STEPS = 8, 8  # M
STREAM_INVOCATIONS = 64  # M: 2 cores x 8 lanes x 4 to hide latency; fewer leave lanes idle


def schedule_group(group: Group, target: Target, names: dict[Var, str]) -> Scheduled:
    """Emits ``group`` with the schedule that the rules choose; ``names`` are its buffers'."""
    if _is_scan(group):
        return _scan(group, target, names)
    if _is_stream(group):
        return _stream(group, target, names)
    if group.root is not None:
        return schedule_contraction(group, target, names)
    if group.parts:
        make = [partial(_nest, part, target, names) for part in group.parts]
        return join_parts(make, _workgroup(group.rows, target))
    return _nest(group, target, names)


def fits(target: Target, group: Group, reads: Sequence[Var]) -> bool:
    """Whether the group's equations can share a kernel (a trial emission, minimally scheduled)
    without computing anything costly at many positions.
    """
    if (group.root is not None or group.folds) and _packed(group, target):
        return False
    names = {v: f"b{i}" for i, v in enumerate((*reads, *group.outputs))}
    try:
        positions = _trial(group, names).positions()
    except Misaligned:
        return False
    crowded = (v for v, n in positions.items() if n > MAX_PLACES)
    producers = group.graph.producers()
    return all(is_cheap(producers[v]) for v in crowded)


def _trial(group: Group, names: dict[Var, str]) -> Emitter:
    if _is_scan(group):
        return emit_scan(group, may_be_wide(group), names).emitter
    if _is_stream(group):
        return emit_stream(group, StreamSchedule(), names).emitter
    if group.root is not None:
        return try_contraction(group, names)
    return emit_nest(group, NestSchedule(""), names).emitter


# --- loop nests ----------------------------------------------------------------------------------


def _nest(group: Group, target: Target, names: dict[Var, str], item: str = "item") -> Scheduled:
    threads = _cooperating(group, target)
    lanes = ["rows"] if _packed(group, target) else _lane_choices(group, threads)
    choices = [NestSchedule(by, threads) for by in lanes]
    bodies = [(c, body) for c in choices if (body := _emitted(group, c, names, item))]
    best, body = min(bodies, key=lambda cb: cb[1].cost / (LANES if cb[0].lanes else 1))
    chosen = tuned(group, target, names, replace(best, vectors=_vectors(group, best, target)))
    if chosen != best and is_allowed(group, target, chosen):
        other = _emitted(group, chosen, names, item)
        best, body = (chosen, other) if other else (best, body)
    threads = best.threads
    workgroup = threads if threads > 1 else _workgroup(body.rows, target)
    return Scheduled(
        tuple(body.stmts),
        workgroup,
        body.rows if threads > 1 else -(-body.rows // workgroup),
        None if threads > 1 else body.rows,
        str(best),
        body.emitter.loads,
        body.stores,
        body.shared,
    )


def _packed(group: Group, target: Target) -> bool:
    """Whether it stores several elements a word: then only whole vectors, by a map alone."""
    return any(target.packs(v.aval.dtype) for v in group.outputs)


def _vectors(group: Group, schedule: NestSchedule, target: Target) -> int:
    """More than one vector an invocation where a map is large and invocations are dear (M)."""
    more = replace(schedule, vectors=SOFTWARE_VECTORS)
    large = target.is_software and group.rows >= SOFTWARE_VECTORS_ROWS
    return SOFTWARE_VECTORS if large and is_allowed(group, target, more) else 1


def is_allowed(group: Group, target: Target, schedule: NestSchedule) -> bool:
    """Whether ``group`` may have this schedule: where its vectors, rows and threads fit."""
    lanes, threads, vectors = schedule.lanes, schedule.threads, schedule.vectors
    if lanes not in _lane_choices(group, threads) or (_packed(group, target) and lanes != "rows"):
        return False
    if vectors > 1 and (group.folds or lanes != "rows" or group.rows % (vectors * LANES)):
        return False
    return threads == 1 or (threads <= target.max_invocations and _may_cooperate(group))


def _emitted(
    group: Group, schedule: NestSchedule, names: dict[Var, str], item: str
) -> NestBody | None:
    """The group's statements; None where vectors would read a register out of its place."""
    try:
        return emit_nest(group, schedule, names, item)
    except Misaligned:
        return None


def _lane_choices(group: Group, threads: int) -> Iterator[str]:
    plain = group.spec is not None and group.spec.axes is not None
    positional = any(fold.prim.name in ("argmax", "argmin") for fold in group.folds)
    only_rows = all(map(group.is_row_output, group.outputs))
    if threads == 1 and group.rows >= LANES and (only_rows or group.rows % LANES == 0):
        yield "rows"
    if plain and not positional and group.inner and group.inner % LANES == 0:
        yield "inner"
    yield ""


def _cooperating(group: Group, target: Target) -> int:
    """Invocations a row: a workgroup on GPUs when rows are long and lie in one piece."""
    if target.is_software or not _may_cooperate(group) or group.inner < COOPERATIVE_INNER:
        return 1  # M: barriers cost llvmpipe more than a serial row
    return min(256 if group.inner >= 4096 else 64, target.max_invocations)


def _may_cooperate(group: Group) -> bool:
    """Whether rows lie in one piece and their folds can be combined through workgroup memory."""
    spec = group.spec
    if spec is None or spec.axes is None:
        return False
    ndim = len(group.operand_shape)
    contiguous = spec.axes == tuple(range(ndim - len(spec.axes), ndim))
    return contiguous and all(f.prim.name not in ("argmax", "argmin") for f in group.folds)


def _is_scan(group: Group) -> bool:
    return group.root is not None and isinstance(group.root.prim.lower, Scan)


def _scan(group: Group, target: Target, names: dict[Var, str]) -> Scheduled:
    wide = may_be_wide(group)
    title = f"scan, {'vec4 over rows' if wide else 'scalar'}"
    return _each_alone(emit_scan(group, wide, names), title, target)


def _each_alone(body: NestBody, schedule: str, target: Target) -> Scheduled:
    """Invocations that have nothing to do with one another."""
    workgroup = _workgroup(body.rows, target)
    return Scheduled(
        tuple(body.stmts),
        workgroup,
        -(-body.rows // workgroup),
        body.rows,
        schedule,
        body.emitter.loads,
        body.stores,
    )


def _is_stream(group: Group) -> bool:
    return group.root is not None and isinstance(group.root.prim.lower, Stream)


def _stream(group: Group, target: Target, names: dict[Var, str]) -> Scheduled:
    schedule = _stream_schedule(group)
    return _each_alone(emit_stream(group, schedule, names), str(schedule), target)


def _stream_schedule(group: Group) -> StreamSchedule:
    """As many rows as registers hold results for, while all invocations have some."""
    root, spec = stream_of(group)
    width = root.out.aval.shape[2] if spec.values is not None else LANES
    cols = min(-(-width // LANES) * LANES, STREAM_REGISTERS)
    tiles = spec.batch * -(-width // cols)
    rows = STREAM_ROWS
    while rows > 1 and (
        rows * cols > STREAM_REGISTERS
        or tiles * -(-spec.rows // rows) < STREAM_INVOCATIONS
        or rows > spec.rows
    ):
        rows //= 2
    return StreamSchedule(rows, cols, STREAM_STEPS)


def _workgroup(items: int, target: Target) -> int:
    """M: 64 on llvmpipe; A: 64-256 on GPUs. Fewer when there is less to do, for the second core."""
    want = 64 if target.is_software or items < 65536 else 256
    return min(want, target.max_invocations)
