"""The server's end and PostgreSQL's: whoever is being served is served to the end, and whoever comes is told (R182, R183, R189, R193)."""

import hashlib
import os
import resource
import signal
import socket
import threading
from pathlib import Path

import pytest
import requests

from conftest import open_site
from support import recordings
from support.portal import Portal
from support.server import Installation, wait_until

FILES = {
    "transcoded.mp4": recordings.big_mp4,
    "chat.json": lambda: recordings.demo_files("chat.json")[0],
}


class SlowDownload:
    """A download whose reader has stopped in the middle: with more on its way than the sockets' buffers hold."""

    def __init__(self, site, name: str):
        self.source = site.sources[name]
        self.peer = socket.socket()
        self.peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        self.peer.settimeout(60)
        self.peer.connect(("127.0.0.1", site.server.port))
        self.peer.sendall(
            f"GET {site.paths[name]} HTTP/1.1\r\nHost: 127.0.0.1:{site.server.port}\r\n"
            f"Authorization: {site.credential.authorization}\r\n\r\n".encode()
        )
        self.received = b""
        while b"\r\n\r\n" not in self.received:
            self.received += self.peer.recv(4096)
        head, _, self.received = self.received.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 "), head

    def finish(self):
        size = self.source.stat().st_size
        while len(self.received) < size and (block := self.peer.recv(1 << 20)):
            self.received += block
        assert hashlib.sha256(self.received).digest() == hashlib.sha256(self.source.read_bytes()).digest()


class Load:
    """Somebody who opens a file all the time; what each answer was."""

    def __init__(self, site):
        self.site, self.answers, self.is_over = site, [], threading.Event()
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(3)]
        for thread in self.threads:
            thread.start()

    def run(self):
        while not self.is_over.is_set():
            answer = self.site.server.get(self.site.paths["chat.json"], auth=self.site.credential.pair)
            self.answers.append((answer.status_code, answer.headers.get("Retry-After")))

    def stop(self) -> list[tuple[int, str | None]]:
        self.is_over.set()
        for thread in self.threads:
            thread.join()
        return self.answers


def open_with(installation: Installation):
    return open_site(installation, {name: make() for name, make in FILES.items()})


def running(pid_file) -> int | None:
    """The PostgreSQL that this file names. While one starts there is none, or an empty one."""
    try:
        return int(pid_file.read_text().split()[0])
    except (FileNotFoundError, IndexError):
        return None


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["killed", "stopped"])
def test_the_embedded_postgresql_comes_back_by_itself(how):
    """R182: 200 or 503 with Retry-After, nothing else; R183: a sign-in while downloads stand still."""
    installation = Installation(REELGATE_OPERATIONS_LISTEN="127.0.0.1:0")
    try:
        site = open_with(installation)
        # More than there are connections to the database.
        downloads = [SlowDownload(site, "transcoded.mp4") for _ in range(12)]
        Portal(site.server.url, site.portal.email, site.portal.password).sign_in()
        load = Load(site)
        pid_file = installation.data / "postgres" / "postmaster.pid"
        postmaster = running(pid_file)
        os.kill(postmaster, how)
        wait_until(lambda: running(pid_file) not in (None, postmaster), "another one runs")
        wait_until(lambda: site.server.get("/health/ready").status_code == 200, "the server is ready")
        seen = len(load.answers)
        wait_until(lambda: (200, None) in load.answers[seen:], "files are served again")
        answers = load.stop()
        assert set(answers) <= {(200, None), (503, "2")}, set(answers)
        downloads[0].finish()
        downloads[-1].finish()
        assert "Access credentials" in site.portal.page("/video/insights/recordings"), "the sign-in was kept"
    finally:
        installation.remove()


def operations_of(server) -> str:
    """Where health and metrics are, as the log says."""
    said = "health and metrics are at "
    messages = [event.get("message", "") for event in server.events()]
    return next(message.removeprefix(said) for message in messages if message.startswith(said))


