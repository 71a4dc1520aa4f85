"""``texelate devices``: what there is to compute on."""

from __future__ import annotations

from typing import Any

from .units import si

LIMITS = {
    "max-buffer-size": "largest buffer",
    "max-storage-buffer-binding-size": "largest array",
    "max-storage-buffers-per-shader-stage": "buffers a kernel",
    "max-compute-invocations-per-workgroup": "invocations a workgroup",
    "max-compute-workgroup-storage-size": "workgroup memory",
}


def adapters() -> tuple[list[dict[str, Any]], int | None]:
    """Each adapter as plain data, and the index of the one that would be used."""
    from ..compiler.errors import AdapterError
    from ..runtime import adapters as listed
    from ..runtime import open_device

    infos = listed()
    try:
        chosen = open_device().info.index if infos else None
    except AdapterError:
        chosen = None
    return [as_dict(info) for info in infos], chosen


def as_dict(info: Any) -> dict[str, Any]:
    names = ("index", "name", "backend", "kind", "driver", "software")
    plain = {name: getattr(info, name) for name in names}
    return {**plain, "limits": dict(info.limits), "features": sorted(info.features)}


def show(quiet: bool = False) -> dict[str, Any]:
    """Prints the adapters and returns them as data."""
    from rich.console import Console

    found, chosen = adapters()
    if not quiet:
        console = Console()
        for adapter in found:
            console.print(_block(adapter, adapter["index"] == chosen))
        if not found:
            console.print("No graphics adapter: functions run on the [bold]numpy[/] backend.")
            console.print(
                "On Debian or Ubuntu, a software one: apt-get install mesa-vulkan-drivers"
            )
    return {"adapters": found, "chosen": chosen}


def _block(adapter: dict[str, Any], chosen: bool) -> Any:
    from rich.markup import escape
    from rich.padding import Padding

    kind = "software, on the CPU" if adapter["software"] else adapter["kind"]
    mark = " [bold green]<- used[/]" if chosen else ""
    lines = [
        f"[bold cyan]{adapter['index']}[/]  [bold]{escape(adapter['name'])}[/]{mark}",
        f"   {adapter['backend']} · {kind} · {escape(adapter['driver'])}",
    ]
    limits = [(words, adapter["limits"].get(name)) for name, words in LIMITS.items()]
    shown = ", ".join(f"{words} {si(value)}" for words, value in limits if value is not None)
    lines += [f"   [dim]limits[/]    {shown}"] if shown else []
    lines += [f"   [dim]features[/]  {escape(', '.join(adapter['features'])) or 'none'}"]
    return Padding("\n".join(lines), (0, 0, 1, 0))
