"""What each real program gets, with right, wrong and no credentials and with `user:password@` in the URL, under each
challenge setting: the documented contract, "a program gets 403, a browser its dialog, and the URL form is granted".

A cell says how the server answered the requests that the program made for one fetch (each status once, in order) and
whether the program ended up with the file, compared by hash. `nothing` means that the program sent no request.
"""

from pathlib import Path

import pytest

from support import secrets
from support.portal import Credential
from support.programs import BY_NAME, CLIENTS, Target
from support.server import sha256

CASES = ("right", "wrong", "none", "in the URL")
SETTINGS = ("documented", "everyone", "never_programs")

TABLE = """
client                   | setting        | right            | wrong        | none         | in the URL
-------------------------|----------------|------------------|--------------|--------------|-----------------
curl                     | documented     | 200 file         | 403          | 403          | 200 file
curl                     | everyone       | 200 file         | 401          | 401          | 200 file
curl                     | never_programs | 200 file         | 403          | 403          | 200 file
"""


def cells():
    rows = [[cell.strip() for cell in line.split("|")] for line in TABLE.strip().splitlines()[2:]]
    # By setting, so that it is changed twice only.
    for client, setting, *expected in sorted(rows, key=lambda row: SETTINGS.index(row[1])):
        for case, wanted in zip(CASES, expected, strict=True):
            yield pytest.param(client, setting, case, wanted, id=f"{client}-{setting}-{case}")


@pytest.fixture(scope="module")
def wrong(site) -> Credential:
    """Always the same, as a program with an old password has it: that is one guess, however often it is sent."""
    return Credential(site.credential.username, secrets.new_password())


@pytest.fixture(scope="module")
def under(site):
    """Sees to it that a challenge setting is in force."""
    current = ["documented"]

    def set_to(setting: str):
        if current[0] != setting:
            site.portal.set_challenge(setting)
            current[0] = setting

    return set_to


def test_the_table_has_every_client_under_every_setting():
    rows = {tuple(cell.strip() for cell in line.split("|")[:2]) for line in TABLE.strip().splitlines()[2:]}
    assert rows == {(client.name, setting) for client in CLIENTS for setting in SETTINGS}


@pytest.mark.parametrize(("name", "setting", "case", "expected"), cells())
def test_client(site, wrong, under, folder, name, setting, case, expected):
    client = BY_NAME[name]
    if why := client.missing():
        pytest.skip(why)
    under(setting)
    file = "transcoded.mp4"
    credential = {"none": None, "wrong": wrong}.get(case, site.credential)
    target = Target(site.url(file), folder, credential)
    before = site.server.log_size()
    (client.fetch_url if case == "in the URL" else client.fetch)(target)
    statuses = dict.fromkeys(site.server.statuses(site.paths[file], before))
    got = " ".join(map(str, statuses)) or "nothing"
    if is_sound(client, target, site.sources[file]):
        got += " file"
    assert got == expected


def is_sound(client, target: Target, source: Path) -> bool:
    """Whether the program has the file, and no other bytes than its."""
    if not target.out.exists() or target.out.stat().st_size == 0:
        return False
    assert sha256(target.out) == client.digest(source), "the file differs from the one that was imported"
    return True
