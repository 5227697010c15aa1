#!/usr/bin/env python3
"""Times the Recordings report at several numbers of sessions, through HTTP as a browser gets it.

For each number it makes a database of its own, fills it (report.sql), starts the given program on it, signs in and asks
for every page several times; then everything is removed. It prints a table and writes JSON. The last column is the time
at the largest number over that at the smallest; --limit makes the run fail where one is above it. It also counts how
often a second one connection gets the first page, and how often psql gets the rows that are on it (first_page.sql); and
how many sessions a second an application is given by the archive API, and psql by the same rows (archive.sql).

    bench/report.py --bin target/release/reelgate --site target/site --postgres postgres://me@127.0.0.1/postgres

Needs psql. The databases are named reelgate_bench_report_<sessions>; --keep leaves them for the next run, which then
does not fill them again.
"""

import argparse
import base64
import http.client
import json
import os
import pathlib
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
PASSWORD = "seven purple lanterns"
REPORT = "/video/insights/recordings"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, help="the program reelgate")
    parser.add_argument("--site", required=True, help="the built site")
    parser.add_argument("--postgres", required=True, help="address of a database from which others can be made")
    parser.add_argument("--sessions", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=30, help="requests of each page that are timed")
    parser.add_argument("--limit", type=float, help="highest ratio of largest to smallest; above it the run fails")
    parser.add_argument("--json", type=pathlib.Path, help="file for the figures")
    parser.add_argument("--keep", action="store_true", help="leave the databases for another run")
    return parser.parse_args()


def psql(url, *args):
    command = ["psql", "--quiet", "--no-psqlrc", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1", url, *args]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


class Server:
    """The program on one database, and a signed-in connection to it."""

    def __init__(self, args, url, folder):
        env = {key: value for key, value in os.environ.items() if not key.startswith("REELGATE_")}
        env |= {
            "DATABASE_URL": url,
            "REELGATE_DATA_DIR": f"{folder}/var",
            "REELGATE_SITE_DIR": os.path.abspath(args.site),
            "REELGATE_LISTEN": "127.0.0.1:0",
            "REELGATE_MASTER_KEY_FILE": f"{folder}/master.key",
        }
        self.env, self.program = env, os.path.abspath(args.bin)
        self.folder, self.process = folder, None

    def run(self, *args, stdin=""):
        subprocess.run([self.program, *args], env=self.env, input=stdin, text=True, check=True, capture_output=True)

    def start(self):
        log = open(f"{self.folder}/log", "wb")
        self.process = subprocess.Popen([self.program, "serve"], env=self.env, stdout=subprocess.PIPE, stderr=log, text=True)
        for line in self.process.stdout:
            if line.startswith("Reelgate is ready at "):
                address = urllib.parse.urlsplit(line.split(" at ", 1)[1].strip())
                self.connection = http.client.HTTPConnection(address.hostname, address.port, timeout=120)
                self.host = address.netloc
                return
        raise SystemExit(f"the server did not start: {pathlib.Path(self.folder, 'log').read_text()}")

    def sign_in(self):
        form = urllib.parse.urlencode({"email": "owner@bench.example", "password": PASSWORD, "next": "/"})
        headers = {"Host": self.host, "Origin": f"http://{self.host}", "Content-Type": "application/x-www-form-urlencoded"}
        path = "/rpc/app/features/sign_ins/api/sign_in"
        self.connection.request("POST", path, form, headers)
        answer = self.connection.getresponse()
        answer.read()
        cookies = [value.split(";")[0] for name, value in answer.getheaders() if name.lower() == "set-cookie"]
        self.cookie = "; ".join(cookies)
        if not any(cookie.startswith("reelgate=") for cookie in cookies):
            raise SystemExit(f"signing in failed: {answer.status}")

    def connect_again(self):
        """After a pause: the server leaves connections that nobody uses."""
        self.connection.close()

    def get(self, path):
        self.connection.request("GET", path, headers={"Host": self.host, "Cookie": self.cookie, "Accept": "text/html"})
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status}")
        return body.decode()

    def archive(self, path, authorization):
        """How many entries an application is given at this address of the archive API, and how long that takes."""
        self.connect_again()
        begun = time.perf_counter()
        self.connection.request("GET", path, headers={"Host": self.host, "Authorization": authorization})
        answer = self.connection.getresponse()
        body = answer.read()
        taken = time.perf_counter() - begun
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status}")
        return len(json.loads(body)["archive"]), taken

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()


