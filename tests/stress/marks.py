from __future__ import annotations

import sys

import pytest

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the fork team")
