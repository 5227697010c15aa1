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

# What looks odd and is the program's own:
# - wget2 1.99 leaves the port out of Host, and a host that is not ours is refused before all else (R120). On a server
#   at the default port it is challenged, since it asks for text/html.
# - Node's fetch says Sec-Fetch-Mode, and HttpURLConnection asks for text/html: so they are browsers to the gate. A fetch
#   refuses an address with a credential in it, by specification.
# - The JDK's clients and Commons HttpClient 3 ignore a credential in the URL; urllib takes it for a part of the host.
# - ffprobe, ffmpeg and mpv wait for a challenge when the credential is in the URL, and not when we give them the header.
# - VLC takes a credential from the URL or from its dialog only.
TABLE = """
client                   | setting        | right        | wrong | none  | in the URL
-------------------------|----------------|--------------|-------|-------|-------------
curl                     | documented     | 200 file     | 403   | 403   | 200 file
curl                     | everyone       | 200 file     | 401   | 401   | 200 file
curl                     | never_programs | 200 file     | 403   | 403   | 200 file
wget                     | documented     | 401 200 file | 401   | 401   | 401 200 file
wget                     | everyone       | 401 200 file | 401   | 401   | 401 200 file
wget                     | never_programs | 403          | 403   | 403   | 403
wget --auth-no-challenge | documented     | 200 file     | 401   | 401   | 200 file
wget --auth-no-challenge | everyone       | 200 file     | 401   | 401   | 200 file
wget --auth-no-challenge | never_programs | 200 file     | 403   | 403   | 200 file
wget2                    | documented     | 421          | 421   | 421   | 421
wget2                    | everyone       | 421          | 421   | 421   | 421
wget2                    | never_programs | 421          | 421   | 421   | 421
aria2c -x16 -s16         | documented     | 200 206 file | 403   | 403   | 200 206 file
aria2c -x16 -s16         | everyone       | 200 206 file | 401   | 401   | 200 206 file
aria2c -x16 -s16         | never_programs | 200 206 file | 403   | 403   | 200 206 file
HTTPie                   | documented     | 200 file     | 403   | 403   | 200 file
HTTPie                   | everyone       | 200 file     | 401   | 401   | 200 file
HTTPie                   | never_programs | 200 file     | 403   | 403   | 200 file
Python requests          | documented     | 200 file     | 403   | 403   | 200 file
Python requests          | everyone       | 200 file     | 401   | 401   | 200 file
Python requests          | never_programs | 200 file     | 403   | 403   | 200 file
Python urllib            | documented     | 401 200 file | 401   | 401   | nothing
Python urllib            | everyone       | 401 200 file | 401   | 401   | nothing
Python urllib            | never_programs | 403          | 403   | 403   | nothing
Node http.get            | documented     | 200 file     | 403   | 403   | 200 file
Node http.get            | everyone       | 200 file     | 401   | 401   | 200 file
Node http.get            | never_programs | 200 file     | 403   | 403   | 200 file
Node fetch               | documented     | 200 file     | 401   | 401   | nothing
Node fetch               | everyone       | 200 file     | 401   | 401   | nothing
Node fetch               | never_programs | 200 file     | 401   | 401   | nothing
Java HttpClient          | documented     | 401 200 file | 401   | 401   | 401
Java HttpClient          | everyone       | 401 200 file | 401   | 401   | 401
Java HttpClient          | never_programs | 403          | 403   | 403   | 403
Java HttpURLConnection   | documented     | 401 200 file | 401   | 401   | 401
Java HttpURLConnection   | everyone       | 401 200 file | 401   | 401   | 401
Java HttpURLConnection   | never_programs | 401 200 file | 401   | 401   | 401
Apache HttpClient 4      | documented     | 401 200 file | 401   | 401   | 401 200 file
Apache HttpClient 4      | everyone       | 401 200 file | 401   | 401   | 401 200 file
Apache HttpClient 4      | never_programs | 403          | 403   | 403   | 403
Apache HttpAsyncClient 4 | documented     | 401 200 file | 401   | 401   | 401 200 file
Apache HttpAsyncClient 4 | everyone       | 401 200 file | 401   | 401   | 401 200 file
Apache HttpAsyncClient 4 | never_programs | 403          | 403   | 403   | 403
Commons HttpClient 3     | documented     | 401 200 file | 401   | 401   | 401
Commons HttpClient 3     | everyone       | 401 200 file | 401   | 401   | 401
Commons HttpClient 3     | never_programs | 403          | 403   | 403   | 403
ffprobe                  | documented     | 206 file     | 401   | 401   | 401 206 file
ffprobe                  | everyone       | 206 file     | 401   | 401   | 401 206 file
ffprobe                  | never_programs | 206 file     | 403   | 403   | 403
ffmpeg                   | documented     | 206 file     | 401   | 401   | 401 206 file
ffmpeg                   | everyone       | 206 file     | 401   | 401   | 401 206 file
ffmpeg                   | never_programs | 206 file     | 403   | 403   | 403
mpv                      | documented     | 206 file     | 401   | 401   | 401 206 file
mpv                      | everyone       | 206 file     | 401   | 401   | 401 206 file
mpv                      | never_programs | 206 file     | 403   | 403   | 403
VLC                      | documented     | 206 file     | 401   | 401   | 206 file
VLC                      | everyone       | 206 file     | 401   | 401   | 206 file
VLC                      | never_programs | 206 file     | 403   | 403   | 206 file
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
