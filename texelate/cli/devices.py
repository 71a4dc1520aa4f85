"""``texelate devices``: what there is to compute on."""

from __future__ import annotations

from typing import Any

from .units import si

BYTES = {
    "max_buffer_size": "a buffer",
    "max_storage_buffer_binding_size": "an array",
    "max_compute_workgroup_storage_size": "a workgroup",
}
COUNTS = {
    "max_storage_buffers_per_shader_stage": "buffers a kernel",
    "max_compute_invocations_per_workgroup": "invocations a workgroup",
}
USED = ("shader-f16", "subgroup", "timestamp-query", "float32-filterable")


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
    from .terminal import make_console

    found, chosen = adapters()
    if not quiet:
        console = make_console()
        for adapter in found:
            console.print(_block(adapter, adapter["index"] == chosen), soft_wrap=True)
        if not found:
            console.print("No graphics adapter: functions run on the [bold]numpy[/] backend.")
            console.print(
                "On Debian or Ubuntu, a software one: apt-get install mesa-vulkan-drivers"
            )
    return {"adapters": found, "chosen": chosen}


def _block(adapter: dict[str, Any], chosen: bool) -> str:
    from rich.markup import escape

    kind = "software, on the CPU" if adapter["software"] else adapter["kind"]
    mark = " [bold green]<- used[/]" if chosen else ""
    lines = [
        f"[bold cyan]{adapter['index']}[/]  [bold]{escape(adapter['name'])}[/]{mark}",
        f"   {adapter['backend']} · {kind} · {escape(adapter['driver'])}",
    ]
    limits = adapter["limits"]
    sizes = [f"{si(limits[key])}B {words}" for key, words in BYTES.items()]
    counts = [f"{limits[key]} {words}" for key, words in COUNTS.items()]
    lines += [f"   [dim]limits[/]    {', '.join(sizes + counts)}"]
    used = [name for name in USED if name in adapter["features"]]
    others = len(adapter["features"]) - len(used)
    lines += [f"   [dim]features[/]  {', '.join(used) or 'none'}, and {others} that are not used"]
    return "\n".join(lines)
