"""What is measured, in which order, and against which limits."""
