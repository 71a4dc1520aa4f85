"""``texelate.numpy.fft`` against NumPy's (float64), its derivatives against JAX."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import texelate as tx
import texelate.numpy as tnp

Host = np.ndarray[Any, Any]
LENGTHS = [1, 2, 3, 4, 5, 31, 32, 33, 37, 60, 97, 128, 262, 1000, 1024, 1155]
NORMS = ("backward", "ortho", "forward")


def random(*shape: int, seed: int = 0) -> Host:
    rng = np.random.default_rng(seed)
    return np.asarray(rng.normal(size=shape) + 1j * rng.normal(size=shape), np.complex64)


def close(got: Any, want: Any) -> None:
    """Errors of a transform are spread over all elements: measured against the largest."""
    got = np.asarray(got)
    assert got.shape == want.shape
    assert got.dtype.kind == want.dtype.kind
    scale = float(np.abs(want).max(initial=1e-30))
    np.testing.assert_allclose(got / scale, want / scale, rtol=0, atol=1e-6)


@pytest.mark.usefixtures("on_numpy")
@pytest.mark.parametrize("n", LENGTHS)
def test_lengths(n: int) -> None:
    x = random(2, n)
    wide, real = x.astype(np.complex128), x.real.astype(np.float64)
    for norm in NORMS:
        close(tnp.fft.fft(x, norm=norm), np.fft.fft(wide, norm=norm))
        close(tnp.fft.ifft(x, norm=norm), np.fft.ifft(wide, norm=norm))
        close(tnp.fft.rfft(x.real, norm=norm), np.fft.rfft(real, norm=norm))
        close(tnp.fft.ihfft(x.real, norm=norm), np.fft.ihfft(real, norm=norm))
        close(tnp.fft.irfft(x, n, norm=norm), np.fft.irfft(wide, n, norm=norm))
        close(tnp.fft.hfft(x, n, norm=norm), np.fft.hfft(wide, n, norm=norm))


@pytest.mark.parametrize("n", [8, 37, 96, 1024])
def test_on_each_backend(n: int, backend: str) -> None:
    x = random(3, n)
    there = tx.jit(lambda x: (tnp.fft.fft(x), tnp.fft.irfft(tnp.fft.rfft(x.real), n)))
    spectrum, back = there(x)
    close(spectrum, np.fft.fft(x.astype(np.complex128)))
    np.testing.assert_allclose(np.asarray(back), x.real, atol=2e-6)


def test_long(backend: str) -> None:
    x = random(65536)
    close(tnp.fft.fft(x), np.fft.fft(x.astype(np.complex128)))


@pytest.mark.usefixtures("on_numpy")
def test_axes_lengths_and_several_axes() -> None:
    x = random(4, 5, 6)
    for n in (3, 5, 9):
        for axis in (0, 1, -1):
            close(tnp.fft.fft(x, n, axis), np.fft.fft(x.astype(complex), n, axis))
            close(tnp.fft.irfft(x, n, axis), np.fft.irfft(x.astype(complex), n, axis))
    real = x.real.astype(np.float64)
    calls: list[dict[str, Any]] = [
        {}, {"axes": (0, 2)}, {"s": (3, 8), "axes": (2, 0)}, {"axes": (-1,), "norm": "ortho"},
    ]  # fmt: skip
    for call in calls:
        close(tnp.fft.fftn(x, **call), np.fft.fftn(x.astype(complex), **call))
        close(tnp.fft.ifftn(x, **call), np.fft.ifftn(x.astype(complex), **call))
        close(tnp.fft.rfftn(x.real, **call), np.fft.rfftn(real, **call))
        close(tnp.fft.irfftn(x, **call), np.fft.irfftn(x.astype(complex), **call))
    close(tnp.fft.fft2(x), np.fft.fft2(x.astype(complex)))
    close(tnp.fft.ifft2(x), np.fft.ifft2(x.astype(complex)))
    close(tnp.fft.rfft2(x.real), np.fft.rfft2(real))
    close(tnp.fft.irfft2(x), np.fft.irfft2(x.astype(complex)))


@pytest.mark.usefixtures("on_numpy")
def test_frequencies() -> None:
    for n in (1, 2, 5, 8):
        close(tnp.fft.fftfreq(n, d=0.5), np.fft.fftfreq(n, 0.5))
        close(tnp.fft.rfftfreq(n), np.fft.rfftfreq(n))
        x = np.arange(3 * n).reshape(3, n)
        for axes in (None, 1, (0, 1)):
            np.testing.assert_array_equal(
                tnp.fft.fftshift(x, axes=axes), np.fft.fftshift(x, axes=axes)
            )
            np.testing.assert_array_equal(
                tnp.fft.ifftshift(x, axes=axes), np.fft.ifftshift(x, axes=axes)
            )


@pytest.mark.usefixtures("on_numpy")
@pytest.mark.parametrize("n", [37, 64])
def test_derivatives(n: int) -> None:
    x, weights = random(n).real, random(n, seed=2).real

    def f(x: Any, xp: Any) -> Any:
        spectrum = xp.fft.rfft(x * weights)
        power = (spectrum * xp.conj(spectrum)).real
        return xp.sum(power**2) / n**3 + xp.sum(abs(xp.fft.fft(x))[1:]) / n

    want = jax.jit(jax.grad(lambda x: f(x, jnp)))(jnp.asarray(x))
    np.testing.assert_allclose(tx.grad(lambda x: f(x, tnp))(x), want, rtol=1e-3, atol=1e-4)
    tx.check_grads(lambda x: tnp.fft.irfft(tnp.fft.rfft(x) ** 2, n) / n, (x,), order=2)


@pytest.mark.usefixtures("on_numpy")
def test_batches() -> None:
    x = random(3, 4, 8)
    got = tx.vmap(lambda row: tnp.fft.fft(row, axis=0))(x)
    close(got, np.fft.fft(x.astype(complex), axis=1))


@pytest.mark.usefixtures("on_numpy")
def test_refused() -> None:
    x = random(4)
    with pytest.raises(tx.AxisError):
        tnp.fft.fft(x, axis=1)
    with pytest.raises(tx.ArgumentError, match="norm"):
        tnp.fft.fft(x, norm="half")
    with pytest.raises(tx.ShapeError):
        tnp.fft.fft(x[:0])
    with pytest.raises(tx.ShapeError):
        tnp.fft.irfft(x[:1])
    with pytest.raises(tx.ArgumentError, match="real"):
        tnp.fft.rfft(x)
    with pytest.raises(tx.AxisError):
        tnp.fft.fftn(x, s=(1, 2), axes=(0,))
    with pytest.raises(tx.ArgumentError):
        tnp.fft.fftfreq(0)
