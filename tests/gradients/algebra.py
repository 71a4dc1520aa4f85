"""Forms of linear algebra and of transforms: ranks, orders, axes, complex matrices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import texelate as tx
import texelate.numpy as tnp
from tests.gradients.arguments import forms, of_each
from tests.gradients.functions import on
from tests.gradients.points import Table, apart, within
from tests.linalg.programs import positive, regular

LA, FFT = tnp.linalg, tnp.fft
A, B, V = apart(3, 4), apart(3, 4, low=-1.65, high=1.9, seed=1), within(4)
CUBE = apart(2, 3, 4)

S2, S3, R2, R3 = positive(3, 3), positive(2, 3, 3), regular(3, 3), regular(2, 3, 3)
TALL, WIDE = positive(4, 4)[:, :3], positive(4, 4)[:3]


def halves(f: Callable[..., Any]) -> Callable[..., Any]:
    """``f`` of the symmetric parts of matrices."""
    return lambda *xs: [f((x + tnp.matrix_transpose(x)) / 2) for x in xs]


def values_of_svd(*xs: Any) -> list[Any]:
    return [LA.svd(x, full_matrices=False) for x in xs] + [LA.svdvals(x) for x in xs]


LINALG: Table = {
    **{
        name: of_each(getattr(LA, name), R2 / 2, R3 / 2)
        for name in "inv det pinv matrix_transpose".split()
    },
    "slogdet": of_each(lambda x: LA.slogdet(x)[1], R2, R3),
    "solve": on(
        lambda a, b, c, d: [
            LA.solve(a[0], b), LA.solve(a, c), LA.solve(a[0], c), LA.solve(a[1], d),
        ],
        R3, apart(3), apart(2, 3, 2), apart(3, 2),
    ),
    "cholesky": on(lambda x, y: [halves(LA.cholesky)(x, y)], S2, S3),
    "eigh": (halves(lambda x: [LA.eigh(x), LA.eigvalsh(x)]), (S2, S3)),
    "svd": (values_of_svd, (TALL, WIDE, S2, np.stack([TALL, 2 * TALL[::-1]]))),
    "vector norms": (
        forms(LA.vector_norm, ord=(1, 2, 3, np.inf, -np.inf), axis=(None, 0, 1)), (A,)
    ),
    "norms of axes": (
        forms(LA.norm, ord=(None, "fro", "nuc", 1, np.inf), axis=[(0, 2)]), (CUBE + 2,)
    ),
    "norms": on(lambda x: [LA.norm(x), LA.norm(x, axis=1), LA.norm([x[0, 0], x[1, 1]])], A),
    "reparameterised": on(
        lambda c: LA.cholesky(c @ c.T + 2 * np.eye(3, dtype=np.float32)) @ V[:3], R2
    ),
}  # fmt: skip


def joined(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function of complex arrays as one of their parts, with the parts of its results."""
    return lambda re, im: [(tnp.real(z), tnp.imag(z)) for z in tx.tree.leaves(f(re + 1j * im))]


def hermitian(z: Any) -> Any:
    return z @ tnp.conj(tnp.matrix_transpose(z)) + 2 * np.eye(3, dtype=np.float32)


COMPLEX: Table = {
    "parts": (joined(lambda z: [tnp.abs(z), tnp.angle(z), tnp.conj(z), z.real, z.imag]), (A, B)),
    "arithmetic": (joined(lambda z: [z * z, z / (z + 3), 1 / z, z**2, z - 2j, -z]), (A, B)),
    "functions": (joined(lambda z: [tnp.exp(z), tnp.sin(z), tnp.log(z), tnp.sqrt(z)]), (A, B)),
    "products": (joined(lambda z: [z @ z.T, tnp.vdot(z, z), tnp.outer(z, z)]), (A[:2], B[:2])),
    "norms": (joined(lambda z: [LA.norm(z), LA.vector_norm(z, axis=1)]), (A, B)),
    "solve": (joined(lambda z: [LA.solve(z, z[:, :1]), LA.inv(z), LA.det(z)]), (R2, S2)),
    "cholesky": (joined(lambda z: LA.cholesky(hermitian(z))), (R2 / 2, S2 / 3)),
    "eigvalsh": (joined(lambda z: LA.eigvalsh(hermitian(z))), (R2, S2)),
    "svdvals": (joined(LA.svdvals), (R2, S2)),
    "indexing": (joined(lambda z: [z[1], z.at[0].set(2j), z[[0, 0]], tnp.sum(z)]), (A, B)),
}

LINE = apart(2, 6)


def spectra(f: Callable[..., Any], **choices: Any) -> Callable[..., Any]:
    """The parts of all forms of a transform."""
    return parts_of(forms(f, **choices))


def parts_of(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *xs: [(tnp.real(z), tnp.imag(z)) for z in f(*xs)]


FOURIER: Table = {
    **{
        name: (
            spectra(getattr(FFT, name), n=(None, 4, 9), axis=(0, 1), norm=(None, "ortho")),
            (LINE,),
        )
        for name in "fft ifft rfft ihfft".split()
    },
    "irfft": (forms(FFT.irfft, n=(4, 6, 7), axis=(0, 1), norm=(None, "ortho")), (LINE,)),
    **{
        name: (spectra(getattr(FFT, name), s=(None, (3, 5)), axes=((0, 1), (-1, 0))), (CUBE,))
        for name in "fft2 ifft2 rfft2 fftn ifftn rfftn".split()
    },
    "shifts": on(
        lambda x: [f(x, axes=k) for f in (FFT.fftshift, FFT.ifftshift) for k in (None, 0, (0, 1))],
        LINE,
    ),
}

TABLE: Table = {
    f"{group} {name}": entry
    for group, table in (("linalg", LINALG), ("complex", COMPLEX), ("fourier", FOURIER))
    for name, entry in table.items()
}
