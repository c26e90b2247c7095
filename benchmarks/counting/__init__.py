"""The short form: counts instead of seconds, which are the same on a busy machine."""
