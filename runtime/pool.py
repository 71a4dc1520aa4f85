"""Device memory: buffers in size classes, reused, returned when the last Python reference dies.

All work goes through one queue, so a buffer may be reused as soon as what used it was submitted.
Reuse is by lowest number first: a loop that frees and takes the same buffers then meets the same
combinations again, and the caches keyed by buffers (bind groups, replays) hit.
"""

from __future__ import annotations

import heapq
import itertools
import os
import threading
import weakref
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..compiler.errors import LimitError, OutOfMemoryError
from ..compiler.knobs import knobs
from .faults import as_error
from .native import Driver, NativeError

SMALLEST = 256

_numbers = itertools.count(1)


class Allocation:
    """A piece of device memory that outlives its uses. ``number`` is unique in the process."""

    __slots__ = ("handle", "number", "raw", "size", "used")

    def __init__(self, raw: Any, size: int) -> None:
        self.raw, self.size = raw, size
        self.handle = raw._internal
        self.number = next(_numbers)
        self.used = 0

    def __lt__(self, other: Allocation) -> bool:
        return self.number < other.number


class DeviceBuffer:
    """``nbytes`` bytes on a device; the memory returns to its pool when this object dies.

    What lies beyond the value last written (up to the size class) is unspecified. A program
    overwrites it only where it is donated, and never while ``readers`` (asynchronous reads under
    way) is not 0, or when it is ``shared``: the value of several arrays, since a program returned
    its input, or one buffer twice.
    """

    __slots__ = ("__weakref__", "allocation", "nbytes", "pool", "readers", "shared")

    def __init__(self, pool: Pool, allocation: Allocation, nbytes: int) -> None:
        self.pool, self.allocation, self.nbytes = pool, allocation, nbytes
        self.readers, self.shared = 0, False

    def __del__(self) -> None:
        # Only an append: this may run inside any other code of the same thread, locks held.
        self.pool.returned.append(self.allocation)


@dataclass(frozen=True, slots=True)
class PoolStats:
    """Buffers in use (``live``) and kept for reuse (``free``); ``peak``: most bytes ever live."""

    live: int
    free: int
    bytes_live: int
    bytes_free: int
    created: int
    reused: int
    destroyed: int
    peak: int


