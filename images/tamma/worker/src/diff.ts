/** Statistics of a unified diff, as `git diff` and `diff -u` write it. */

export interface FileChange {
  readonly file: string;
  added: number;
  removed: number;
}

export interface DiffStatistics {
  readonly files: readonly FileChange[];
  readonly added: number;
  readonly removed: number;
}

const HUNK = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/;

/** Counts by the hunks' own lengths, so that a removed line "-- x" is no file header. */
export function diffStatistics(diff: string): DiffStatistics {
  const files: FileChange[] = [];
  let old = '';
  let before = 0;
  let after = 0;
  for (const line of diff.split(/\r?\n/)) {
    const current = files.at(-1);
    if (current && (before > 0 || after > 0)) {
      if (line.startsWith('+')) current.added++;
      if (line.startsWith('-')) current.removed++;
      if (!line.startsWith('+') && !line.startsWith('\\')) before--;
      if (!line.startsWith('-') && !line.startsWith('\\')) after--;
      continue;
    }
    const hunk = HUNK.exec(line);
    if (hunk) [before, after] = [Number(hunk[1] ?? 1), Number(hunk[2] ?? 1)];
    else if (line.startsWith('--- ')) old = nameIn(line);
    else if (line.startsWith('+++ ')) files.push({ file: chosen(old, nameIn(line)), added: 0, removed: 0 });
  }
  const total = (count: 'added' | 'removed') => files.reduce((sum, file) => sum + file[count], 0);
  return { files, added: total('added'), removed: total('removed') };
}

/** Gives the name of a header line without git's a/ or b/, or the time that `diff -u` puts behind a tab. */
function nameIn(line: string): string {
  return line.slice(4).split('\t', 1)[0]?.replace(/^[ab]\//, '') ?? '';
}

function chosen(old: string, now: string): string {
  return now === '/dev/null' ? old : now;
}
