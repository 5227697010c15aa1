"""Applications in the forms of other vendors: the documented example, and SecureVideo's loop of list, view, fetch, delete."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from support import secrets
from support.server import sha256

EXAMPLE = Path(__file__).resolve().parents[2] / "docs/examples/enablex_archive.py"


@pytest.fixture(scope="module")
def application(site) -> tuple[str, str]:
    """Identifier and secret of the site's project."""
    where = ("--account", site.account, "--project", "Main")
    made = json.loads(
        site.installation.run("project", "secret", *where, "--name", "Archiver", "--delete", "--json", is_secret=True)
    )
    secrets.basic(made["identifier"], secrets.remember(made["secret"]))
    return made["identifier"], made["secret"]


def run_example(site, application, folder, password: str, days=("2020-01-01", "2099-12-31")):
    names = ("APP_ID", "APP_KEY", "FILES_USER", "FILES_PASSWORD")
    values = (*application, site.credential.username, password)
    environment = {"PATH": os.environ["PATH"]} | dict(zip(names, values))
    command = [sys.executable, "-B", EXAMPLE, site.server.url, *days, folder]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def test_the_example_is_short():
    assert len(EXAMPLE.read_text().splitlines()) <= 40


def test_the_example_lists_downloads_and_verifies(site, application, folder):
    site.credential.pair
    done = run_example(site, application, folder, site.credential.password)
    assert done.returncode == 0, done.stderr
    came = {path.name: sha256(path) for path in folder.rglob("*.*")}
    assert came == {name: sha256(path) for name, path in site.sources.items()}
    assert {line.split()[0] for line in done.stdout.splitlines()} == set(came.values())


def test_the_example_stops_at_a_wrong_key_and_at_a_day_that_is_none(site, application, folder):
    assert "403" in run_example(site, application, folder, "wrong").stderr
    wrong = (application[0], secrets.new_password())
    assert "401" in run_example(site, wrong, folder, site.credential.password).stderr
    assert "400" in run_example(site, application, folder, "", days=("2020-01-01", "tomorrow")).stderr
    assert not list(folder.rglob("*.mp4"))


def test_list_view_fetch_and_delete(site, application, folder):
    """The address of a view goes into a program as it is, without a header."""
    client = requests.Session()
    client.auth = application
    recordings = client.get(f"{site.server.url}/StoredRecording", timeout=60).json()
    assert len(recordings) == 2
    kept = {sha256(path) for name, path in site.sources.items() if name != "chat.json"}
    for recording in recordings:
        number = recording["CloudRecordingId"]
        view = client.get(f"{site.server.url}/storedrecordingview/{number}", timeout=60).json()["ViewUrl"]
        secrets.remember(view.partition("?view=")[2])
        subprocess.run(["curl", "--silent", "--fail", "--output", folder / "out", view], check=True)
        assert sha256(folder / "out") in kept
        assert client.delete(f"{site.server.url}/StoredRecording/{number}", json={}, timeout=60).status_code == 204
        gone = subprocess.run(["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", view], capture_output=True)
        assert gone.stdout == b"410"
    assert client.get(f"{site.server.url}/StoredRecording", timeout=60).json() == []
