"""The web side: one release in, addresses out. Reads through `kg`, writes only reviews."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from server.app import create_app
    from server.serve import run
    from server.settings import Settings, SettingsError

__all__ = ["Settings", "SettingsError", "create_app", "run"]

_HOMES = {"create_app": "app", "run": "serve", "Settings": "settings", "SettingsError": "settings"}


def __getattr__(name: str) -> Any:
    """Import what is asked for only then: a process that evaluates queries needs no web."""
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"server.{_HOMES[name]}"), name)
