"""Applications in the forms of other vendors: the documented example, and SecureVideo's loop of list, view, fetch, delete."""

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
    """Identifier and secret of the site's project. As a page would make it: only its hash is kept."""
    secret = secrets.remember("rgs_" + "".join(secrets.new_password() for _ in range(2))[:40])
    rows = site.installation.query(
        "with made as (insert into api_secrets (id, account_id, project_id, name, hash, hint, may_write, may_delete, "
        "may_manage_credentials, created_at) select gen_random_uuid(), account_id, id, 'Clients', "
        f"sha256('{secret}'), '{secret[-4:]}', false, true, false, now() from projects where name = 'Main' "
        "returning project_id) select api_identifier from projects join made on made.project_id = projects.id"
    )
    identifier = rows[0][0]
    secrets.basic(identifier, secret)
    return identifier, secret


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
