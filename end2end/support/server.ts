// The program under test: its command line, and servers of a story's own.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const program = process.env.REELGATE_BIN ?? 'REELGATE_BIN is not set: use end2end/run';

/** Runs a command to its end, on the data of the common server or of another. Its standard output. */
export function reelgate(args: string[], input = '', dataDir = process.env.REELGATE_DATA_DIR): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, REELGATE_DATA_DIR: dataDir };
    const child = execFile(program, args, { env }, (error, stdout, stderr) => {
      if (error) reject(new Error(`reelgate ${args.join(' ')}: ${stderr || error.message}`));
      else resolve(stdout);
    });
    // A command that fails may not read it all; how it failed is told above.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

/** A server with a data folder of its own, empty at first. */
export class OwnServer {
  private constructor(
    readonly url: string,
    /** Everything it printed when it was ready. */
    readonly announcement: string,
    private readonly dataDir: string,
    private readonly child: ChildProcess,
  ) {}

  /** With further settings, by their names in the environment. */
  static async start(settings: Record<string, string> = {}): Promise<OwnServer> {
    const dataDir = await mkdtemp(join(tmpdir(), 'reelgate-story-'));
    // As root, PostgreSQL runs as a user who must get through to its own folder in there.
    await chmod(dataDir, 0o711);
    const env = { ...process.env, REELGATE_DATA_DIR: dataDir, REELGATE_LISTEN: '127.0.0.1:0', ...settings };
    const child = spawn(program, ['serve'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (text) => (errors += text));
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      // The set-up address is the last thing that a server without an account says.
      if (line.includes('/set-up?code=')) break;
    }
    const url = lines.join('\n').match(/http:\/\/[^\s/]+/)?.[0];
    if (!url) throw new Error(`the server did not start: ${errors}`);
    return new OwnServer(url, lines.join('\n'), dataDir, child);
  }

  async stop(): Promise<void> {
    const stopped = new Promise((resolve) => this.child.once('exit', resolve));
    if (this.child.exitCode === null && this.child.kill('SIGTERM')) await stopped;
    await rm(this.dataDir, { recursive: true, force: true });
  }
}
