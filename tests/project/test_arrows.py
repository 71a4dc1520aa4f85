"""The rooms depend on one another in one direction only (docs/architecture.md)."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = {"errors", "source", "program", "knobs"}

# What each room of the compiler may import, besides itself and the shared modules.
COMPILER_ROOMS = {
    "ir": set(),
    "trace": {"ir"},
    "transforms": {"ir"},
    "passes": {"ir", "target"},
    "lower": {"ir", "passes", "target", "tuned"},
    "codegen_wgsl": {"ir", "lower", "target"},
    "codegen_glsl": {"ir", "lower", "target"},
}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    prefix = () if parts[0] == "texelate" else ("texelate",)
    return ".".join((*prefix, *parts))


def imported(path: Path) -> set[str]:
    """Absolute names of all that a file imports, also inside functions."""
    package = module_name(path).split(".")[:-1]
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*start, *([node.module] if node.module else [])])
            names.update(f"{module}.{alias.name}" for alias in node.names)
    return names


def files(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def room_of(name: str) -> str:
    """``texelate.compiler.ir.graph`` -> ``ir``."""
    return name.split(".")[2] if name.count(".") >= 2 else ""


@pytest.mark.parametrize("room", ["compiler", "runtime", "texelate", "tests", "bench"])
def test_no_bare_import_of_the_rooms(room: str) -> None:
    bare = {
        f"{path.name}: {name}"
        for path in files(room)
        for name in imported(path)
        if name.split(".")[0] in {"compiler", "runtime"}
    }
    assert not bare


def test_the_compiler_needs_no_gpu_and_no_front_end() -> None:
    outside = {
        f"{module_name(path)} imports {name}"
        for path in files("compiler")
        for name in imported(path)
        if name.split(".")[0] == "wgpu"
        or (name.startswith("texelate.") and not name.startswith("texelate.compiler"))
    }
    assert not outside


def test_the_runtime_knows_only_programs() -> None:
    outside = {
        f"{module_name(path)} imports {name}"
        for path in files("runtime")
        for name in imported(path)
        if name.startswith("texelate.")
        and not name.startswith("texelate.runtime")
        and room_of(name) not in SHARED
    }
    assert not outside


@pytest.mark.parametrize("room", COMPILER_ROOMS)
def test_arrows_within_the_compiler(room: str) -> None:
    allowed = COMPILER_ROOMS[room] | SHARED | {room}
    outside = {
        f"{module_name(path)} imports {name}"
        for path in files(f"compiler/{room}")
        for name in imported(path)
        if name.startswith("texelate.compiler.") and room_of(name) not in allowed
    }
    assert not outside


def test_the_scan_sees_relative_and_nested_imports() -> None:
    """The scan itself, on a file of which the answer is known."""
    assert "texelate.compiler.source.Source" in imported(ROOT / "compiler/ir/graph.py")
    assert "texelate.compiler.ir.text.print_graph" in imported(ROOT / "compiler/ir/graph.py")
