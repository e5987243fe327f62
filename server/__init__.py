"""The web side: one release in, addresses out. Reads through `kg`, never writes."""

from server.app import create_app
from server.serve import run
from server.settings import Settings, SettingsError

__all__ = ["Settings", "SettingsError", "create_app", "run"]
