"""Guessing and floods: memory stays bounded, the server answers, and whoever is right is let in (R036 to R043)."""

import http.client
import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from conftest import open_site
from support import recordings, secrets
from support.portal import Credential
from support.server import Installation

BIG = "transcoded.mp4"
# What one Argon2id computation takes (domain/src/hashing.rs), and how many there may be at once.
HASH_MEMORY = 19_456 * 1024
HASHES_AT_ONCE = os.cpu_count()
# What differs from one crowd of 200 requests to the next: buffers, the allocator's reserve.
OTHER_MEMORY = 48 * 1024 * 1024


@pytest.fixture(scope="module")
def flooded():
    """A server behind a proxy on 127.0.0.1, which names an address for every guess."""
    installation = Installation(REELGATE_TRUSTED_PROXIES="127.0.0.1")
    yield open_site(installation, {BIG: recordings.big_mp4()})
    installation.remove()


def ask(site, *, authorization: str | None = None, address: str | None = None, **headers: str) -> tuple[int, dict, bytes]:
    """One request on a connection of its own, from the address that the proxy names."""
    connection = http.client.HTTPConnection("127.0.0.1", site.server.port, timeout=60)
    sent = {"Range": "bytes=0-9"} | headers
    if authorization:
        sent["Authorization"] = authorization
    if address:
        sent["X-Forwarded-For"] = address
    connection.request("GET", site.paths[BIG], headers=sent)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, dict(answer.headers), body


def new_address() -> str:
    return f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(1, 255)}"


def wrong(site) -> str:
    return Credential(site.credential.username, secrets.new_password()).authorization


def sign_in_wrongly(site) -> tuple[int, dict, bytes]:
    answer = requests.post(
        f"{site.server.url}/rpc/app/features/sign_ins/api/sign_in",
        data={"email": site.portal.email, "password": secrets.new_password()},
        headers={"X-Forwarded-For": new_address(), "Origin": site.server.url, "Accept": "text/html"},
        timeout=60,
    )
    return answer.status_code, dict(answer.headers), answer.content


def test_two_hundred_guesses_at_once_take_bounded_memory_and_leave_the_server_alive(flooded):
    """R040. Each from an address of its own, so that none is refused before it is hashed."""
    assert ask(flooded, authorization=flooded.credential.authorization)[0] == 206
    # Two hundred connections take memory of their own; only what guessing adds is of interest.
    with ThreadPoolExecutor(200) as pool:
        crowd = [pool.submit(ask, flooded, address=new_address()) for _ in range(150)]
        crowd += [pool.submit(flooded.server.get, "/sign-in") for _ in range(50)]
        for request in crowd:
            request.result()
    before = flooded.server.memory("VmHWM")
    is_over, health = threading.Event(), []

    def watch():
        while not is_over.is_set():
            began = time.monotonic()
            status = flooded.server.get("/health/ready").status_code
            health.append((status, time.monotonic() - began))

    watcher = threading.Thread(target=watch)
    watcher.start()
    with ThreadPoolExecutor(200) as pool:
        guesses = [pool.submit(ask, flooded, authorization=wrong(flooded), address=new_address()) for _ in range(150)]
        guesses += [pool.submit(sign_in_wrongly, flooded) for _ in range(50)]
        right = [pool.submit(ask, flooded, authorization=flooded.credential.authorization) for _ in range(20)]
        answers = [guess.result() for guess in guesses]
        served = [answer.result()[0] for answer in right]
    is_over.set()
    watcher.join()
    grown = flooded.server.memory("VmHWM") - before
    assert grown <= HASHES_AT_ONCE * HASH_MEMORY + OTHER_MEMORY, f"{grown / 2**20:.0f} MB"
    assert served == [206] * 20, "who is right is served meanwhile"
    statuses = {status for status, _, _ in answers}
    # Wrong, or no room just now. The sign-in form goes back to its page.
    assert statuses <= {200, 403, 503}, statuses
    assert all(int(headers["retry-after"]) >= 1 for status, headers, _ in map(lower, answers) if status == 503)
    assert {status for status, _ in health} == {200}
    assert max(seconds for _, seconds in health) < 5


def lower(answer):
    status, headers, body = answer
    return status, {name.lower(): value for name, value in headers.items()}, body


