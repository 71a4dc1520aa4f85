"""Graph → graph with another meaning: jvp, linearize, transpose, vmap."""
