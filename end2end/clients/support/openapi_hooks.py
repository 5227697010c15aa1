"""What schemathesis is told beside its settings; loaded by it, not by the tests."""

import itertools
import os
import urllib.parse

import schemathesis
from schemathesis import GenerationMode

CALLERS = itertools.count(1)
# Nothing listens there: deliveries are tried, fail at once, and leave this machine never.
NOWHERE = os.environ["NOWHERE"]
KEY = "Idempotency-Key"


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


def is_positive(case) -> bool:
    return case.meta is None or case.meta.generation.mode == GenerationMode.POSITIVE


def fit(body: dict):
    """Makes members fit each other, and the address one that may be called: no schema can say that."""
    if isinstance(body.get("url"), str):
        body["url"] = urllib.parse.urlunsplit(("http", NOWHERE, "/hook", "", ""))
    for name in ("form", "username", "password"):
        body.pop(name, None)
