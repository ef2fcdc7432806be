<?php

declare(strict_types=1);

namespace Kairoflow\Files;

use RuntimeException;

final class WrongChecksum extends RuntimeException
{
    public function __construct(public readonly string $actual)
    {
        parent::__construct("the file has SHA-256 $actual");
    }
}
