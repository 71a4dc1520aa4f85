"""The Graph IR (avals, primitives, graphs, text form, verifier) and the Kernel IR."""
