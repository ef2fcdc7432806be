<?php

declare(strict_types=1);

namespace Kairoflow\Access;

/** A browser's session: a file in the volume of sessions. Never held open while a request does its work. */
final class Session
{
    private const string ACCOUNT = 'account';

    public static function begin(string $account, bool $isHttps): void
    {
        ini_set('session.cookie_secure', $isHttps ? '1' : '0');
        session_start();
        session_regenerate_id(true);
        $_SESSION[self::ACCOUNT] = $account;
        session_write_close();
    }

    public static function account(): ?string
    {
        if (!self::isBrought()) {
            return null;
        }
        session_start(['read_and_close' => true, 'use_cookies' => 0]);
        return $_SESSION[self::ACCOUNT] ?? null;
    }

    public static function end(): void
    {
        if (self::isBrought()) {
            session_start();
            session_destroy();
            setcookie((string) session_name(), '', ['expires' => 1, 'path' => '/']);
        }
    }

    private static function isBrought(): bool
    {
        $brought = $_COOKIE[session_name()] ?? null;
        if (!is_string($brought) || preg_match('/^[A-Za-z0-9,-]{22,256}$/D', $brought) !== 1) {
            return false;
        }
        session_id($brought);
        return true;
    }
}
