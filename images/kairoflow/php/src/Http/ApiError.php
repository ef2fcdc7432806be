<?php

declare(strict_types=1);

namespace Kairoflow\Http;

use RuntimeException;

/** What is wrong with a request, as its sender reads it. */
final class ApiError extends RuntimeException
{
    /** @param array<string, string> $headers */
    public function __construct(public readonly int $status, string $message, public readonly array $headers = [])
    {
        parent::__construct($message);
    }
}
