"""The named local rewrites of ``simplify``, one file a family."""
