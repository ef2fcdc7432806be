<?php

declare(strict_types=1);

namespace Kairoflow;

use RuntimeException;

final class ConfigurationError extends RuntimeException
{
}