def test_stopping_tells_serves_and_then_ends():
    """R193: not ready at once, still serving for the delay, then deaf; a running download goes on to its end."""
    settings = {"OPERATIONS_LISTEN": "127.0.0.1:0", "SHUTDOWN_DELAY_SECONDS": "3", "SHUTDOWN_GRACE_SECONDS": "60"}
    installation = Installation(**{f"REELGATE_{name}": value for name, value in settings.items()})
    try:
        site = open_with(installation)
        operations = operations_of(site.server)
        ready = lambda: requests.get(f"{operations}/health/ready", timeout=10)
        assert ready().status_code == 200
        download = SlowDownload(site, "transcoded.mp4")
        idle = socket.create_connection(("127.0.0.1", site.server.port))
        idle.sendall(f"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1:{site.server.port}\r\n\r\n".encode())
        assert idle.recv(4096).startswith(b"HTTP/1.1 200 ")
        site.server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: ready().status_code == 503, "it is not ready")
        assert site.server.get(site.paths["chat.json"], auth=site.credential.pair).ok, "the delay is for those who come"

        def is_deaf() -> bool:
            try:
                socket.create_connection(("127.0.0.1", site.server.port)).close()
                return False
            except ConnectionRefusedError:
                return True

        wait_until(is_deaf, "nobody is let in")
        idle.settimeout(10)
        assert idle.recv(1) == b"", "a connection that waits for nothing is closed"
        assert ready().status_code == 503 and site.server.process.poll() is None
        download.finish()
        assert site.server.process.wait(60) == 0
    finally:
        installation.remove()


def test_metrics_say_what_goes_on_and_no_secret():
    installation = Installation(REELGATE_OPERATIONS_LISTEN="127.0.0.1:0")
    try:
        site = open_with(installation)
        operations = operations_of(site.server)
        download = SlowDownload(site, "transcoded.mp4")
        site.server.get(site.paths["chat.json"])
        text = requests.get(f"{operations}/metrics", timeout=10).text
        assert 'reelgate_http_requests_total{class="files",status="403"} 1' in text, text
        assert "reelgate_files_open_downloads 1" in text
        for name in (
            "reelgate_http_request_duration_seconds_bucket",
            "reelgate_files_sent_bytes_total",
            "reelgate_database_connections_in_use",
            "reelgate_password_checks_waiting",
            "reelgate_background_last_success_timestamp_seconds",
            "reelgate_build_info",
            "process_resident_memory_bytes",
            "process_open_fds",
        ):
            assert f"\n{name}" in text, name
        for private in (*site.paths, *site.paths.values(), site.credential.username, site.credential.password, site.account):
            assert private not in text, private
        assert text.endswith("# EOF\n")
        assert site.server.get("/metrics").status_code == 404, "not in public"
        download.finish()
    finally:
        installation.remove()


def test_without_file_descriptors_it_waits_and_goes_on(new_database):
    """R189: who cannot be let in waits; when there is room, everything works again."""
    installation = Installation(new_database())
    try:
        site = open_with(installation)
        process = site.server.process.pid
        limit = len(list(Path(f"/proc/{process}/fd").iterdir())) + 20
        hard = resource.prlimit(process, resource.RLIMIT_NOFILE)[1]
        resource.prlimit(process, resource.RLIMIT_NOFILE, (limit, hard))
        crowd = [socket.create_connection(("127.0.0.1", site.server.port)) for _ in range(60)]
        could_not = "a connection could not be accepted"
        wait_until(lambda: any(could_not in event.get("message", "") for event in site.server.events()), "it is full")
        for peer in crowd:
            peer.close()
        assert site.server.get(site.paths["chat.json"], auth=site.credential.pair).ok
        SlowDownload(site, "transcoded.mp4").finish()
        assert site.server.process.poll() is None
    finally:
        installation.remove()
