"""The programs: how each is told an address and a credential, and how one sees what it got."""

import functools
import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import requests

from .portal import Credential
from .server import sha256

HERE = Path(__file__).resolve().parents[1]
JAVA_LIBRARIES = Path("/usr/share/java")
PATIENCE = 60


@dataclass(frozen=True)
class Target:
    """What a program is to fetch, and with what."""

    url: str
    # A folder of the run's own.
    folder: Path
    credential: Credential | None = None

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def url_with_credential(self) -> str:
        scheme, rest = self.url.split("://", 1)
        return f"{scheme}://{self.credential.username}:{self.credential.password}@{rest}"


@dataclass(frozen=True)
class Client:
    """One program. `fetch` gives the credential in the program's own way; `command` is what must be installed."""

    name: str
    command: str
    fetch: Callable[[Target], None]
    # The same with the credential in the URL.
    fetch_url: Callable[[Target], None]
    # Needed beside the command.
    needs: tuple[str, ...] = ()
    # Some programs read the recording instead of saving it: then it is judged by what they made of it.
    digest: Callable[[Path], str] = sha256

    def missing(self) -> str | None:
        """Why it cannot be tried here."""
        if shutil.which(self.command) is None:
            return f"{self.command} is not installed"
        absent = [path for path in self.needs if not Path(path).exists()]
        return f"{', '.join(absent)} is not installed" if absent else None


def call(target: Target, *command: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess:
    """Runs a program in its folder, without anybody's settings and without a terminal to ask at."""
    own = {"PATH": os.environ["PATH"], "HOME": str(target.folder), "LANG": "C.UTF-8", "no_proxy": "127.0.0.1"}
    return subprocess.run(
        command, cwd=target.folder, env=own | (environment or {}), stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE
    )


def in_url(target: Target) -> Target:
    """The same with the credential where nobody looks for it but in the URL."""
    return Target(target.url_with_credential, target.folder)


def both_ways(*command: str, credential: Callable[[Credential], list[str]]) -> dict[str, Callable[[Target], None]]:
    """A program with options for the credential, and an address at the end."""

    def fetch(target: Target):
        options = credential(target.credential) if target.credential else []
        call(target, *command, *options, target.url)

    return {"fetch": fetch, "fetch_url": lambda target: fetch(in_url(target))}


# --- downloaders ----------------------------------------------------------------------------------

CURL = ("curl", "--silent", "--fail", "--output", "out")
WGET = ("wget", "--quiet", "--tries=1", "--output-document=out")
ARIA2 = ("aria2c", "--quiet", "--out=out", "--max-tries=1", "--split=16", "--max-connection-per-server=16", "--min-split-size=1M")


def curl_options(credential: Credential) -> list[str]:
    return ["--user", f"{credential.username}:{credential.password}"]


def wget_options(credential: Credential) -> list[str]:
    return [f"--user={credential.username}", f"--password={credential.password}"]


def wget2_options(credential: Credential) -> list[str]:
    return [f"--http-user={credential.username}", f"--http-password={credential.password}"]


def aria2_options(credential: Credential) -> list[str]:
    return [f"--http-user={credential.username}", f"--http-passwd={credential.password}"]


def httpie_options(credential: Credential) -> list[str]:
    return [f"--auth={credential.username}:{credential.password}"]


# --- Python ---------------------------------------------------------------------------------------


def fetch_requests(target: Target):
    pair = target.credential.pair if target.credential else None
    answer = requests.get(target.url, auth=pair, timeout=PATIENCE)
    if answer.ok:
        target.out.write_bytes(answer.content)


def fetch_urllib(target: Target):
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    if target.credential:
        passwords.add_password(None, target.url, *target.credential.pair)
    opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(passwords))
    try:
        with opener.open(target.url, timeout=PATIENCE) as answer:
            target.out.write_bytes(answer.read())
    # A host that is "user:password@127.0.0.1" cannot be looked up.
    except (urllib.error.URLError, ValueError, OSError):
        pass


# --- Node, Java -----------------------------------------------------------------------------------


def script(*command: str) -> dict[str, Callable[[Target], None]]:
    """A small program of ours: URL, file to write, and a credential if there is one."""

    def fetch(target: Target):
        call(target, *command, target.url, "out", *(target.credential.pair if target.credential else ()))

    return {"fetch": fetch, "fetch_url": lambda target: fetch(in_url(target))}


def node(way: str) -> dict[str, Callable[[Target], None]]:
    return script("node", str(HERE / "node" / "fetch.mjs"), way)


APACHE_4 = tuple(
    str(JAVA_LIBRARIES / f"{name}.jar") for name in ("httpclient", "httpcore", "commons-logging", "commons-codec")
)
APACHE_ASYNC = (str(JAVA_LIBRARIES / "httpasyncclient.jar"), str(JAVA_LIBRARIES / "httpcore-nio.jar"), *APACHE_4)
APACHE_3 = tuple(str(JAVA_LIBRARIES / f"{name}.jar") for name in ("commons-httpclient", "commons-logging", "commons-codec"))


