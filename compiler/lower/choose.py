"""Which schedule a contraction gets: the space of schedules for a problem, and what each costs.

``candidates`` is the space, ``cost`` how long a schedule is expected to take; the cheapest is
taken. Numbers marked "M" were measured (docs/design/measurements.md, llvmpipe on 2 cores); "A" are
those that several tuned WebGPU libraries agree on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from ..ir.graph import Var
from ..ir.index import product
from ..ir.kernel import LANES
from ..ir.primitive import ContractSpec
from ..passes.group import Group
from ..target import Target
from .axes import batch_is_contiguous
from .batched import emit_batched, steps_of
from .contract import Block, ContractSchedule
from .emit import Emitter, Misaligned
from .kinds import tuned
from .lanes import with_lanes
from .multiply import emit_contract
from .scheduled import Scheduled
from .staged import emit_staged
from .staged import steps_of as staged_steps

CORES = 2  # M: of the machine the model was fitted on; more of them only want more tiles
SIMD = 8  # M: invocations that llvmpipe runs as one vector
STEP_NS = 0.36  # M: a multiply-add of all invocations of a vector
LOAD, STORE = 10, 50  # M: multiply-adds that take as long as moving a number for each of them
BROADCAST = 2  # M: … as handing a number of one of them to all
SCATTERED = 1.5  # M: what storing rows as columns costs more, in compilation too
TILE = 500  # M: multiply-adds that take as long as starting a tile
COMPILE_NS = 1.6e6  # M: of the driver, for each result that an invocation keeps
RUNS = 300  # calls after which a kernel should have earned its compilation
ROWS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
COLS = (4, 8, 12, 16)
REGISTERS = 256  # results an invocation keeps: with more, compiling takes seconds (M)
MOST_ROWS = 8  # of a window's results; with more, windows share little more (M)
BUSY = 32  # M: 2 cores x 8 lanes x 2; fewer leave lanes idle
# A: 8x8 invocations of 4x4 results each (a 32x32 tile); 16x16 where there are at least 16 tiles of
# 64x64 (tensai); where there are very many, of 8x8 results each, as BLAS libraries for GPUs do.
GPU_TILES = ((16, 8), (16, 4), (8, 4))
GPU_READ = 64  # products that take as long as bringing a number from memory, such that A holds
GPU_GROUPS, GPU_GROUP = 64, 64  # workgroups that fill a GPU, and invocations in one
SMALLEST = ContractSchedule(1, LANES, 1)
"""What ``fits`` tries, and what any group that fits can be emitted with."""


class Problem(NamedTuple):
    """The extents of a contraction, flattened."""

    batch: int
    m: int
    n: int
    k: int

    @staticmethod
    def of(spec: ContractSpec) -> Problem:
        return Problem(*map(product, (spec.batch, spec.m, spec.n, spec.k)))

    def swapped(self) -> Problem:
        return self._replace(m=self.n, n=self.m)


def candidates(problem: Problem, target: Target) -> Iterator[ContractSchedule]:
    """The schedules worth considering; along which axes operands are read is decided after that."""
    if target.is_software:
        yield from _register_blocks(problem, target)
        return
    for side, registers in GPU_TILES:
        if side * side <= target.max_invocations:
            yield ContractSchedule(registers, registers, stage=side)
    yield from (ContractSchedule(rows, LANES) for rows in (4, 2, 1))


def _register_blocks(problem: Problem, target: Target) -> Iterator[ContractSchedule]:
    for swap in (False, True):
        p = problem.swapped() if swap else problem
        rows = sorted({_even(p.m, r) for r in ROWS})
        for share in {0, target.subgroup}:
            blocks = ((r, c) for r in rows for c in COLS if r * c <= REGISTERS)
            yield from (ContractSchedule(r, c, share=share, swap=swap) for r, c in blocks)


def _even(extent: int, most: int) -> int:
    """At most ``most`` rows, and as many in every tile as can be."""
    tiles = max(1, math.ceil(extent / most))
    return max(1, math.ceil(extent / tiles))


def cost(problem: Problem, s: ContractSchedule, target: Target) -> float:
    """What ``s`` costs: nanoseconds on a software adapter, else only to compare with others."""
    return software_cost(problem, s) if target.is_software else gpu_cost(problem, s)


def software_cost(problem: Problem, s: ContractSchedule) -> float:
    """Nanoseconds of ``RUNS`` runs, the driver's compilation included."""
    p = problem.swapped() if s.swap else problem
    peers = s.share or 1
    tiles = math.ceil(p.m / s.rows) * math.ceil(p.n / (s.cols * peers)) * p.batch
    vectors = tiles if s.share else math.ceil(tiles / SIMD)
    step = s.rows * s.cols + LOAD * (math.ceil(s.rows / peers) + s.cols)
    step += BROADCAST * s.rows if s.share else 0
    results = s.rows * s.cols * (SCATTERED if s.swap else 1)
    tile = TILE + p.k * step + STORE * results
    return RUNS * math.ceil(vectors / CORES) * tile * STEP_NS + COMPILE_NS * results


