<?php

declare(strict_types=1);

namespace Kairoflow;

use Closure;
use Throwable;

/** Asks every service that requests need. */
final readonly class Readiness
{
    public function __construct(private Connections $connections)
    {
    }

    /** @return array<string, string> service → ok, or what is wrong */
    public function checks(): array
    {
        return array_map(self::check(...), [
            'database' => fn (): mixed => $this->connections->database()->query('SELECT 1 FROM schema_migrations LIMIT 1'),
            'redis' => fn (): mixed => $this->connections->redis()->ping(),
            'object store' => fn (): mixed => $this->connections->store()->requireBucket(),
        ]);
    }

    private static function check(Closure $asked): string
    {
        try {
            $asked();
            return 'ok';
        } catch (Throwable $error) {
            Log::failure('not ready', $error);
            return 'away';
        }
    }
}
