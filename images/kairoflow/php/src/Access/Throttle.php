<?php

declare(strict_types=1);

namespace Kairoflow\Access;

use Kairoflow\Unavailable;
use Redis;
use RedisException;

/** Counts failed attempts to sign in, so that nobody can try all passwords. */
final readonly class Throttle
{
    public const int ATTEMPTS = 10;
    public const int SECONDS = 900;

    public function __construct(private Redis $redis)
    {
    }

    /** Count an attempt; tell whether there were not too many of them. */
    public function allows(string $email): bool
    {
        try {
            $key = self::key($email);
            $count = (int) $this->redis->incr($key);
            if ($count === 1) {
                $this->redis->expire($key, self::SECONDS);
            }
            return $count <= self::ATTEMPTS;
        } catch (RedisException $error) {
            throw new Unavailable('redis', $error->getMessage(), $error);
        }
    }

    public function forget(string $email): void
    {
        $this->redis->del(self::key($email));
    }

    private static function key(string $email): string
    {
        return 'kairoflow:attempts:' . hash('sha256', strtolower($email));
    }
}
