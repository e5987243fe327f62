"""A leash: what a test starts ends with the tests, even if these are killed."""

import os
import sys
from pathlib import Path

_LEASH = f"""
import os, sys
sys.path.insert(0, {str(Path(__file__).resolve().parent.parent)!r})
from server.evaluation.system import die_with_parent
die_with_parent(int(sys.argv[1]))
os.execvp(sys.argv[2], sys.argv[2:])
"""


def leashed(*command: str) -> list[str]:
    """Write a command whose process the kernel kills when this one ends, where it can do that.

    It is to be started from the main thread: to the kernel that is who starts it.
    """
    return [sys.executable, "-I", "-c", _LEASH, str(os.getpid()), *command]
