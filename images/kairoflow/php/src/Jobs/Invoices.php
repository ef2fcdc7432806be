<?php

declare(strict_types=1);

namespace Kairoflow\Jobs;

use DateTimeImmutable;
use Kairoflow\Identifier;
use Kairoflow\Store\ObjectStore;
use PDO;

/** A weekly invoice for what an account stores. Can run again: an account has one invoice for a week. */
final readonly class Invoices
{
    private const int CENTS_PER_GIB = 10;
    private const int GIB = 1024 ** 3;

    public function __construct(private PDO $database, private ObjectStore $store)
    {
    }

    /** @return array<string, int> */
    public function generate(DateTimeImmutable $now, Clock $clock): array
    {
        $made = $this->make($now->modify('-7 days')->format('o-\WW'));
        $stored = 0;
        foreach ($this->database->query('SELECT * FROM invoices WHERE stored_at IS NULL ORDER BY created_at, id') as $invoice) {
            if ($clock->isOver()) {
                break;
            }
            $this->keep($invoice);
            $stored++;
        }
        return ['made' => $made, 'stored' => $stored];
    }

    /** @return list<array<string, mixed>> */
    public function list(string $account, int $most): array
    {
        $found = $this->database->prepare(
            'SELECT id, period, bytes, amount_cents, created_at FROM invoices WHERE account_id = ? ORDER BY period DESC LIMIT ?',
        );
        $found->execute([$account, $most]);
        return $found->fetchAll();
    }

    private function make(string $period): int
    {
        $stored = $this->database->query(
            'SELECT owner_id, sum(bytes)::bigint AS bytes FROM files WHERE owner_id IS NOT NULL GROUP BY owner_id ORDER BY owner_id',
        );
        $inserted = $this->database->prepare(
            'INSERT INTO invoices (id, account_id, period, bytes, amount_cents) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (account_id, period) DO NOTHING',
        );
        $made = 0;
        foreach ($stored->fetchAll() as ['owner_id' => $account, 'bytes' => $bytes]) {
            $inserted->execute([Identifier::random(), $account, $period, $bytes, self::cents((int) $bytes)]);
            $made += $inserted->rowCount();
        }
        return $made;
    }

    /** @param array<string, mixed> $invoice */
    private function keep(array $invoice): void
    {
        $document = array_diff_key($invoice, ['stored_at' => true]);
        $text = json_encode($document, JSON_THROW_ON_ERROR | JSON_PRETTY_PRINT);
        $this->store->put("invoices/$invoice[period]/$invoice[id].json", $text, 'application/json');
        $this->database->prepare('UPDATE invoices SET stored_at = now() WHERE id = ?')->execute([$invoice['id']]);
    }

    /** Every GiB that was begun is paid. */
    public static function cents(int $bytes): int
    {
        return intdiv($bytes + self::GIB - 1, self::GIB) * self::CENTS_PER_GIB;
    }
}
