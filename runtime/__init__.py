"""Runs Programs on GPUs through wgpu. Knows nothing of graphs."""
