"""Writes ONNX models: a workload's step called on names instead of arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..workload import Workload, tuple_of

OPSET = 20  # the first with Gelu


class Name:
    """A value of the graph, with the operators that networks use."""

    def __init__(self, graph: Graph, text: str) -> None:
        self.graph, self.text = graph, text

    def __add__(self, other: Name) -> Name:
        return self.graph.Add(self, other)  # type: ignore[no-any-return]

    def __matmul__(self, other: Name) -> Name:
        return self.graph.MatMul(self, other)  # type: ignore[no-any-return]


class Graph:
    """``g.Relu(x)`` appends a node of that type; keyword arguments are its attributes.

    ``outputs`` is how many it has; the result is a tuple where there are several. An input that is
    None is left out.
    """

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.arrays: dict[str, np.ndarray] = {}

    def __getattr__(self, kind: str) -> Callable[..., Any]:
        from onnx import helper

        def node(*inputs: Name | None, outputs: int = 1, **attributes: Any) -> Any:
            made = [Name(self, f"t{len(self.nodes)}_{k}") for k in range(outputs)]
            taken, given = [n.text if n else "" for n in inputs], [n.text for n in made]
            self.nodes.append(helper.make_node(kind, taken, given, **attributes))
            return made[0] if outputs == 1 else tuple(made)

        return node

    def constant(self, array: np.ndarray) -> Name:
        """A value that the model holds."""
        name = f"c{len(self.arrays)}"
        self.arrays[name] = array
        return Name(self, name)

    def scalar(self, value: float) -> Name:
        """A float32 constant without axes."""
        return self.constant(np.asarray(value, np.float32))

    def integers(self, values: Sequence[int]) -> Name:
        """An int64 constant with one axis."""
        return self.constant(np.asarray(values, np.int64))

    def array(self, name: Name) -> np.ndarray:
        """Of a constant."""
        return self.arrays[name.text]


def write(workload: Workload, arrays: dict[str, np.ndarray], path: Path) -> None:
    """The workload as a model; its weights are in the file, its other inputs are the model's."""
    from onnx import TensorProto, helper, numpy_helper, save_model

    if not hasattr(workload, "onnx"):
        raise LookupError(f"no ONNX model of {workload.name}")
    graph = Graph()
    graph.arrays |= {name: a for name, a in arrays.items() if workload.constants(name)}
    outs = tuple_of(workload.onnx(graph)(*(Name(graph, name) for name in arrays)))
    for name, out in zip(workload.outputs, outs):
        graph.nodes.append(helper.make_node("Identity", [out.text], [f"out_{name}"]))
    fed = [
        helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
        for n, a in arrays.items() if n not in graph.arrays
    ]  # fmt: skip
    kind = next((a.dtype for a in arrays.values() if a.dtype.kind == "f"), np.dtype(np.float32))
    kind = helper.np_dtype_to_tensor_dtype(kind) or TensorProto.FLOAT
    gives = [helper.make_tensor_value_info(f"out_{n}", kind, None) for n in workload.outputs]
    held = [numpy_helper.from_array(array, name) for name, array in graph.arrays.items()]
    made = helper.make_graph(graph.nodes, workload.name, fed, gives, held)
    imports = [helper.make_opsetid("", OPSET)]
    save_model(helper.make_model(made, opset_imports=imports, ir_version=9), str(path))
