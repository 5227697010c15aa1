"""Webhooks as receivers get them: verified by the unmodified libraries of Standard Webhooks for Python and Node, taken by
a receiver that was written for EnableX, and delivered though the server was killed (R155, R156, R157, R159).
"""

import base64
import http.server
import json
import re
import shutil
import ssl
import subprocess
import tempfile
import threading
import urllib.parse
from pathlib import Path

import pytest

from conftest import create_account, import_folder
from support import pypi, recordings, secrets
from support.portal import Portal
from support.server import Installation, wait_until

HERE = Path(__file__).parent
KINDS = ["individual", "live", "chat", "metadata", "captions"]
NODE = ["node", str(HERE / "node" / "verify_webhook.mjs")]
PYTHON = [
    str(pypi.PYTHON),
    "-c",
    "import base64, json, sys; from standardwebhooks import Webhook; given = json.load(sys.stdin);"
    " Webhook(given['secret']).verify(base64.b64decode(given['body']), given['headers'])",
]


class Receiver:
    """Somebody's application: keeps what comes, and answers as told."""

    def __init__(self, certificate: Path | None = None):
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        # While it is not set, requests get no answer.
        self.answers = threading.Event()
        self.answers.set()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.received.append(({name.lower(): value for name, value in self.headers.items()}, body))
                receiver.answers.wait()
                try:
                    self.send_response(receiver.status)
                    self.end_headers()
                except OSError:
                    pass  # Whoever asked was killed meanwhile.

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.server.server_port}/hook"

    def wait(self, count: int):
        wait_until(lambda: len(self.received) >= count, f"{count} webhooks came")

    def types(self) -> list[str]:
        return sorted(json.loads(body)["type"] for _, body in self.received)

    def close(self):
        self.answers.set()
        self.server.shutdown()


class Scene:
    """A server that may call this machine, an account, and a project with webhooks."""

    def __init__(self, **settings: str):
        self.installation = Installation(REELGATE_OUTBOUND_NETWORKS="127.0.0.0/8", **settings)
        self.server = self.installation.start()
        self.account, self.email, self.password = create_account(self.installation)
        self.conference = 100_000_000_000
        self.bring("chat.json")
        self.sign_in()
        self.project = re.search(r'href="/projects/([0-9a-f-]{36})"', self.portal.page("/projects"))[1]

    def sign_in(self):
        self.portal = Portal(self.server.url, self.email, self.password).sign_in()

    def bring(self, *names: str) -> str:
        """Imports a session with these files of the demo; its conference number."""
        self.conference += 1
        folder = Path(tempfile.mkdtemp(prefix="reelgate-import-"))
        place = folder / recordings.ROOM / str(self.conference)
        place.mkdir(parents=True)
        for name in names:
            source = recordings.big_mp4() if name == "transcoded.mp4" else recordings.demo_files(name)[0]
            shutil.copy2(source, place / name)
        self.installation.run(*import_folder(folder, self.account))
        shutil.rmtree(folder)
        return str(self.conference)

    def add(self, url: str, events: list[str], **fields: str) -> tuple[str, str]:
        """An endpoint: its page, and its secret as that page shows it."""
        typed = {"url": url, "event_types[]": events, "file_kinds[]": KINDS} | fields
        answer = self.portal.submit(f"/projects/{self.project}/webhooks/new", "add_webhook", **typed)
        assert answer.ok, answer.text
        return self.page_of(url), self.secret_in(answer.text)

    def page_of(self, url: str) -> str:
        listed = self.portal.page(f"/projects/{self.project}/webhooks")
        return re.search(rf'href="(/projects/{self.project}/webhooks/[0-9a-f-]{{36}})"[^>]*>(?:<bdi>)?{re.escape(url)}<', listed)[1]

    @staticmethod
    def secret_in(page: str) -> str:
        return secrets.remember(re.search(r"whsec_[A-Za-z0-9+/]{43}=", page)[0])


@pytest.fixture
def scene():
    scene = Scene()
    yield scene
    scene.installation.remove()


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


def is_verified(verifier: list[str], secret: str, headers: dict[str, str], body: bytes) -> bool:
    given = {"secret": secret, "headers": headers, "body": base64.b64encode(body).decode()}
    done = subprocess.run(verifier, input=json.dumps(given), capture_output=True, text=True, cwd=HERE, timeout=60)
    refused = "No matching signature" in done.stderr
    assert done.returncode == 0 or refused, done.stderr
    return done.returncode == 0


@pytest.mark.parametrize("verifier", [PYTHON, NODE], ids=["PyPI", "npm"])
def test_official_libraries_verify_what_the_server_sends(scene, receiver, verifier):
    page, first = scene.add(receiver.url, ["session.ended", "session.ready", "file.ready", "file.transcoded"])
    conference = scene.bring("transcoded.mp4", "chat.json", "metadata.json")
    receiver.wait(5)
    # The chat and the metadata; the session is complete.
    assert receiver.types() == ["file.ready", "file.ready", "file.transcoded", "session.ended", "session.ready"]
    for headers, body in receiver.received:
        assert is_verified(verifier, first, headers, body)
        assert not is_verified(verifier, first, headers, body + b" ")
        assert json.loads(body)["data"]["session"]["conference_number"] == conference
    ids = {headers["webhook-id"] for headers, _ in receiver.received}
    assert len(ids) == 5

    answer = scene.portal.submit(page, "rotate_webhook_secret")
    second = scene.secret_in(answer.text)
    assert second != first
    receiver.received.clear()
    scene.portal.submit(page, "test_webhook")
    receiver.wait(1)
    headers, body = receiver.received[0]
    assert json.loads(body)["type"] == "webhook.test"
    for secret in (first, second):
        assert is_verified(verifier, secret, headers, body), "both sign for a day"
    stranger = "whsec_" + base64.b64encode(bytes(32)).decode()
    assert not is_verified(verifier, stranger, headers, body)


