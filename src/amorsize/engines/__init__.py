"""Who runs chunks: one file an engine, one narrow interface (``base``)."""
