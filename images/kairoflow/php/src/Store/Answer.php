<?php

declare(strict_types=1);

namespace Kairoflow\Store;

final readonly class Answer
{
    public function __construct(public int $status, public string $body)
    {
    }
}
