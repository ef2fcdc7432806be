<?php

declare(strict_types=1);

namespace Kairoflow\Mail;

use RuntimeException;

final class Unreadable extends RuntimeException
{
}
