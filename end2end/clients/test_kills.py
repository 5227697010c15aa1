"""kill -9 of the server, and of an import, 50 times, at random moments of imports and resets: database and vault are
consistent after each.

The moments are drawn from a seed, which a failure shows; REELGATE_SEED repeats it.
"""

import csv
import io
import os
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import requests

from conftest import create_account, import_folder
from support import recordings, secrets
from support.portal import Credential, Portal
from support.server import Installation, sha256, wait_until

ROUNDS = 50
# Each starts PostgreSQL, too.
EMBEDDED_ROUNDS = 6
SEED = int(os.environ.get("REELGATE_SEED") or random.SystemRandom().randrange(2**32))


def is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Trial:
    """An installation that is killed again and again, and what must be true of it each time."""

    def __init__(self, installation: Installation, chance: random.Random):
        self.installation, self.chance = installation, chance
        self.vault = installation.data / "vault"
        self.account, email, password = create_account(installation)
        self.server = installation.start()
        self.portal = Portal(self.server.url, email, password).sign_in()
        self.credential = self.portal.preset()
        self.was_reset = False
        # Hash of each file that was to be imported, by conference number and name.
        self.sources: dict[tuple[str, str], str] = {}
        self.judged: set[str] = set()
        self.conference = 100_000_000_000

    def new_folder(self) -> Path:
        """Sessions that are not there yet: many small files and a big one."""
        folder = Path(tempfile.mkdtemp(prefix="reelgate-import-"))
        small = recordings.demo_files("individual_recording_1.webm")[:8]
        for source in small:
            self.conference += 1
            place = folder / recordings.ROOM / str(self.conference)
            place.mkdir(parents=True)
            for original in [*source.parent.glob("*.webm"), *source.parent.glob("*.json")]:
                shutil.copy2(original, place)
        shutil.copy2(recordings.big_mp4(), place / "transcoded.mp4")
        self.sources |= {(path.parent.name, path.name): sha256(path) for path in folder.rglob("*.*")}
        return folder

    def query(self, sql: str) -> list[list[str]]:
        if url := self.installation.database_url:
            command, connection = ["psql"], [url]
        else:
            command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "psql"] if os.geteuid() == 0 else ["psql"]
            connection = ["--host", self.installation.socket_dir(), "--username", "reelgate", "--dbname", "reelgate"]
        done = subprocess.run(
            [*command, "--no-psqlrc", "--csv", "--tuples-only", *connection, "-c", sql], capture_output=True, text=True, check=True
        )
        return list(csv.reader(io.StringIO(done.stdout)))

    def kill_in_the_middle(self, folder: Path, longest: float, kill_database: bool = False) -> str:
        """An import and a reset begin together; the server is killed meanwhile, and mostly the import, too."""
        new = Credential(self.credential.username, secrets.new_password())
        importing = self.installation.begin(*import_folder(folder, self.account))
        resetting = threading.Thread(target=self.try_reset, args=(new,), daemon=True)
        resetting.start()
        victims = {"server": self.server.process}
        if self.chance.random() < 0.75:
            victims["import"] = importing
        moments = sorted((self.chance.uniform(0, longest), name) for name in victims)
        began = time.monotonic()
        for moment, name in moments:
            # The moment itself is what is tried here, so there is nothing to wait for but the clock.
            time.sleep(max(0, began + moment - time.monotonic()))
            victims[name].kill()
        if kill_database:
            self.kill_database()
        # An import that is killed while it waits for the disk dies when the disk has answered; until then it is alive,
        # and the server rightly leaves its files alone.
        for victim in victims.values():
            victim.wait()
        resetting.join()
        self.restart()
        code = importing.wait(120)
        if "import" not in victims and not kill_database:
            assert code == 0, "an import goes on without the server"
        self.settle(new)
        return ", ".join(f"{name} at {moment:.3f} s" for moment, name in moments)

    def kill_database(self):
        pid_file = self.installation.data / "postgres" / "postmaster.pid"
        # An import that came to its end after the server was killed has stopped it in good order.
        if pid_file.exists():
            postmaster = int(pid_file.read_text().split()[0])
            os.kill(postmaster, signal.SIGKILL)
            wait_until(lambda: not is_running(postmaster), "PostgreSQL is gone")

    def try_reset(self, new: Credential):
        try:
            self.portal.reset(new.username, new.password)
        # The server was killed before it could answer: what came of it is judged afterwards.
        except (requests.RequestException, AssertionError):
            pass

    def restart(self):
        self.server = self.installation.start()
        self.portal.url = self.server.url

    def settle(self, new: Credential):
        """Exactly one of the two passwords opens files, and the row says the same."""
        works = [credential for credential in (self.credential, new) if self.opens(credential)]
        assert len(works) == 1, f"{len(works)} of the old and the new password work"
        is_new = works[0] is new
        self.was_reset |= is_new
        self.credential = works[0]
        sealed, changed, by, password_hash = self.query(
            "select preset_sealed is not null, changed_at is not null, changed_by is not null, password_hash from credentials"
        )[0]
        assert (sealed, changed, by) == (("f", "t", "t") if self.was_reset else ("t", "f", "f"))
        assert password_hash.startswith("$argon2id$")
        assert ("Access credentials" in self.portal.page("/video/insights/recordings")) == (not self.was_reset)

    def opens(self, credential: Credential) -> bool:
        """Asked of a file that does not exist: a right password gets 404, a wrong one 403."""
        nowhere = f"/files/{'0' * 8}-0000-7000-8000-{'0' * 12}/{'0' * 8}-0000-7000-8000-{'0' * 12}/x.mp4"
        status = self.server.get(nowhere, auth=credential.pair).status_code
        assert status in (403, 404), status
        return status == 404

    def check_files(self) -> set[tuple[str, str]]:
        """What is in the vault, by conference number and name. No part file, no object without a row, no row without its object, and every object whole."""
        # The gate's file is of the lock, and folders may wait for what comes.
        left = [path for path in (self.vault / "incoming").rglob("*") if path.is_file() and path.name != "gate"]
        assert left == []
        rows = self.query(
            "select f.id, f.size_bytes, encode(f.sha256, 'hex'), s.conference_number, f.name"
            " from files f join sessions s on s.id = f.session_id"
        )
        objects = {path.name: path for path in (self.vault / "objects").rglob("*") if path.is_file()}
        assert objects.keys() == {row[0] for row in rows}
        for id, size, digest, conference, name in rows:
            assert objects[id].stat().st_size == int(size), id
            assert digest == self.sources[conference, name], (conference, name)
            if id not in self.judged:
                assert sha256(objects[id]) == digest, id
                self.judged.add(id)
        sessions = self.query(
            "select s.id from sessions s where s.size_bytes <>"
            " (select coalesce(sum(f.size_bytes), 0) from files f where f.session_id = s.id)"
            " or not exists (select from files f where f.session_id = s.id)"
        )
        assert sessions == [], "the sum of a session is that of its files"
        return {(row[3], row[4]) for row in rows}