def test_many_requests_with_one_fresh_password_cost_one_hash(flooded):
    """Two hundred players start at the same moment after a reset: they wait for one computation."""
    new = flooded.portal.reset(flooded.credential.username)
    flooded.credential = new
    began = time.monotonic()
    with ThreadPoolExecutor(200) as pool:
        answers = [pool.submit(ask, flooded, authorization=new.authorization, address=new_address()) for _ in range(200)]
        assert {answer.result()[0] for answer in answers} == {206}
    # Two hundred hashes of some 40 ms on this machine's cores would be slower by far, and some would be told 503.
    assert time.monotonic() - began < 200 * 0.035 / HASHES_AT_ONCE + 2


def test_a_thousand_right_ranges_never_trip_the_limiter(flooded):
    """R041: one player that jumps about, on sixteen connections."""
    whole = flooded.sources[BIG].read_bytes()
    authorization = flooded.credential.authorization

    def play(seed: int):
        chance = random.Random(seed)
        connection = http.client.HTTPConnection("127.0.0.1", flooded.server.port, timeout=60)
        for _ in range(63):
            first = chance.randrange(len(whole) - 1000)
            headers = {"Authorization": authorization, "Range": f"bytes={first}-{first + 999}", "X-Forwarded-For": "10.9.9.9"}
            connection.request("GET", flooded.paths[BIG], headers=headers)
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (206, whole[first : first + 1000])
        connection.close()
        return 63

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(play, range(16))) >= 1000


def test_guesses_from_one_address_are_throttled(flooded):
    """R036, and what must not suffer from it."""
    address = "10.1.2.3"
    right = flooded.credential.authorization
    assert ask(flooded, authorization=right, address=address)[0] == 206
    answers = [lower(ask(flooded, authorization=wrong(flooded), address=address)) for _ in range(20)]
    statuses = [status for status, _, _ in answers]
    assert statuses[0] == 403 and statuses[-1] == 429
    assert statuses == sorted(statuses), "once throttled, always throttled"
    assert statuses.count(403) <= 12, "ten guesses at once, and what grows back meanwhile"
    for status, headers, _ in answers:
        if status == 429:
            assert 1 <= int(headers["retry-after"]) <= 60
            assert headers["cache-control"] == "no-store"
    # A player at that address that was right before goes on; so does everybody elsewhere.
    assert ask(flooded, authorization=right, address=address)[0] == 206
    assert ask(flooded, authorization=right, address="10.1.2.4")[0] == 206
    # Who shows nothing at all guesses nothing.
    assert ask(flooded, address=address)[0] == 403


def test_a_stranger_who_guessed_too_often_waits_even_with_the_right_password_elsewhere_not(flooded):
    address = "10.3.3.3"
    for _ in range(20):
        ask(flooded, authorization=wrong(flooded), address=address)
    assert ask(flooded, authorization=wrong(flooded), address=address)[0] == 429
    assert ask(flooded, authorization=wrong(flooded), address="10.3.3.4")[0] == 403


def test_the_same_wrong_password_again_and_again_is_one_guess(flooded):
    """R042: a player with an old password cannot lock its own office out."""
    address, old = "10.4.4.4", wrong(flooded)
    assert {ask(flooded, authorization=old, address=address)[0] for _ in range(100)} == {403}
    assert ask(flooded, authorization=wrong(flooded), address=address)[0] == 403, "guesses are left"


def test_requests_without_credentials_are_no_guesses(flooded):
    """The first request of a program that waits for a challenge is not a failed one."""
    address = "10.5.5.5"
    agent = {"User-Agent": "Wget/1.21.3"}
    assert {ask(flooded, address=address, **agent)[0] for _ in range(100)} == {401}
    assert ask(flooded, authorization=flooded.credential.authorization, address=address, **agent)[0] == 206


def test_the_address_is_taken_from_a_trusted_proxy_only(site):
    """R044: this server trusts nobody, so the header changes nothing."""
    site_wrong = [
        ask_from(site, Credential(site.credential.username, secrets.new_password()).authorization, f"10.6.6.{n}") for n in range(20)
    ]
    assert site_wrong[-1] == 429


def ask_from(site, authorization: str, forwarded: str) -> int:
    """From a loopback address that nothing else uses."""
    connection = http.client.HTTPConnection("127.0.0.1", site.server.port, timeout=60, source_address=("127.0.0.77", 0))
    headers = {"Authorization": authorization, "X-Forwarded-For": forwarded}
    connection.request("HEAD", site.paths[BIG], headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status
