"""Compiles one dream.yaml into everything a private model gateway needs."""

__version__ = "0.1.0"
