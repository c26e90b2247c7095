"""Figures in, words and pictures out: nothing here measures."""
