"""Candidates, constraints, choice: pure, so that every decision can be replayed."""
