"""Recordings that programs send: other people's tus clients, curl, and the script for Jibri, against the real server
that is killed under their hands."""

import base64
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from conftest import create_account
from support import pypi, recordings, secrets
from support.server import Installation, Server, sha256, wait_until

HERE = Path(__file__).parent
FINALIZE = HERE.parents[1] / "deploy" / "jibri" / "finalize.sh"
# How much an upload may add to the server's memory, however large it is. Bytes.
FLAT = 64 << 20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Intake:
    """A server that comes back at the same address, and an API secret of a project."""

    installation: Installation
    server: Server
    project: str
    identifier: str
    secret: str

    @property
    def authorization(self) -> str:
        return secrets.basic(self.identifier, self.secret)

    @property
    def endpoint(self) -> str:
        return f"{self.server.url}/api/v1/uploads"

    def file_url(self, name: str, conference: str = "42") -> str:
        return f"{self.server.url}/api/v1/projects/{self.project}/sessions/board/{conference}/files/{name}"

    def restart(self):
        self.server.kill()
        self.server = self.installation.start()

    def upload(self, url: str) -> dict:
        answer = requests.get(url, headers={"Authorization": self.authorization}, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def object(self, file: str) -> Path:
        return self.installation.data / "vault" / "objects" / file[-2:] / file

    def leftovers(self) -> list[Path]:
        incoming = self.installation.data / "vault" / "incoming"
        return [path for path in incoming.rglob("*") if path.is_file() and path.name != "gate"]


@pytest.fixture(scope="module")
def intake():
    installation = Installation(REELGATE_LISTEN=f"127.0.0.1:{free_port()}")
    server = installation.start()
    account, _, _ = create_account(installation)
    installation.run("project", "create", "Support", "--account", account)
    of = ["--account", account]
    [project] = json.loads(installation.run("project", "list", *of, "--json"))
    made = json.loads(
        installation.run("project", "secret", *of, "--project", "Support", "--name", "Recorder", "--write", "--json", is_secret=True)
    )
    yield Intake(installation, server, project["id"], made["identifier"], secrets.remember(made["secret"]))
    installation.remove()


def long_mp4(folder: Path, size: int, name: str = "long.mp4") -> Path:
    """A playable MP4 of this size, most of it a hole (a box that players skip)."""
    path = folder / name
    shutil.copy2(recordings.big_mp4(), path)
    begin = path.stat().st_size
    with open(path, "ab") as file:
        file.write((1).to_bytes(4, "big") + b"free" + (size - begin).to_bytes(8, "big"))
    os.truncate(path, size)
    return path


def said(name: str, conference: str) -> str:
    return json.dumps({"filename": name, "room": "board", "conference_number": conference, "kind": "live"})


def environment(intake: Intake) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "no_proxy": "127.0.0.1", "AUTHORIZATION": intake.authorization}


