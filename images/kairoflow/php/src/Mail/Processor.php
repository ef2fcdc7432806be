<?php

declare(strict_types=1);

namespace Kairoflow\Mail;

use Kairoflow\Files\Files;
use Kairoflow\Jobs\Clock;
use Kairoflow\Log;
use Kairoflow\Store\TooLarge;
use PDOException;

/** Takes mail in: a record for each message, its attachments into the uploads. */
final readonly class Processor
{
    private const int BATCH = 100;

    public function __construct(private Mailbox $mailbox, private Messages $messages, private Files $files)
    {
    }

    /** @return array<string, int> how many were recorded, known already, rejected */
    public function run(Clock $clock): array
    {
        $counts = ['recorded' => 0, 'known' => 0, 'rejected' => 0];
        foreach ($this->mailbox->waiting(self::BATCH) as $key) {
            if ($clock->isOver()) {
                Log::info('out of time: the rest waits for the next run');
                break;
            }
            $counts[$this->take($key)]++;
        }
        return $counts;
    }

    /** Take one message in. It leaves the mailbox after its record is kept, so none is lost, and none recorded twice. */
    private function take(string $key): string
    {
        $path = tempnam(sys_get_temp_dir(), 'mail');
        try {
            $this->mailbox->fetch($key, $path);
            $isNew = $this->messages->record(MessageReader::read($path), $this->files);
            $this->mailbox->done($key);
            return $isNew ? 'recorded' : 'known';
        } catch (Unreadable | TooLarge $error) {
            return $this->reject($key, $error->getMessage());
        } catch (PDOException $error) {
            // Class 22: the database cannot hold such data, now or later.
            return str_starts_with((string) $error->getCode(), '22') ? $this->reject($key, 'not to be stored') : throw $error;
        } finally {
            unlink($path);
        }
    }

    private function reject(string $key, string $reason): string
    {
        Log::warning('message rejected', ['key' => $key, 'reason' => $reason]);
        $this->mailbox->reject($key);
        return 'rejected';
    }
}
