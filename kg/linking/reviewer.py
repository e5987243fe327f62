"""Who reviews: the name that a decided link bears."""

import os
import subprocess
from pathlib import Path

from kg.errors import LinkError
from kg.linking.life import check_reviewer

VARIABLE = "KG_REVIEWER"
_GIT_S = 5


def find_reviewer(root: Path, given: str | None = None) -> str:
    """Give the name: as given, else from the environment, else from git's settings.

    Raises LinkError when nobody is named.
    """
    name = given or os.environ.get(VARIABLE) or _ask_git(root)
    if not name:
        message = f'nobody says who reviews; add --reviewer "Your Name", or set {VARIABLE}'
        raise LinkError(f"{message} or git's user.name")
    return check_reviewer(name)


def _ask_git(root: Path) -> str:
    command = ["git", "-C", str(root), "config", "--get", "user.name"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_GIT_S, check=False)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
