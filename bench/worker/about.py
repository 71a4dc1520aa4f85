"""``python about.py bare|import|size MODULE``: nothing; its import; the bytes it installs.

Run by its path in the peer's own environment.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import os
import re
import sys
from pathlib import Path

DISTRIBUTIONS = {"tinygrad": ("tinygrad", "dawn-python")}  # tinygrad does not name its Dawn


def closure(name: str, seen: dict[str, int]) -> None:
    """Adds the sizes of a distribution and of what it requires, without extras, to ``seen``."""
    key = re.sub(r"[-_.]+", "-", name).lower()
    if key in seen:
        return
    try:
        found = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return  # for another system
    paths = [Path(str(found.locate_file(file))) for file in found.files or ()]
    seen[key] = sum(path.stat().st_size for path in paths if path.is_file())
    for requirement in found.requires or ():
        if "extra ==" not in requirement:
            closure(re.split(r"[\s<>=!~;\[(]", requirement)[0], seen)


def sources(module: str) -> int:
    """Bytes of a package that is linked from its sources, which its distribution does not list."""
    spec = importlib.util.find_spec(module)
    folders = spec.submodule_search_locations if spec else None
    walked = [step for folder in folders or () for step in os.walk(folder, followlinks=True)]
    files = [Path(root, name) for root, _, names in walked if "/." not in root for name in names]
    return sum(file.stat().st_size for file in files if file.suffix != ".pyc")


def size(module: str) -> int:
    """Bytes that an installation brings, with what it depends on."""
    seen: dict[str, int] = {}
    for name in DISTRIBUTIONS.get(module, (module,)):
        closure(name, seen)
    editable = importlib.metadata.distribution(module).read_text("direct_url.json") or ""
    return sum(seen.values()) + (sources(module) if '"editable": true' in editable else 0)


if __name__ == "__main__":
    sys.path.pop(0)  # our own folder: nothing in it is meant
    what, asked = sys.argv[1:3]
    if what == "import":
        importlib.import_module(asked)
    elif what == "size":
        print(size(asked))
