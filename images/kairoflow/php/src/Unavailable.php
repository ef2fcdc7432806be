<?php

declare(strict_types=1);

namespace Kairoflow;

use RuntimeException;
use Throwable;

/** A service that we need does not answer, or not as it should. */
final class Unavailable extends RuntimeException
{
    public function __construct(public readonly string $service, string $reason, ?Throwable $cause = null)
    {
        parent::__construct("$service: $reason", 0, $cause);
    }
}