def gpu_cost(p: Problem, s: ContractSchedule) -> float:
    """Products and numbers read, times how far the machine is from being full.

    A tile of r x c results reads r + c numbers for r · c products; work past an edge counts.
    """
    side = s.stage or 1
    rows, cols = s.rows * side, s.cols * side
    tiles = math.ceil(p.m / rows) * math.ceil(p.n / cols) * p.batch
    unroll = staged_steps(max(rows, cols)) if s.stage else 1
    groups = tiles if s.stage else tiles / GPU_GROUP
    work = tiles * math.ceil(p.k / unroll) * unroll * (rows * cols + GPU_READ * (rows + cols))
    return work * max(1.0, GPU_GROUPS / max(groups, 1e-9))


def schedule_contraction(group: Group, target: Target, names: dict[Var, str]) -> Scheduled:
    """The measured or the best schedule; where blocks would misplace the epilogue, smaller ones."""
    best = _best(group, target, names)
    for schedule in dict.fromkeys((tuned(group, target, names, best), best)):
        with suppress(Misaligned):
            return _emitted(group, schedule, target, names)
    return _emitted(group, SMALLEST, target, names)


def _best(group: Group, target: Target, names: dict[Var, str]) -> ContractSchedule:
    problem = Problem.of(group.contraction)
    if 1 in (problem.m, problem.n) and batch_is_contiguous(group, _loaded(group, names)):
        return _by_batch(group, problem)
    return min(candidates(problem, target), key=lambda s: cost(problem, s, target))


def try_contraction(group: Group, names: dict[Var, str]) -> Emitter:
    """Emits ``group`` as small as can be; Misaligned where it cannot be one kernel."""
    return emit_contract(Block(group, SMALLEST, names)).emitter


def _emitted(
    group: Group, schedule: ContractSchedule, target: Target, names: dict[Var, str]
) -> Scheduled:
    if schedule != SMALLEST and not schedule.by_batch:
        schedule = with_lanes(group, schedule, names)
    emit = emit_batched if schedule.by_batch else emit_staged if schedule.stage else emit_contract
    body = emit(Block(group, schedule, names))
    together = schedule.stage * schedule.stage or schedule.share
    workgroup = together or min(64 if target.is_software else 256, target.max_invocations)
    return Scheduled(
        tuple(body.stmts),
        workgroup,
        body.tiles if together else math.ceil(body.tiles / workgroup),
        None if together else body.tiles,
        str(schedule),
        body.emitter.loads,
        body.stores,
        body.shared,
        subgroup=bool(schedule.share),
    )


def _loaded(group: Group, names: dict[Var, str]) -> dict[Var, str]:
    return {v: n for v, n in names.items() if v not in group.outputs}


def _by_batch(group: Group, p: Problem) -> ContractSchedule:
    """As many neighbouring rows as come out even, while there are enough blocks of them."""
    swap = p.m == 1
    spec, rows = group.contraction, p.n if swap else p.m
    last = (spec.n if swap else spec.m)[-1:]
    even = [r for r in range(1, MOST_ROWS + 1) if product(last) % r == 0]
    busy = [r for r in even if rows // r * p.batch >= LANES * BUSY]
    return ContractSchedule(max(busy, default=1), 1, steps_of(spec.k), swap=swap, by_batch=True)
