"""One trial after another, each in a process of its own."""
