'use client';

import { type FormEvent, useState } from 'react';
import type { Api } from '../browser/api.ts';

interface Properties {
  readonly api: Api;
  readonly enter: (api: Api, token: string) => Promise<void>;
}

export function SignIn({ api, enter }: Properties) {
  const [isNew, setIsNew] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState('');

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const credentials = { email: String(form.get('email')), password: String(form.get('password')) };
    setIsBusy(true);
    setProblem('');
    try {
      await enter(api, await (isNew ? api.signUp(credentials) : api.logIn(credentials)));
    } catch (error) {
      setProblem((error as Error).message);
      setIsBusy(false);
    }
  };

  const name = isNew ? 'Sign up' : 'Log in';
  return (
    <main className="narrow">
      <h2>{name}</h2>
      <form onSubmit={submit} aria-busy={isBusy}>
        <label htmlFor="email">E-mail address</label>
        <input id="email" name="email" type="email" autoComplete="username" required maxLength={254} />
        <label htmlFor="password">Password</label>
        <input
          id="password"
          name="password"
          type="password"
          autoComplete={isNew ? 'new-password' : 'current-password'}
          aria-describedby="password-hint"
          required
          minLength={8}
          maxLength={128}
        />
        <p id="password-hint" className="hint">
          At least 8 characters
        </p>
        <p role="alert" className="problem">
          {problem}
        </p>
        <button type="submit" disabled={isBusy}>
          {name}
        </button>
      </form>
      <p>
        {isNew ? 'You have an account?' : 'You are new here?'}{' '}
        <button
          type="button"
          className="quiet"
          onClick={() => {
            setIsNew(!isNew);
            setProblem('');
          }}
        >
          {isNew ? 'Log in instead' : 'Sign up instead'}
        </button>
      </p>
    </main>
  );
}
