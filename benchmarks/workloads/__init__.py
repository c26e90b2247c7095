"""The workloads: which function, on what input, and how much of it."""
