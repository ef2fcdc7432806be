/** Readiness: named checks of what a service depends on, run together, each within a time limit. */

/** Resolves if the dependency answers; rejects with an Error that says what is wrong. */
export type Check = () => Promise<unknown>;
export type Checks = Readonly<Record<string, Check>>;

export interface Readiness {
  readonly ready: boolean;
  /** Name of each check, the optional ones too → `ok`, or what is wrong. */
  readonly checks: Readonly<Record<string, string>>;
}

/** `optional` are shown, but what does not answer there leaves the service ready: it can do without. */
export async function readiness(checks: Checks, seconds = 2, optional: Checks = {}): Promise<Readiness> {
  const all = Object.entries({ ...optional, ...checks });
  const results = await Promise.all(all.map(async ([name, check]) => [name, await outcome(check, seconds)] as const));
  return {
    ready: results.every(([name, result]) => result === 'ok' || !(name in checks)),
    checks: Object.fromEntries(results),
  };
}

async function outcome(check: Check, seconds: number): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, seconds * 1000, `no answer within ${seconds} s`);
  });
  try {
    return await Promise.race([check().then(() => 'ok'), late]);
  } catch (error) {
    return error instanceof Error && error.message ? error.message : 'failed';
  } finally {
    clearTimeout(timer);
  }
}
