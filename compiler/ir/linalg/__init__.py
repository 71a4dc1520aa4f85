"""Linear algebra in graph terms: what the primitives of ``prims/decompositions.py`` become where
LAPACK is not at hand, or is further away than the device.

Each function takes stacks ``[b, m, n]`` of real or complex matrices and binds primitives and loops
over columns, so that all matrices of a stack are worked on at once. No function here needs a
derivative or a batching rule: the primitives have those.
"""