def send_with_node(intake: Intake, file: Path, conference: str, chunk: int) -> subprocess.Popen:
    command = ["node", HERE / "node" / "upload.mjs", intake.endpoint, file, said(file.name, conference), str(chunk)]
    return subprocess.Popen(command, env=environment(intake), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def end_of(client: subprocess.Popen) -> str:
    output, errors = client.communicate(timeout=120)
    assert client.returncode == 0, errors
    return output.splitlines()[-1].removeprefix("done ")


@pytest.mark.parametrize("chunk", [0, 4 << 20])
def test_tus_js_client_goes_on_when_the_server_is_killed(intake, folder, chunk):
    file = long_mp4(folder, 400 << 20)
    client = send_with_node(intake, file, f"node-{chunk}", chunk)
    for line in client.stdout:
        if int(line.removeprefix("progress ")) > 80 << 20:
            break
    assert client.poll() is None, "it is in the middle"
    intake.restart()
    upload = intake.upload(end_of(client))
    assert upload["offset"] == upload["length"] == 400 << 20
    assert sha256(intake.object(upload["file_id"])) == sha256(file)
    # It came back by asking for the offset, not by beginning anew.
    path = f"/api/v1/uploads/{upload['id']}"
    assert 200 in intake.server.statuses(path) and 204 in intake.server.statuses(path)


def test_tuspy_goes_on_in_another_process_after_a_kill(intake, folder):
    file = recordings.big_mp4()

    def send(*more: str) -> str:
        command = [pypi.PYTHON, HERE / "support" / "upload_tuspy.py", intake.endpoint, file, said(file.name, "tuspy"), *more]
        done = subprocess.run(command, env=environment(intake), capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    url = send(str(3 << 20))
    intake.restart()
    state = intake.upload(url)
    assert state["offset"] == 3 << 20 and state["file_id"] is None
    assert send("0", url) == url
    upload = intake.upload(url)
    assert sha256(intake.object(upload["file_id"])) == sha256(file)


def curl(intake: Intake, *arguments: str, typed: bytes | None = None) -> subprocess.CompletedProcess:
    user = ["--user", f"{intake.identifier}:{intake.secret}"]
    command = ["curl", "-sS", "-w", "\n%{http_code}", *user, *arguments]
    return subprocess.run(command, input=typed, capture_output=True, timeout=300)


def content_digest(path: Path) -> str:
    return f"Content-Digest: sha-256=:{base64.b64encode(bytes.fromhex(sha256(path))).decode()}:"


def test_curl_puts_a_file_of_known_and_of_unknown_length(intake):
    file = recordings.big_mp4()
    whole = curl(intake, "-T", str(file), "-H", content_digest(file), intake.file_url("whole.mp4"))
    answer, _, status = whole.stdout.decode().rpartition("\n")
    assert status == "201", whole.stdout
    assert sha256(intake.object(json.loads(answer)["id"])) == sha256(file)
    again = curl(intake, "-T", "-", intake.file_url("whole.mp4"), typed=file.read_bytes())
    assert again.stdout.endswith(b"\n200"), again.stdout
    damaged = curl(intake, "-T", "-", "-H", content_digest(file), intake.file_url("other.mp4"), typed=b"x" * 1000)
    assert damaged.stdout.endswith(b"\n400"), damaged.stdout
    wrong = subprocess.run(
        ["curl", "-sS", "-w", "\n%{http_code}", "-T", file, intake.file_url("whole.mp4")], capture_output=True, timeout=60
    )
    assert wrong.stdout.endswith(b"\n401"), wrong.stdout


def test_memory_is_flat_however_large_the_file(intake, folder):
    """R145, and more than 2^31 bytes. The vault's copy has the holes of what came."""
    intake.restart()
    size = (5 << 29) + 4096
    file = long_mp4(folder, size)
    before = intake.server.memory("VmHWM")
    done = curl(intake, "-T", str(file), intake.file_url("large.mp4", "large"))
    answer, _, status = done.stdout.decode().rpartition("\n")
    assert status == "201", done.stdout
    assert json.loads(answer)["bytes"] == size
    grown = intake.server.memory("VmHWM") - before
    assert grown < FLAT, f"{grown} bytes more for a file of {size}"
    stored = intake.object(json.loads(answer)["id"]).stat()
    assert stored.st_size == size and stored.st_blocks * 512 < 64 << 20


def test_what_is_cut_off_leaves_nothing(intake, folder):
    file = long_mp4(folder, 400 << 20)
    command = ["curl", "-sS", "--limit-rate", "50M", "--user", f"{intake.identifier}:{intake.secret}", "-T", file]
    client = subprocess.Popen([*command, intake.file_url("cut.mp4")], stderr=subprocess.DEVNULL)
    wait_until(lambda: any(path.suffix == ".part" for path in intake.leftovers()), "the upload has begun")
    client.kill()
    client.wait()
    wait_until(lambda: not any(path.suffix == ".part" for path in intake.leftovers()), "nothing is left of it")


# --- Jibri --------------------------------------------------------------------------------------

TOKEN = "jibri-upload-token-of-somebody"


def jibri_session(recordings_folder: Path, name: str) -> Path:
    """A folder as Jibri leaves it."""
    session = recordings_folder / name
    session.mkdir(parents=True)
    shutil.copy2(recordings.big_mp4(), session / "boardmeeting_2026-03-04-09-30-00.mp4")
    os.utime(session / "boardmeeting_2026-03-04-09-30-00.mp4", (1772617810, 1772617810))
    metadata = {
        "meeting_url": "https://meet.example.org/BoardMeeting",
        "participants": [{"user": {"id": "u-17", "name": "Ada", "avatar": "https://x.example/a.png"}, "group": "staff"}],
        "share": True,
        "upload_credentials": {"service_name": "dropbox", "token": TOKEN},
    }
    (session / "metadata.json").write_text(json.dumps(metadata))
    return session


def run_finalize(intake: Intake, *arguments: str | Path) -> subprocess.CompletedProcess:
    conf = Path(tempfile.mkdtemp(prefix="reelgate-jibri-")) / "reelgate.conf"
    conf.write_text(
        f"REELGATE_URL={intake.server.url}\nREELGATE_PROJECT={intake.project}\n"
        f"REELGATE_KEY={intake.identifier}:{intake.secret}\n"
    )
    environment = {"PATH": os.environ["PATH"], "no_proxy": "127.0.0.1", "REELGATE_CONF": str(conf), "TZ": "UTC"}
    # Of a file and not a pipe: what goes on behind the script would keep a pipe open.
    with tempfile.TemporaryFile() as output:
        return subprocess.run([FINALIZE, *arguments], env=environment, stdout=output, stderr=output, timeout=60)


def answer_of(intake: Intake, session: Path, name: str) -> requests.Response:
    """What Reelgate says to the same file again: 200 if it has it."""
    url = f"{intake.server.url}/api/v1/projects/{intake.project}/sessions/BoardMeeting/{session.name}/files/{name}"
    file = session / name
    return requests.put(url, data=file.read_bytes(), headers={"Authorization": intake.authorization}, timeout=60)


def test_jibris_script_hands_over_and_comes_back_until_all_is_there(intake, folder):
    first, late = (jibri_session(folder, name) for name in ("mkxq_1", "mkxq_2"))
    began = time.monotonic()
    assert run_finalize(intake, first).returncode == 0
    assert time.monotonic() - began < 5, "Jibri waits for the script"
    wait_until((first / ".uploaded").exists, "the recording has arrived")
    answer = answer_of(intake, first, "boardmeeting_2026-03-04-09-30-00.mp4")
    assert answer.status_code == 200, answer.text
    assert answer.json()["kind"] == "live" and answer.json()["room"] == "BoardMeeting"
    # Again: nothing is sent twice.
    seen = intake.server.log_size()
    assert run_finalize(intake, "--now", first).returncode == 0
    assert not [event for event in intake.server.events(seen) if str(event.get("path", "")).startswith("/api/v1/projects")]
    # While Reelgate is away, nothing is lost.
    intake.server.kill()
    assert run_finalize(intake, "--now", late).returncode == 1
    assert not (late / ".uploaded").exists()
    intake.server = intake.installation.start()
    assert run_finalize(intake, "--retry", folder).returncode == 0
    assert (late / ".uploaded").exists()
    # The names of who took part, and nothing else of what Jibri wrote.
    stored = b"".join(path.read_bytes() for path in (intake.installation.data / "vault" / "objects").rglob("*") if path.is_file() and path.stat().st_size < 10000)
    assert b'"Ada"' in stored and TOKEN.encode() not in stored and b"avatar" not in stored


def test_jibris_script_gives_up_what_is_refused_and_says_why(intake, folder):
    session = jibri_session(folder, "broken_1")
    (session / "boardmeeting_2026-03-04-09-30-00.mp4").write_bytes(b"no film")
    assert run_finalize(intake, "--now", session).returncode == 2
    assert "not a readable MP4" in (session / ".refused").read_text()
    assert run_finalize(intake, "--retry", folder).returncode == 0
