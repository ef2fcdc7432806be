/** The page that a browser sees under `/`. It holds numbers and fixed words only. */

import type { Counts } from '@tamma/tasks';

export interface Standing {
  readonly tasks: Counts;
  readonly workers: number;
  /** Messages that no worker has taken yet. */
  readonly queue: number;
}

const STYLE = `
  :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
  body { max-width: 30rem; margin: 2rem auto; padding: 0 1rem }
  table { width: 100%; border-collapse: collapse }
  th { text-align: left; font-weight: normal }
  td { text-align: right; font-variant-numeric: tabular-nums }
  tr { border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent) }`;

export function page({ tasks, workers, queue }: Standing): string {
  const rows = Object.entries({ ...tasks, 'workers alive': workers, 'messages waiting': queue });
  const body = rows.map(([name, number]) => `<tr><th scope="row">${name}</th><td>${number}</td></tr>`).join('');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>tamma</title><style>${STYLE}</style></head>
<body><h1>tamma</h1><table><caption>Tasks, by status</caption><tbody>${body}</tbody></table></body></html>
`;
}
