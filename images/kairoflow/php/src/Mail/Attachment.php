<?php

declare(strict_types=1);

namespace Kairoflow\Mail;

use Closure;

final readonly class Attachment
{
    /** @param Closure(resource): void $writeTo writes its decoded bytes to a stream */
    public function __construct(public string $name, public string $mediaType, public Closure $writeTo)
    {
    }
}
