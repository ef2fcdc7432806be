<?php

declare(strict_types=1);

namespace Kairoflow;

use DateTimeImmutable;
use DateTimeZone;
use Kairoflow\Files\Files;
use Kairoflow\Files\Volumes;
use Kairoflow\Jobs\Cleanup;
use Kairoflow\Jobs\Clock;
use Kairoflow\Jobs\Invoices;
use Kairoflow\Jobs\Lock;
use Kairoflow\Jobs\Records;
use Kairoflow\Mail\Mailbox;
use Kairoflow\Mail\Messages;
use Kairoflow\Mail\Processor;
use Kairoflow\Schema\Comparison;
use Kairoflow\Schema\Migrations;
use Throwable;

/** The commands of bin/console. */
final readonly class Console
{
    // Of the fifty seconds that Kubernetes gives it: the rest is for the message at hand.
    private const int MAIL_SECONDS = 35;
    private const int JOB_SECONDS = 3300;
    private const int DATABASE_SECONDS = 120;
    private const array COMMANDS = [
        'config:check', 'migrations:migrate', 'orm:schema:validate', 'app:email:process', 'app:invoice:generate', 'app:cleanup',
    ];
    private const array OPTIONS = ['--no-interaction', '--allow-no-migration'];

    private Connections $connections;
    private string $root;

    private function __construct(Configuration $configuration)
    {
        $this->connections = new Connections($configuration);
        $this->root = dirname(__DIR__);
    }

    /**
     * @param list<string> $arguments
     * @param array<string, string> $environment
     */
    public static function main(array $arguments, array $environment): int
    {
        $command = array_shift($arguments) ?? '';
        if (!in_array($command, self::COMMANDS, true) || array_diff($arguments, self::OPTIONS) !== []) {
            fwrite(STDERR, 'usage: bin/console ' . implode('|', self::COMMANDS) . "\n");
            return 2;
        }
        try {
            return (new self(Configuration::fromEnvironment($environment)))->run($command);
        } catch (ConfigurationError $error) {
            fwrite(STDERR, $error->getMessage() . "\n");
            return 1;
        } catch (Throwable $error) {
            Log::failure("$command failed", $error);
            return 1;
        }
    }

    private function run(string $command): int
    {
        return match ($command) {
            'config:check' => 0,
            'migrations:migrate' => $this->migrate(),
            'orm:schema:validate' => $this->validate(),
            'app:email:process' => $this->job($command, self::MAIL_SECONDS, $this->processMail(...)),
            'app:invoice:generate' => $this->job($command, self::JOB_SECONDS, $this->generateInvoices(...)),
            'app:cleanup' => $this->job($command, self::JOB_SECONDS, $this->cleanUp(...)),
        };
    }

    private function migrate(): int
    {
        $this->waitForDatabase();
        $applied = $this->migrations()->apply();
        Log::info('schema is current', ['applied' => $applied]);
        try {
            $this->connections->store()->ensureBucket();
        } catch (Unavailable $error) {
            // The pod starts without it; /ready tells, and the next run of a job makes it.
            Log::failure('the bucket could not be made', $error);
        }
        return 0;
    }

    private function validate(): int
    {
        $database = $this->connections->database();
        $differences = [...$this->migrations()->differences(), ...(new Comparison($database, $this->migrations()))->differences()];
        foreach ($differences as $difference) {
            Log::warning('schema differs', ['difference' => $difference]);
        }
        Log::info('schema compared', ['differences' => count($differences)]);
        (new Records($this->connections))->keep('orm:schema:validate', $differences === [] ? 'success' : 'failure', 0, []);
        return $differences === [] ? 0 : 1;
    }

    /** @param callable(Clock): array<string, int> $work */
    private function job(string $name, int $seconds, callable $work): int
    {
        $started = microtime(true);
        $clock = new Clock($seconds);
        if (!(new Lock($this->connections->database()))->isFree($name)) {
            Log::info('another run is at work', ['job' => $name]);
            return 0;
        }
        $records = new Records($this->connections);
        try {
            $counts = $work($clock);
        } catch (Throwable $error) {
            $records->keep($name, 'failure', microtime(true) - $started, []);
            throw $error;
        }
        $records->keep($name, 'success', microtime(true) - $started, $counts);
        Log::info('job done', ['job' => $name] + $counts);
        return 0;
    }

    /** @return array<string, int> */
    private function processMail(Clock $clock): array
    {
        $store = $this->connections->store();
        $store->ensureBucket();
        $database = $this->connections->database();
        return (new Processor(new Mailbox($store), new Messages($database), new Files($database, $this->volumes())))->run($clock);
    }

    /** @return array<string, int> */
    private function generateInvoices(Clock $clock): array
    {
        $store = $this->connections->store();
        $store->ensureBucket();
        return (new Invoices($this->connections->database(), $store))->generate(new DateTimeImmutable('now', new DateTimeZone('UTC')), $clock);
    }

    /** @return array<string, int> */
    private function cleanUp(Clock $clock): array
    {
        return (new Cleanup($this->connections->database(), $this->volumes(), (string) session_save_path()))->run(time(), $clock);
    }

    private function migrations(): Migrations
    {
        return new Migrations($this->connections->database(), "$this->root/migrations");
    }

    private function volumes(): Volumes
    {
        return new Volumes($this->root);
    }

    private function waitForDatabase(): void
    {
        $end = microtime(true) + self::DATABASE_SECONDS;
        while (true) {
            try {
                $this->connections->database();
                return;
            } catch (Unavailable $error) {
                if (microtime(true) >= $end) {
                    throw $error;
                }
                sleep(1);
            }
        }
    }
}
