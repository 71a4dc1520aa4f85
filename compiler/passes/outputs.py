"""Gives literal outputs an equation, so that every output lives in a buffer."""

from __future__ import annotations

from ..ir.graph import Atom, Eqn, Graph, Literal, Var
from ..ir.primitive import lookup


def materialise_outputs(graph: Graph) -> Graph:
    """Replaces each literal among the outputs by ``broadcast_in_dim(literal; shape=(), dims=())``.

    Runs last: simplify would undo it.
    """
    eqns, made = list(graph.eqns), dict[Literal, Var]()

    def output(atom: Atom) -> Atom:
        if isinstance(atom, Var):
            return atom
        if atom not in made:
            made[atom] = Var(atom.aval)
            params = {"shape": (), "dims": ()}
            eqns.append(Eqn(lookup("broadcast_in_dim"), (atom,), params, (made[atom],)))
        return made[atom]

    outputs = tuple(map(output, graph.outputs))
    return graph.replace(eqns, outputs)
