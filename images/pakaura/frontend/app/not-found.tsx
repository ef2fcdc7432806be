import Link from 'next/link';

export default function NotFound() {
  return (
    <main className="narrow">
      <h1>No such page</h1>
      <p>
        <Link href="/">To the tasks</Link>
      </p>
    </main>
  );
}
