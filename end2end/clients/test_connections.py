"""Peers that are slow on purpose: they are cut off, and nobody else notices (R112)."""

import socket
import threading
import time

# server/src/listener.rs and server/src/layers/timeout.rs, with room for a busy machine.
HEADER_TIMEOUT, BODY_TIMEOUT, ROOM = 10, 30, 8


def drip(site, first: bytes, more: bytes, patience: float) -> tuple[bytes, float]:
    """Sends the beginning and then a byte now and then; what came back until the server closed, and when that was."""
    began = time.monotonic()
    peer = socket.create_connection(("127.0.0.1", site.server.port))
    peer.settimeout(0.5)
    peer.sendall(first)
    received = b""
    while time.monotonic() - began < patience:
        try:
            block = peer.recv(4096)
            if not block:
                break
            received += block
            continue
        except TimeoutError:
            pass
        except ConnectionError:
            break
        try:
            peer.sendall(more)
        except OSError:
            break
    peer.close()
    return received, time.monotonic() - began


def test_slow_peers_are_cut_off(site):
    host = f"Host: 127.0.0.1:{site.server.port}\r\n".encode()
    line = b"GET " + site.paths["chat.json"].encode() + b" HTTP/1.1\r\n"
    form = b"POST /rpc/app/features/sign_ins/api/sign_in HTTP/1.1\r\n" + host
    form += b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nemail="
    cases = {
        "nothing at all": (b"", b"", HEADER_TIMEOUT),
        "half a request line": (b"GET /fi", b"", HEADER_TIMEOUT),
        "half a head": (line + host, b"", HEADER_TIMEOUT),
        "a head that grows": (line + host + b"X-A: ", b"a", HEADER_TIMEOUT),
        "a body that grows": (form, b"a", BODY_TIMEOUT),
        "half a body": (form, b"", BODY_TIMEOUT),
    }
    results = {}

    def try_it(name):
        first, more, limit = cases[name]
        results[name] = drip(site, first, more, limit + ROOM)

    threads = [threading.Thread(target=try_it, args=(name,)) for name in cases]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert site.server.get("/health/live").ok
        threads[-1].join(1)
    for thread in threads:
        thread.join()
    for name, (received, seconds) in results.items():
        limit = cases[name][2]
        assert seconds < limit + ROOM, f"{name}: the connection is still open"
        assert received == b"" or received.startswith((b"HTTP/1.1 408 ", b"HTTP/1.1 400 ")), (name, received[:100])


def test_a_slow_reader_gets_everything_and_disturbs_nobody(site):
    """Who reads slowly has a slow line; the others are served meanwhile."""
    source = site.sources["transcoded.mp4"].read_bytes()
    peer = socket.socket()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    peer.connect(("127.0.0.1", site.server.port))
    head = (
        f"GET {site.paths['transcoded.mp4']} HTTP/1.1\r\nHost: 127.0.0.1:{site.server.port}\r\n"
        f"Authorization: {site.credential.authorization}\r\nConnection: close\r\n\r\n"
    )
    peer.sendall(head.encode())
    received = peer.recv(1000)
    for _ in range(50):
        answer = site.server.get(site.paths["transcoded.mp4"], auth=site.credential.pair)
        assert answer.content == source
        received += peer.recv(1000)
    while block := peer.recv(65536):
        received += block
    peer.close()
    assert received.partition(b"\r\n\r\n")[2] == source
