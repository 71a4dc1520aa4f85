"""Simplification as a whole: meaning, fixed point, linear work. Its rules: test_rules_*."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ir.helpers import assert_keeps_meaning, equations, graphs
from texelate.compiler.ir.graph import Atom, Eqn
from texelate.compiler.ir.text import parse_graph, same
from texelate.compiler.passes.rewrite import Rewriter, Rule, rewrite
from texelate.compiler.passes.simplify import RULES, simplify


@settings(max_examples=200)
@given(graphs(), st.integers(0, 99))
def test_meaning_is_kept_and_nothing_is_left_to_do(graph, seed) -> None:
    assert_keeps_meaning(simplify, graph, seed)
    once = simplify(graph)
    assert same(simplify(once), once)


def test_every_rule_says_what_it_does() -> None:
    rules = {rule for family in RULES.values() for rule in family}
    assert all(rule.__doc__ for rule in rules)
    assert len({rule.__name__ for rule in rules}) == len(rules)


def test_the_user_line_survives() -> None:
    g = parse_graph(equations("y: f32[2,3] = exp(a) z: f32[2,3] = add(-0.0:f32, y)"))
    g.eqns[0].source = here = object()  # type: ignore[assignment]
    assert simplify(g).eqns[0].source is here


def test_work_is_linear() -> None:
    """Counted in rules tried, not in seconds."""

    def tried(n: int) -> int:
        lines, last, count = [], "a", 0
        for i in range(n):
            op = ["neg({})", "add({}, -0.0:f32)", "mul({}, 2.0:f32)", "exp({})"][i % 4]
            lines.append(f"v{i}: f32[8] = {op.format(last)}")
            last = f"v{i}"

        def counted(rule: Rule) -> Rule:
            def run(eqn: Eqn, b: Rewriter) -> Atom | None:
                nonlocal count
                count += 1
                return rule(eqn, b)

            return run

        rules = {name: [counted(r) for r in family] for name, family in RULES.items()}
        rewrite(parse_graph(equations(" ".join(lines), "a: f32[8]", last)), rules)
        return count

    assert 4000 < tried(1000) < 4.5 * tried(250)
