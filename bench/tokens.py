"""Tokens of service accounts: what verifying them costs, and ranges with them beside ranges with Basic."""

import base64
import json
import subprocess
import time

from rows import median

RANGES = [(64 << 10, '64 KiB'), (2 << 10, '2 KiB')]


def bearer(key_file, folder):
    """The header of a token that is good for an hour, as every client signs it."""
    def part(octets):
        return base64.urlsafe_b64encode(octets).rstrip(b'=')

    pem = folder / 'service-account.pem'
    pem.touch(mode=0o600)
    pem.write_text(key_file['private_key'])
    now = int(time.time())
    header = {'alg': 'RS256', 'typ': 'JWT', 'kid': key_file['key_id']}
    claims = {'iss': key_file['account_id'], 'iat': now, 'exp': now + 3600}
    text = b'.'.join(part(json.dumps(piece).encode()) for piece in (header, claims))
    signed = subprocess.run(['openssl', 'dgst', '-sha256', '-sign', pem], input=text, check=True, capture_output=True)
    return f'Bearer {(text + b"." + part(signed.stdout)).decode()}'


def side_by_side(rounds, milliseconds, load, port, path, proofs, say):
    """Rates with each of the proofs in turn; the ratio is that of Bearer to Basic in the same round."""
    rates = {(length, kind): [] for length, _ in RANGES for kind in proofs}
    for number in range(rounds):
        for length, name in RANGES:
            # Who begins changes from round to round: the second finds the processor warm.
            for kind in sorted(proofs, reverse=number % 2 == 1):
                seen = load.fast(port, path, proofs[kind], 16, milliseconds, length)
                rates[length, kind].append(seen['answers'] / seen['seconds'])
            say(f'round {number + 1}/{rounds}: ranges of {name}: '
                + ' '.join(f'{kind} {rates[length, kind][-1]:.0f}' for kind in proofs) + ' answers/s')
    return [{
        'name': f'Ranges of {name}, 16 connections',
        'basic': median(rates[length, 'basic']),
        'bearer': median(rates[length, 'bearer']),
        'ratio': median([a / b for a, b in zip(rates[length, 'bearer'], rates[length, 'basic'])]),
    } for length, name in RANGES]


def verifications(program, repository, tokens, rounds):
    """Tokens a second in the domain alone, on a throw-away PostgreSQL."""
    words = ['cargo', 'xtask', 'with-postgres', '--', program, str(tokens), str(rounds)]
    done = subprocess.run(words, cwd=repository, check=True, text=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout.splitlines()[-1])
