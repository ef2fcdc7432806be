import type { Metadata, Viewport } from 'next';
import type { ReactNode } from 'react';
import './globals.css';

export const metadata: Metadata = {
  title: 'PakAura',
  description: 'A list of tasks that you can talk to',
  robots: { index: false },
};

export const viewport: Viewport = { colorScheme: 'light dark', width: 'device-width', initialScale: 1 };

export default function Layout({ children }: { readonly children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <noscript>
          <p className="notice">PakAura needs JavaScript.</p>
        </noscript>
        {children}
      </body>
    </html>
  );
}
