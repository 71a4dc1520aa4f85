"""What a peer must be able to do, and a session that runs any workload on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..workload import Arrays, Step, Workload, tuple_of

IMAGES = ("x", "y")  # inputs and outputs of four axes by these names are images, others filters


class Engine:
    """A peer's side. ``method``: the workloads' method; ``channels_first``: NCHW and OIHW."""

    method: str
    channels_first = False

    def hello(self) -> dict[str, Any]:
        """``device`` (kind, adapter, backend, driver) and ``versions``; opens the device."""
        raise NotImplementedError

    def put(self, array: np.ndarray) -> Any:
        """The array on the device."""
        raise NotImplementedError

    def get(self, value: Any) -> np.ndarray:
        """The value, read back."""
        raise NotImplementedError

    def wait(self, values: Sequence[Any]) -> None:
        """Return when everything started is computed; nothing need be read back."""
        raise NotImplementedError

    def step(self, workload: Workload, arrays: Arrays) -> Step:
        """The workload's implementation for this peer; LookupError where there is none."""
        make = getattr(workload, self.method, None)
        if make is None:
            raise LookupError(f"no implementation of {workload.name} for {self.method}")
        return make()  # type: ignore[no-any-return]

    def compile(self, step: Step, carry: int) -> Step:
        """The step in the form in which the peer runs it best; it may reuse what is carried."""
        return step

    def renew(self, values: list[Any], arrays: Sequence[np.ndarray]) -> list[Any]:
        """Values that hold ``arrays`` again."""
        return [self.put(array) for array in arrays]

    def limits(self) -> dict[str, float]:
        """The adapter's ``flops`` and ``bandwidth`` a second, measured."""
        raise LookupError(f"{self.method} does not measure the adapter")


def channels_first(name: str, array: np.ndarray) -> np.ndarray:
    """NHWC to NCHW, HWIO to OIHW; others as they are.

    >>> channels_first("x", np.zeros((1, 5, 6, 3))).shape
    (1, 3, 5, 6)
    """
    if array.ndim < 4:
        return array
    return np.ascontiguousarray(array.transpose((0, 3, 1, 2) if name in IMAGES else (3, 2, 0, 1)))


class Session:
    """One workload on one engine, its inputs on the device."""

    def __init__(self, engine: Engine, workload: Workload, inputs: Arrays):
        self._engine, self._workload = engine, workload
        laid = dict(inputs)
        if engine.channels_first:
            laid = {name: channels_first(name, array) for name, array in inputs.items()}
        self._arrays = list(laid.values())
        step = engine.step(workload, laid)
        self._step = step if workload.eager else engine.compile(step, workload.carry)
        self._args = [engine.put(array) for array in self._arrays]
        self._outs: tuple[Any, ...] = ()

    def reset(self) -> None:
        """Go back to the state of the inputs."""
        n = self._workload.carry
        self._args[:n] = self._engine.renew(self._args[:n], self._arrays[:n])

    def run(self, steps: int) -> None:
        """Start ``steps`` steps, each after the other; need not wait for them."""
        n = self._workload.carry
        for _ in range(steps):
            self._outs = tuple_of(self._step(*self._args))
            self._args[:n] = self._outs[:n]
            if self._workload.eager:
                self.sync()

    def sync(self) -> None:
        """Wait until everything started is computed."""
        self._engine.wait(self._outs)

    def outputs(self) -> dict[str, np.ndarray]:
        """The last step's outputs, read back."""
        pairs = zip(self._workload.outputs, self._outs, strict=True)
        return {name: self._plain(name, self._engine.get(value)) for name, value in pairs}

    def _plain(self, name: str, array: np.ndarray) -> np.ndarray:
        if array.ndim < 4 or not self._engine.channels_first:
            return array
        return array.transpose((0, 2, 3, 1) if name in IMAGES else (2, 3, 1, 0))


MakeEngine = Callable[[], Engine]
