"""The compiler: Python → Graph → Kernel IR → shader text → Program. Needs no GPU."""
