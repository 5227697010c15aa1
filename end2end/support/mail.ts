// A mail server that keeps what it is sent, on a port of its own.
import { type AddressInfo, type Server, createServer } from 'node:net';
import { createInterface } from 'node:readline';

export class MailServer {
  private readonly letters: string[] = [];
  private readonly waiting: ((letter: string) => void)[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<MailServer> {
    const server = createServer();
    const mail = new MailServer(server);
    server.on('connection', (socket) => {
      let letter: string[] | undefined;
      socket.on('error', () => {});
      socket.write('220 sink\r\n');
      createInterface({ input: socket }).on('line', (line) => {
        if (letter && line !== '.') letter.push(line.startsWith('.') ? line.slice(1) : line);
        else if (letter) {
          mail.put(letter.join('\n'));
          letter = undefined;
          socket.write('250 taken\r\n');
        } else if (/^DATA/i.test(line)) {
          letter = [];
          socket.write('354 go on\r\n');
        } else socket.write(/^QUIT/i.test(line) ? '221 bye\r\n' : '250 fine\r\n');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return mail;
  }

  /** What a server needs to be told to send its mail here. */
  get settings(): Record<string, string> {
    const { port } = this.server.address() as AddressInfo;
    return { REELGATE_SMTP_URL: `smtp://127.0.0.1:${port}`, REELGATE_MAIL_FROM: 'Reelgate <reelgate@stories.example>' };
  }

  /** The next letter, as text. */
  async next(): Promise<string> {
    return this.letters.shift() ?? new Promise((resolve) => this.waiting.push(resolve));
  }

  /** The one-time link of the next letter that has one. */
  async nextLink(): Promise<string> {
    for (;;) {
      // Quoted-printable: long lines are broken, and `=` is written as its code.
      const text = (await this.next()).replace(/=\n/g, '').replace(/=3D/g, '=');
      const link = text.match(/http:\/\/\S+\?token=\w+/)?.[0];
      if (link) return link;
    }
  }

  private put(letter: string): void {
    const waiting = this.waiting.shift();
    if (waiting) waiting(letter);
    else this.letters.push(letter);
  }

  stop(): void {
    this.server.close();
  }
}
