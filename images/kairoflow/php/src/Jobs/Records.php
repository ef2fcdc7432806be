<?php

declare(strict_types=1);

namespace Kairoflow\Jobs;

use Kairoflow\Connections;
use Kairoflow\Log;
use Throwable;

/** How jobs went, kept in Redis: a job's pod is gone before anybody can ask it for metrics. */
final readonly class Records
{
    private const string KEY = 'kairoflow:jobs';

    public function __construct(private Connections $connections)
    {
    }

    /** @param array<string, int> $counts */
    public function keep(string $job, string $outcome, float $seconds, array $counts): void
    {
        try {
            $redis = $this->connections->redis();
            $redis->hIncrBy(self::KEY, "kairoflow_job_runs_total|job=$job,outcome=$outcome", 1);
            $redis->hSet(self::KEY, "kairoflow_job_duration_seconds|job=$job", (string) round($seconds, 3));
            if ($outcome === 'success') {
                $redis->hSet(self::KEY, "kairoflow_job_last_success_timestamp_seconds|job=$job", (string) time());
            }
            foreach ($counts as $what => $count) {
                $redis->hIncrBy(self::KEY, "kairoflow_job_items_total|job=$job,what=$what", $count);
            }
        } catch (Throwable $error) {
            Log::failure('the job could not be counted', $error);
        }
    }

    /** @return array<string, string> name|label=value,… → value; nothing while Redis is away */
    public function all(): array
    {
        try {
            return $this->connections->redis()->hGetAll(self::KEY) ?: [];
        } catch (Throwable $error) {
            Log::failure('no metrics of jobs', $error);
            return [];
        }
    }
}
