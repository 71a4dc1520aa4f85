"""Python functions to graphs: pytrees, signatures, the jit cache."""
