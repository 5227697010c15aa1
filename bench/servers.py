"""The servers that are measured: ours with data of its own, and nginx serving the very same file."""

import base64
import contextlib
import http.client
import json
import os
import re
import secrets
import shutil
import signal
import socket
import string
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

REPOSITORY = Path(__file__).resolve().parent.parent
EMAIL = 'owner@bench.example'
RECORDINGS = '/video/insights/recordings'
SIGN_IN = '/rpc/app/features/sign_ins/api/sign_in'
# Of the file that everybody serves.
SIZE = 256 << 20


def basic(username, password):
    return 'Basic ' + base64.b64encode(f'{username}:{password}'.encode()).decode()


def workspace():
    """A folder on the disk (/tmp may be memory), which PostgreSQL's and nginx's users may enter."""
    folder = Path(tempfile.mkdtemp(prefix='reelgate-bench-', dir='/var/tmp'))
    folder.chmod(0o755)
    return folder


def make_recording(folder, room='room', number='100000000001', octets=SIZE):
    """A real MP4 with a box of random bytes behind it: as large as we like, and as sound as the demo's."""
    demo = next(REPOSITORY.glob('deploy/demo/telehealth/*/*/transcoded.mp4'))
    session = folder / room / number
    session.mkdir(parents=True)
    with open(session / 'transcoded.mp4', 'wb') as out:
        head = demo.read_bytes()
        free = octets - len(head)
        out.write(head + free.to_bytes(4, 'big') + b'free')
        left = free - 8
        while left > 0:
            block = os.urandom(min(left, 1 << 20))
            out.write(block)
            left -= len(block)


class Reelgate:
    """Our release, with an embedded PostgreSQL and the default settings."""

    def __init__(self, program, site, folder):
        self.program, self.folder = program, folder
        self.password = secrets.token_urlsafe(18)
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith('REELGATE_') and name != 'DATABASE_URL'}
        self.environment |= {
            'REELGATE_DATA_DIR': str(folder / 'data'),
            'REELGATE_LISTEN': '127.0.0.1:0',
            'REELGATE_SITE_DIR': str(site),
        }
        self.process = self.port = None

    def command(self, *words, text=''):
        """What it prints."""
        done = subprocess.run([self.program, *words], input=text, text=True, check=True, env=self.environment,
                              stdout=subprocess.PIPE, stderr=self._log())
        return done.stdout

    def fill(self):
        """One account with one recording."""
        incoming = self.folder / 'incoming'
        make_recording(incoming)
        self.command('account', 'create', '--name', 'Bench', '--owner-name', 'Bench', '--email', EMAIL,
                     '--password-file', '-', text=self.password)
        self.command('import', str(incoming), '--account', 'Bench', '--project', 'Bench', '--create-project', '--quiet')
        shutil.rmtree(incoming)

    def start(self):
        """Seconds until /health/ready answers."""
        began = time.monotonic()
        self.process = subprocess.Popen([self.program, 'serve'], env=self.environment, stdout=subprocess.PIPE,
                                        stderr=self._log(), text=True)
        line = self.process.stdout.readline()
        found = re.search(r':(\d+)$', line.strip())
        if not found:
            raise RuntimeError(f'reelgate does not start: see {self.folder / "reelgate.log"}')
        self.port = int(found[1])
        while self.ask('/health/ready')[0] != 200:
            time.sleep(0.001)
        return time.monotonic() - began

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)
        self.process.stdout.close()

    def sign_in(self):
        """The cookie of the owner."""
        form = urlencode({'email': EMAIL, 'password': self.password})
        origin = f'http://127.0.0.1:{self.port}'
        status, headers, body = self.ask(SIGN_IN, 'POST', form, {
            'Content-Type': 'application/x-www-form-urlencoded', 'Origin': origin, 'Referer': f'{origin}/sign-in'})
        cookie = headers.get('set-cookie', '').split(';')[0]
        if not cookie:
            raise RuntimeError(f'nobody can sign in: {status} {body[:200]}')
        return cookie

    def preset(self, cookie):
        """User name and access password, as the owner reads them off the report, and the path of the file."""
        _, _, page = self.ask(f'{RECORDINGS}?show=preset', headers={'Cookie': cookie, 'Accept': 'text/html'})
        found = re.findall(r'<code[^>]*data-value[^>]*>(?:<!>)?([^<]+)', page)
        path = re.search(r'/files/[0-9a-f-]+/[0-9a-f-]+/transcoded\.mp4', page)
        if len(found) < 2 or not path:
            raise RuntimeError('the report shows no credentials or no file')
        return found[0], found[1], path[0]

    def api_secret(self, project):
        """Identifier and a secret that may write of a project that is made for it, and the project's id."""
        of_account = ('--account', 'Bench')
        self.command('project', 'create', project, *of_account)
        made = json.loads(self.command('project', 'secret', *of_account, '--project', project, '--name', 'Bench',
                                       '--write', '--json'))
        listed = json.loads(self.command('project', 'list', *of_account, '--json'))
        found = next(one['id'] for one in listed if one['name'] == project)
        return made['identifier'], made['secret'], found

    def service_account(self):
        """The file of a new one without a role, as its programs read it."""
        return json.loads(self.command('service-account', 'create', 'Bench', '--account', 'Bench'))

    def make_webhook(self, project, url, event_types):
        """An endpoint of a project that is made for it."""
        identifier, secret, _ = self.api_secret(project)
        body = json.dumps({'url': url, 'description': 'Bench', 'event_types': event_types})
        status, _, answer = self.ask('/api/v1/webhooks', 'POST', body, {
            'Content-Type': 'application/json', 'Authorization': basic(identifier, secret)})
        if status != 201:
            raise RuntimeError(f'the webhook is not made: {status} {answer}')

    def ask(self, path, method='GET', body=None, headers=None):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, {n.lower(): v for n, v in answer.getheaders()}, answer.read().decode(errors='replace')

    def resident(self):
        """Bytes of memory that are its own; the program's text and other files do not count."""
        status = Path(f'/proc/{self.process.pid}/status').read_text()
        return int(re.search(r'RssAnon:\s+(\d+)', status)[1]) * 1024

    def object(self):
        """The recording in the vault."""
        return next(path for path in (self.folder / 'data/vault/objects').glob('*/*') if path.stat().st_size == SIZE)

    def _log(self):
        return open(self.folder / 'reelgate.log', 'ab')


