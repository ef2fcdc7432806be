/** What the server reads from its environment. */

export interface Settings {
  /** Where the browser finds the api, e.g. `https://pakaura.example.com/api/v1`. */
  readonly apiUrl: string;
  /** Where this server finds it, e.g. `http://api:8000`. */
  readonly apiInternalUrl: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const LEVELS = ['debug', 'info', 'warning', 'error'];

/** Gives the settings. Throws one Error that names every variable that is missing or wrong. */
export function readSettings(environment: Environment): Settings {
  const problems: string[] = [];
  const apiUrl = url(environment, 'NEXT_PUBLIC_API_URL', problems);
  const apiInternalUrl = url(environment, 'API_INTERNAL_URL', problems);
  const port = environment.PORT ?? '';
  if (port !== '' && !(/^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) < 65_536)) {
    problems.push('PORT: expected a number from 1 to 65535');
  }
  const level = environment.LOG_LEVEL ?? '';
  if (level !== '' && !LEVELS.includes(level)) problems.push(`LOG_LEVEL: expected one of ${LEVELS.join(', ')}`);
  if (problems.length > 0) throw new Error(problems.join('; '));
  return { apiUrl, apiInternalUrl };
}

function url(environment: Environment, name: string, problems: string[]): string {
  const value = environment[name]?.replace(/\/+$/, '') ?? '';
  if (value === '') problems.push(`${name} is missing`);
  else if (!isHttp(value)) problems.push(`${name}: expected http:// or https://, a host and a path`);
  return value;
}

function isHttp(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, search, hash, username } = new URL(value);
  return ['http:', 'https:'].includes(protocol) && `${search}${hash}${username}` === '';
}
