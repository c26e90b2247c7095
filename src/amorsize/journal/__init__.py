"""Finished items on disk, so that a run that was ended goes on where it was."""
