<?php

declare(strict_types=1);

namespace Kairoflow\Files;

use RuntimeException;

final class VolumeFull extends RuntimeException
{
    public function __construct()
    {
        parent::__construct('there is no room for the file');
    }
}
