"""Groups of equations → Kernel IR, with a schedule for the target."""
