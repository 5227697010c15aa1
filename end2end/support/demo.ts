// What stories know of the demo recordings, read from the same files that are imported.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const demoFolder = fileURLToPath(new URL('../../deploy/demo', import.meta.url));

/** Folder and name of each project of the demo. */
export const projects = {
  telehealth: 'Telehealth',
  'customer-support': 'Customer support',
  'online-academy': 'Online academy',
} as const;

export type Kind = 'Individual' | 'Live' | 'Transcoded' | 'Chat' | 'Metadata' | 'Captions';

export interface DemoFile {
  name: string;
  kind: Kind;
  path: string;
  size: number;
}

export interface DemoSession {
  project: string;
  room: string;
  conference: string;
  startedAt: Date;
  files: DemoFile[];
}

function kindOf(name: string): Kind {
  if (name.startsWith('individual')) return 'Individual';
  if (name.startsWith('live')) return 'Live';
  if (name.startsWith('transcoded')) return 'Transcoded';
  if (name.endsWith('.vtt')) return 'Captions';
  return name.startsWith('chat') ? 'Chat' : 'Metadata';
}

function filesOf(folder: string): DemoFile[] {
  return readdirSync(folder).map((name) => {
    const path = join(folder, name);
    return { name, kind: kindOf(name), path, size: statSync(path).size };
  });
}

/** Every session of the demo, newest first. */
export const sessions: DemoSession[] = Object.entries(projects)
  .flatMap(([folder, project]) =>
    readdirSync(join(demoFolder, folder)).flatMap((room) =>
      readdirSync(join(demoFolder, folder, room)).map((conference) => {
        const place = join(demoFolder, folder, room, conference);
        const metadata = JSON.parse(readFileSync(join(place, 'metadata.json'), 'utf8'));
        return { project, room, conference, startedAt: new Date(metadata.started_at), files: filesOf(place) };
      }),
    ),
  )
  .sort((a, b) => b.startedAt.getTime() - a.startedAt.getTime());

/** SHA-256 of bytes, or of a file. */
export function sha256(of: Buffer | string): string {
  return createHash('sha256').update(typeof of === 'string' ? readFileSync(of) : of).digest('hex');
}