def test_addresses_in_a_webhook_open_files_with_a_credential_only(scene, receiver):
    scene.add(receiver.url, ["file.transcoded"])
    scene.bring("transcoded.mp4")
    receiver.wait(1)
    file = json.loads(receiver.received[0][1])["data"]["file"]
    url = urllib.parse.urlsplit(file["url"])
    assert f"{url.scheme}://{url.netloc}" == scene.server.url and not url.query
    assert scene.server.get(url.path).status_code == 403
    answer = scene.server.get(url.path, auth=scene.portal.preset().pair)
    assert answer.status_code == 200 and len(answer.content) == file["size_bytes"]


def test_a_receiver_written_for_enablex_takes_it(scene, receiver):
    password = secrets.new_password()
    scene.add(
        receiver.url,
        ["session.ended", "session.ready", "file.transcoded"],
        form="enablex",
        username="hooks",
        password=password,
    )
    conference = scene.bring("transcoded.mp4", "individual_recording_1.webm", "chat.json", "metadata.json")
    # One of the participants has no recording, so the session is not complete until the time is over.
    scene.portal.submit(f"/projects/{scene.project}/webhooks", "set_webhook_settings", ready_after_minutes="0")
    receiver.wait(3)
    assert receiver.types() == ["recording", "roomdrop", "transcoded"]
    for headers, body in receiver.received:
        assert headers["authorization"] == secrets.basic("hooks", password)
        told = json.loads(body)
        assert (told["room_id"], told["conf_num"]) == (recordings.ROOM, conference)
        assert isinstance(told["trans_date"], int) and re.fullmatch("[0-9a-f]{24}", told["app_id"])
        names = {
            "roomdrop": set(),
            "recording": {"recording"},
            "transcoded": {"recording", "stage", "file_size"},
        }[told["type"]]
        assert told.keys() == {"type", "trans_date", "app_id", "room_id", "conf_num"} | names
        if told["type"] == "recording":
            assert [type(one) for one in told["recording"]] == [str]
        if told["type"] == "transcoded":
            assert told["stage"] == "1" and told["file_size"].isdigit() and told["recording"].endswith("/transcoded.mp4")


def test_what_happened_before_a_kill_is_told_after_it(scene, receiver):
    """R159: killed after the commit and before anything was sent."""
    scene.add(receiver.url, ["file.ready"])
    scene.server.kill()
    conference = scene.bring("chat.json")
    assert not receiver.received
    scene.server = scene.installation.start()
    receiver.wait(1)
    assert json.loads(receiver.received[0][1])["data"]["session"]["conference_number"] == conference


def test_what_was_under_way_at_a_kill_is_sent_again(scene, receiver):
    """R159: killed while the receiver had it and had not answered; at least once, with the same id and bytes."""
    _, secret = scene.add(receiver.url, ["file.ready"])
    receiver.answers.clear()
    scene.bring("chat.json")
    receiver.wait(1)
    scene.server.kill()
    receiver.answers.set()
    scene.server = scene.installation.start()
    receiver.wait(2)
    (first, body), (again, same) = receiver.received
    assert first["webhook-id"] == again["webhook-id"] and body == same
    assert is_verified(PYTHON, secret, again, same)
    scene.sign_in()
    page = scene.page_of(receiver.url)
    wait_until(lambda: "Delivered" in scene.portal.page(page), "the log says that it was delivered")


def make_certificate(folder: Path) -> Path:
    """A certificate for this machine that nobody has signed but itself, with its key."""
    made = folder / "certificate.pem"
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", str(folder / "key.pem")]
    command = ["openssl", "req", "-x509", "-days", "2", *key, *names, "-out", str(made)]
    subprocess.run(command, check=True, capture_output=True)
    with open(made, "ab") as file:
        file.write((folder / "key.pem").read_bytes())
    return made


@pytest.mark.parametrize("is_trusted", [True, False], ids=["trusted", "unknown"])
def test_certificates_are_verified(folder, is_trusted):
    """R165: against the authorities that the server's machine trusts."""
    certificate = make_certificate(folder)
    receiver = Receiver(certificate)
    scene = Scene(**({"SSL_CERT_FILE": str(certificate)} if is_trusted else {}))
    page, _ = scene.add(receiver.url, ["file.ready"])
    scene.portal.submit(page, "test_webhook")
    if is_trusted:
        receiver.wait(1)
        assert receiver.types() == ["webhook.test"]
    else:
        wait_until(lambda: "No secure connection" in scene.portal.page(page), "the log says why")
        assert not receiver.received
    scene.installation.remove()
    receiver.close()
