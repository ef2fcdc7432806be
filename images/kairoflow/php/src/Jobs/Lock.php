<?php

declare(strict_types=1);

namespace Kairoflow\Jobs;

use PDO;

/** A lock in the database. It ends with the connection, so that a job that was killed holds nothing. */
final readonly class Lock
{
    public function __construct(private PDO $database)
    {
    }

    public function isFree(string $name): bool
    {
        $asked = $this->database->prepare('SELECT pg_try_advisory_lock(hashtextextended(?, 0))');
        $asked->execute(["kairoflow:$name"]);
        return (bool) $asked->fetchColumn();
    }

    public function wait(string $name): void
    {
        $this->database->prepare('SELECT pg_advisory_lock(hashtextextended(?, 0))')->execute(["kairoflow:$name"]);
    }
}
