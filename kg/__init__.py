"""Source-critical knowledge graphs: files in, a validated release out."""

__version__ = "0.1.0"
