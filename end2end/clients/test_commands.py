"""The commands that the report shows for a file, run as they are shown, under each challenge setting.

.NET is not here: Debian has no package of it. Its command is held to what the others prove by domain/src/files/commands.rs.
"""

import html
import os
import pwd
import re
import shutil
import subprocess
import sys
from urllib.parse import urljoin

import pytest
from conftest import create_account, import_folder
from support import recordings
from support.portal import Portal
from support.server import Installation, sha256

REPORT = "/video/insights/recordings"
# A name that each language would like to take apart.
NAME = "it's \"$HOME\" `id` \\u0041 \\ %s Größe 🦀.mp4"

SHELL = ["sh", "-c"]
# How what is shown is run, and the program that this needs.
RUN = {
    "curl": ("curl", SHELL, None),
    "wget": ("wget", SHELL, None),
    "requests": ("python3", [sys.executable], "download.py"),
    "urllib": ("python3", [sys.executable], "download.py"),
    "node": ("node", ["node"], "download.mjs"),
    "java": ("javac", ["java"], "Download.java"),
    "php": ("php", ["php"], "download.php"),
    "ffmpeg": ("ffmpeg", SHELL, None),
    "vlc": ("cvlc", SHELL, None),
}
# VLC without a screen, and not as root, which it refuses; it writes down what it is given.
QUIET_VLC = """#!/bin/sh
exec {user} cvlc --intf=dummy --play-and-exit --demux=dump --demuxdump-file=out "$@" vlc://quit
"""


@pytest.fixture(scope="module")
def oddly_named(tmp_path_factory):
    installation = Installation()
    server = installation.start()
    account, email, password = create_account(installation)
    folder = recordings.make_session(tmp_path_factory.mktemp("import"), {NAME: recordings.big_mp4()})
    installation.run(*import_folder(folder, account))
    yield Portal(server.url, email, password).sign_in()
    installation.remove()


def commands(portal: Portal) -> dict[str, str]:
    """What stands on the page for the only file there is, by program."""
    link = re.search(r'href="([^"]*[?&;]use=[^"#]+)#use"', portal.page(REPORT))
    page = portal.page(urljoin(REPORT, html.unescape(link[1])))
    shown = re.findall(r'<code[^>]*id="use-([a-z]+)"[^>]*>(.*?)</code>', page, re.S)
    return {slug: html.unescape(re.sub(r"<!.*?>", "", text)) for slug, text in shown}


def environment(credential, folder) -> dict[str, str]:
    shims = folder / "shims"
    shims.mkdir()
    user = ""
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        user = f"setpriv --reuid={nobody.pw_uid} --regid={nobody.pw_gid} --clear-groups --"
    vlc = shims / "vlc"
    vlc.write_text(QUIET_VLC.format(user=user))
    vlc.chmod(0o755)
    return os.environ | {
        "REELGATE_USER": credential.username,
        "REELGATE_PASSWORD": credential.password,
        "LC_ALL": "C.UTF-8",
        "PATH": f"{shims}:{os.environ['PATH']}",
    }


def frames(path) -> str:
    """Digest of the pictures in a recording, however it is wrapped."""
    command = ["ffmpeg", "-v", "error", "-i", f"file:{path}", "-map", "0:v", "-c", "copy", "-f", "hash", "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("setting", ["documented", "everyone", "never_programs"])
@pytest.mark.parametrize("slug", RUN)
def test_a_command_does_what_the_page_says(oddly_named, folder, slug, setting):
    needed, program, script = RUN[slug]
    if not shutil.which(needed):
        pytest.skip(f"{needed} is not installed")
    portal = oddly_named
    portal.set_challenge(setting)
    command = commands(portal)[slug]
    credential = portal.preset()
    if script:
        (folder / script).write_text(command)
    ran = subprocess.run(
        [*program, script or command], cwd=folder, env=environment(credential, folder), capture_output=True, timeout=120
    )
    assert ran.returncode == 0, ran.stderr.decode()
    source = recordings.big_mp4()
    if slug == "ffmpeg":
        assert frames(folder / NAME) == frames(source)
    else:
        assert sha256(folder / ("out" if slug == "vlc" else NAME)) == sha256(source)


def test_no_command_holds_the_password(oddly_named):
    credential = oddly_named.preset()
    shown = commands(oddly_named)
    assert {*RUN, "dotnet", "environment"} == shown.keys()
    for slug, text in shown.items():
        assert credential.password not in text, slug
