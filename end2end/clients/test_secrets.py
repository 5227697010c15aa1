"""After everything else: no password, no value of `Authorization` and no sign-in stands in any log (R178).

All servers ran with `REELGATE_LOG=debug`, and the output of every command was kept, too.
"""

from support import secrets


def test_no_secret_is_in_any_log():
    # Alone, this file has nothing to look through, and a test that cannot fail is none.
    if not secrets.LOGS:
        import pytest

        pytest.skip("no other test was run, so there is no log")
    assert secrets.KNOWN
    total = 0
    for log in secrets.LOGS:
        text = log.read_text(errors="replace")
        total += len(text)
        found = secrets.leaks(text)
        line = next((line for line in text.splitlines() if any(secret in line for secret in found)), "")
        assert not found, f"{len(found)} secrets in {log.name}, such as in {line[:500]}"
    assert total > 0


def test_the_search_finds_what_there_is():
    secret = secrets.new_password()
    token = secrets.basic("user", secret).removeprefix("Basic ")
    assert secrets.leaks(f"password={secret}") == [secret]
    assert token in secrets.leaks(f"authorization: Basic {token}")
    assert secrets.leaks("nothing of interest") == []
