"""What the workloads run, by name and light: pools that start new interpreters import it."""
