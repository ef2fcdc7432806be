'use client';

export default function Failed({ reset }: { readonly reset: () => void }) {
  return (
    <main className="narrow">
      <h1>Something went wrong</h1>
      <p>Your tasks are safe.</p>
      <button type="button" onClick={reset}>
        Try again
      </button>
    </main>
  );
}
