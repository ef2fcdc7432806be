/** Configuration from environment variables: declared once, checked together, secrets never shown. */

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Variable<T> {
  /** Gives the value, or throws an Error whose message ends the sentence "NAME …" without repeating the value. */
  parse(text: string, environment: Environment): T;
  readonly fallback?: T;
  readonly optional?: boolean;
  readonly secret?: boolean;
}

export type Schema = Readonly<Record<string, Variable<unknown>>>;
export type Configuration<S extends Schema> = { readonly [K in keyof S]: S[K] extends Variable<infer T> ? T : never };

export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

interface Options<T> {
  readonly fallback?: T;
  readonly secret?: boolean;
}

function variable<T>(parse: Variable<T>['parse'], options: Options<T>): Variable<T> {
  return { parse, ...options };
}

export function text(options: Options<string> & { minLength?: number; maxLength?: number } = {}): Variable<string> {
  const { minLength = 1, maxLength = 65_536, ...rest } = options;
  return variable((value) => {
    if (value.length < minLength) throw new Error(`must have at least ${minLength} characters`);
    if (value.length > maxLength) throw new Error(`must have at most ${maxLength} characters`);
    return value;
  }, rest);
}

export function integer(options: Options<number> & { min?: number; max?: number } = {}): Variable<number> {
  const { min = 0, max = Number.MAX_SAFE_INTEGER, ...rest } = options;
  return variable((value) => {
    const number = Number(value);
    if (!/^-?\d+$/.test(value) || number < min || number > max) {
      throw new Error(`must be an integer from ${min} to ${max}`);
    }
    return number;
  }, rest);
}

export function port(fallback: number): Variable<number> {
  return integer({ fallback, min: 0, max: 65_535 });
}

export function flag(options: Options<boolean> = {}): Variable<boolean> {
  return variable((value) => {
    if (value !== 'true' && value !== 'false') throw new Error('must be true or false');
    return value === 'true';
  }, options);
}

export function choice<const T extends string>(choices: readonly T[], options: Options<T> = {}): Variable<T> {
  return variable((value) => {
    const found = choices.find((known) => known === value);
    if (found === undefined) throw new Error(`must be one of ${choices.join(', ')}`);
    return found;
  }, options);
}

/**
 * A URL. `rawPassword` names the variable that holds the password which a manifest put into the URL as it is: there
 * it may contain characters that end a password in a URL, so it is encoded first.
 */
export function url(
  options: Options<string> & { protocols: readonly string[]; rawPassword?: string },
): Variable<string> {
  const { protocols, rawPassword, ...rest } = options;
  return variable((value, environment) => {
    const encoded = encodePassword(value, rawPassword === undefined ? undefined : environment[rawPassword]);
    if (!URL.canParse(encoded) || !protocols.includes(new URL(encoded).protocol.slice(0, -1))) {
      throw new Error(`must be a URL with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}`);
    }
    return encoded;
  }, rest);
}

function encodePassword(value: string, password: string | undefined): string {
  return password ? value.replace(`:${password}@`, () => `:${encodeURIComponent(password)}@`) : value;
}

/** The same variable, `undefined` where it is not given. */
export function optional<T>(inner: Variable<T>): Variable<T | undefined> {
  return { ...inner, optional: true };
}

/** Reads all variables. An empty one counts as missing. Throws one ConfigurationError that names each wrong one. */
export function readEnvironment<S extends Schema>(schema: S, environment: Environment): Configuration<S> {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, declared] of Object.entries(schema)) {
    try {
      values[name] = read(declared, environment[name], environment);
    } catch (error) {
      problems.push(`${name} ${(error as Error).message}${shown(declared, environment[name])}`);
    }
  }
  if (problems.length > 0) throw new ConfigurationError(problems.join('; '));
  return values as Configuration<S>;
}

function read(declared: Variable<unknown>, value: string | undefined, environment: Environment): unknown {
  if (value) return declared.parse(value, environment);
  if (declared.optional || declared.fallback !== undefined) return declared.fallback;
  throw new Error('is missing');
}

function shown(declared: Variable<unknown>, value: string | undefined): string {
  return value && !declared.secret ? `, is ${JSON.stringify(value.slice(0, 60))}` : '';
}
