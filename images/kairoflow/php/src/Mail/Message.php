<?php

declare(strict_types=1);

namespace Kairoflow\Mail;

/** An e-mail, read. */
final readonly class Message
{
    /**
     * @param list<string> $recipients
     * @param list<Attachment> $attachments
     */
    public function __construct(
        public string $key,
        public string $sender,
        public array $recipients,
        public string $subject,
        public string $body,
        public int $bytes,
        public array $attachments,
    ) {
    }
}
