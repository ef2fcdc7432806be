import type { NextConfig } from 'next';
import { identity } from './build/identity.ts';

/** What the server never asks for here: images are not resized, no page is drawn by the experimental React. */
const UNUSED = [
  'node_modules/@img/**',
  'node_modules/sharp/**',
  'node_modules/typescript/**',
  'node_modules/next/dist/server/capsize-font-metrics.json',
  'node_modules/next/dist/compiled/@vercel/og/**',
  'node_modules/next/dist/compiled/next-server/*experimental*',
  'node_modules/next/dist/compiled/next-server/*.dev.js',
  'node_modules/next/dist/compiled/next-server/pages*',
];

const config: NextConfig = {
  output: 'standalone',
  outputFileTracingRoot: import.meta.dirname,
  outputFileTracingExcludes: { '**': UNUSED },
  generateBuildId: () => identity(import.meta.dirname),
  experimental: { cpus: 1 }, // which would be that of the machine, and is written into the server
  deploymentId: '',
  images: { unoptimized: true },
  poweredByHeader: false,
  reactStrictMode: true,
  typescript: { ignoreBuildErrors: true }, // `npm run check` has looked before
  turbopack: { root: import.meta.dirname },
};

export default config;
