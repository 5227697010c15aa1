"""Our API does what it publishes of itself: schemathesis makes requests of the OpenAPI document, right and wrong ones, and
judges every answer by it (R153).
"""

import json
import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

from conftest import create_account, import_folder
from support import pypi, recordings, secrets
from support.server import Installation

HERE = Path(__file__).parent
EXAMPLES = 200
# One process each. Threads of one process would wait for each other, and Python 3.11 loses count of its own syntax trees.
SHARES = [["Sessions", "Files", "Projects"], ["Webhooks"], ["Credentials", "Access log", "Usage"], ["Uploads"]]


@pytest.fixture
def installation(tmp_path):
    """With an account that has five sessions; only this machine may be called."""
    made = Installation(REELGATE_OUTBOUND_NETWORKS="127.0.0.0/8", REELGATE_TRUSTED_PROXIES="127.0.0.1")
    made.start()
    made.account, _, _ = create_account(made)
    for number in range(1, 6):
        files = {name: recordings.demo_files(name)[0] for name in ("individual_recording_1.webm", "chat.json")}
        folder = tmp_path / str(number)
        folder.mkdir()
        place = folder / recordings.ROOM / f"10000000000{number}"
        place.mkdir(parents=True)
        for name, source in files.items():
            (place / name).write_bytes(source.read_bytes())
        made.run(*import_folder(folder, made.account))
    yield made
    made.remove()


def make_uploads(folder: Path) -> Path:
    """A file of each kind, that is called after it."""
    folder.mkdir()
    of_demo = {"individual": "individual_recording_1.webm", "chat": "chat.json", "metadata": "metadata.json"}
    for kind, name in of_demo.items():
        source = recordings.demo_files(name)[0]
        (folder / f"{kind}{source.suffix}").write_bytes(source.read_bytes())
    for kind in ("live", "transcoded"):
        (folder / f"{kind}.mp4").write_bytes((HERE / "../../domain/tests/media/picture.mp4").read_bytes())
    (folder / "log.log").write_text("10:00:00 the scenario began\n")
    (folder / "captions.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n")
    return folder


def test_every_operation_is_as_published(installation, tmp_path):
    server = installation.servers[0]
    rights = ["--write", "--delete", "--credentials", "--access"]
    project = ["project", "secret", "--account", installation.account, "--project", "Main"]
    made = json.loads(installation.run(*project, "--name", "Fuzzer", *rights, "--json", is_secret=True))
    secrets.basic(made["identifier"], secrets.remember(made["secret"]))
    document = server.get("/api/v1/openapi.json", auth=(made["identifier"], made["secret"]))
    assert document.status_code == 200
    path = tmp_path / "openapi.json"
    path.write_bytes(document.content)
    nowhere = socket.create_server(("127.0.0.1", 0))
    nowhere_port = nowhere.getsockname()[1]
    nowhere.close()
    environment = os.environ | {
        "API_IDENTIFIER": made["identifier"],
        "API_SECRET": made["secret"],
        "NOWHERE": f"127.0.0.1:{nowhere_port}",
        "PROJECT": server.get("/api/v1/projects", auth=(made["identifier"], made["secret"])).json()["items"][0]["id"],
        "FILES": str(make_uploads(tmp_path / "uploads")),
        "PYTHONPATH": str(HERE),
        "NO_COLOR": "1",
        "no_proxy": "127.0.0.1",
    }
    command = [str(pypi.command("schemathesis")), "--config-file", str(HERE / "schemathesis.toml"), "run", str(path)]
    options = ["--url", f"{server.url}/api/v1", "--max-examples", str(EXAMPLES), "--seed", "1", "--checks", "all", "--warnings", "off"]
    # What the protocol can do is said of every address alike, also of one whose upload is gone.
    options += ["--exclude-operation-id", "getAbilitiesOfUpload"]
    running = []
    for number, tags in enumerate(SHARES):
        chosen = [option for tag in tags for option in ("--include-tag", tag)]
        output = open(tmp_path / f"{number}.txt", "w+")
        folder = tmp_path / f"run-{number}"
        folder.mkdir()
        process = subprocess.Popen(command + options + chosen, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT)
        running.append((process, output))
    failed = []
    for process, output in running:
        process.wait(900)
        output.seek(0)
        said = output.read()
        if process.returncode != 0:
            failed.append(said[said.find("= ERRORS =") if "= ERRORS =" in said else said.find("= FAILURES =") :][:20000])
    assert not failed, "\n".join(failed)


def test_every_operation_has_its_turn():
    document = json.loads((HERE / "../../docs/openapi.json").read_text())
    methods = ("get", "head", "options", "post", "put", "patch", "delete")
    tags = {tag for item in document["paths"].values() for method in methods if method in item for tag in item[method]["tags"]}
    assert tags == {tag for share in SHARES for tag in share}


def test_the_commands_of_the_documentation_work(installation, tmp_path):
    server = installation.servers[0]
    project = ["project", "secret", "--account", installation.account, "--project", "Main"]
    made = json.loads(installation.run(*project, "--name", "Reader", "--write", "--delete", "--json", is_secret=True))
    pair = (made["identifier"], secrets.remember(made["secret"]))
    secrets.basic(*pair)
    session = server.get("/api/v1/sessions", auth=pair).json()["items"][0]
    given = {
        "HOST": server.url,
        "IDENTIFIER": made["identifier"],
        "SECRET": made["secret"],
        "SESSION": session["id"],
        "FILE": session["files"][0]["id"],
        # A refusal fails the command.
        "CURL_HOME": str(tmp_path),
        "no_proxy": "127.0.0.1",
    }
    (tmp_path / ".curlrc").write_text("silent\nfail-with-body\n")
    text = (HERE / "../../docs/api.md").read_text()
    commands = re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)
    assert len(commands) >= 3
    for command in commands:
        run = ["bash", "-euo", "pipefail", "-c", command]
        done = subprocess.run(run, env=os.environ | given, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, command + done.stdout + done.stderr
    after = server.get(f"/api/v1/sessions/{session['id']}", auth=pair).json()
    assert (after["title"], after["tags"]) == ("Follow-up", ["care"])
    assert after["files"][0]["state"] == "there", "deleted and restored"
