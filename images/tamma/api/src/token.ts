/** Prints a token for the api: `node token.js SUBJECT [HOURS]`, where JWT_SECRET is set. */

import { ConfigurationError, readEnvironment } from '@imbricate/chassis';
import { newToken, TOKENS } from '@tamma/tasks';

const [subject, hours = '1'] = process.argv.slice(2);

try {
  if (!subject || !(Number(hours) > 0)) throw new ConfigurationError('expected SUBJECT [HOURS]');
  const { JWT_SECRET } = readEnvironment(TOKENS, process.env);
  console.log(await newToken(subject, Number(hours), JWT_SECRET));
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
