"""Measure what the first items tell about a function; judge nothing, print nothing."""
