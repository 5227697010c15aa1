"""Webhook deliveries a second to one endpoint, beside a bare loop that posts the same bodies to the same sink."""

import contextlib
import json
import shutil
import subprocess
import time
from statistics import median

from intake import make_small

# As many as Reelgate has to one endpoint at once.
AT_ONCE = 8


class Sink:
    """Answers every POST with 200 and nothing; says how many came, and in which time."""

    def __init__(self, program):
        self.process = subprocess.Popen([program, 'sink'], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.address = self.process.stdout.readline().strip()

    def seen(self, word='look'):
        self.process.stdin.write(f'{word}\n')
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=10)


def drained(reelgate, sink, count, patience=600):
    """Deliveries a second, from the first to the last of a backlog that waits when the server starts."""
    sink.seen('forget')
    reelgate.start()
    try:
        until = time.monotonic() + patience
        while (seen := sink.seen())['count'] < count:
            if time.monotonic() > until:
                raise RuntimeError(f'{seen["count"]} of {count} webhooks came')
            time.sleep(0.05)
    finally:
        reelgate.stop()
    return (count - 1) / seen['seconds'], bytes.fromhex(seen['body'])


def posted(program, sink, body, count):
    words = [program, 'post', '--address', sink.address, '--path', '/hook', '--connections', str(AT_ONCE),
             '--requests', str(count)]
    done = subprocess.run(words, input=body, check=True, stdout=subprocess.PIPE)
    seen = json.loads(done.stdout)
    return seen['requests'] / seen['seconds']


def measure(rounds, reelgate, program, say, count=5_000):
    """Events are made by an import while no server runs, so that all of them wait at its start."""
    ours, theirs = [], []
    with contextlib.closing(Sink(program)) as sink:
        # The sink is on this machine, which webhooks reach only where the operator allows it.
        reelgate.environment['REELGATE_OUTBOUND_NETWORKS'] = '127.0.0.0/8'
        for number in range(rounds):
            project = f'Webhooks {number}'
            reelgate.start()
            try:
                reelgate.make_webhook(project, f'http://{sink.address}/hook', ['session.ended'])
            finally:
                reelgate.stop()
            folder = reelgate.folder / 'webhooks'
            make_small(folder, count)
            reelgate.command('import', str(folder), '--account', 'Bench', '--project', project, '--quiet')
            shutil.rmtree(folder)
            rate, body = drained(reelgate, sink, count)
            ours.append(rate)
            theirs.append(posted(program, sink, body, 4 * count))
            say(f'round {number + 1}/{rounds}: webhooks: reelgate {ours[-1]:.4g}, bare loop {theirs[-1]:.4g} a second')
    return {
        'deliveries': count,
        'connections': AT_ONCE,
        'reelgate': median(ours),
        'bare_loop': median(theirs),
        'ratio': median(a / b for a, b in zip(ours, theirs)),
    }
