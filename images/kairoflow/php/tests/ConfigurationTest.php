<?php

declare(strict_types=1);

namespace Kairoflow\Tests;

use Kairoflow\Configuration;
use Kairoflow\ConfigurationError;
use PHPUnit\Framework\TestCase;

final class ConfigurationTest extends TestCase
{
    public const array COMPLETE = [
        'DATABASE_HOST' => 'postgres', 'DATABASE_NAME' => 'kairoflow', 'DATABASE_USER' => 'kairo', 'DATABASE_PASSWORD' => 'very-secret-1',
        'REDIS_HOST' => 'redis', 'MINIO_ENDPOINT' => 'minio:9000', 'MINIO_USE_SSL' => 'false',
        'MINIO_ACCESS_KEY' => 'access', 'MINIO_SECRET_KEY' => 'very-secret-2',
        'APP_SECRET' => 'very-secret-3-very', 'JWT_SECRET' => 'very-secret-4-very', 'OPENAI_API_KEY' => 'very-secret-5',
        'PHP_MEMORY_LIMIT' => '512M', 'PHP_POST_MAX_SIZE' => '500M', 'PHP_UPLOAD_MAX_FILESIZE' => '500M',
        'PHP_MAX_EXECUTION_TIME' => '600',
    ];

    public function testPortsBucketAndEnvironmentHaveDefaults(): void
    {
        $read = Configuration::fromEnvironment(self::COMPLETE);
        self::assertSame([5432, 6379, 'kairoflow', 'prod'], [
            $read->databasePort, $read->redisPort, $read->storeBucket, $read->environment,
        ]);
    }

    public function testEveryMissingVariableIsNamedInOneLine(): void
    {
        $message = $this->messageFor([]);
        self::assertStringNotContainsString("\n", $message);
        foreach (array_diff(array_keys(self::COMPLETE), ['MINIO_USE_SSL']) as $name) {
            self::assertStringContainsString("$name is missing", $message);
        }
    }

    public function testWrongValuesAreNamedWithoutShowingThem(): void
    {
        $message = $this->messageFor([
            'DATABASE_PORT' => '70000', 'REDIS_PORT' => 'tcp://redis', 'MINIO_ENDPOINT' => 'http://minio', 'JWT_SECRET' => 'short',
            'MINIO_USE_SSL' => 'maybe', 'PHP_MEMORY_LIMIT' => 'plenty',
        ] + self::COMPLETE);
        foreach (['DATABASE_PORT', 'REDIS_PORT', 'MINIO_ENDPOINT', 'JWT_SECRET', 'MINIO_USE_SSL', 'PHP_MEMORY_LIMIT'] as $name) {
            self::assertStringContainsString("$name: expected", $message);
        }
        self::assertStringNotContainsString('short', $message);
    }

    /** @param array<string, string> $environment */
    private function messageFor(array $environment): string
    {
        try {
            Configuration::fromEnvironment($environment);
        } catch (ConfigurationError $error) {
            return $error->getMessage();
        }
        self::fail('expected a ConfigurationError');
    }
}
