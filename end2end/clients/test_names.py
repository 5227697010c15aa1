"""The gate's table of programs that wait for a challenge: each of its rows is the name that a real program gives."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from support.programs import BY_NAME, Target

CALLER = Path(__file__).resolve().parents[2] / "server" / "src" / "gate" / "caller.rs"

# The program that shows a row to be true; a text where none can be had here, with the reason.
PROVED_BY = {
    "Wget/": BY_NAME["wget"],
    "Lavf/": BY_NAME["ffmpeg"],
    "libmpv": BY_NAME["mpv"],
    "mpv": "Debian's mpv calls itself libmpv; the row is for builds that were given another name",
    "VLC/": BY_NAME["VLC"],
    "LibVLC/": "only players that are built on libvlc and give no name of their own say this; Debian has none",
    "Java/": BY_NAME["Java HttpURLConnection"],
    "Java-http-client/": BY_NAME["Java HttpClient"],
    "Apache-HttpClient/": BY_NAME["Apache HttpClient 4"],
    "Apache-HttpAsyncClient/": BY_NAME["Apache HttpAsyncClient 4"],
    "Jakarta Commons-HttpClient/": BY_NAME["Commons HttpClient 3"],
    "Python-urllib/": BY_NAME["Python urllib"],
}


def products() -> list[str]:
    text = CALLER.read_text()
    table = text[text.index("CHALLENGE_FIRST: [") : text.index("];", text.index("CHALLENGE_FIRST: ["))]
    return re.findall(r'row\(\s*"([^"]+)"', table)


class Recorder(BaseHTTPRequestHandler):
    """Refuses everything and keeps what it was asked with."""

    seen: list[tuple[str, str | None]] = []

    def do_GET(self):
        self.seen.append((self.headers.get("User-Agent", ""), self.headers.get("Authorization")))
        self.send_response(403)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def recorder():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/transcoded.mp4"
    server.shutdown()


def test_every_row_is_known_here():
    assert sorted(products()) == sorted(PROVED_BY)


@pytest.mark.parametrize("product", products())
def test_row(recorder, folder, product):
    client = PROVED_BY[product]
    if isinstance(client, str):
        pytest.skip(client)
    if why := client.missing():
        pytest.skip(why)
    Recorder.seen.clear()
    client.fetch(Target(recorder, folder))
    assert Recorder.seen, "the program asked for nothing"
    for name, authorization in Recorder.seen:
        assert name.lower().startswith(product.lower()), name
        assert authorization is None
