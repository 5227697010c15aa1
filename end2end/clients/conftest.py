"""Servers, accounts and recordings that the tests share."""

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from support import recordings, secrets
from support.portal import Credential, Portal
from support.server import Installation, Server

NUMBERS = itertools.count(1)
# Logs are looked through when all the others have written theirs.
LAST = "test_secrets.py"


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path.name == LAST)


def pytest_terminal_summary(terminalreporter):
    count = {kind: len(terminalreporter.stats.get(kind, [])) for kind in ("passed", "failed", "error", "skipped")}
    failed = count["failed"] + count["error"]
    terminalreporter.write_line(f"real clients: {count['passed']} passed, {failed} failed, {count['skipped']} skipped")


@pytest.fixture
def new_database():
    """Makes databases on the cluster that the tests run beside."""
    cluster = os.environ.get("DATABASE_URL")
    assert cluster, "DATABASE_URL is not set: use end2end/clients/run"

    def make() -> str:
        name = f"clients_{os.getpid()}_{next(NUMBERS)}"
        subprocess.run(["psql", "--quiet", "--no-psqlrc", cluster, "-c", f"create database {name}"], check=True)
        return cluster.replace("/postgres?", f"/{name}?")

    return make


@dataclass
class Site:
    """An installation with a server, an account that has recordings, and its owner's browser."""

    installation: Installation
    server: Server
    account: str
    portal: Portal
    credential: Credential
    # Address of each imported file, and what was imported.
    paths: dict[str, str] = field(default_factory=dict)
    sources: dict[str, Path] = field(default_factory=dict)

    def url(self, name: str) -> str:
        return self.server.url + self.paths[name]


def create_account(installation: Installation) -> tuple[str, str, str]:
    """Name of a new account, e-mail and password of its owner."""
    number = next(NUMBERS)
    name, email, password = f"Account {number}", f"owner{number}@clients.example", secrets.new_password()
    names = ["--name", name, "--owner-name", "Ada", "--email", email]
    installation.run("account", "create", *names, "--password-file", "-", typed=f"{password}\n")
    return name, email, password


def import_folder(folder: Path, account: str) -> list[str]:
    return ["import", str(folder), "--account", account, "--project", "Main", "--create-project", "--quiet"]


def open_site(installation: Installation, files: dict[str, Path]) -> Site:
    server = installation.start()
    account, email, password = create_account(installation)
    folder = Path(tempfile.mkdtemp(prefix="reelgate-import-"))
    installation.run(*import_folder(recordings.make_session(folder, files), account))
    shutil.rmtree(folder)
    portal = Portal(server.url, email, password, server.verify).sign_in()
    site = Site(installation, server, account, portal, portal.preset(), portal.files(), files)
    assert site.paths.keys() == files.keys(), "the report shows what was imported"
    return site


@pytest.fixture(scope="module")
def site():
    """With the embedded PostgreSQL, a big recording, a small one and a chat."""
    installation = Installation()
    files = {
        "transcoded.mp4": recordings.big_mp4(),
        "individual_recording_1.webm": recordings.demo_files("individual_recording_1.webm")[0],
        "chat.json": recordings.demo_files("chat.json")[0],
    }
    yield open_site(installation, files)
    installation.remove()


@pytest.fixture
def folder():
    """For one run of a program."""
    made = Path(tempfile.mkdtemp(prefix="reelgate-client-"))
    yield made
    shutil.rmtree(made)
