<?php

declare(strict_types=1);

namespace Kairoflow\Files;

use Kairoflow\Identifier;
use PDO;
use Throwable;

/** Files: their bytes in a volume, what is known of them in the database. */
final readonly class Files
{
    private const string COLUMNS = 'id, collection, name, media_type, bytes, sha256, message_id, created_at';

    public function __construct(private PDO $database, private Volumes $volumes)
    {
    }

    /**
     * Keep a file. Throws WrongChecksum when the bytes are not those that were announced.
     *
     * @param resource $source
     * @return array<string, mixed>
     */
    public function add(Collection $collection, NewFile $file, mixed $source): array
    {
        $id = Identifier::random();
        [$bytes, $sum] = $this->volumes->write($collection, $id, $source);
        try {
            if ($file->sha256 !== null && !hash_equals($file->sha256, $sum)) {
                throw new WrongChecksum($sum);
            }
            return $this->insert([
                $id, $file->owner, $file->message, $collection->value, $file->name, $file->mediaType, $bytes, $sum,
            ]);
        } catch (Throwable $error) {
            $this->volumes->remove($collection, $id);
            throw $error;
        }
    }

    /** @return list<array<string, mixed>> the newest first */
    public function list(string $owner, ?Collection $collection, ?string $after, int $most): array
    {
        $found = $this->database->prepare(
            'SELECT ' . self::COLUMNS . ' FROM files WHERE owner_id = :owner
                AND (:collection::text IS NULL OR collection = :collection)
                AND (:after::uuid IS NULL OR (created_at, id) < (SELECT created_at, id FROM files WHERE id = :after))
             ORDER BY created_at DESC, id DESC LIMIT :most',
        );
        $found->execute(['owner' => $owner, 'collection' => $collection?->value, 'after' => $after, 'most' => $most]);
        return $found->fetchAll();
    }

    /** @return array<string, mixed>|null */
    public function find(string $owner, string $id): ?array
    {
        $found = $this->database->prepare('SELECT ' . self::COLUMNS . ' FROM files WHERE owner_id = ? AND id = ?');
        $found->execute([$owner, $id]);
        return $found->fetch() ?: null;
    }

    public function remove(string $owner, string $id): bool
    {
        $removed = $this->database->prepare('DELETE FROM files WHERE owner_id = ? AND id = ? RETURNING collection');
        $removed->execute([$owner, $id]);
        $collection = $removed->fetchColumn();
        if ($collection === false) {
            return false;
        }
        $this->volumes->remove(Collection::from((string) $collection), $id);
        return true;
    }

    /**
     * Remove the bytes of files whose records were rolled back.
     *
     * @param list<string> $ids
     */
    public function forget(Collection $collection, array $ids): void
    {
        foreach ($ids as $id) {
            $this->volumes->remove($collection, $id);
        }
    }

    /**
     * @param list<mixed> $values
     * @return array<string, mixed>
     */
    private function insert(array $values): array
    {
        $inserted = $this->database->prepare(
            'INSERT INTO files (id, owner_id, message_id, collection, name, media_type, bytes, sha256)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING ' . self::COLUMNS,
        );
        $inserted->execute($values);
        return $inserted->fetch();
    }
}
