export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  const { watchRequests } = await import('./server/requests.ts');
  const { keepRegistry } = await import('./server/metrics.ts');
  keepRegistry(watchRequests());
}
