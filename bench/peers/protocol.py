"""The worker's side of the line protocol: one JSON object a line, a request and an answer.

==========  ==================================  ======================================
request     fields                              answer
==========  ==================================  ======================================
``hello``                                       ``device``, ``versions``
``prepare`` ``workload``, ``params``, ``inputs``  ``first_s``: until the first result was there
``result``  ``steps``, ``outputs``              the arrays after ``steps`` steps, as files
``batch``   ``steps``                           ``seconds`` of them all, one synchronisation
``single``  ``steps``                           ``seconds`` of each, one synchronisation each
``quit``                                        none; the worker ends
==========  ==================================  ======================================

``inputs`` and ``outputs`` name folders with one ``.npy`` file an array. An answer with ``error``
says what went wrong. Needs only the standard library and numpy, as it runs in the environments
of others.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

Message = dict[str, Any]
WARM_STEPS = 5


class Session(Protocol):
    """One workload, ready to run on one peer, its inputs already on the device."""

    def reset(self) -> None:
        """Go back to the state of the inputs."""

    def run(self, steps: int) -> None:
        """Start ``steps`` steps, each after the other; need not wait for them."""

    def sync(self) -> None:
        """Wait until everything started is computed, and the last result is on the host."""

    def outputs(self) -> Mapping[str, np.ndarray]:
        """The present state, read back."""


Builder = Callable[[Mapping[str, np.ndarray], Mapping[str, float]], Session]


class Worker:
    """Answers requests with the sessions that ``builders`` make, by workload name."""

    def __init__(self, hello: Callable[[], Message], builders: Mapping[str, Builder]) -> None:
        self._hello, self._builders = hello, builders
        self._session: Session | None = None

    def answer(self, request: Message) -> Message:
        """The answer to one request; what goes wrong in the peer is an answer too."""
        fields = {key: value for key, value in request.items() if key != "do"}
        try:
            handler: Callable[..., Message] = getattr(self, "do_" + request["do"])
            return handler(**fields)
        except Exception as error:  # the runner must hear of every failure, whatever its type
            traceback.print_exc()
            return {"error": f"{type(error).__name__}: {error}"}

    def do_hello(self) -> Message:
        return self._hello()

    def do_prepare(self, workload: str, params: Mapping[str, float], inputs: str) -> Message:
        if workload not in self._builders:
            return {"error": f"this worker does not know {workload!r}"}
        arrays = {path.stem: np.load(path) for path in sorted(Path(inputs).glob("*.npy"))}
        start = time.perf_counter()
        self._session = self._builders[workload](arrays, params)
        self._timed(1)
        first = time.perf_counter() - start
        for _ in range(WARM_STEPS):
            self._timed(1)
        return {"first_s": first}

    def do_result(self, steps: int, outputs: str) -> Message:
        session = self._ready()
        session.reset()
        session.run(steps)
        session.sync()
        for name, array in session.outputs().items():
            np.save(Path(outputs) / f"{name}.npy", np.asarray(array))
        return {"steps": steps}

    def do_batch(self, steps: int) -> Message:
        return {"seconds": self._timed(steps)}

    def do_single(self, steps: int) -> Message:
        return {"seconds": [self._timed(1) for _ in range(steps)]}

    def _ready(self) -> Session:
        if self._session is None:
            raise RuntimeError("no workload was prepared")
        return self._session

    def _timed(self, steps: int) -> float:
        session = self._ready()
        start = time.perf_counter()
        session.run(steps)
        session.sync()
        return time.perf_counter() - start


def serve(hello: Callable[[], Message], builders: Mapping[str, Builder]) -> None:
    """Answer requests from standard input until ``quit`` or its end.

    Answers leave by a private copy of standard output, which itself is pointed at standard error:
    a library that prints cannot break the protocol.
    """
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        worker = Worker(hello, builders)
        for line in sys.stdin:
            request = json.loads(line)
            if request["do"] == "quit":
                return
            print(json.dumps(worker.answer(request)), file=answers, flush=True)
