"""What needs the compiled core, which may not have been built: CI refuses the skip (tests/support/skips.py)."""

from __future__ import annotations

import pytest

from streams.batching.built import core

compiled_only = pytest.mark.skipif(core is None, reason="no compiled core: make .venv/.dev builds it where cargo is")
