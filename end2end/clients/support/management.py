"""Clients of the management API from PyPI and npm, unmodified: each a process of its own that is told what to call."""

import json
import os
import re
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

from . import pypi, secrets

HERE = Path(__file__).resolve().parents[1]
PYTHON = (str(pypi.PYTHON), "-B", str(HERE / "support" / "platform_python.py"))
NODE = ("node", str(HERE / "node" / "platform.mjs"))


@dataclass(frozen=True)
class Language:
    name: str
    command: tuple[str, ...]
    # Which variable of the environment names the authority to trust.
    trust: str
    # How it calls the method that makes the header.
    header: str


LANGUAGES = [
    Language("Python", PYTHON, "REQUESTS_CA_BUNDLE", "build_auth_header"),
    Language("Node", NODE, "NODE_EXTRA_CA_CERTS", "generateAuthHeader"),
]


def camel(name: str) -> str:
    return re.sub(r"_(.)", lambda found: found[1].upper(), name)


def snake(value):
    """The same with the names of the wire."""
    if isinstance(value, list):
        return [snake(one) for one in value]
    if isinstance(value, dict):
        return {re.sub("[A-Z]", lambda found: "_" + found[0].lower(), name): snake(one) for name, one in value.items()}
    return value


class Sdk:
    """One client with one file of a service account."""

    def __init__(self, language: Language, credentials: Path, host: str, ca: Path):
        self.language = language
        environment = {"PATH": os.environ["PATH"], "HOME": str(credentials.parent), "no_proxy": "*", language.trust: str(ca)}
        # What it says about itself goes to a file, where a failed test finds it.
        self.errors = credentials.with_suffix(".errors")
        self.process = subprocess.Popen(
            [*language.command, str(credentials), host],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=open(self.errors, "w"),
            text=True,
        )

    def _say(self, method: str, arguments: dict):
        self.process.stdin.write(json.dumps([method, arguments]) + "\n")
        self.process.stdin.flush()
        # The clients wait without an end of their own.
        patience = threading.Timer(60, self.process.kill)
        patience.start()
        line = self.process.stdout.readline()
        patience.cancel()
        assert line, self.errors.read_text()
        return json.loads(line)

    def call(self, method: str, **arguments):
        """What the method gave, with the names of the wire."""
        if self.language.name == "Python":
            return self._say(method, arguments)
        return snake(self._say(camel(method), {camel(name): value for name, value in arguments.items()}))

    def refused(self, method: str, **arguments) -> int:
        """The code of its error."""
        answer = self.call(method, **arguments)
        assert "error" in answer, answer
        return answer["error"]["code"]

    def header(self) -> dict[str, str]:
        """What it sends itself, for a request of one's own."""
        value = self._say(self.language.header, {})
        return {"Authorization": f"Bearer {secrets.remember(value.removeprefix('Bearer '))}"}

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(60) == 0, self.errors.read_text()