def size_class(nbytes: int) -> int:
    """The size that is allocated for ``nbytes``: 256, then four steps to each power of two.

    >>> [size_class(n) for n in (0, 256, 257, 320, 1000, 1025)]
    [256, 256, 320, 320, 1024, 1280]
    """
    if nbytes <= SMALLEST:
        return SMALLEST
    step = 1 << (nbytes - 1).bit_length() - 3
    return -(-nbytes // step) * step


class Pool:
    """Buffers of one usage.

    In bytes: ``largest`` bounds one buffer, ``memory`` all of them, ``cap`` those kept free for
    reuse (beyond, the least recently used are destroyed; by default ``knobs.pool_bytes``). ``lock``
    is the device's: destroying a buffer touches caches that a running call uses.
    """

    def __init__(
        self,
        driver: Driver,
        usage: int,
        *,
        largest: int,
        owner: str,
        lock: threading.RLock,
        memory: int | None = None,
        cap: int | None = None,
        on_destroy: Callable[[set[int]], None] = lambda numbers: None,
    ) -> None:
        self._driver, self._usage, self._on_destroy = driver, usage, on_destroy
        self._largest, self._owner, self._memory = largest, owner, memory
        self._cap = knobs.pool_bytes if cap is None else cap
        self._lock = lock
        self._free: dict[int, list[Allocation]] = {}  # a heap for each size class
        # Every allocation, so that none is garbage when a cycle of arrays is collected: Python
        # would release its memory, and DeviceBuffer.__del__ would bring it back without.
        self._all: set[Allocation] = set()
        self.returned: deque[Allocation] = deque()
        self._clock = self._created = self._reused = self._destroyed = 0
        self._live = self._live_bytes = self._free_bytes = self._peak = 0

    def take(self, nbytes: int) -> DeviceBuffer:
        """A buffer of at least ``nbytes`` bytes, contents unspecified.

        Raises LimitError when the adapter allows no such buffer, OutOfMemoryError when there is no
        memory for it even with everything free given back.
        """
        size = min(size_class(nbytes), self._largest)
        if nbytes > size:
            raise LimitError(
                f"a buffer of {nbytes:,} bytes is larger than {self._owner} allows",
                why=f"its limit for one buffer is {self._largest:,} bytes",
                fix="split the array, or choose another adapter with TEXELATE_ADAPTER",
            )
        with self._lock:
            self._collect()
            if self._free_bytes > self._cap:
                self.trim(self._cap * 3 // 4)
            heap = self._free.get(size)
            if heap:
                allocation = heapq.heappop(heap)
                self._free_bytes -= size
                self._reused += 1
            else:
                allocation = self._create(size)
            self._live += 1
            self._live_bytes += size
            self._peak = max(self._peak, self._live_bytes)
        return DeviceBuffer(self, allocation, nbytes)

    def _create(self, size: int) -> Allocation:
        if self._memory is not None and self._live_bytes + self._free_bytes + size > self._memory:
            self.trim(0)
            if self._live_bytes + size > self._memory:
                raise self._out_of_memory(size, f"the machine has {self._memory:,} bytes")
        try:
            raw = self._driver.buffer(size, self._usage)
        except NativeError as e:
            if e.fault.kind != "OutOfMemory":
                raise as_error(e.fault, f"making a buffer of {size:,} bytes", self._owner) from None
            self.trim(0)
            raw = self._create_at_last(size)
        self._created += 1
        allocation = Allocation(raw, size)
        self._all.add(allocation)
        return allocation

    def _create_at_last(self, size: int) -> Any:
        self._driver.wait()  # destroyed buffers give their memory back when nothing uses them
        try:
            return self._driver.buffer(size, self._usage)
        except NativeError as e:
            raise self._out_of_memory(size, e.fault.message) from None

    def _out_of_memory(self, size: int, why: str) -> OutOfMemoryError:
        return OutOfMemoryError(
            f"no memory for a buffer of {size:,} bytes on {self._owner}",
            why=f"{why}; {self._live_bytes:,} bytes are in use by {self._live} live buffers",
            fix="drop arrays that are not needed, use smaller batches, or donate inputs",
        )

    def _collect(self) -> None:
        """Moves buffers whose last reference died to the free lists."""
        while self.returned:
            allocation = self.returned.popleft()
            self._clock += 1
            allocation.used = self._clock
            heapq.heappush(self._free.setdefault(allocation.size, []), allocation)
            self._live -= 1
            self._live_bytes -= allocation.size
            self._free_bytes += allocation.size

    def trim(self, keep: int) -> None:
        """Destroys free buffers, least recently used first, until ``keep`` bytes are free."""
        with self._lock:
            self._collect()
            doomed = set()
            every = (a for heap in self._free.values() for a in heap)
            for allocation in sorted(every, key=lambda a: a.used):
                if self._free_bytes <= keep:
                    break
                doomed.add(allocation.number)
                self._all.discard(allocation)
                self._free_bytes -= allocation.size
                allocation.raw.destroy()
            self._destroyed += len(doomed)
            for size, heap in self._free.items():
                self._free[size] = sorted(a for a in heap if a.number not in doomed)
            if doomed:
                self._on_destroy(doomed)

    def stats(self) -> PoolStats:
        with self._lock:
            self._collect()
            free = sum(len(heap) for heap in self._free.values())
            return PoolStats(
                self._live,
                free,
                self._live_bytes,
                self._free_bytes,
                self._created,
                self._reused,
                self._destroyed,
                self._peak,
            )


class Scratch:
    """The temporaries of all Programs of a device: they run one after the other, and so share.

    A buffer goes back to the pool when no Program that uses it is left.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: weakref.WeakValueDictionary[tuple[int, int], DeviceBuffer] = (
            weakref.WeakValueDictionary()
        )

    def take(self, sizes: Sequence[int]) -> list[DeviceBuffer]:
        """Different buffers of at least these ``sizes`` in bytes, for one Program."""
        seen: Counter[int] = Counter()
        out = []
        for nbytes in sizes:
            size = size_class(nbytes)
            key = size, seen[size]
            seen[size] += 1
            found = self._known.get(key)
            if found is None or found.allocation.size < nbytes:
                found = self._known[key] = self._pool.take(nbytes)
            out.append(found)
        return out


def physical_memory() -> int | None:
    """Bytes of main memory, or None where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
