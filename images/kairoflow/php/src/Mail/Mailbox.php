<?php

declare(strict_types=1);

namespace Kairoflow\Mail;

use Kairoflow\Store\ObjectStore;

/** Where mail arrives: each message an object under mail/incoming/, as mail gateways write them. */
final readonly class Mailbox
{
    public const int LARGEST = 25 * 1024 * 1024;
    private const string INCOMING = 'mail/incoming/';
    private const string REJECTED = 'mail/rejected/';

    public function __construct(private ObjectStore $store)
    {
    }

    /** @return list<string> */
    public function waiting(int $most): array
    {
        return $this->store->keys(self::INCOMING, $most);
    }

    public function fetch(string $key, string $path): void
    {
        $this->store->download($key, $path, self::LARGEST);
    }

    public function done(string $key): void
    {
        $this->store->delete($key);
    }

    /** Set aside what cannot be read, for people to look at. */
    public function reject(string $key): void
    {
        $this->store->move($key, self::REJECTED . substr($key, strlen(self::INCOMING)));
    }
}
