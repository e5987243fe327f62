"""Memory, handled for work that ends soon."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collector() -> Iterator[None]:
    """Hold the garbage collector off: graphs hold no cycles, and it takes a quarter of the time.

    Worth it around short work on many objects, importing large libraries included.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
