"""The verifier: what every graph must hold, whoever wrote it.

* SSA: each variable is defined once, before its uses; the outputs are defined.
* Each primitive is registered, accepts its operands and parameters, and its ``abstract`` rule gives
  exactly the aval (shape, dtype, weakness) that the result declares.
* Parameters are hashable; literals have rank 0 and hold a scalar of their dtype.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import TexelateError, VerifyError
from .graph import Atom, Eqn, Graph, Literal, Var, graphs_in, vars_of
from .primitive import REGISTRY


def verify(graph: Graph) -> None:
    """Checks the rules above. Raises VerifyError naming the equation and the rule it breaks.

    >>> from texelate.compiler.ir.text import parse_graph
    >>> verify(parse_graph("graph f(a: f32[3]) { b: f32[3] = exp(a) return b }"))
    """
    defined: set[Var] = set()
    for var in graph.inputs:
        if var in defined:
            raise _broken(graph, "an input is listed twice", f"{var!r}")
        defined.add(var)
    for eqn in graph.eqns:
        for var in vars_of(eqn.inputs):
            if var not in defined:
                raise _broken(graph, f"{var!r} is used before it is defined", _show(graph, eqn))
        try:
            _check_literals(eqn.inputs)
            check_eqn(eqn)
        except VerifyError as e:
            raise _broken(graph, e.what, _show(graph, eqn), why=e.why) from e
        for var in eqn.outs:
            if var in defined:
                raise _broken(graph, f"{var!r} is defined twice", _show(graph, eqn))
            defined.add(var)
    for var in vars_of(graph.outputs):
        if var not in defined:
            raise _broken(graph, f"output {var!r} is never defined", "return")
    try:
        _check_literals(graph.outputs)
    except VerifyError as e:
        raise _broken(graph, e.what, "return") from e


def check_eqn(eqn: Eqn) -> None:
    """Checks one equation by itself: the primitive, its parameters and the declared result.

    Raises VerifyError saying what was declared and what the primitive gives.
    """
    name = eqn.prim.name
    if REGISTRY.get(name) is not eqn.prim:
        raise VerifyError(f"{name} is not a registered primitive")
    for key, value in eqn.params.items():
        try:
            hash(value)
        except TypeError as e:
            raise VerifyError(f"{name}: parameter {key}={value!r} is not hashable") from e
    try:
        avals = eqn.prim.avals(*(a.aval for a in eqn.inputs), **eqn.params)
    except TexelateError as e:
        raise VerifyError(f"{name} does not accept these operands", why=e.what) from e
    except (TypeError, ValueError, IndexError) as e:
        why = str(e).rpartition("() ")[2]  # without the name of the rule's Python function
        raise VerifyError(f"{name} does not accept these parameters", why=why) from e
    if len(eqn.outs) != len(avals):
        has = "one result" if len(avals) == 1 else f"{len(avals)} results"
        raise VerifyError(f"{name} has {has}, {len(eqn.outs)} are declared")
    for out, aval in zip(eqn.outs, avals):
        if out.aval != aval:
            raise VerifyError(f"the result is declared {out.aval}, but {name} gives {aval}")
    for graph in graphs_in(eqn.params.values()):
        verify(graph)


def _check_literals(atoms: Iterable[Atom]) -> None:
    for atom in atoms:
        if isinstance(atom, Literal) and (
            atom.aval.shape != () or atom.value.dtype != atom.aval.dtype.numpy
        ):
            raise VerifyError(f"literal {atom!r} is not a scalar of {atom.aval}")


def _show(graph: Graph, eqn: Eqn) -> str:
    from .text import Names, print_eqn

    return print_eqn(eqn, Names(graph))


def _broken(graph: Graph, rule: str, where: str, why: str = "") -> VerifyError:
    what = f"graph {graph.name}: {rule}\n  in:  {where}"
    return VerifyError(what, why=why, fix="mend the pass or the text that made this graph")
