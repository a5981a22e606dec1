"""The benchmarks are scripts beside the package: their directory joins the module path for these tests."""

from __future__ import annotations

import sys
from pathlib import Path

_BENCH = str(Path(__file__).parents[2] / "bench")
if _BENCH not in sys.path:
    sys.path.append(_BENCH)
