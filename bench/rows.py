"""What is measured, one function for each kind of row."""

import os
import statistics
import subprocess
import time

from servers import SIZE

MIB = 1 << 20


def median(values):
    return statistics.median(values)


def side_by_side(rounds, milliseconds, load, reelgate, nginx, path, authorization, say):
    """Rates of each workload and server, interleaved, so that a busy moment of the machine hits all of them."""
    workloads = [
        ('Whole file of 256 MiB, 4 clients', 'GB/s', 4, None),
        ('Ranges of 64 KiB, 16 connections', 'answers/s', 16, 64 << 10),
        ('Ranges of 2 KiB, 16 connections', 'answers/s', 16, 2 << 10),
    ]
    rates = {(name, server): [] for name, *_ in workloads for server in ('reelgate', *nginx.ports)}
    for number in range(rounds):
        for name, unit, connections, length in workloads:
            line = f'round {number + 1}/{rounds}: {name}:'
            for server in ('reelgate', *nginx.ports):
                port, where = (reelgate.port, path) if server == 'reelgate' else (nginx.ports[server], '/transcoded.mp4')
                proof = None if server == 'open' else authorization
                seen = load.fast(port, where, proof, connections, milliseconds, length)
                count = seen['bytes'] / 1e9 if length is None else seen['answers']
                rates[name, server].append(count / seen['seconds'])
                line += f' {server} {rates[name, server][-1]:.4g}'
            say(f'{line} {unit}')
    rows = []
    for name, unit, *_ in workloads:
        ours = rates[name, 'reelgate']
        rows.append({
            'name': name,
            'unit': unit,
            'reelgate': median(ours),
            'nginx': {kind: median(rates[name, kind]) for kind in nginx.ports},
            # Of each round, and then the middle one: both of a pair saw the same machine.
            'ratio': {kind: median([a / b for a, b in zip(ours, rates[name, kind])]) for kind in nginx.ports},
        })
    return rows


def cold(rounds, reelgate, nginx, path, authorization):
    """One client, the whole file, when none of it is in the page cache: seconds."""
    def seconds(port, where):
        with open(reelgate.object(), 'rb') as file:
            os.fdatasync(file)
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        began = time.monotonic()
        subprocess.run(['curl', '--silent', '--fail', '--output', '/dev/null', '--header', '@-',
                        f'http://127.0.0.1:{port}{where}'], input=f'Authorization: {authorization}\n', text=True,
                       check=True)
        return time.monotonic() - began

    pairs = [(seconds(reelgate.port, path), seconds(nginx.ports['apr1'], '/transcoded.mp4')) for _ in range(rounds)]
    return {
        'reelgate_gb_per_s': SIZE / 1e9 / median([ours for ours, _ in pairs]),
        'nginx_gb_per_s': SIZE / 1e9 / median([theirs for _, theirs in pairs]),
        'ratio': median([theirs / ours for ours, theirs in pairs]),
    }


def slow_downloads(load, reelgate, path, authorization, connections=1000):
    """Memory that each of many slow downloads costs, and how long a fresh request takes meanwhile."""
    def fresh():
        times = []
        for _ in range(200):
            began = time.monotonic()
            status, _, _ = reelgate.ask(path, headers={'Authorization': authorization, 'Range': 'bytes=0-2047'})
            times.append(time.monotonic() - began)
            if status != 206:
                raise RuntimeError(f'answered {status}')
        times.sort()
        return {'median_ms': median(times) * 1000, 'p99_ms': times[197] * 1000}

    alone = fresh()
    before = reelgate.resident()
    with load.slow(reelgate.port, path, authorization, connections, 4096):
        time.sleep(3)
        meanwhile = fresh()
        during = reelgate.resident()
    return {
        'connections': connections,
        'bytes_per_connection': (during - before) / connections,
        'fresh_alone': alone,
        'fresh_meanwhile': meanwhile,
    }


def starts(reelgate, rounds):
    """Seconds from the start to ready, with the embedded PostgreSQL started too; and memory when nobody has asked."""
    times, memory = [], []
    for _ in range(rounds):
        times.append(reelgate.start())
        memory.append(reelgate.resident())
        reelgate.stop()
    return {'ready_s': median(times), 'idle_bytes': median(memory)}


def site(folder):
    """Bytes of what the first page load fetches, as they are and as they travel."""
    sizes = {}
    for extension in ('wasm', 'js', 'css'):
        file = folder / 'pkg' / f'reelgate.{extension}'
        sizes[extension] = {'raw': file.stat().st_size, 'brotli': file.with_name(file.name + '.br').stat().st_size}
    return sizes
