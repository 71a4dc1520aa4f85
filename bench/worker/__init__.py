"""The peers' side: runs in their own processes, with what is installed there and numpy."""
