"""Price the engines and pools on this machine, once, for all programs that run on it.

Each is measured in a process of its own, which ends with it: no worker, thread or descriptor
can stay behind, and what one brings along (helper threads, imports) spoils no other.
"""
