"""One command per file; each defines ``COMMAND``, and needs no entry anywhere else."""