def prepare(args, sessions, server, url):
    name = urllib.parse.urlsplit(url).path[1:]
    exists = psql(args.postgres, "-c", f"select 1 from pg_database where datname = '{name}'")
    if exists and psql(url, "-c", "select count(*) >= %d from sessions" % sessions) == "t":
        return
    if exists:
        psql(args.postgres, "-c", f"drop database {name}")
    psql(args.postgres, "-c", f"create database {name} template template0 encoding utf8 lc_collate 'C.UTF-8' lc_ctype 'C.UTF-8'")
    server.run("account", "create", "--name", "Bench", "--owner-name", "Owner", "--email", "owner@bench.example",
               "--password-file", "-", stdin=PASSWORD + "\n")
    account = psql(url, "-c", "select id from accounts")
    psql(url, "--set", f"sessions={sessions}", "--set", f"account='{account}'", "--file", str(HERE / "report.sql"))


def pages(url, sessions):
    """Every page that is timed, by name. What is sought differs each time, as it does with people."""
    project = dict(line.split("|") for line in psql(url, "-c", "select name, id from projects").splitlines())
    rooms = max(sessions // 100, 1)
    deep_at = psql(url, "-c", "select (extract(epoch from started_at) * 1000000)::bigint, id from sessions "
                   "order by started_at desc offset %d limit 1" % (sessions * 9 // 10)).replace("|", ".")
    long_at = psql(url, "-c", "select duration_ms, id from sessions order by duration_ms desc, id desc offset %d limit 1"
                   % (sessions * 9 // 10)).replace("|", ".")
    report = {
        "first page": "",
        "deep page": f"cursor=after.{deep_at}",
        "oldest first": "sort=oldest",
        "longest first": "sort=longest",
        "largest first": "sort=largest",
        "longest first, deep": f"sort=longest&cursor=after.{long_at}",
        "project of half": f"project={project['Project 0']}",
        "project of one in 300": f"project={project['Project 9']}",
        "project, longest first": f"project={project['Project 9']}&sort=longest",
        "two months": "from=2025-02-01&to=2025-03-31",
        "two months, longest first": "from=2025-02-01&to=2025-03-31&sort=longest",
        "four days, largest first": "from=2025-02-01&to=2025-02-04&sort=largest",
        "a common kind": "kind=transcoded",
        "a rare kind": "kind=individual",
        "a rare kind, longest first": "kind=individual&sort=longest",
        "kind and project": f"kind=live&project={project['Project 0']}",
        "search: one number": lambda n: f"q={100_000_000 + 1 + n * 7919 % sessions}",
        "search: one room": lambda n: "q=%s-%05d" % (["care", "sales", "board", "support", "training"][n % 5], (n * 5 + n % 5) % rooms),
        "search: a caller": lambda n: f"q=caller{sessions // 40 + n}",
        "search: a word of every chat": "q=invoice",
        "search: a part of a fifth": "q=oard-",
        "search: nothing": lambda n: f"q=nobody{n}",
    }
    return {name: (lambda n, q=query: REPORT + "?" + (q(n) if callable(q) else q) if q else REPORT) for name, query in report.items()}


def per_second(server):
    """First pages that one connection gets in a second, with their HTML."""
    begun, count = time.perf_counter(), 0
    while time.perf_counter() - begun < 3:
        server.get(REPORT)
        count += 1
    return count / (time.perf_counter() - begun)


def rows_per_second(url, times=2000):
    """The same page's rows, as psql gets them over one connection."""
    account = psql(url, "-c", "select id from accounts")
    once = f"execute sessions_of_page('{account}');\nexecute files_of_page(:'ids');\n"

    def seconds(text):
        begun = time.perf_counter()
        command = ["psql", "--quiet", "--no-psqlrc", "--output", "/dev/null", "--set", "ON_ERROR_STOP=1",
                   "--set", f"account='{account}'", "--file", str(HERE / "first_page.sql"), "--file", "-", url]
        subprocess.run(command, input=text, text=True, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - begun

    # Without what it takes to start psql and to prepare.
    return times / (seconds(once * times) - seconds(""))


def application(url):
    """What an application of the project of half of all sessions sends, and that project's id."""
    secret = "rgs_" + secrets.token_hex(20)
    identifier, project = psql(
        url, "-c", "with made as (insert into api_secrets (id, account_id, project_id, name, hash, hint, may_write, "
        "may_delete, may_set_access, may_manage_credentials, created_at) select gen_random_uuid(), account_id, id, 'Bench', "
        f"sha256('{secret}'), '', false, false, false, false, now() from projects where name = 'Project 0' "
        "returning project_id) select api_identifier, id from projects join made on made.project_id = id").split("|")
    return "Basic " + base64.b64encode(f"{identifier}:{secret}".encode()).decode(), project


def archive(server, url, rounds=5):
    """Sessions a second of a listing of two months, ours and psql's in turn, and how long one room takes."""
    authorization, project = application(url)
    room = psql(url, "-c", f"select room from sessions where project_id = '{project}' limit 1")
    command = ["psql", "--quiet", "--no-psqlrc", "--output", "/dev/null", "--set", "ON_ERROR_STOP=1",
               "--set", f"project='{project}'", "--file", str(HERE / "archive.sql"), url]
    ours, theirs, one_room = [], [], []
    for _ in range(rounds):
        entries, taken = server.archive("/video/v2/archive/period/2025-02-01/2025-03-31", authorization)
        ours.append(entries / taken)
        begun = time.perf_counter()
        subprocess.run(command, check=True)
        theirs.append(entries / (time.perf_counter() - begun))
        one_room.append(server.archive(f"/video/v2/archive/room/{room}", authorization)[1] * 1000)
    return {"entries": entries, "per_second": statistics.median(ours), "psql_per_second": statistics.median(theirs),
            "ratio": statistics.median(a / b for a, b in zip(ours, theirs)), "room_ms": statistics.median(one_room)}


def measure(args, sessions):
    url = urllib.parse.urlsplit(args.postgres)._replace(path=f"/reelgate_bench_report_{sessions}").geturl()
    folder = HERE / f".report-{sessions}"
    with tempfile.TemporaryDirectory() as temporary:
        # The master key belongs to the database: it is kept as long as that.
        if args.keep:
            folder.mkdir(exist_ok=True)
        server = Server(args, url, str(folder) if args.keep else temporary)
        try:
            prepare(args, sessions, server, url)
            server.start()
            server.sign_in()
            times, found = {}, pages(url, sessions)
            server.connect_again()
            for name, path in found.items():
                for warm in range(3):
                    server.get(path(1000 + warm))
                taken = []
                for n in range(args.rounds):
                    begun = time.perf_counter()
                    server.get(path(n))
                    taken.append((time.perf_counter() - begun) * 1000)
                times[name] = {"median_ms": statistics.median(taken), "least_ms": min(taken),
                               "p90_ms": sorted(taken)[int(len(taken) * 0.9)]}
            size = len(server.get(REPORT))
            server.connect_again()
            rates = {"report": per_second(server), "psql": rows_per_second(url)}
            listed = archive(server, url)
        finally:
            server.stop()
    if not args.keep:
        psql(args.postgres, "-c", f"drop database {urllib.parse.urlsplit(url).path[1:]}")
    return {"sessions": sessions, "page_bytes": size, "per_second": rates, "archive": listed, "pages": times}


def main():
    args = arguments()
    results = [measure(args, sessions) for sessions in args.sessions]
    first, last = results[0], results[-1]
    head = "".join(f"{result['sessions']:>12,}" for result in results)
    print(f"{'median, ms':<30}{head}{'ratio':>8}{'of least':>10}")
    worst, ratios = 0.0, {}
    for name in first["pages"]:
        row = "".join(f"{result['pages'][name]['median_ms']:>12.2f}" for result in results)
        ratio = last["pages"][name]["median_ms"] / first["pages"][name]["median_ms"]
        least = last["pages"][name]["least_ms"] / first["pages"][name]["least_ms"]
        ratios[name] = {"median": round(ratio, 3), "least": round(least, 3)}
        worst = max(worst, ratio)
        print(f"{name:<30}{row}{ratio:>8.2f}{least:>10.2f}")
    print(f"first page: {last['page_bytes']:,} bytes of HTML")
    for result in results:
        rates = result["per_second"]
        print(f"first page at {result['sessions']:,}: {rates['report']:.0f}/s, its rows in psql {rates['psql']:.0f}/s, "
              f"ratio {rates['report'] / rates['psql']:.2f}")
        listed = result["archive"]
        print(f"archive listing at {result['sessions']:,}: {listed['entries']:,} sessions at {listed['per_second']:,.0f}/s, "
              f"psql {listed['psql_per_second']:,.0f}/s, ratio {listed['ratio']:.2f}; one room {listed['room_ms']:.1f} ms")
    if args.json:
        args.json.write_text(json.dumps({"results": results, "ratios": ratios}, indent=2) + "\n")
    if args.limit and worst > args.limit:
        sys.exit(f"the highest ratio is {worst:.2f}, above {args.limit}")


if __name__ == "__main__":
    main()
