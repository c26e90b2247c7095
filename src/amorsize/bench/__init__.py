"""Is it true? Whole jobs are run in more than one way, side by side, and timed."""
