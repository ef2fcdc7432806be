<?php

declare(strict_types=1);

namespace Kairoflow;

/** All that the environment says, checked. */
final readonly class Configuration
{
    private const string HOST = '/^[A-Za-z0-9]([A-Za-z0-9.-]{0,252})$|^[0-9A-Fa-f:]+$/D';
    private const string ENDPOINT = '/^[A-Za-z0-9][A-Za-z0-9.-]{0,252}(:\d{1,5})?$/D';
    private const string BUCKET = '/^[a-z0-9][a-z0-9.-]{2,62}$/D';
    private const array SIZES = ['PHP_MEMORY_LIMIT', 'PHP_POST_MAX_SIZE', 'PHP_UPLOAD_MAX_FILESIZE'];

    public function __construct(
        public string $databaseHost,
        public int $databasePort,
        public string $databaseName,
        public string $databaseUser,
        #[\SensitiveParameter] public string $databasePassword,
        public string $redisHost,
        public int $redisPort,
        #[\SensitiveParameter] public string $redisPassword,
        public string $storeEndpoint,
        public bool $storeUsesTls,
        public string $storeBucket,
        public string $storeAccessKey,
        #[\SensitiveParameter] public string $storeSecretKey,
        #[\SensitiveParameter] public string $applicationSecret,
        #[\SensitiveParameter] public string $tokenSecret,
        public string $environment,
        public bool $debug,
    ) {
    }

    /** @param array<string, string> $values */
    public static function fromEnvironment(#[\SensitiveParameter] array $values): self
    {
        $read = new Environment($values);
        $configuration = new self(
            databaseHost: $read->text('DATABASE_HOST', null, self::HOST, 'a host'),
            databasePort: $read->number('DATABASE_PORT', 1, 65535, 5432),
            databaseName: $read->text('DATABASE_NAME'),
            databaseUser: $read->text('DATABASE_USER'),
            databasePassword: $read->secret('DATABASE_PASSWORD', 1),
            redisHost: $read->text('REDIS_HOST', null, self::HOST, 'a host'),
            redisPort: $read->number('REDIS_PORT', 1, 65535, 6379),
            redisPassword: $read->text('REDIS_PASSWORD', ''),
            storeEndpoint: $read->text('MINIO_ENDPOINT', null, self::ENDPOINT, 'host or host:port'),
            storeUsesTls: $read->flag('MINIO_USE_SSL', true),
            storeBucket: $read->text('MINIO_BUCKET', 'kairoflow', self::BUCKET, 'a bucket name'),
            storeAccessKey: $read->text('MINIO_ACCESS_KEY'),
            storeSecretKey: $read->secret('MINIO_SECRET_KEY', 8),
            applicationSecret: $read->secret('APP_SECRET', 16),
            tokenSecret: $read->secret('JWT_SECRET', 16),
            environment: $read->text('NETTE_ENV', 'prod', '/^[a-z]{1,20}$/D', 'a name like prod'),
            debug: $read->flag('NETTE_DEBUG', false),
        );
        self::checkWhatPhpReads($read);
        $read->finish();
        return $configuration;
    }

    private static function checkWhatPhpReads(Environment $read): void
    {
        $read->secret('OPENAI_API_KEY', 1);
        $read->number('PHP_MAX_EXECUTION_TIME', 1, 86400);
        foreach (self::SIZES as $name) {
            $read->text($name, null, '/^[1-9]\d*[KMG]?$/D', 'a size like 512M');
        }
    }
}
