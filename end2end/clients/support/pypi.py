"""The Python that has other people's clients from PyPI: requirements.txt beside this folder, installed by `make e2e`."""

from pathlib import Path

PYTHON = Path(__file__).parents[1] / ".venv" / "bin" / "python"
"""Runs them as programs of their own. The tests themselves run on the distribution's Python."""


def command(name: str) -> Path:
    """A program that came with one of them, such as `schemathesis`."""
    return PYTHON.with_name(name)
