#!/usr/bin/env python3
"""Lists the archive of a period in EnableX's form, downloads every file, and verifies its size and SHA-256.

    APP_ID=... APP_KEY=... FILES_USER=... FILES_PASSWORD=... \\
        enablex_archive.py https://vault.example.org 2026-03-01 2026-03-31 downloads
"""
import hashlib
import os
import pathlib
import sys
from urllib.parse import quote, unquote, urlsplit

import requests

server, first, last, folder = sys.argv[1:]
app = os.environ["APP_ID"], os.environ["APP_KEY"]
# Two different keys: the application lists, the account's access credential opens files.
credential = ":".join(quote(os.environ[name], safe="") for name in ("FILES_USER", "FILES_PASSWORD"))

answer = requests.get(f"{server}/video/v2/archive/period/{first}/{last}", auth=app, timeout=60)
answer.raise_for_status()
for session in answer.json()["archive"]:
    urls = [file["url"] for file in session["recording"] + session["transcoded"]]
    for url in filter(None, [*urls, session["chatdata"], session["metadata"]]):
        name = unquote(urlsplit(url).path.rsplit("/", 1)[1]).replace("/", "_")
        target = pathlib.Path(folder, session["_id"], name)
        target.parent.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        with requests.get(url.replace("://", f"://{credential}@", 1), stream=True, timeout=60) as file:
            file.raise_for_status()
            with target.open("wb") as out:
                for chunk in file.iter_content(1 << 20):
                    size += out.write(chunk)
                    digest.update(chunk)
        # The strong ETag of a file is the SHA-256 of its bytes.
        if size != int(file.headers["Content-Length"]) or file.headers["ETag"] != f'"{digest.hexdigest()}"':
            sys.exit(f"{target}: what came is not what was announced")
        print(f"{digest.hexdigest()}  {target}")
