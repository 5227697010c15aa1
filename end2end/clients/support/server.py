"""The program under test: its command line, and servers on data folders of their own."""

import hashlib
import json
import os
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import requests

from . import secrets
from .tls import Tls

PROGRAM = os.environ.get("REELGATE_BIN", "REELGATE_BIN is not set: use end2end/clients/run")
PATIENCE = 60.0


def wait_until(condition, what: str, patience: float = PATIENCE):
    """The first true value of the condition; fails with `what` if there is none in time."""
    end = time.monotonic() + patience
    while not (value := condition()):
        assert time.monotonic() < end, f"waited {patience} s in vain until {what}"
        time.sleep(0.01)
    return value


class Installation:
    """A data folder of its own, with the settings that go with it."""

    def __init__(self, database_url: str | None = None, tls: Tls | None = None, **settings: str):
        self.folder = Path(tempfile.mkdtemp(prefix="reelgate-clients-"))
        # As root, PostgreSQL runs as a user who must get through to its own folder in there.
        self.folder.chmod(0o711)
        self.data = self.folder / "var"
        own = ("REELGATE_BIN", "REELGATE_SITE_DIR")
        # Nothing of whoever calls the tests may lead to another database or configuration.
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if name in own or not (name.startswith("REELGATE_") or name.startswith("PG") or name == "DATABASE_URL")
        }
        self.environment |= {
            "REELGATE_DATA_DIR": str(self.data),
            "REELGATE_LISTEN": "127.0.0.1:0",
            # As much as an operator may ask for: even then no secret may be in it.
            "REELGATE_LOG": "debug",
            "REELGATE_LOG_FORMAT": "json",
        }
        if not self.environment.get("REELGATE_SITE_DIR"):
            self.environment.pop("REELGATE_SITE_DIR", None)
        if database_url:
            self.environment["DATABASE_URL"] = database_url
        self.tls = tls
        if tls:
            self.environment |= tls.settings
        self.environment |= settings
        self.database_url = database_url
        self.servers: list[Server] = []

    def log(self) -> Path:
        """A new log, looked through at the end."""
        descriptor, name = tempfile.mkstemp(suffix=".log", dir=LOG_FOLDER)
        os.close(descriptor)
        secrets.LOGS.append(Path(name))
        return Path(name)

    def begin(self, *arguments: str) -> subprocess.Popen:
        """Starts a command and does not wait for it."""
        log = open(self.log(), "wb")
        return subprocess.Popen(
            [PROGRAM, *arguments], env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )

    def run(self, *arguments: str, typed: str = "", is_secret: bool = False) -> str:
        """Runs a command to its end; its standard output, which goes to a log unless it is to be a secret."""
        done = subprocess.run(
            [PROGRAM, *arguments], env=self.environment, input=typed, capture_output=True, text=True, timeout=300
        )
        self.log().write_text(done.stderr if is_secret else done.stdout + done.stderr)
        assert done.returncode == 0, f"reelgate {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def start(self) -> "Server":
        server = Server(self)
        self.servers.append(server)
        return server

    def remove(self):
        for server in self.servers:
            server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def socket_dir(self) -> str:
        """Where the embedded PostgreSQL listens, as its own file says."""
        return (self.data / "postgres" / "postmaster.pid").read_text().splitlines()[4]


class Server:
    """A running `reelgate serve`."""

    def __init__(self, installation: Installation):
        self.log = installation.log()
        # Whom to trust: with TLS of our own, the authority of its certificate.
        self.verify = str(installation.tls.ca) if installation.tls else True
        self.process = subprocess.Popen(
            [PROGRAM, "serve"],
            env=installation.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=open(self.log, "wb"),
            text=True,
        )
        line = self._first_line()
        assert line.startswith("Reelgate is ready at "), f"{line!r}: {self.log.read_text()[-4000:]}"
        self.url = line.removeprefix("Reelgate is ready at ").strip()
        self.port = int(self.url.rpartition(":")[2])

    def _first_line(self) -> str:
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            if not selector.select(PATIENCE):
                self.process.kill()
        return self.process.stdout.readline()

    def stop(self):
        """As an operator does; the embedded PostgreSQL stops with it."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(PATIENCE) == 0, self.log.read_text()[-4000:]

    def kill(self):
        """As the kernel does when memory runs out."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def events(self, offset: int = 0) -> list[dict]:
        """The log's lines from a byte on."""
        with open(self.log, "rb") as log:
            log.seek(offset)
            lines = log.read().splitlines()
        # The last line may be on its way.
        return [json.loads(line) for line in lines if line.endswith(b"}")]

    def log_size(self) -> int:
        return self.log.stat().st_size

    def statuses(self, path: str, offset: int = 0) -> list[int]:
        """How requests for a path were answered since the log had this size."""
        return [event["status"] for event in self.events(offset) if event.get("path") == path and "status" in event]

    def memory(self, line: str = "VmRSS") -> int:
        """Bytes of memory: `VmRSS` now, `VmHWM` at its highest."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return 1024 * int(next(row.split()[1] for row in text.splitlines() if row.startswith(line)))

    def get(self, path: str, **options) -> requests.Response:
        return requests.get(self.url + path, timeout=60, verify=self.verify, **options)


def sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


LOG_FOLDER = Path(tempfile.mkdtemp(prefix="reelgate-client-logs-"))
