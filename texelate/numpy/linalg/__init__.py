"""Linear algebra: the Array API's ``linalg`` extension with NumPy's names beyond it.

Products, norms, powers and small determinants are composed of device operations. Decompositions,
``solve`` and all that needs them (each docstring says so) have two forms. The host's is LAPACK, in
double precision: what it needs is read back, the result goes up again. The device's is written with
the same operations as everything else, in single precision: it runs inside of loops and branches,
in what is exported, and wherever it is sooner done, which ``TEXELATE_LINALG`` overrides. Both work
eagerly and in ``jit``, on stacks of matrices, with gradients. ``eig`` runs on the host only.

Matrices without an answer (singular, not positive definite, with NaN in them) give NaN, where NumPy
raises LinAlgError, as JAX does: the other matrices of a stack have their answers.
"""

from ..products import matmul, outer, tensordot, vecdot
from ..shapes import matrix_transpose
from .eigen import eig, eigvals
from .factors import cholesky, eigh, eigvalsh, qr, svd, svdvals
from .norms import cond, matrix_norm, matrix_rank, norm, vector_norm
from .powers import expm, matrix_power, multi_dot
from .solving import det, inv, lstsq, pinv, slogdet, solve, solve_triangular
from .structure import cross, diagonal, trace
from .tensors import tensorinv, tensorsolve

__all__ = [
    "cholesky", "cond", "cross", "det", "diagonal", "eig", "eigh", "eigvals", "eigvalsh", "expm",
    "inv", "lstsq", "matmul", "matrix_norm", "matrix_power", "matrix_rank", "matrix_transpose",
    "multi_dot", "norm", "outer", "pinv", "qr", "slogdet", "solve", "solve_triangular", "svd",
    "svdvals", "tensordot", "tensorinv", "tensorsolve", "trace", "vecdot", "vector_norm",
]  # fmt: skip
