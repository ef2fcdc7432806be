<?php

declare(strict_types=1);

namespace Kairoflow\Mail;

use Kairoflow\Files\Collection;
use Kairoflow\Files\Files;
use Kairoflow\Files\NewFile;
use Kairoflow\Identifier;
use PDO;
use Throwable;

/** The records of e-mails. */
final readonly class Messages
{
    public function __construct(private PDO $database)
    {
    }

    /** Record a message with its attachments, all or nothing. Tells whether it is new: a known one changes nothing. */
    public function record(Message $message, Files $files): bool
    {
        $this->database->beginTransaction();
        $kept = [];
        try {
            $owner = $this->owner($message->recipients);
            $id = $this->insert($message, $owner);
            foreach ($id === null ? [] : $message->attachments as $attachment) {
                $kept[] = self::keep($attachment, $files, $owner, $id);
            }
            $this->database->commit();
            return $id !== null;
        } catch (Throwable $error) {
            $this->database->rollBack();
            $files->forget(Collection::Uploads, $kept);
            throw $error;
        }
    }

    /** @return list<array<string, mixed>> the newest first */
    public function list(string $owner, int $most): array
    {
        $found = $this->database->prepare(
            'SELECT id, sender, recipient, subject, bytes, received_at FROM messages WHERE owner_id = ?
             ORDER BY received_at DESC, id DESC LIMIT ?',
        );
        $found->execute([$owner, $most]);
        return $found->fetchAll();
    }

    /** @return array<string, mixed>|null */
    public function find(string $owner, string $id): ?array
    {
        $found = $this->database->prepare(
            'SELECT id, sender, recipient, subject, body, bytes, received_at FROM messages WHERE owner_id = ? AND id = ?',
        );
        $found->execute([$owner, $id]);
        $message = $found->fetch();
        if ($message === false) {
            return null;
        }
        $attached = $this->database->prepare('SELECT id, name, media_type, bytes FROM files WHERE message_id = ? ORDER BY name, id');
        $attached->execute([$id]);
        return $message + ['attachments' => $attached->fetchAll()];
    }

    /**
     * Give the account that a message is for; null if none of the recipients has one.
     *
     * @param list<string> $recipients
     */
    private function owner(array $recipients): ?string
    {
        $found = $this->database->prepare('SELECT id FROM accounts WHERE email = ?');
        foreach ($recipients as $email) {
            $found->execute([$email]);
            $id = $found->fetchColumn();
            if ($id !== false) {
                return (string) $id;
            }
        }
        return null;
    }

    private function insert(Message $message, ?string $owner): ?string
    {
        $inserted = $this->database->prepare(
            'INSERT INTO messages (id, message_key, owner_id, sender, recipient, subject, body, bytes)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (message_key) DO NOTHING RETURNING id',
        );
        $inserted->execute([
            Identifier::random(), $message->key, $owner, $message->sender, $message->recipients[0] ?? '',
            $message->subject, $message->body, $message->bytes,
        ]);
        return $inserted->fetchColumn() ?: null;
    }

    private static function keep(Attachment $attachment, Files $files, ?string $owner, string $message): string
    {
        $decoded = tmpfile() ?: throw new Unreadable('no room for an attachment');
        try {
            ($attachment->writeTo)($decoded);
            rewind($decoded);
            $file = new NewFile($attachment->name, $attachment->mediaType, $owner, $message);
            return (string) $files->add(Collection::Uploads, $file, $decoded)['id'];
        } finally {
            fclose($decoded);
        }
    }
}
