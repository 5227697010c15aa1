"""A private authority, made at the time of the test, and certificates of it for localhost and 127.0.0.1."""

import itertools
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

CONFIGURATION = """
[req]
distinguished_name = name
prompt = no
x509_extensions = authority
[name]
CN = Reelgate test
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1
authorityKeyIdentifier = keyid
"""
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc")
SERIALS = itertools.count(1001)


@dataclass(frozen=True)
class Tls:
    """Paths of PEM files: whom to trust, and what a server serves with."""

    ca: Path
    certificate: Path
    key: Path

    @property
    def settings(self) -> dict[str, str]:
        """What tells `reelgate serve`."""
        return {"REELGATE_TLS_CERTIFICATE": str(self.certificate), "REELGATE_TLS_KEY": str(self.key)}


def openssl(*words: str | Path):
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def make(folder: Path) -> Tls:
    """An authority in the folder, and a first certificate with its key."""
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / "openssl.cnf"
    configuration.write_text(CONFIGURATION)
    ca = folder / "ca.pem"
    openssl("req", "-x509", "-config", configuration, *NEW_KEY, "-days", "2", "-keyout", folder / "ca.key", "-out", ca)
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    issue(ca, certificate, key)
    return Tls(ca, certificate, key)


def issue(ca: Path, certificate: Path, key: Path) -> int:
    """Another certificate of that authority, with a key of its own; its serial number. Each file appears whole."""
    folder, serial = ca.parent, next(SERIALS)
    made, made_key, request = (folder / f"{serial}.{kind}" for kind in ("pem", "key", "csr"))
    openssl("req", "-new", "-config", folder / "openssl.cnf", *NEW_KEY, "-keyout", made_key, "-out", request)
    by = ("-CA", ca, "-CAkey", folder / "ca.key", "-extfile", folder / "openssl.cnf", "-extensions", "server")
    openssl("x509", "-req", "-in", request, *by, "-set_serial", str(serial), "-days", "2", "-out", made)
    os.replace(made_key, key)
    os.replace(made, certificate)
    return serial
