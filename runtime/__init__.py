"""Runs Programs on GPUs through wgpu. Knows nothing of graphs.

``adapters()`` lists what there is, ``open_device()`` opens one; a Device holds buffers and loads
Programs into Executables.
"""

from .adapter import AdapterInfo, adapters
from .device import Device, open_device
from .executable import Executable
from .pool import DeviceBuffer, PoolStats
from .profiler import Event, Profile
from .words import count_words, from_words, to_words

__all__ = [
    "AdapterInfo",
    "Device",
    "DeviceBuffer",
    "Event",
    "Executable",
    "PoolStats",
    "Profile",
    "adapters",
    "count_words",
    "from_words",
    "open_device",
    "to_words",
]
