<?php

declare(strict_types=1);

namespace Kairoflow\Tests;

use Kairoflow\Jobs\Invoices;
use PHPUnit\Framework\TestCase;

final class InvoicesTest extends TestCase
{
    public function testEveryGibibyteThatWasBegunIsPaid(): void
    {
        self::assertSame([0, 10, 10, 20], array_map(Invoices::cents(...), [0, 1, 1024 ** 3, 1024 ** 3 + 1]));
    }
}
