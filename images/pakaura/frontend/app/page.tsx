import { connection } from 'next/server';
import { App } from '../components/app.tsx';
import { readSettings } from '../server/settings.ts';

/** The address of the api is read when the page is asked for, so that one image serves every environment. */
export default async function Page() {
  await connection();
  return <App apiUrl={readSettings(process.env).apiUrl} />;
}