def free_port():
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        return listener.getsockname()[1]


def hashed(password, method):
    """A line of htpasswd. perl's crypt is the system's, which knows bcrypt; openssl knows apr1."""
    if method == 'apr1':
        made = subprocess.run(['openssl', 'passwd', '-apr1', '-stdin'], input=password, text=True, check=True,
                              capture_output=True)
        return made.stdout.strip()
    salt = ''.join(secrets.choice(string.ascii_letters + string.digits) for _ in range(21)) + 'e'
    script = f'my $p = <STDIN>; print crypt($p, q($2b$10${salt}))'
    return subprocess.run(['perl', '-e', script], input=password, text=True, check=True, capture_output=True).stdout


class Nginx:
    """Debian's nginx as a file server: without authentication, with auth_basic over apr1, and over bcrypt."""

    def __init__(self, file, username, password, folder):
        self.folder = folder / 'nginx'
        self.ports = {kind: free_port() for kind in ('open', 'apr1', 'bcrypt')}
        root = self.folder / 'root'
        root.mkdir(parents=True)
        # The same bytes in the same blocks of the same disk.
        os.link(file, root / 'transcoded.mp4')
        for method in ('apr1', 'bcrypt'):
            (self.folder / method).write_text(f'{username}:{hashed(password, method)}\n')
        (self.folder / 'nginx.conf').write_text(self._configuration(root))
        self.process = None

    def _configuration(self, root):
        servers = ''
        for kind, port in self.ports.items():
            auth = '' if kind == 'open' else f'auth_basic "Bench"; auth_basic_user_file {self.folder / kind};'
            servers += f'server {{ listen 127.0.0.1:{port}; root {root}; {auth} }}\n'
        template = (REPOSITORY / 'bench/nginx.conf').read_text()
        user = 'user root;' if os.geteuid() == 0 else ''
        return template.replace('@user@', user).replace('@folder@', str(self.folder)).replace('@servers@', servers)

    def start(self):
        # Debian keeps it in sbin, which is not in everyone's PATH.
        program = shutil.which('nginx') or '/usr/sbin/nginx'
        self.process = subprocess.Popen([program, '-c', self.folder / 'nginx.conf', '-p', self.folder, '-e',
                                         self.folder / 'error.log'])
        for port in self.ports.values():
            for _ in range(1000):
                with socket.socket() as probe:
                    if probe.connect_ex(('127.0.0.1', port)) == 0:
                        break
                time.sleep(0.01)
            else:
                raise RuntimeError(f'nginx does not start: see {self.folder / "error.log"}')

    def stop(self):
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(timeout=60)


class Load:
    """The program that asks."""

    def __init__(self, program):
        self.program = program

    def fast(self, port, path, authorization, connections, milliseconds, length=None):
        words = ['fast', *self._target(port, path), '--connections', str(connections),
                 '--milliseconds', str(milliseconds)]
        if length:
            words += ['--range', str(length), '--size', str(SIZE)]
        done = subprocess.run([self.program, *words], env=self._environment(authorization), check=True, text=True,
                              stdout=subprocess.PIPE)
        return json.loads(done.stdout)

    @contextlib.contextmanager
    def slow(self, port, path, authorization, connections, octets):
        """Runs while the context does."""
        words = ['slow', *self._target(port, path), '--connections', str(connections), '--bytes', str(octets)]
        process = subprocess.Popen([self.program, *words], env=self._environment(authorization), text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if process.stdout.readline() != 'open\n':
            raise RuntimeError('the slow downloads do not begin')
        yield
        process.communicate()
        if process.returncode != 0:
            raise RuntimeError('a slow download broke')

    @staticmethod
    def _target(port, path):
        return '--address', f'127.0.0.1:{port}', '--path', path

    @staticmethod
    def _environment(authorization):
        environment = dict(os.environ)
        if authorization:
            environment['LOAD_AUTHORIZATION'] = authorization
        return environment
