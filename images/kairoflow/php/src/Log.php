<?php

declare(strict_types=1);

namespace Kairoflow;

use Throwable;

/** One JSON object a line: to stdout from the console, to the log of php-fpm from a worker. */
final class Log
{
    private const int LONGEST = 2000;

    /** @param array<string, scalar|null> $fields */
    public static function info(string $message, array $fields = []): void
    {
        self::write('info', $message, $fields);
    }

    /** @param array<string, scalar|null> $fields */
    public static function warning(string $message, array $fields = []): void
    {
        self::write('warning', $message, $fields);
    }

    public static function failure(string $message, Throwable $error): void
    {
        self::write('error', $message, [
            'error' => $error::class,
            'reason' => $error->getMessage(),
            'at' => basename($error->getFile()) . ':' . $error->getLine(),
        ]);
    }

    /** @param array<string, scalar|null> $fields */
    private static function write(string $level, string $message, array $fields): void
    {
        $shortened = array_map(
            static fn (mixed $value): mixed => is_string($value) ? mb_strcut($value, 0, self::LONGEST) : $value,
            $fields,
        );
        $line = ['time' => gmdate('Y-m-d\TH:i:s\Z'), 'level' => $level, 'message' => $message] + $shortened;
        $text = json_encode($line, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE);
        file_put_contents(PHP_SAPI === 'cli' ? 'php://stdout' : 'php://stderr', $text . "\n");
    }
}
