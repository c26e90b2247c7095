"""Run a decision and correct it while it runs."""
