"""The friendly layer: options checked once, then one path that runs work."""