def run(installation: Installation, rounds: int, kill_database: bool = False):
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    trial = Trial(installation, chance)
    # How long it takes undisturbed says when there is something to disturb.
    first = trial.new_folder()
    folders = [first]
    began = time.monotonic()
    installation.run(*import_folder(first, trial.account))
    longest = 1.3 * (time.monotonic() - began)
    trial.check_files()
    in_the_middle, resets = 0, 0
    for number in range(rounds):
        folder = trial.new_folder()
        folders.append(folder)
        wanted = {(path.parent.name, path.name) for path in folder.rglob("*.*")}
        before = trial.credential
        story = trial.kill_in_the_middle(folder, longest, kill_database and number % 2 == 1)
        taken = wanted & trial.check_files()
        in_the_middle += 0 < len(taken) < len(wanted)
        resets += trial.credential is not before
        print(f"round {number}: {story}; {len(taken)} of {len(wanted)} files, reset: {trial.credential is not before}")
        if len(folders) > 3:
            # What was broken off is taken up again, by whatever is imported next.
            again = folders.pop(0)
            installation.run(*import_folder(again, trial.account))
            shutil.rmtree(again)
    for folder in folders:
        installation.run(*import_folder(folder, trial.account))
        shutil.rmtree(folder)
    assert trial.check_files() == trial.sources.keys(), "in the end everything is there"
    print(f"of {rounds} kills {in_the_middle} left a part of an import, and {resets} came after the reset")
    trial.server.stop()
    return in_the_middle, resets


def test_killed_fifty_times(new_database):
    installation = Installation(new_database())
    try:
        in_the_middle, resets = run(installation, ROUNDS)
        # A trial whose kills all came too early or too late would show nothing.
        assert in_the_middle > 0 and 0 < resets < ROUNDS
    finally:
        installation.remove()


def test_killed_with_the_embedded_postgresql():
    """The same where the killed server has PostgreSQL as a child, which stays behind or is killed, too."""
    installation = Installation()
    try:
        run(installation, EMBEDDED_ROUNDS, kill_database=True)
    finally:
        installation.remove()
