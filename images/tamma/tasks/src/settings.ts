/** The variables that several of the services take, by the names of the manifests. */

import { text, url } from '@imbricate/chassis';

export const DATABASE = {
  DATABASE_URL: url({ protocols: ['postgresql', 'postgres'], secret: true, rawPassword: 'DATABASE_PASSWORD' }),
};
export const REDIS = { REDIS_URL: url({ protocols: ['redis', 'rediss'], secret: true }) };
export const TOKENS = { JWT_SECRET: text({ minLength: 16, secret: true }) };
