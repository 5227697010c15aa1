"""The lines that the page of a service account shows, run as they are shown: curl with the token script, and Python."""

import html
import json
import os
import re
import shutil
import subprocess
import urllib.parse
from pathlib import Path

import pytest
import requests
from support import pypi, secrets
from support.server import sha256, wait_until

LIST = "/video/settings/service-accounts"
RECORDING, CHAT = "individual_recording_1.webm", "chat.json"


def shown(page: str) -> dict[str, str]:
    """What stands in the page's blocks to copy, by id."""
    blocks = re.findall(r'<code[^>]*id="((?:command-|key-file)[a-z]*)"[^>]*>(.*?)</code>', page, re.S)
    return {slug: html.unescape(re.sub(r"<!.*?>", "", text)) for slug, text in blocks}


def create(site, folder, role: str) -> tuple[dict[str, str], str]:
    """The blocks of a new service account's page, and its address; its file and the script lie in the folder then."""
    answer = site.portal.submit(f"{LIST}/new", "create_service_account", name=f"Nightly {role}", role=role)
    assert answer.status_code == 200, answer.text
    blocks = shown(answer.text)
    key = blocks["key-file"]
    secrets.remember(re.search(r'"private_key": "([^"]+)"', key)[1])
    (folder / "service-account.json").write_text(key)
    (folder / "token.sh").write_text(blocks["command-script"])
    # The links save the same texts.
    assert dict(downloads(answer.text)) == {"service-account.json": key, "token.sh": blocks["command-script"]}
    links = re.findall(rf'href="({LIST}/[0-9a-f-]{{36}})"[^>]*>(.*?)</a>', site.portal.page(LIST), re.S)
    page = next(link for link, text in links if f"Nightly {role}" in text)
    assert "key-file" not in shown(site.portal.page(page)), "shown once"
    return blocks, page


def downloads(page: str):
    """Names and texts of the links that hold what they save."""
    for link in re.findall(r'<a [^>]*href="data:[^"]+"[^>]*>', page):
        name = re.search(r'download="([^"]+)"', link)[1]
        text = re.search(r'href="data:[^,]+,([^"]*)"', link)[1]
        yield name, urllib.parse.unquote(html.unescape(text))


def run(line: str | list[str], folder, address: str) -> subprocess.CompletedProcess:
    environment = os.environ | {"RECORDING": address}
    return subprocess.run(
        line, shell=isinstance(line, str), executable="/bin/bash" if isinstance(line, str) else None, cwd=folder,
        env=environment, capture_output=True, text=True, timeout=60,
    )


@pytest.mark.parametrize("role", ["none", "support"])
def test_the_lines_work_as_they_are_shown(site, folder, role):
    blocks, page = create(site, folder, role)
    python = [str(pypi.PYTHON), "-c", blocks["command-python"]]
    for name in (RECORDING, CHAT):
        for line in (blocks["command-curl"], python):
            target = folder / name
            done = run(line, folder, site.url(name))
            if name == RECORDING or role == "support":
                assert done.returncode == 0, done.stderr
                assert sha256(target) == sha256(site.sources[name])
                target.unlink()
            else:
                assert done.returncode != 0 and "403" in done.stderr, done.stderr
                assert not target.exists() or target.stat().st_size == 0
    assert re.search(r"Last use.{0,400}?from .{0,20}?127\.0\.0\.1", site.portal.page(page), re.S), "its last use is on its page"
    # Rows are written a moment after the answer; the filter above them names every service account.
    rows = lambda: site.portal.page("/video/insights/access").partition("<tbody")[2]  # noqa: E731
    wait_until(lambda: f"Nightly {role}" in rows(), "the log has it")

    answer = site.portal.submit(page, "revoke_service_account")
    assert answer.ok and "is revoked" in answer.text
    done = run(blocks["command-curl"], folder, site.url(RECORDING))
    assert done.returncode != 0 and "401" in done.stderr, done.stderr


def test_the_script_says_what_it_misses(folder, site):
    blocks, _ = create(site, folder, "none")
    (folder / "service-account.json").write_text("{}")
    done = run("bash token.sh", folder, "")
    assert done.returncode == 1 and "is not the file of a service account" in done.stderr
    assert done.stdout == ""
    assert blocks["command-script"].startswith("#!/usr/bin/env bash\n")


def test_the_command_line_does_the_same(site, folder):
    def reelgate(*arguments: str) -> str:
        return site.installation.run("service-account", *arguments, "--account", site.account, is_secret=True)

    def kept(key: str):
        secrets.remember(json.loads(key)["private_key"].replace("\n", "\\n"))
        (folder / "service-account.json").write_text(key)

    def status() -> int:
        done = run(["bash", "token.sh"], folder, "")
        assert done.returncode == 0, done.stderr
        name, _, value = done.stdout.strip().partition(": ")
        return requests.get(site.url(CHAT), headers={name: value}, timeout=60).status_code

    shutil.copy(Path(__file__).parents[2] / "docs/examples/token.sh", folder)
    first = reelgate("create", "Scripted", "--role", "developer")
    kept(first)
    assert status() == 200
    reelgate("role", "Scripted", "none")
    assert status() == 403
    reelgate("role", "Scripted", "support")
    second = reelgate("rotate", "Scripted", "--overlap", "0")
    assert status() == 401, "the old key ended at once"
    kept(second)
    assert status() == 200
    listed = json.loads(reelgate("list", "--json"))
    entry = next(entry for entry in listed if entry["name"] == "Scripted")
    assert entry["role"] == "support" and entry["keys"][0]["id"] == json.loads(second)["key_id"]
    assert "BEGIN" not in reelgate("list")
    reelgate("revoke", "Scripted", "--key", json.loads(second)["key_id"])
    assert status() == 401
    reelgate("revoke", "Scripted")
    assert status() == 401
