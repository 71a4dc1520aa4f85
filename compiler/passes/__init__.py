"""Graph → graph with the same meaning, one file a pass; the order is in ``pipeline``."""
