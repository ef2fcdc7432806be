/** The text in what a code host sends: titles, descriptions, comments, commit messages. */

/** Where GitHub and GitLab keep the thing that an event is about. */
const SUBJECTS = ['issue', 'pull_request', 'comment', 'release', 'head_commit', 'object_attributes'];
const WORDS = ['title', 'name', 'body', 'description', 'message', 'note'];

/** Gives the text of an event, one part a line; nothing for an event without any, such as a ping. */
export function textOf(event: unknown): string {
  if (!isObject(event)) return '';
  const commits: unknown[] = Array.isArray(event.commits) ? event.commits : [];
  const subjects = [...SUBJECTS.map((name) => event[name]), ...commits].filter(isObject);
  const parts = subjects.flatMap((subject) => WORDS.map((word) => subject[word]));
  return [...new Set(parts.filter((part) => typeof part === 'string' && part !== ''))].join('\n');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
