'use client';

import { useCallback, useEffect, useMemo, useState } from 'react';
import { Api, ApiError, reachableApi } from '../browser/api.ts';
import { storedToken, storeToken } from '../browser/session.ts';
import { Chat } from './chat.tsx';
import { SignIn } from './sign-in.tsx';
import { TaskList } from './task-list.tsx';

interface Session {
  readonly api: Api;
  readonly email: string;
}

export function App({ apiUrl }: { readonly apiUrl: string }) {
  const [base, setBase] = useState('');
  const [session, setSession] = useState<Session>();
  const [notice, setNotice] = useState('');
  const [isLoading, setIsLoading] = useState(true);
  const [changes, setChanges] = useState(0);
  const anonymous = useMemo(() => new Api(base), [base]);

  const enter = useCallback(async (api: Api, token: string) => {
    const own = api.as(token);
    const email = await own.account();
    storeToken(token);
    setNotice('');
    setSession({ api: own, email });
  }, []);

  const leave = useCallback((why: string) => {
    storeToken('');
    setSession(undefined);
    setNotice(why);
  }, []);

  useEffect(() => {
    const open = async () => {
      const found = await reachableApi(apiUrl, location.origin);
      setBase(found);
      const token = storedToken();
      if (token) await enter(new Api(found), token);
    };
    open()
      .catch((error: Error) => {
        if (error instanceof ApiError && error.status === 401) leave('Please log in again.');
        else setNotice(error.message);
      })
      .finally(() => setIsLoading(false));
  }, [apiUrl, enter, leave]);

  /** Gives words for what went wrong; who is not logged in any more is asked to. */
  const explain = useCallback(
    (error: unknown): string => {
      if (error instanceof ApiError && error.status === 401) leave('Please log in again.');
      return error instanceof Error ? error.message : 'Something went wrong.';
    },
    [leave],
  );
  const taskListChanged = useCallback(() => setChanges((count) => count + 1), []);

  return (
    <>
      <header>
        <h1>PakAura</h1>
        {session && (
          <div className="account">
            <span>{session.email}</span>
            <button type="button" className="quiet" onClick={() => leave('')}>
              Log out
            </button>
          </div>
        )}
      </header>
      {notice && (
        <p className="notice" role="alert">
          {notice}
        </p>
      )}
      {isLoading && <p role="status">Loading …</p>}
      {!isLoading && !session && <SignIn api={anonymous} enter={enter} />}
      {session && (
        <main className="columns">
          <TaskList api={session.api} changes={changes} explain={explain} />
          <Chat api={session.api} changed={taskListChanged} explain={explain} />
        </main>
      )}
    </>
  );
}
