"""Single requests as curl sends them: ranges, HEAD, odd credentials."""

import email.parser
import email.policy
import subprocess
from dataclasses import dataclass

import pytest

from support import secrets
from support.portal import Credential

BIG = "transcoded.mp4"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@pytest.fixture
def curl(site):
    """Sends one request for the big file, with the right credential unless told otherwise."""

    def send(*options: str, credential: Credential | None = site.credential, path: str | None = None) -> Answer:
        user = ["--user", f"{credential.username}:{credential.password}"] if credential else []
        command = ["curl", "--silent", "--include", "--path-as-is", *user, *options, site.server.url + (path or site.paths[BIG])]
        done = subprocess.run(command, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return Answer(int(first.split()[1]), headers, body)

    return send


@pytest.fixture(scope="module")
def whole(site) -> bytes:
    return site.sources[BIG].read_bytes()


def test_ranges(curl, whole):
    size = len(whole)
    cases = {
        "0-0": (0, 0),
        "0-1": (0, 1),
        "-1": (size - 1, size - 1),
        f"{size - 1}-": (size - 1, size - 1),
        "5000000-5000099": (5_000_000, 5_000_099),
        f"{size - 10}-{size + 10}": (size - 10, size - 1),
        f"-{size + 1}": (0, size - 1),
        f"0-{10**30}": (0, size - 1),
        "0-": (0, size - 1),
    }
    for asked, (first, last) in cases.items():
        answer = curl("--range", asked)
        assert answer.status == 206, asked
        assert answer.headers["content-range"] == f"bytes {first}-{last}/{size}", asked
        assert answer.headers["content-length"] == str(last - first + 1), asked
        assert answer.body == whole[first : last + 1], asked


def test_ranges_beyond_the_end(curl, whole):
    for asked in (f"{len(whole)}-", f"{len(whole) + 5}-{len(whole) + 9}", f"{2**64}-", "-0"):
        answer = curl("--range", asked)
        assert answer.status == 416, asked
        assert answer.headers["content-range"] == f"bytes */{len(whole)}", asked


def test_what_is_no_range_is_the_whole_file(curl, whole):
    for asked in ("items=0-4", "bytes=", "bytes=4-1", "bytes=a-b", "bytes 0-4"):
        answer = curl("--header", f"Range: {asked}")
        assert answer.status == 200, asked
        assert answer.body == whole, asked


def test_two_ranges_are_read_back_by_a_mime_parser(curl, whole):
    answer = curl("--range", "0-99,1000-1999")
    assert answer.status == 206
    kind = answer.headers["content-type"]
    assert kind.startswith("multipart/byteranges")
    parser = email.parser.BytesParser(policy=email.policy.HTTP)
    message = parser.parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + answer.body)
    parts = [(part["content-range"], part.get_payload(decode=True)) for part in message.iter_parts()]
    size = len(whole)
    assert parts == [
        (f"bytes 0-99/{size}", whole[:100]),
        (f"bytes 1000-1999/{size}", whole[1000:2000]),
    ]


def test_many_ranges_cost_no_more_than_the_file(curl, whole):
    many = ",".join(f"{n}-" for n in range(1500))
    answer = curl("--range", many)
    assert answer.status in (200, 416)
    assert len(answer.body) <= len(whole)


def test_a_range_of_another_version_is_the_whole_file(curl, whole):
    etag = curl("--head").headers["etag"]
    assert curl("--range", "0-9", "--header", f"If-Range: {etag}").status == 206
    other = curl("--range", "0-9", "--header", 'If-Range: "another"')
    assert (other.status, other.body) == (200, whole)
    assert curl("--header", f"If-None-Match: {etag}").status == 304
    assert curl("--header", 'If-Match: "another"').status == 412


def test_head_is_get_without_the_body(curl, whole):
    head, get = curl("--head"), curl()
    assert (head.status, get.status) == (200, 200)
    assert head.headers["content-length"] == str(len(whole))
    each_its_own = ("date", "x-request-id")
    for name in each_its_own:
        head.headers.pop(name, None), get.headers.pop(name, None)
    assert head.headers == get.headers
    assert (head.body, get.body) == (b"", whole)
    assert curl("--head", "--range", "0-9").status == 200, "a range is for GET only"


def test_head_is_refused_as_get_is(curl, site):
    wrong = Credential(site.credential.username, secrets.new_password())
    for options in ([], ["--user-agent", "Wget/1.21.3"], ["--header", "Accept: text/html"]):
        for credential in (None, wrong):
            get, head = curl(*options, credential=credential), curl("--head", *options, credential=credential)
            assert get.status == head.status == (401 if options else 403)
            assert get.headers.get("www-authenticate") == head.headers.get("www-authenticate")
            assert head.body == b""
            assert get.headers["cache-control"] == "no-store"


def test_odd_authorizations(curl, site):
    right = site.credential.authorization
    token = right.removeprefix("Basic ")
    unpadded = token.rstrip("=")
    cases = {
        "lower case": ([f"basic {token}"], 200),
        "upper case": ([f"BASIC {token}"], 200),
        "more blanks": ([f"Basic    {token}"], 200),
        "no padding": ([f"Basic {unpadded}"], 200),
        "twice the same": ([right, right], 403),
        "right and then wrong": ([right, "Basic d3Jvbmc6d3Jvbmc="], 403),
        "wrong and then right": (["Basic d3Jvbmc6d3Jvbmc=", right], 403),
        "no base64": (["Basic %%%"], 403),
        "no colon": (["Basic bm9jb2xvbg=="], 403),
        "no UTF-8": (["Basic /////w=="], 403),
        "empty": (["Basic"], 403),
        "another scheme": ([f"Digest {token}"], 403),
        "a token that is none": (["Bearer abc"], 401),
        "long": (["Basic " + "QUFB" * 5000], 403),
        "longer than any head": (["Basic " + "QUFB" * 25_000], 431),
    }
    for name, (values, status) in cases.items():
        headers = [part for value in values for part in ("--header", f"Authorization: {value}")]
        assert curl(*headers, credential=None).status == status, name


def test_a_stranger_cannot_tell_what_exists(curl, site):
    path = site.paths[BIG]
    elsewhere = path.replace(path.split("/")[3], "018f0000-0000-7000-8000-000000000000")
    for options in ([], ["--header", "Accept: text/html"], ["--range", f"{2**40}-"], ["--header", 'If-Match: "x"']):
        there, absent = (curl(*options, credential=None, path=p) for p in (path, elsewhere))
        assert there.status == absent.status
        assert there.body == absent.body
        assert curl(*options, path=elsewhere).status == 404


def test_files_are_only_read(curl):
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = curl("--request", method)
        assert answer.status == 405, method
        assert answer.headers["allow"] == "GET, HEAD"


def test_a_path_leads_nowhere_else(curl, site):
    folder = site.paths[BIG].rpartition("/")[0]
    for rest in ("../../../master.key", "%2e%2e%2f%2e%2e%2fmaster.key", "..%5c..%5cmaster.key", "%252e%252e/x", "%00", "%ff", "a%0d%0aX-Injected:%201"):
        answer = curl(path=f"{folder}/{rest}")
        assert answer.status in (400, 404), rest
        assert "x-injected" not in answer.headers
