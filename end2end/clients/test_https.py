"""HTTPS by ourselves: real clients that trust a private authority, and a certificate that changes under a download."""

import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
import requests

from conftest import open_site
from support import recordings, tls
from support.programs import BY_NAME, Target, call
from support.server import PROGRAM, Installation, sha256, wait_until

BIG, SMALL = "transcoded.mp4", "chat.json"


@pytest.fixture(scope="module")
def secure():
    """A site whose certificate and key are links, as certbot's are."""
    folder = Path(tempfile.mkdtemp(prefix="reelgate-tls-"))
    made = tls.make(folder / "first")
    live = tls.Tls(made.ca, folder / "fullchain.pem", folder / "privkey.pem")
    lead_to(live, made.certificate, made.key)
    installation = Installation(tls=live, REELGATE_OPERATIONS_LISTEN="127.0.0.1:0")
    files = {BIG: recordings.big_mp4(), SMALL: recordings.demo_files(SMALL)[0]}
    yield open_site(installation, files)
    installation.remove()
    shutil.rmtree(folder)


def lead_to(live: tls.Tls, certificate: Path, key: Path):
    """Makes the links lead there, each in one step."""
    for link, target in ((live.certificate, certificate), (live.key, key)):
        new = link.with_suffix(".new")
        new.symlink_to(target)
        new.replace(link)


def connect(site, context: ssl.SSLContext) -> ssl.SSLSocket:
    plain = socket.create_connection(("127.0.0.1", site.server.port), timeout=60)
    return context.wrap_socket(plain, server_hostname="localhost")


def trusting(site, *protocols: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(site.installation.tls.ca))
    context.set_alpn_protocols(protocols)
    return context


def serial(site) -> int:
    """Of the certificate that a new connection is shown."""
    with connect(site, trusting(site)) as peer:
        return int(peer.getpeercert()["serialNumber"], 16)


def curl(site, *options: str) -> subprocess.CompletedProcess:
    known = ("--silent", "--show-error", "--cacert", str(site.installation.tls.ca))
    return subprocess.run(["curl", *known, *options], capture_output=True, timeout=60)


def metric(site, name: str) -> float:
    at = next(event["message"] for event in site.server.events() if "health and metrics are at" in event.get("message", ""))
    text = requests.get(at.rpartition(" ")[2] + "/metrics", timeout=60).text
    return float(re.search(rf"^{name}{{.*}} (\S+)$", text, re.MULTILINE)[1])


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_modern_versions_are_spoken(secure, version):
    """R195."""
    context = trusting(secure)
    context.minimum_version = context.maximum_version = version
    with connect(secure, context) as peer:
        peer.sendall(f"GET /health/live HTTP/1.1\r\nHost: localhost:{secure.server.port}\r\nConnection: close\r\n\r\n".encode())
        assert peer.recv(1000).startswith(b"HTTP/1.1 200 ")


@pytest.mark.filterwarnings("ignore:ssl:DeprecationWarning")
def test_older_versions_are_refused(secure):
    """R195."""
    context = trusting(secure)
    # This machine's own openssl would not even offer it.
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.options &= ~(ssl.OP_NO_TLSv1 | ssl.OP_NO_TLSv1_1)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    connect(secure, context).close()
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    # By the server, in words of TLS: not by ours, which would say UNSUPPORTED_PROTOCOL or NO_PROTOCOLS_AVAILABLE.
    with pytest.raises(ssl.SSLError, match="ALERT_(PROTOCOL_VERSION|HANDSHAKE_FAILURE)"):
        connect(secure, context)


def test_curl_gets_the_file_and_ranges_of_it(secure, folder):
    """curl offers HTTP/2, and takes what there is."""
    whole = secure.sources[BIG].read_bytes()
    user = ("--user", f"{secure.credential.username}:{secure.credential.password}")
    written = ("--output", str(folder / "out"), "--write-out", "%{http_version} %{response_code}")
    done = curl(secure, *user, *written, secure.url(BIG))
    assert done.stdout.decode() == "1.1 200", done.stderr
    assert sha256(folder / "out") == sha256(secure.sources[BIG])
    done = curl(secure, *user, "--range", "1000-70000", *written, secure.url(BIG))
    assert done.stdout.decode() == "1.1 206", done.stderr
    assert (folder / "out").read_bytes() == whole[1000:70001]
    # Of another host, of no host at all: refused as everywhere (R120).
    for host, status in (("evil.example.com", "421"), ("a@localhost", "400")):
        done = curl(secure, "--header", f"Host: {host}", *written, secure.server.url + "/health/live")
        assert done.stdout.decode() == f"1.1 {status}", done.stderr


def test_whoever_does_not_know_the_authority_gets_nothing(secure):
    done = subprocess.run(["curl", "--silent", secure.server.url + "/health/live"], capture_output=True, timeout=60)
    assert done.returncode == 60, "the certificate cannot be verified"


TRUSTING = {
    "wget": lambda ca: ("wget", "--quiet", f"--ca-certificate={ca}", "--output-document=out"),
    "aria2c -x16 -s16": lambda ca: ("aria2c", "--quiet", "--out=out", "--split=16", "--min-split-size=1M", f"--ca-certificate={ca}"),
}


