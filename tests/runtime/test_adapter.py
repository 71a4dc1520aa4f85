"""Which adapter is chosen, by the selector's rules; made-up adapters, so no GPU is needed."""

from collections.abc import Iterator

import pytest

from texelate.compiler.errors import AdapterError
from texelate.compiler.knobs import knobs
from texelate.runtime import Device, adapter, adapters, open_device

KINDS = [
    ("llvmpipe (LLVM 15)", "Vulkan", "software"),
    ("GeForce RTX 4090", "OpenGL", "discrete"),
    ("GeForce RTX 4090", "Vulkan", "discrete"),
    ("Intel Iris Xe", "Vulkan", "integrated"),
]


class Raw:
    """An adapter as wgpu-py gives it."""

    def __init__(self, name: str, backend: str, kind: str) -> None:
        types = {"software": "CPU", "discrete": "DiscreteGPU", "integrated": "IntegratedGPU"}
        self.info = {
            "device": name,
            "description": "a driver",
            "backend_type": backend,
            "adapter_type": types.get(kind, "Unknown"),
        }
        self.limits = {"max-buffer-size": 1 << 30}
        self.features = {"shader-f16"}


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Raw]]:
    raws = [Raw(*row) for row in KINDS]
    monkeypatch.setattr("texelate.runtime.native.enumerate_raw", lambda: raws)
    monkeypatch.setattr(adapter, "_enumerate", adapter._enumerate.__wrapped__)
    with knobs.scope(adapter=None):
        yield raws


def test_the_best_kind_comes_first_and_gl_last_of_its_kind(found: list[Raw]) -> None:
    order = [(info.kind, info.backend) for info in adapters()]
    assert order == [
        ("discrete", "Vulkan"),
        ("discrete", "OpenGL"),
        ("integrated", "Vulkan"),
        ("software", "Vulkan"),
    ]
    assert [info.index for info in adapters()] == [0, 1, 2, 3]
    assert adapters()[0].limits == {"max_buffer_size": 1 << 30}


@pytest.mark.parametrize(
    ("name", "sizes", "subgroup"),
    [
        ("llvmpipe (LLVM 15.0.6, 256 bits)", (4, 128), 8),
        ("llvmpipe (LLVM 17.0.1, 128 bits)", (4, 128), 4),
        ("GeForce RTX 4090", (32, 32), 32),
        ("Intel Iris Xe", (8, 32), 0),
        ("some driver", None, 0),
    ],
)
def test_the_size_of_subgroups_where_it_is_one(
    monkeypatch: pytest.MonkeyPatch, name: str, sizes: tuple[int, int] | None, subgroup: int
) -> None:
    raw = Raw(name, "Vulkan", "discrete")
    if sizes is not None:
        raw.info |= {"subgroup_min_size": sizes[0], "subgroup_max_size": sizes[1]}
    monkeypatch.setattr("texelate.runtime.native.enumerate_raw", lambda: [raw])
    monkeypatch.setattr(adapter, "_enumerate", adapter._enumerate.__wrapped__)
    assert adapters()[0].subgroup == subgroup


@pytest.mark.parametrize(
    ("selector", "name", "backend"),
    [
        (None, "GeForce RTX 4090", "Vulkan"),
        (3, "llvmpipe (LLVM 15)", "Vulkan"),
        ("2", "Intel Iris Xe", "Vulkan"),
        ("LLVMpipe", "llvmpipe (LLVM 15)", "Vulkan"),
        ("opengl", "GeForce RTX 4090", "OpenGL"),
        ("iris", "Intel Iris Xe", "Vulkan"),
    ],
)
def test_selectors(found: list[Raw], selector: str | int | None, name: str, backend: str) -> None:
    info, raw = adapter.choose(selector)
    assert (info.name, info.backend) == (name, backend)
    assert raw.info["device"] == name


def test_the_knob_selects_where_nothing_else_does(found: list[Raw]) -> None:
    with knobs.scope(adapter="iris"):
        assert adapter.choose()[0].name == "Intel Iris Xe"
        assert adapter.choose(3)[0].name == "llvmpipe (LLVM 15)"


@pytest.mark.parametrize("selector", ["radeon", "9", 4])
def test_no_match_lists_what_there_is(found: list[Raw], selector: str | int) -> None:
    with pytest.raises(AdapterError) as refused:
        adapter.choose(selector)
    for info in adapters():
        assert str(info) in str(refused.value)


def test_no_adapter_says_how_to_get_one(found: list[Raw]) -> None:
    found.clear()
    assert adapters() == []
    with pytest.raises(AdapterError, match=r"no GPU adapter[\s\S]*mesa-vulkan-drivers"):
        adapter.choose()


@pytest.mark.parametrize(
    "name", ["llvmpipe", "SwiftShader Device", "Microsoft Basic Render Driver"]
)
def test_software_is_known_by_name_too(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    raws = [Raw(name, "D3D12", "virtual")]
    monkeypatch.setattr("texelate.runtime.native.enumerate_raw", lambda: raws)
    monkeypatch.setattr(adapter, "_enumerate", adapter._enumerate.__wrapped__)
    assert adapters()[0].software


def test_an_open_device_has_all_limits_of_its_adapter(device: Device) -> None:
    listed = adapters()[device.info.index]
    compute = [k for k in listed.limits if "compute" in k or "storage_buffer" in k or "size" in k]
    assert {k: device.info.limits[k] for k in compute} == {k: listed.limits[k] for k in compute}
    assert len(compute) > 10
    assert device.info.features < listed.features
    assert (device.info.name, device.info.kind) == (listed.name, listed.kind)
    assert str(listed) in repr(device)


def test_a_device_is_opened_once(device: Device) -> None:
    assert open_device() is device
    assert open_device(device.info.index) is device
