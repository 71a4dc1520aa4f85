"""Every error Texelate raises on purpose: one hierarchy, each message says what, why and how to
fix.

Each class has an entry in ``docs/errors.md``. Classes also derive from the builtin that Python
users would catch (``ValueError`` for shapes, ``TypeError`` for dtypes …).
"""

from __future__ import annotations

from . import source


class TexelateError(Exception):
    """Base of all errors raised by Texelate.

    ``what`` happened, ``why`` it is not possible, how to ``fix`` it. ``where`` is the user's own
    line; by default the innermost frame outside Texelate at the time of raising.
    """

    def __init__(
        self, what: str, *, why: str = "", fix: str = "", where: source.Source | None = None
    ) -> None:
        self.what, self.why, self.fix = what, why, fix
        self.where = where if where is not None else source.current()
        lines = [what]
        lines += [f"  why: {why}"] if why else []
        lines += [f"  fix: {fix}"] if fix else []
        lines += [f"  at:  {self.where}"] if self.where else []
        super().__init__("\n".join(lines))


class ShapeError(TexelateError, ValueError):
    """Shapes that do not fit together, or a rank an operation does not take."""


class AxisError(TexelateError, ValueError, IndexError):
    """An axis that the array does not have, or that is named twice."""


class DtypeError(TexelateError, TypeError):
    """A dtype that an operation does not take, or that does not exist here."""


class ArgumentError(TexelateError, TypeError, ValueError):
    """An argument of the wrong kind: not an array, not hashable, out of its range."""


class ConcretizationError(TexelateError, TypeError):
    """Python asked for the value of an array inside ``jit`` or ``vmap``: there is none yet."""


class LeakedTracerError(TexelateError, RuntimeError):
    """A traced value was used after the function that traced it had returned."""


class DonatedError(TexelateError, RuntimeError):
    """An array was used after its memory had been donated to a jitted call."""


class GradientError(TexelateError, TypeError):
    """Something that has no gradient: an integer input, a non-scalar loss, an operation without
    rule.
    """


class VerifyError(TexelateError, ValueError):
    """A graph or program that breaks a rule of the IR (a bug in a pass, or hand-written text)."""


class ParseError(TexelateError, ValueError):
    """Graph text that the grammar does not accept."""


class CompileError(TexelateError, RuntimeError):
    """The driver rejected a generated shader, or a function cannot become one program."""


class LimitError(TexelateError, ValueError):
    """An array or kernel larger than the adapter allows."""


class OutOfMemoryError(TexelateError, MemoryError):
    """The device has no memory left for a buffer."""


class AdapterError(TexelateError, RuntimeError):
    """No adapter fits the request."""


class DeviceLostError(TexelateError, RuntimeError):
    """The device went away; arrays that lived only there are lost."""


class ProgramError(TexelateError, ValueError):
    """A serialised program that is truncated, corrupt, or from a newer version."""


class KnobError(TexelateError, ValueError):
    """A setting or environment variable with a value it cannot have."""
