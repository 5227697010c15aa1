"""Downloads that were broken off and go on: the result is the file that was imported, to the byte (R113)."""

import subprocess

import pytest

from support.programs import ARIA2, BY_NAME, CURL, Target, aria2_options, call, curl_options, wget_options
from support.server import sha256, wait_until

BIG = "transcoded.mp4"
RESUMING = {
    "curl": lambda c: (*CURL, "--continue-at", "-", *curl_options(c)),
    "wget": lambda c: ("wget", "--quiet", "--continue", "--output-document=out", *wget_options(c)),
    "aria2c -x16 -s16": lambda c: (*ARIA2, "--continue=true", *aria2_options(c)),
}


def resume(client: str, site, folder) -> subprocess.CompletedProcess:
    if why := BY_NAME[client].missing():
        pytest.skip(why)
    return call(Target(site.url(BIG), folder), *RESUMING[client](site.credential), site.url(BIG))


@pytest.mark.parametrize("client", RESUMING)
@pytest.mark.parametrize("share", [0.0, 0.37, 0.999])
def test_a_download_goes_on_where_it_ended(site, folder, client, share):
    whole = site.sources[BIG].read_bytes()
    (folder / "out").write_bytes(whole[: int(len(whole) * share)])
    before = site.server.log_size()
    done = resume(client, site, folder)
    assert done.returncode == 0, done.stderr
    assert sha256(folder / "out") == sha256(site.sources[BIG])
    if share:
        assert 206 in site.server.statuses(site.paths[BIG], before), "it asked for the rest only"


@pytest.mark.parametrize("client", RESUMING)
def test_a_complete_download_stays_as_it_is(site, folder, client):
    (folder / "out").write_bytes(site.sources[BIG].read_bytes())
    resume(client, site, folder)
    assert sha256(folder / "out") == sha256(site.sources[BIG])


@pytest.mark.parametrize("client", RESUMING)
def test_a_broken_connection_is_taken_up_again(site, folder, client):
    """The program itself is stopped in the middle of the file, by the one who runs it."""
    if why := BY_NAME[client].missing():
        pytest.skip(why)
    program, *options = RESUMING[client](site.credential)
    limit = "--max-download-limit=2M" if program == "aria2c" else "--limit-rate=2M"
    command = [program, *(limit.split("=") if program == "curl" else [limit]), *options]
    began = subprocess.Popen([*command, site.url(BIG)], cwd=folder, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    wait_until(lambda: (folder / "out").exists() and (folder / "out").stat().st_size > 100_000, "some of it is there")
    began.terminate()
    began.wait()
    assert sha256(folder / "out") != sha256(site.sources[BIG]), "it was stopped before its end"
    done = resume(client, site, folder)
    assert done.returncode == 0, done.stderr
    assert sha256(folder / "out") == sha256(site.sources[BIG])
