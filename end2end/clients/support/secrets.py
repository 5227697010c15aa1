"""Every secret that a test has used, so that the last test can look for them in the logs (R178)."""

import base64
import re
import secrets
import urllib.parse
from pathlib import Path

KNOWN: set[str] = set()
LOGS: list[Path] = []


def remember(secret: str) -> str:
    """Marks a text as one that must be in no log."""
    KNOWN.add(secret)
    return secret


def new_password() -> str:
    """Hard to guess, made of URL-unreserved characters, and remembered."""
    return remember(secrets.token_urlsafe(18))


def basic(username: str, password: str) -> str:
    """The value of `Authorization`, remembered too."""
    token = base64.b64encode(f"{username}:{password}".encode()).decode()
    return f"Basic {remember(token)}"


def leaks(text: str) -> list[str]:
    """What of the known secrets stands in the text, in any form in which it was sent."""
    found = [secret for secret in KNOWN if secret in text or urllib.parse.quote(secret, safe="") in text]
    # Clients make values of Authorization of their own.
    found += [token for token in re.findall(r"Basic +[A-Za-z0-9+/]{8,}={0,2}", text)]
    return found
