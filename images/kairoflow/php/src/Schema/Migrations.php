<?php

declare(strict_types=1);

namespace Kairoflow\Schema;

use Kairoflow\Jobs\Lock;
use Kairoflow\Log;
use PDO;
use RuntimeException;
use Throwable;

/** Applies migrations/*.sql in the order of their names, each once, each in a transaction of its own. */
final readonly class Migrations
{
    public function __construct(private PDO $database, private string $folder)
    {
    }

    /** @return int how many were applied */
    public function apply(): int
    {
        // Another pod may be at a long one.
        $this->database->exec('SET statement_timeout = 0');
        (new Lock($this->database))->wait('migrations');
        $this->database->exec(
            'CREATE TABLE IF NOT EXISTS schema_migrations
             (name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
        );
        $missing = array_diff_key($this->files(), $this->applied());
        foreach ($missing as $name => $path) {
            $this->applyOne($name, $path);
        }
        return count($missing);
    }

    /** @return list<string> what differs between the files and what was applied */
    public function differences(): array
    {
        $sums = array_map(static fn (string $path): string => (string) hash_file('sha256', $path), $this->files());
        $applied = $this->applied();
        $says = static fn (array $names, string $what): array => array_map(static fn (string $name): string => "$name $what", $names);
        return [
            ...$says(array_keys(array_diff_key($sums, $applied)), 'was not applied'),
            ...$says(array_keys(array_diff_key($applied, $sums)), 'was applied, but is not known here'),
            ...$says(array_keys(array_diff_assoc(array_intersect_key($applied, $sums), $sums)), 'was changed after it was applied'),
        ];
    }

    /** @return array<string, string> name → path */
    public function files(): array
    {
        $paths = glob("$this->folder/*.sql") ?: throw new RuntimeException("no migrations in $this->folder");
        return array_combine(array_map(static fn (string $path): string => basename($path, '.sql'), $paths), $paths);
    }

    /** @return array<string, string> name → SHA-256 */
    private function applied(): array
    {
        return $this->database->query('SELECT name, sha256 FROM schema_migrations ORDER BY name')->fetchAll(PDO::FETCH_KEY_PAIR);
    }

    private function applyOne(string $name, string $path): void
    {
        $this->database->beginTransaction();
        try {
            $this->database->exec((string) file_get_contents($path));
            $this->database->prepare('INSERT INTO schema_migrations (name, sha256) VALUES (?, ?)')
                ->execute([$name, hash_file('sha256', $path)]);
            $this->database->commit();
        } catch (Throwable $error) {
            $this->database->rollBack();
            throw $error;
        }
        Log::info('migration applied', ['name' => $name]);
    }
}
