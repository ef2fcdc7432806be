<?php

declare(strict_types=1);

namespace Kairoflow;

use Kairoflow\Store\ObjectStore;
use PDO;
use PDOException;
use Redis;
use RedisException;

/** Connects to what lives elsewhere when it is first asked for, and not before. */
final class Connections
{
    private const int CONNECT_SECONDS = 2;
    private const int STATEMENT_MILLISECONDS = 15000;

    private ?PDO $database = null;
    private ?Redis $redis = null;

    public function __construct(private readonly Configuration $configuration)
    {
    }

    public function database(): PDO
    {
        return $this->database ??= $this->connectToDatabase();
    }

    public function redis(): Redis
    {
        return $this->redis ??= $this->connectToRedis();
    }

    public function store(): ObjectStore
    {
        return new ObjectStore($this->configuration);
    }

    private function connectToDatabase(): PDO
    {
        $is = $this->configuration;
        $name = sprintf(
            "pgsql:host=%s;port=%d;dbname='%s';connect_timeout=%d;application_name=kairoflow;options='-c statement_timeout=%d'",
            $is->databaseHost,
            $is->databasePort,
            addcslashes($is->databaseName, "\\'"),
            self::CONNECT_SECONDS,
            self::STATEMENT_MILLISECONDS,
        );
        try {
            return new PDO($name, $is->databaseUser, $is->databasePassword, [
                PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
                PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC,
            ]);
        } catch (PDOException $error) {
            throw new Unavailable('database', trim($error->getMessage()), $error);
        }
    }

    private function connectToRedis(): Redis
    {
        $is = $this->configuration;
        try {
            $redis = new Redis(['host' => $is->redisHost, 'port' => $is->redisPort, 'connectTimeout' => self::CONNECT_SECONDS]);
            $redis->setOption(Redis::OPT_READ_TIMEOUT, self::CONNECT_SECONDS);
            if ($is->redisPassword !== '') {
                $redis->auth($is->redisPassword);
            }
            return $redis;
        } catch (RedisException $error) {
            throw new Unavailable('redis', $error->getMessage(), $error);
        }
    }
}
