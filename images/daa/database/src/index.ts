export { type Connected, connect, DATABASE, inPublic } from './connect.js';
export { Migrating } from './migrating.js';
export { only, ReplicatedDatabase, type ReplicatedOptions, type Written } from './replicated.js';
export { TOKEN_HEADER, tokenIn } from './token.js';
