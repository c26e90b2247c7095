"""Name a function so that no two share a name, and the same one has it again in a new process.

Read is what makes a function do what it does: code, constants, defaults, closure, the globals
and helpers it refers to, what a decorator wraps, what a partial, a method or an object holds.
No code of the user's runs meanwhile. What cannot be read is not shared: see ``docs/caches.md``.
"""

from __future__ import annotations

from amorsize.cache.identity.naming import Identity, identify

__all__ = ("Identity", "identify")
