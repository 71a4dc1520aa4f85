"""What a workload is: inputs for everyone, one true answer, and an implementation for each peer.

A workload is a class in a file of :mod:`texelate.bench.workloads`; its fields are its sizes. Inputs
are made once, by numpy, and handed to the peers as files, so nobody's random numbers differ. The
answer is computed in float64; a peer that disagrees is an error, not a row.

Each peer's implementation is a method with the peer's name. It imports what it needs inside,
because it runs in that peer's own environment, and returns a *step*: a function of the inputs, in
their order, to the outputs. JavaScript's are in the ``.mjs`` file of the same name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

Arrays = dict[str, np.ndarray]
Step = Callable[..., Any]
MANY_FLOPS = 8e9  # a second on a software adapter for the best, ten for the others


@dataclass(frozen=True)
class Workload:
    """One thing to measure. Subclasses give title, inputs, reference and the peers' steps.

    The first ``carry`` outputs are the first ``carry`` inputs of the next step, as a train step's
    weights are. After ``checked`` steps every output must agree within ``tolerance``. ``eager``
    steps are called as they are, uncompiled, and each is waited for.
    """

    outputs: ClassVar[tuple[str, ...]] = ("y",)
    carry: ClassVar[int] = 0
    checked: ClassVar[int] = 1
    eager: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """The name on the command line and in records."""
        raise NotImplementedError

    @property
    def title(self) -> str:
        """The name for people, with the sizes."""
        raise NotImplementedError

    @property
    def file(self) -> str:
        """The module, and the ``.mjs`` file, that it is in."""
        return type(self).__module__.rpartition(".")[2]

    @property
    def params(self) -> dict[str, Any]:
        """The sizes, for records and for peers in other languages."""
        return asdict(self)

    @property
    def flops(self) -> int:
        """Operations of a step, as its definition counts them; 0 where they do not matter."""
        return 0

    @property
    def tolerance(self) -> tuple[float, float]:
        """How far an output may be off: relative to the right one, and absolute."""
        return 1e-4, 1e-5

    @property
    def large(self) -> bool:
        """Whether it asks for a GPU: a software adapter takes seconds for one step."""
        return self.flops > MANY_FLOPS

    def inputs(self) -> Arrays:
        """The inputs by name, in the order in which a step takes them."""
        raise NotImplementedError

    def reference(self, *inputs: Any) -> Any:
        """The output, or the tuple of outputs, of one step, in the precision of the inputs."""
        raise NotImplementedError

    def constants(self, name: str) -> bool:
        """Whether that input is a weight, which a model file holds and an engine may rearrange."""
        return False

    def numpy(self) -> Step:
        """NumPy's own step: the reference, unless a careful user would write it otherwise."""
        return self.reference


def tuple_of(outputs: Any) -> tuple[Any, ...]:
    """The outputs of a step as a tuple, also of a single one.

    >>> tuple_of(1), tuple_of([1, 2])
    ((1,), (1, 2))
    """
    return tuple(outputs) if isinstance(outputs, list | tuple) else (outputs,)


def answer(workload: Workload, inputs: Arrays) -> Arrays:
    """The outputs after ``checked`` steps from the inputs, in float64."""
    values: list[Any] = [_wide(array) for array in inputs.values()]
    outs: Sequence[Any] = ()
    for _ in range(workload.checked):
        outs = tuple_of(workload.reference(*values))
        values[: workload.carry] = outs[: workload.carry]
    return {name: np.asarray(out) for name, out in zip(workload.outputs, outs, strict=True)}


def traffic(inputs: Arrays, outs: Arrays) -> int:
    """Bytes that a step must move at least: every input and every output once.

    >>> traffic({"x": np.zeros(8, np.float16)}, {"y": np.zeros(1)})
    18
    """
    narrow = next((a.itemsize for a in inputs.values() if a.dtype.kind == "f"), 4)
    return sum(a.nbytes for a in inputs.values()) + sum(a.size for a in outs.values()) * narrow


def _wide(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def normal(rng: np.random.Generator, *shape: int, scale: float = 1.0) -> np.ndarray:
    """Normal float32 numbers."""
    return (rng.standard_normal(shape) * scale).astype(np.float32)
