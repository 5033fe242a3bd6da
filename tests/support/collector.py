"""Python without its collector of cycles: what goes nevertheless is held by nobody, nor by itself."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_collector() -> Iterator[None]:
    """Objects within go when the last reference to them does, or not at all."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
