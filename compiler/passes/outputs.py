"""Gives literal outputs an equation, so that every output lives in a buffer.

So do literal operands of control flow, which reads buffers.
"""

from __future__ import annotations

from ..ir.graph import Atom, Eqn, Graph, Literal, Var
from ..ir.primitive import lookup
from .segments import is_control


def materialise_outputs(graph: Graph) -> Graph:
    """Replaces each literal among the outputs by ``broadcast_in_dim(literal; shape=(), dims=())``.

    Runs last: simplify would undo it.
    """
    eqns, made = list[Eqn](), dict[Literal, Var]()

    def stored(atom: Atom) -> Atom:
        if isinstance(atom, Var):
            return atom
        if atom not in made:
            made[atom] = Var(atom.aval)
            params = {"shape": (), "dims": ()}
            eqns.append(Eqn(lookup("broadcast_in_dim"), (atom,), params, (made[atom],)))
        return made[atom]

    for eqn in graph.eqns:
        if is_control(eqn) and any(isinstance(a, Literal) for a in eqn.inputs):
            inputs = tuple(map(stored, eqn.inputs))
            eqns.append(Eqn(eqn.prim, inputs, eqn.params, eqn.outs, eqn.source))
        else:
            eqns.append(eqn)
    outputs = tuple(map(stored, graph.outputs))
    return graph.replace(eqns, outputs)
