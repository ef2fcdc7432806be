<?php

declare(strict_types=1);

namespace Kairoflow\Jobs;

/** Says when a job has to stop: at its deadline, or when it was asked to end. */
final class Clock
{
    private bool $isAskedToEnd = false;
    private readonly float $end;

    public function __construct(float $seconds)
    {
        $this->end = microtime(true) + $seconds;
        pcntl_async_signals(true);
        // SIGQUIT too: it is the image's stop signal, for php-fpm.
        foreach ([SIGTERM, SIGINT, SIGQUIT] as $signal) {
            pcntl_signal($signal, function (): void {
                $this->isAskedToEnd = true;
            });
        }
    }

    public function isOver(): bool
    {
        return $this->isAskedToEnd || microtime(true) >= $this->end;
    }
}
