/** Work that is repeated until the service stops, and that outlives its own failures. */

import type { Log } from '@imbricate/chassis';

export interface Loop {
  /** Has the work done again at once. */
  wake(): void;
  /** Resolves when the round that runs is over. */
  stop(): Promise<void>;
}

/** Repeats `work` after each pause; at once while it returns true. */
export function repeat(name: string, seconds: number, log: Log, work: () => Promise<boolean | undefined>): Loop {
  let isStopped = false;
  let isWoken = false;
  let endPause = (): void => undefined;
  const pause = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const round = async (): Promise<boolean> => {
    try {
      return (await work()) ?? false;
    } catch (error) {
      log.warn({ loop: name, reason: (error as Error).message }, 'will try again');
      return false;
    }
  };
  const stopped = () => isStopped;
  const running = (async () => {
    await Promise.resolve(); // the first round may want to wake the loop: it begins after the caller has it
    while (!stopped()) {
      isWoken = false;
      const again = await round();
      if (!again && !(isWoken as boolean) && !stopped()) await pause();
    }
  })();
  return {
    wake: () => {
      isWoken = true;
      endPause();
    },
    stop: () => {
      isStopped = true;
      endPause();
      return running;
    },
  };
}
