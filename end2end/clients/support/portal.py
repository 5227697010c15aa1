"""The portal as a browser without scripts uses it: fetches pages, fills their forms in, posts them."""

import html
import html.parser
import re
import urllib.parse
from dataclasses import dataclass

import requests

from . import secrets

RECORDINGS = "/video/insights/recordings"
SETTINGS = "/video/settings/recording"


@dataclass
class Form:
    action: str
    method: str
    fields: dict[str, str]


class _Forms(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.forms: list[Form] = []
        self.is_open = False
        self.select: str | None = None

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "form":
            self.forms.append(Form(given.get("action") or "", given.get("method", "get").lower(), {}))
            self.is_open = True
        elif tag == "input" and self.is_open and given.get("name") and "disabled" not in given:
            is_choice = given.get("type") in ("radio", "checkbox")
            if not is_choice or "checked" in given:
                self.forms[-1].fields[given["name"]] = given.get("value") or ""
        elif tag == "select" and self.is_open:
            self.select = given.get("name")
        elif tag == "option" and self.is_open and self.select:
            # Browsers send the first one if none is marked.
            if "selected" in given or self.select not in self.forms[-1].fields:
                self.forms[-1].fields[self.select] = given.get("value") or ""

    def handle_endtag(self, tag):
        if tag == "select":
            self.select = None
        if tag == "form":
            self.is_open = False


@dataclass(frozen=True)
class Credential:
    username: str
    password: str

    @property
    def authorization(self) -> str:
        return secrets.basic(self.username, self.password)

    @property
    def pair(self) -> tuple[str, str]:
        self.authorization  # Remembered, for requests makes the same.
        return (self.username, self.password)


class Portal:
    """One browser, signed in as the owner of an account."""

    def __init__(self, url: str, email: str, password: str):
        self.url, self.email, self.password = url, email, password
        self.browser = requests.Session()
        self.browser.headers["Accept"] = "text/html,application/xhtml+xml,*/*;q=0.8"

    def page(self, path: str) -> str:
        answer = self.browser.get(self.url + path, timeout=60)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.text

    def submit(self, path: str, function: str, **typed: str) -> requests.Response:
        """Fills in the form of a page that posts to a server function, as a browser would."""
        parser = _Forms()
        parser.feed(self.page(path))
        form = next((form for form in parser.forms if form.action.endswith(f"/{function}")), None)
        assert form is not None and form.method == "post", f"{path} has no form for {function}"
        unknown = typed.keys() - form.fields.keys()
        assert not unknown, f"the form has no field {unknown}"
        headers = {
            "Origin": self.url,
            "Referer": self.url + path,
            "Sec-Fetch-Site": "same-origin",
            # A browser says so of an empty form, too; requests would not.
            "Content-Type": "application/x-www-form-urlencoded",
        }
        data = form.fields | typed
        return self.browser.post(urllib.parse.urljoin(self.url + path, form.action), data=data, headers=headers, timeout=60)

    def sign_in(self) -> "Portal":
        answer = self.submit("/sign-in", "sign_in", email=self.email, password=self.password)
        assert answer.ok and urllib.parse.urlsplit(answer.url).path == RECORDINGS, f"{answer.status_code} {answer.url}"
        for cookie in self.browser.cookies:
            secrets.remember(cookie.value)
        return self

    def preset(self) -> Credential:
        """User name and preset password, read off the report."""
        values = re.findall(r"<code[^>]*data-value[^>]*>(?:<!--.*?-->|<!>)*([^<]+)", self.page(f"{RECORDINGS}?show=preset"))
        username, password = (html.unescape(value) for value in values[:2])
        return Credential(username, secrets.remember(password))

    def reset(self, username: str, password: str | None = None) -> Credential:
        """Resets the access password through the form; the new credential."""
        new = Credential(username, password or secrets.new_password())
        answer = self.submit(
            SETTINGS, "reset_credential", account_password=self.password, new_password=new.password, confirmation=new.password
        )
        assert answer.ok and "The access password is changed." in answer.text, answer.text
        return new

    def set_challenge(self, setting: str):
        answer = self.submit(SETTINGS, "set_challenge", challenge=setting)
        assert answer.ok and "Saved." in answer.text, answer.text

    def files(self) -> dict[str, str]:
        """Path of each file's address on the first page of the report, by name."""
        paths = {html.unescape(path) for path in re.findall(r'href="(/files/[^"?]+)', self.page(RECORDINGS))}
        return {urllib.parse.unquote(path.rpartition("/")[2]): path for path in paths}
