"""Taking recordings in: by PUT and by the import, beside `cp` plus `sha256sum` of the same files."""

import json
import os
import shutil
import subprocess
import time
from statistics import median

from servers import make_recording

ROOM = 'room'
# Transfers at once of many small files, over as many connections that are kept.
AT_ONCE = 16
# Of the API, which counts each upload.
QUOTA = 100_000


def chat(number, lines=16):
    """A chat script of some 2 KiB, like no other."""
    said = [{'at': '2026-09-30T10:10:08Z', 'offset_ms': 1000 * line, 'from': 'Emma and Noah Fischer',
             'text': f'The fever was gone on Tuesday, says note {number}.{line}.'} for line in range(lines)]
    return json.dumps({'messages': said}).encode()


def make_large(folder, count, octets):
    """Real recordings, each in a session of its own."""
    for number in range(count):
        make_recording(folder, ROOM, f'{200000000000 + number}', octets)


def make_small(folder, count):
    """Chat scripts, each in a session of its own: the most rows for the fewest bytes."""
    for number in range(count):
        session = folder / ROOM / f'{300000000000 + number}'
        session.mkdir(parents=True)
        (session / 'chat.json').write_bytes(chat(number))


def files_of(folder):
    return sorted(path for path in folder.rglob('*') if path.is_file())


def timed(*words, **options):
    began = time.monotonic()
    subprocess.run([str(word) for word in words], check=True, **options)
    return time.monotonic() - began


def by_cp(folder, copy):
    """Seconds that `cp` and then `sha256sum` take; neither waits for the disk."""
    took = timed('cp', '--recursive', folder, copy)
    took += timed('sh', '-c', 'find "$0" -type f -print0 | xargs -0 sha256sum > "$0.sums"', copy)
    shutil.rmtree(copy)
    return took


def by_import(reelgate, folder, project):
    """Seconds of `reelgate import`, from its start to its end."""
    began = time.monotonic()
    reelgate.command('import', str(folder), '--account', 'Bench', '--project', project, '--create-project', '--quiet')
    return time.monotonic() - began


def by_put(reelgate, folder, project, at_once):
    """Seconds in which curl uploads the files. The secret stands in a file, not among the arguments."""
    identifier, secret, project_id = reelgate.api_secret(project)
    files = files_of(folder)
    lines = []
    for path in files:
        room, number = path.parent.parent.name, path.parent.name
        where = f'/api/v1/projects/{project_id}/sessions/{room}/{number}/files/{path.name}'
        lines += [f'url = "http://127.0.0.1:{reelgate.port}{where}"', f'upload-file = "{path}"',
                  f'user = "{identifier}:{secret}"', 'output = "/dev/null"', 'write-out = "%{http_code}\\n"',
                  'next']
    config = reelgate.folder / 'curl.config'
    config.write_text('\n'.join(lines[:-1]) + '\n')
    config.chmod(0o600)
    words = ['curl', '--silent', '--no-progress-meter', '--config', config]
    if at_once > 1:
        words += ['--parallel', '--parallel-max', str(at_once)]
    began = time.monotonic()
    done = subprocess.run([str(word) for word in words], check=True, text=True, stdout=subprocess.PIPE)
    took = time.monotonic() - began
    config.unlink()
    codes = done.stdout.split()
    if len(codes) != len(files) or set(codes) != {'201'}:
        raise RuntimeError(f'uploads were answered with {sorted(set(codes))}')
    return took


def measure(rounds, reelgate, say, large=2, octets=256 << 20, small=10_000):
    """Both workloads. Each round has projects of its own, so that nothing is known already."""
    # Each small file is a request, and an hour has no more of them.
    rounds = max(1, min(rounds, (QUOTA - 1_000) // (large + small)))
    results = {'rounds': rounds, 'large': large, 'octets': octets, 'small': small}
    for name, make, at_once in (('large', lambda folder: make_large(folder, large, octets), 1),
                                ('small', lambda folder: make_small(folder, small), AT_ONCE)):
        folder = reelgate.folder / f'intake-{name}'
        make(folder)
        count = len(files_of(folder))
        amount = sum(path.stat().st_size for path in files_of(folder)) / 1e9 if name == 'large' else count
        unit = 'GB/s' if name == 'large' else 'files/s'
        times = {'cp': [], 'put': [], 'import': []}
        for number in range(rounds):
            times['cp'].append(by_cp(folder, reelgate.folder / 'copy'))
            times['put'].append(by_put(reelgate, folder, f'Put {name} {number}', at_once))
            times['import'].append(by_import(reelgate, folder, f'Import {name} {number}'))
            rates = ', '.join(f'{way} {amount / taken[-1]:.4g}' for way, taken in times.items())
            say(f'round {number + 1}/{rounds}: intake, {name}: {rates} {unit}')
        shutil.rmtree(folder)
        results[f'{name}_files'] = {
            'unit': unit,
            'rate': {way: median(amount / taken for taken in times[way]) for way in times},
            'ratio': {way: median(peer / ours for peer, ours in zip(times['cp'], times[way]))
                      for way in ('put', 'import')},
        }
    return results
