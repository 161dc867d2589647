import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../scripts/command.ts';

/** Every page that people read; their command blocks say what becomes of them here. */
export const DOCUMENTS = [
  'README.md',
  '.github/CONTRIBUTING.md',
  '.github/CLIENTS.md',
  'trainer/README.md',
  'trainer/spark/README.md',
  'worker/README.md',
  'worker/OPERATIONS.md',
  'shared/README.md',
  'test/README.md',
  'test/bench/README.md',
  'scripts/README.md',
];

/** A fenced block: ```sh run, ```json output, ```ts worker/routes/count.ts. */
export interface Block {
  readonly document: string;
  /** Of the opening fence, from 1. */
  readonly line: number;
  readonly language: string;
  /** The second word of the fence: what is to be done with it. */
  readonly mark: string;
  readonly text: string;
}

export async function readDocument(document: string): Promise<string> {
  return readFile(join(ROOT, document), 'utf8');
}

export async function blocksOf(document: string): Promise<Block[]> {
  const blocks: Block[] = [];
  let open: { line: number; info: string; text: string[] } | undefined;
  (await readDocument(document)).split('\n').forEach((line, at) => {
    const fence = /^```(.*)$/.exec(line);
    if (!fence) open?.text.push(line);
    else if (!open) open = { line: at + 1, info: fence[1], text: [] };
    else {
      const [language = '', mark = ''] = open.info.trim().split(/\s+/);
      blocks.push({ document, line: open.line, language, mark, text: open.text.join('\n') });
      open = undefined;
    }
  });
  return blocks;
}

/** "README.md:12": where a failure is to be mended. */
export function placeOf({ document, line }: Block): string {
  return `${document}:${line}`;
}
