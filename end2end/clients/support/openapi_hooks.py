"""What schemathesis is told beside its settings; loaded by it, not by the tests."""

import base64
import hashlib
import itertools
import os
import urllib.parse
from pathlib import Path

import schemathesis
from schemathesis import GenerationMode

CALLERS = itertools.count(1)
# Nothing listens there: deliveries are tried, fail at once, and leave this machine never.
NOWHERE = os.environ["NOWHERE"]
KEY = "Idempotency-Key"
# The one that the secret reaches.
PROJECT = os.environ["PROJECT"]
# A file of each kind, under a name that says which.
FILES = {path.stem: path for path in Path(os.environ["FILES"]).iterdir()}
NAMES = {kind: f"{kind}{path.suffix}" for kind, path in FILES.items()}
OFFSET_STREAM = "application/offset+octet-stream"


@schemathesis.serializer(OFFSET_STREAM)
def serialize_bytes(context, value):
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.hook
def before_call(context, case, kwargs):
    number = next(CALLERS)
    # Each request comes from somewhere else, as far as the server can tell, or wrong secrets would be throttled.
    case.headers["X-Forwarded-For"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    if not is_positive(case):
        return
    # A key that was used for another request is refused, and rightly so: the tests of repetition try that.
    if KEY in case.headers:
        case.headers[KEY] = f"{case.headers[KEY][:200]}-{os.getpid()}-{number}"
    if isinstance(case.body, dict) and "/webhooks" in case.path:
        fit(case.body)
    if case.path.endswith("/files/{name}"):
        fit_file(case, number)
    elif case.path.startswith("/uploads"):
        fit_upload(case, number)


def is_positive(case) -> bool:
    return case.meta is None or case.meta.generation.mode == GenerationMode.POSITIVE


def fit(body: dict):
    """Makes members fit each other, and the address one that may be called: no schema can say that."""
    if isinstance(body.get("url"), str):
        body["url"] = urllib.parse.urlunsplit(("http", NOWHERE, "/hook", "", ""))
    for name in ("form", "username", "password"):
        body.pop(name, None)


def fit_file(case, number: int):
    """A file that is one, under a name that such files have, in the project that the secret reaches. Names may have no
    blanks around and nothing invisible in them, and their bytes are counted: no schema can say that.
    """
    kind = case.query.get("kind", "captions")
    content = FILES[kind].read_bytes()
    place = case.path_parameters
    place["project"] = PROJECT
    place["room"] = sound(place["room"])
    place["conference_number"] = f"{sound(place['conference_number'])}-{os.getpid()}-{number}"
    place["name"] = NAMES[kind]
    case.body = content
    if "Content-Digest" in case.headers:
        case.headers["Content-Digest"] = f"sha-256=:{encoded(hashlib.sha256(content).digest())}:"
    for name in ("title", "external_id"):
        if name in case.query:
            case.query[name] = sound(case.query[name])
    if "started_at" in case.query:
        # Which of two moments is the earlier one is no matter of schemas, either.
        case.query.pop("ended_at", None)


def fit_upload(case, number: int):
    """Headers that fit the bytes and each other. Every upload is of the same captions, so that one request can end it."""
    content = FILES["captions"].read_bytes()
    headers = case.headers
    if case.method == "POST" and case.path == "/uploads":
        begin(case, content, number)
    brings_bytes = case.method == "PATCH" or headers.get("X-HTTP-Method-Override") == "PATCH"
    if brings_bytes:
        case.body = content
        case.media_type = OFFSET_STREAM
        headers["Upload-Offset"] = "0"
        if "Upload-Length" in headers:
            headers["Upload-Length"] = str(len(content))
    if "Upload-Checksum" in headers:
        headers["Upload-Checksum"] = f"sha1 {encoded(hashlib.sha1(content).digest())}"


def begin(case, content: bytes, number: int):
    headers = case.headers
    if headers.pop("Upload-Defer-Length", None) is None or number % 2:
        headers["Upload-Length"] = str(len(content))
    else:
        headers.pop("Upload-Length", None)
        headers["Upload-Defer-Length"] = "1"
    about = {"filename": NAMES["captions"], "room": "tus", "conference_number": f"{os.getpid()}-{number}"}
    headers["Upload-Metadata"] = ",".join(f"{name} {encoded(value.encode())}" for name, value in about.items())
    if case.media_type == OFFSET_STREAM:
        case.body = content


def encoded(value: bytes) -> str:
    return base64.b64encode(value).decode()


def sound(text: str) -> str:
    """Like this one, and taken as a name: characters that print, and few."""
    kept = "".join(one for one in text if one.isascii() and one.isprintable() and one != "/")
    return kept.strip().lstrip(".").strip()[:100] or "x"