@functools.cache
def compiled(source: str, libraries: tuple[str, ...]) -> str:
    """The class path of a compiled program."""
    folder = tempfile.mkdtemp(prefix="reelgate-java-")
    path = ":".join((folder, *libraries))
    done = subprocess.run(
        ["javac", "-nowarn", "-cp", path, "-d", folder, str(HERE / "java" / f"{source}.java")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return path


def java(source: str, *arguments: str, libraries: tuple[str, ...] = ()) -> dict[str, Callable[[Target], None]]:
    def fetch(target: Target):
        quick = ("-XX:TieredStopAtLevel=1", "-Xshare:auto")
        command = ("java", *quick, "-cp", compiled(source, libraries), source, *arguments)
        script(*command)["fetch"](target)

    return {"fetch": fetch, "fetch_url": lambda target: fetch(in_url(target))}


# --- players --------------------------------------------------------------------------------------


def header(target: Target) -> list[str]:
    """libavformat has no options for a credential but the URL and headers of one's own."""
    return ["-headers", f"Authorization: {target.credential.authorization}\r\n"] if target.credential else []


def packets(path: str, options: list[str] = []) -> list[str]:
    return ["ffprobe", "-v", "error", *options, "-show_packets", "-show_data_hash", "sha256", "-of", "compact", path]


def fetch_ffprobe(target: Target):
    done = call(target, *packets(target.url, header(target)))
    if done.returncode == 0:
        target.out.write_bytes(done.stdout)


def digest_packets(path: Path) -> str:
    return hashlib.sha256(subprocess.run(packets(str(path)), capture_output=True, check=True).stdout).hexdigest()


def streams(path: str, options: list[str] = []) -> list[str]:
    return ["ffmpeg", "-v", "error", "-nostdin", *options, "-i", path, "-map", "0", "-c", "copy", "-f", "streamhash", "-"]


def fetch_ffmpeg(target: Target):
    done = call(target, *streams(target.url, header(target)))
    if done.returncode == 0:
        target.out.write_bytes(done.stdout)


def digest_streams(path: Path) -> str:
    return hashlib.sha256(subprocess.run(streams(str(path)), capture_output=True, check=True).stdout).hexdigest()


def fetch_mpv(target: Target):
    headers = [f"--http-header-fields=Authorization: {target.credential.authorization}"] if target.credential else []
    call(target, "mpv", "--no-config", "--vo=null", "--ao=null", "--stream-dump=out", *headers, target.url)


def fetch_vlc(target: Target):
    """VLC takes a credential from its dialog, or from the URL; so that is where ours always is."""
    if target.credential:
        target = in_url(target)
    user = []
    if os.geteuid() == 0:
        # VLC refuses to run as root.
        nobody = pwd.getpwnam("nobody")
        os.chown(target.folder, nobody.pw_uid, nobody.pw_gid)
        user = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups", "--"]
    # With a store of passwords, an empty one, it gives up after a 401 in place of waiting for its dialog.
    quiet = ["--intf=dummy", "--play-and-exit", "--keystore=file_plaintext", "--keystore-file=none"]
    call(target, *user, "cvlc", *quiet, "--demux=dump", "--demuxdump-file=out", target.url, "vlc://quit")


def through_url(fetch: Callable[[Target], None]) -> dict[str, Callable[[Target], None]]:
    return {"fetch": fetch, "fetch_url": lambda target: fetch(in_url(target))}


CLIENTS = [
    Client("curl", "curl", **both_ways(*CURL, credential=curl_options)),
    Client("wget", "wget", **both_ways(*WGET, credential=wget_options)),
    Client("wget --auth-no-challenge", "wget", **both_ways(*WGET, "--auth-no-challenge", credential=wget_options)),
    Client("wget2", "wget2", **both_ways("wget2", *WGET[1:], credential=wget2_options)),
    Client("aria2c -x16 -s16", "aria2c", **both_ways(*ARIA2, credential=aria2_options)),
    Client("HTTPie", "http", **both_ways("http", "--ignore-stdin", "--check-status", "--download", "--output=out", credential=httpie_options)),
    Client("Python requests", "python3", **through_url(fetch_requests)),
    Client("Python urllib", "python3", **through_url(fetch_urllib)),
    Client("Node http.get", "node", **node("get")),
    Client("Node fetch", "node", **node("fetch")),
    Client("Java HttpClient", "javac", **java("Jdk", "client")),
    Client("Java HttpURLConnection", "javac", **java("Jdk", "connection")),
    Client("Apache HttpClient 4", "javac", **java("Apache4", libraries=APACHE_4), needs=APACHE_4),
    Client("Apache HttpAsyncClient 4", "javac", **java("ApacheAsync", libraries=APACHE_ASYNC), needs=APACHE_ASYNC),
    Client("Commons HttpClient 3", "javac", **java("Apache3", libraries=APACHE_3), needs=APACHE_3),
    Client("ffprobe", "ffprobe", **through_url(fetch_ffprobe), digest=digest_packets),
    Client("ffmpeg", "ffmpeg", **through_url(fetch_ffmpeg), digest=digest_streams),
    Client("mpv", "mpv", **through_url(fetch_mpv)),
    Client("VLC", "cvlc", fetch_vlc, fetch_vlc),
]
BY_NAME = {client.name: client for client in CLIENTS}
