"""Linear algebra: the Array API's ``linalg`` extension with NumPy's names beyond it.

Products, norms, powers and small determinants are composed of device operations. Decompositions and
``solve`` run **on the host**, in double precision (each docstring says so): what they need is read
back, NumPy's LAPACK computes, the result goes up again. That works eagerly and in ``jit``, with
gradients and batches; such a function cannot be exported as one program. Matrices without an answer
(singular, not positive definite) give NaN.
"""

from ..products import matmul, outer, tensordot, vecdot
from ..shapes import matrix_transpose
from .factors import cholesky, eigh, eigvalsh, qr, svd, svdvals
from .norms import cond, matrix_norm, matrix_rank, norm, vector_norm
from .powers import expm, matrix_power, multi_dot
from .solving import det, inv, lstsq, pinv, slogdet, solve
from .structure import cross, diagonal, trace

__all__ = [
    "cholesky", "cond", "cross", "det", "diagonal", "eigh", "eigvalsh", "expm", "inv", "lstsq",
    "matmul", "matrix_norm", "matrix_power", "matrix_rank", "matrix_transpose", "multi_dot", "norm",
    "outer", "pinv", "qr", "slogdet", "solve", "svd", "svdvals", "tensordot", "trace", "vecdot",
    "vector_norm",
]  # fmt: skip
