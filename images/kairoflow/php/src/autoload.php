<?php

declare(strict_types=1);

spl_autoload_register(static function (string $class): void {
    $path = __DIR__ . '/' . str_replace(['Kairoflow\\', '\\'], ['', '/'], $class) . '.php';
    if (str_starts_with($class, 'Kairoflow\\') && is_file($path)) {
        require $path;
    }
});

// A warning is an error: nothing goes on with half of what it needs.
set_error_handler(static function (int $severity, string $message, string $file, int $line): bool {
    if ((error_reporting() & $severity) === 0) {
        return false;
    }
    throw new ErrorException($message, 0, $severity, $file, $line);
});
