<?php

declare(strict_types=1);

namespace Kairoflow\Jobs;

use Kairoflow\Files\Collection;
use Kairoflow\Files\Volumes;
use Kairoflow\Log;
use PDO;

/** Removes sessions that have ended, and bytes that no record knows: of uploads that broke off, or a crash. */
final readonly class Cleanup
{
    private const int LONGEST_UPLOAD = 86400;

    public function __construct(private PDO $database, private Volumes $volumes, private string $sessions)
    {
    }

    /** @return array<string, int> */
    public function run(int $now, Clock $clock): array
    {
        $counts = ['sessions' => $this->removeSessions($now - (int) ini_get('session.gc_maxlifetime'))];
        foreach (Collection::cases() as $collection) {
            if (!$this->volumes->isMounted($collection)) {
                Log::warning('volume is not mounted', ['volume' => $collection->value]);
                continue;
            }
            $counts[$collection->value] = $this->removeUnknown($collection, $now - self::LONGEST_UPLOAD, $clock);
        }
        return $counts;
    }

    private function removeSessions(int $before): int
    {
        $old = array_filter(glob("$this->sessions/sess_*") ?: [], static fn (string $path): bool => filemtime($path) < $before);
        return count(array_filter($old, unlink(...)));
    }

    private function removeUnknown(Collection $collection, int $before, Clock $clock): int
    {
        $known = $this->database->prepare('SELECT 1 FROM files WHERE id::text = ? AND collection = ?');
        $removed = 0;
        foreach ($this->volumes->files($collection) as $path => $changed) {
            if ($clock->isOver()) {
                break;
            }
            if ($changed >= $before) {
                continue;
            }
            $known->execute([basename($path), $collection->value]);
            if ($known->fetchColumn() === false && unlink($path)) {
                $removed++;
            }
        }
        return $removed;
    }
}