@pytest.mark.parametrize("client", TRUSTING)
def test_downloaders_get_the_file(secure, folder, client):
    if why := BY_NAME[client].missing():
        pytest.skip(why)
    target = Target(secure.url(BIG), folder, secure.credential)
    call(target, *TRUSTING[client](secure.installation.tls.ca), target.url_with_credential)
    assert sha256(folder / "out") == sha256(secure.sources[BIG])


@pytest.mark.parametrize("way", ["get", "fetch"])
def test_node_gets_the_file(secure, folder, way):
    if why := BY_NAME["Node fetch"].missing():
        pytest.skip(why)
    script = str(Path(__file__).parent / "node" / "fetch.mjs")
    trust = {"NODE_EXTRA_CA_CERTS": str(secure.installation.tls.ca)}
    target = Target(secure.url(BIG), folder, secure.credential)
    done = call(target, "node", script, way, target.url, "out", *secure.credential.pair, environment=trust)
    assert (folder / "out").exists(), done.stderr
    assert sha256(folder / "out") == sha256(secure.sources[BIG])


def test_the_sign_in_is_for_https_only(secure):
    """The whole sign-in went over HTTPS already; here is what came of it."""
    cookie = next(cookie for cookie in secure.portal.browser.cookies if cookie.name == "__Host-reelgate")
    assert cookie.secure
    answer = secure.server.get("/sign-in")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_plain_http_is_told_what_is_wrong(secure):
    answer = requests.get(f"http://127.0.0.1:{secure.server.port}/", timeout=60)
    assert answer.status_code == 400 and "Use https://" in answer.text


def test_a_new_certificate_is_taken_under_a_running_download(secure, folder):
    live = secure.installation.tls
    before = serial(secure)
    user = ("--user", f"{secure.credential.username}:{secure.credential.password}")
    slow = ("curl", "--silent", "--fail", "--limit-rate", "700K", "--cacert", str(live.ca), "--output", "out")
    running = subprocess.Popen([*slow, *user, secure.url(BIG)], cwd=folder)
    out = folder / "out"
    wait_until(lambda: out.exists() and out.stat().st_size > 100_000, "some of it is there")
    kept = Path(tempfile.mkdtemp(prefix="renewed-", dir=live.ca.parent))
    certificate, key = kept / "certificate.pem", kept / "key.pem"
    new = tls.issue(live.ca, certificate, key)
    lead_to(live, certificate, key)
    wait_until(lambda: serial(secure) == new, "new connections see the new certificate")
    assert new != before and running.poll() is None, "the download still runs"
    assert running.wait(60) == 0
    assert sha256(out) == sha256(secure.sources[BIG])
    assert metric(secure, "reelgate_tls_certificate_kept") == 0
    assert metric(secure, "reelgate_tls_certificate_end_timestamp_seconds") > time.time()


def test_a_broken_pair_keeps_the_one_before(secure):
    live = secure.installation.tls
    certificate, key = live.certificate.readlink(), live.key.readlink()
    before, offset = serial(secure), secure.server.log_size()
    other = live.ca.parent / "other.key"
    tls.issue(live.ca, live.ca.parent / "other.pem", other)
    lead_to(live, certificate, other)

    def told():
        return [event for event in secure.server.events(offset) if event["level"] == "ERROR"]

    wait_until(told, "the log says so")
    assert "does not belong" in told()[0]["error"] and "tls_key" in told()[0]["error"]
    assert serial(secure) == before
    assert metric(secure, "reelgate_tls_certificate_kept") == 1
    assert secure.server.get("/health/ready").ok
    lead_to(live, certificate, key)
    wait_until(lambda: metric(secure, "reelgate_tls_certificate_kept") == 0, "the sound pair is taken again")
    assert serial(secure) == before and len(told()) == 1, "told once"


def test_what_cannot_be_served_does_not_start(folder):
    made = tls.make(folder)
    other = tls.make(folder / "other")
    locked = folder / "locked.pem"
    tls.openssl("pkey", "-in", made.key, "-aes256", "-passout", "pass:secret", "-out", locked)
    cases = [
        ({"REELGATE_TLS_KEY": ""}, "the setting tls_certificate needs tls_key"),
        ({"REELGATE_TLS_CERTIFICATE": ""}, "the setting tls_key needs tls_certificate"),
        ({"REELGATE_TLS_KEY": str(folder / "none.pem")}, "No such file"),
        ({"REELGATE_TLS_KEY": str(other.key)}, "does not belong to the first certificate"),
        ({"REELGATE_TLS_KEY": str(locked)}, "is locked with a password"),
        ({"REELGATE_TLS_CERTIFICATE": str(made.key)}, "has no certificate in it"),
        ({"REELGATE_PUBLIC_URL": "http://localhost:8080"}, "it begins with https://"),
    ]
    installation = Installation(tls=made)
    for wrong, why in cases:
        environment = installation.environment | wrong
        done = subprocess.run([PROGRAM, "serve"], env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and why in done.stderr, done.stderr
    assert not installation.data.exists(), "nothing was begun"
    installation.remove()
