"""The management API by its published clients from PyPI and npm, unmodified, over TLS with a private authority."""

import json
import re
import shutil
import tempfile
from pathlib import Path

import pytest
import requests

from conftest import open_site
from support import management, recordings, secrets, tls
from support.server import Installation

RECORDING, LOG = "transcoded.mp4", "session.log"
EVER = {"from_date": "2000-01-01 00:00:00", "to_date": "2099-12-31 23:59:59"}


@pytest.fixture(scope="module")
def secure():
    folder = Path(tempfile.mkdtemp(prefix="reelgate-platform-"))
    log = folder / LOG
    log.write_text("10:00:00 the scenario began\n")
    # Deleted by the tests, one by each client.
    spare = recordings.demo_files("individual_recording_1.webm")[0]
    spares = {f"individual_recording_{n}.webm": spare for n in (1, 2)}
    installation = Installation(tls=tls.make(folder / "tls"))
    yield open_site(installation, {RECORDING: recordings.big_mp4(), LOG: log} | spares)
    installation.remove()
    shutil.rmtree(folder)


@pytest.fixture(params=management.LANGUAGES, ids=lambda language: language.name)
def connect(request, secure, folder):
    """Makes clients of one language, each with a service account of its own role or a file that is given."""
    clients = []

    def make(role: str, file: str | None = None) -> management.Sdk:
        name = f"{request.param.name} {role} {len(clients)}"
        made = ("service-account", "create", name, "--account", secure.account, "--role", role)
        text = file or secure.installation.run(*made, is_secret=True)
        secrets.remember(json.dumps(json.loads(text)["private_key"])[1:-1])
        credentials = folder / f"{len(clients)}.json"
        credentials.write_text(text)
        host = secure.server.url.removeprefix("https://")
        clients.append(management.Sdk(request.param, credentials, host, secure.installation.tls.ca))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


def fetch(secure, url: str, **headers) -> requests.Response:
    return requests.get(url, headers=headers, verify=secure.server.verify, timeout=60)


def history(client: management.Sdk, **more) -> dict:
    found = client.call("get_call_history", **EVER, with_records=True, **more)
    assert "error" not in found, found
    return found


def record_of(session: dict, name: str) -> dict | None:
    return next((record for record in session["records"] if record["record_name"] == name), None)


def test_the_whole_round(secure, connect):
    """Applications and their secure mode; the history; a recording by Range, a log by role; records deleted."""
    owner, nobody, support = connect("owner"), connect("none"), connect("support")
    name = f"round-{owner.language.name.lower()}"

    made = owner.call("add_application", application_name=name, secure_record_storage=True)
    assert made["result"] == 1 and made["application_name"].startswith(f"{name}.account-"), made
    assert made["secure_record_storage"] is True
    assert owner.refused("add_application", application_name=name) == 107
    for is_secure in (False, True):
        wanted = {"application_id": made["application_id"], "secure_record_storage": is_secure}
        assert owner.call("set_application_info", **wanted)["secure_record_storage"] is is_secure
        found = owner.call("get_applications", application_id=made["application_id"])
        assert (found["count"], found["total_count"]) == (1, 1)
        assert found["result"][0]["secure_record_storage"] is is_secure
    assert owner.call("set_application_info", required_application_name=name, application_name=f"{name}-2")["result"] == 1

    session, *others = history(owner, application_id=application(owner))["result"]
    assert not others and session["rule_name"] == recordings.ROOM and session["custom_data"] == recordings.CONFERENCE
    assert history(owner, application_name=f"{name}-2")["result"] == []
    assert history(owner, call_session_history_id=[session["call_session_history_id"], 999999])["total_count"] == 1

    record = record_of(session, RECORDING)
    whole = secure.sources[RECORDING].read_bytes()
    assert record["file_size"] == len(whole) and record["record_url"] == secure.url(RECORDING)
    assert fetch(secure, record["record_url"]).status_code == 403, "it is secure"
    for client in (owner, nobody, support):
        answer = fetch(secure, record["record_url"], Range="bytes=1000-70000", **client.header())
        assert answer.status_code == 206 and answer.content == whole[1000:70001]
        assert answer.headers["Content-Range"] == f"bytes 1000-70000/{len(whole)}"

    log = session["log_file_url"]
    assert fetch(secure, log).status_code == 403
    assert fetch(secure, log, **nobody.header()).status_code == 403
    for client in (owner, support):
        assert fetch(secure, log, **client.header()).content == secure.sources[LOG].read_bytes()

    for method, arguments in (("get_applications", {}), ("get_call_history", EVER), ("get_keys", {})):
        assert nobody.refused(method, **arguments) == 104
    spare = next(record for record in session["records"] if record["record_name"] != RECORDING)
    assert support.refused("delete_record", record_id=spare["record_id"]) == 104
    assert owner.call("delete_record", record_url=spare["record_url"])["result"] == 1
    assert owner.refused("delete_record", record_id=spare["record_id"]) == 9001
    assert record_of(history(owner)["result"][0], spare["record_name"]) is None
    assert fetch(secure, spare["record_url"], **owner.header()).status_code == 410

    assert owner.call("del_application", application_id=made["application_id"])["result"] == 1
    assert owner.call("get_applications", application_id=made["application_id"])["total_count"] == 0


