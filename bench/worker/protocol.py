"""The worker's side of the line protocol: one JSON object a line, a request and an answer.

==========  ======================================  ======================================
request     fields                                  answer
==========  ======================================  ======================================
``hello``                                           ``device``, ``versions``; the device is open
``limits``                                          ``flops``, ``bandwidth`` of the adapter
``prepare`` ``workload``, ``small``, ``inputs``     ``first_s``: until the first result was there;
                                                    ``step_s``: a step, once warm
``result``  ``steps``, ``outputs``                  the outputs after ``steps`` steps, as files
``batch``   ``steps``                               ``seconds`` of them all, one synchronisation
``single``  ``steps``                               ``seconds`` of each, one synchronisation each
``quit``                                            none; the worker ends
==========  ======================================  ======================================

``inputs`` and ``outputs`` name folders with one ``.npy`` file an array; ``order.json`` in the first
gives the order. An answer with ``error`` says what went wrong, with ``lacks`` why the peer has no
such thing. Workers in other languages get ``file`` and ``params`` of the workload too.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..workloads import workloads
from .engine import MakeEngine, Session

Message = dict[str, Any]
WARM_STEPS = 3  # tinygrad's TinyJit captures at the second call and replays from the third on
WARM_SECONDS = 0.3


class Worker:
    """Answers requests with sessions of one engine, which is made by the first of them."""

    def __init__(self, make_engine: MakeEngine) -> None:
        self._make = make_engine
        self._session: Session | None = None

    def answer(self, request: Message) -> Message:
        """The answer to one request; what goes wrong in the peer is an answer too."""
        fields = {key: value for key, value in request.items() if key != "do"}
        try:
            handler: Callable[..., Message] = getattr(self, "do_" + request["do"])
            return handler(**fields)
        except LookupError as error:
            return {"lacks": str(error)}
        except Exception as error:  # the runner must hear of every failure, whatever its type
            traceback.print_exc()
            return {"error": f"{type(error).__name__}: {error}"}

    def do_hello(self) -> Message:
        self._engine = self._make()
        return self._engine.hello()

    def do_limits(self) -> Message:
        return dict(self._engine.limits())

    def do_prepare(self, workload: str, small: bool, inputs: str, **_: Any) -> Message:
        self._session = None  # its memory, before the next one's
        names = json.loads((Path(inputs) / "order.json").read_text())
        arrays = {name: np.load(Path(inputs) / f"{name}.npy") for name in names}
        start = time.perf_counter()
        self._session = Session(self._engine, workloads(small)[workload], arrays)
        self._timed(1)
        return {"first_s": time.perf_counter() - start, "step_s": self._warm()}

    def _warm(self) -> float:
        start, took = time.perf_counter(), [self._timed(1) for _ in range(WARM_STEPS)]
        while time.perf_counter() - start < WARM_SECONDS:
            took.append(self._timed(1))
        return min(took)

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


def serve(make_engine: MakeEngine) -> None:
    """Answer requests from standard input until ``quit`` or its end.

    Answers leave by a private copy of standard output, which itself is pointed at standard error:
    a library that prints cannot break the protocol.
    """
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        worker = Worker(make_engine)
        for line in sys.stdin:
            request = json.loads(line)
            if request["do"] == "quit":
                return
            print(json.dumps(worker.answer(request)), file=answers, flush=True)
