"""Kernel IR → WGSL compute shaders."""