def application(client: management.Sdk) -> int:
    """Number of the project that the recordings are in."""
    found = client.call("get_applications", application_name="main-")["result"]
    return found[0]["application_id"]


def test_secure_mode_shuts_what_was_open(secure, connect):
    """The same address without a proof: open within the public window of an open project, shut in a secure one."""
    owner = connect("owner")
    number = application(owner)
    window = secure.portal.submit(
        f"/projects/{project_id(secure)}", "set_project_access", access="open", public_hours="87600"
    )
    assert window.ok, window.text
    for is_secure, status in ((True, 403), (False, 200), (True, 403)):
        owner.call("set_application_info", application_id=number, secure_record_storage=is_secure)
        assert fetch(secure, secure.url(RECORDING)).status_code == status


def project_id(secure) -> str:
    listed = secure.installation.run("project", "list", "--account", secure.account, "--json")
    return next(project["id"] for project in json.loads(listed) if project["name"] == "Main")


def test_a_key_made_by_a_program_works_until_it_is_deleted(secure, connect):
    """The Node client takes only a list for what the documentation has as an object; so there the key is asked for by hand."""
    owner = connect("owner")
    made = create_key(secure, owner)
    client = connect("support", json.dumps(made))
    assert client.call("get_applications")["count"] >= 1
    listed = owner.call("get_keys", key_id=made["key_id"], with_roles=True)["result"]
    assert [(key["key_name"], key["roles"][0]["role_name"]) for key in listed] == [("nightly", "Support")]
    assert owner.call("delete_key", key_id=made["key_id"])["result"] == 1
    assert client.refused("get_applications") == 100


def create_key(secure, owner: management.Sdk) -> dict:
    asked = {"key_name": "nightly", "role_name": ["Support"]}
    if owner.language.name == "Python":
        return owner.call("create_key", **asked)["result"]
    form = {"cmd": (None, "CreateKey"), "key_name": (None, "nightly"), "role_name": (None, "Support")}
    answer = requests.post(
        secure.server.url + "/platform_api", files=form, headers=owner.header(), verify=secure.server.verify, timeout=60
    )
    return answer.json()["result"]


def test_a_deprecated_key_is_taken_once_it_is_switched_on_and_stands_in_no_log(secure, connect):
    """The last test of all looks for it in the logs, which are written at their most talkative."""
    owner = connect("owner")
    number = json.loads((owner.errors.with_suffix(".json")).read_text())["account_id"]
    where = "/account/api-keys"
    assert "Off" in secure.portal.page(where)
    assert secure.portal.submit(where, "switch_api_keys", are_taken="true").ok
    made = secure.portal.submit(where, "make_api_key", owner=choice(secure.portal.page(where)))
    key = secrets.remember(made.text.partition("rgk_")[2][:40])
    pair = {"account_id": number, "api_key": f"rgk_{key}"}
    address = secure.server.url + "/platform_api/GetApplications"
    options = {"verify": secure.server.verify, "timeout": 60}
    for answer in (
        requests.get(address, params=pair, **options),
        requests.post(address, data=pair, **options),
        requests.post(address, params=pair, files={"count": (None, "1")}, **options),
    ):
        assert answer.json()["total_count"] >= 1, answer.text
        assert answer.headers["Deprecation"] == "@1767225600"
    assert secure.portal.submit(where, "switch_api_keys", are_taken="false").ok
    refused = requests.get(address, params=pair, **options)
    assert refused.json()["error"]["code"] == 100 and "Deprecation" in refused.headers


def choice(page: str) -> str:
    """A service account that can be given a key, and that may list applications."""
    options = re.findall(r'<option value="([^"]+)"[^>]*>(.*?)</option>', page, re.S)
    return next(value for value, text in options if "role owner" in text)
