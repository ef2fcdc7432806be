<?php

declare(strict_types=1);

namespace Kairoflow\Store;

use RuntimeException;

final class TooLarge extends RuntimeException
{
}
