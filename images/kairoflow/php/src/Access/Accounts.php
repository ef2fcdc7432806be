<?php

declare(strict_types=1);

namespace Kairoflow\Access;

use Kairoflow\Identifier;
use PDO;

/** People who may sign in. Their passwords are hashed under a key that is not in the database. */
final readonly class Accounts
{
    // Verified when there is no such account, so that both answers take as long.
    private const string NOBODY = '$2y$12$uxGxc.0bbC8zE4jR8GNH9Oq5pVxUQdnJZFJ1cHJ0m7OZmk2YjP4xC';

    public function __construct(private PDO $database, #[\SensitiveParameter] private string $pepper)
    {
    }

    /** Give the id of a new account; null if there is one with this address. */
    public function register(string $email, #[\SensitiveParameter] string $password): ?string
    {
        $inserted = $this->database->prepare(
            'INSERT INTO accounts (id, email, password_hash) VALUES (?, ?, ?) ON CONFLICT (email) DO NOTHING RETURNING id',
        );
        $hash = password_hash($this->peppered($password), PASSWORD_BCRYPT, ['cost' => 12]);
        $inserted->execute([Identifier::random(), strtolower($email), $hash]);
        return $inserted->fetchColumn() ?: null;
    }

    /** Give the id of the account that has this password. */
    public function verify(string $email, #[\SensitiveParameter] string $password): ?string
    {
        $found = $this->database->prepare('SELECT id, password_hash FROM accounts WHERE email = ?');
        $found->execute([strtolower($email)]);
        $account = $found->fetch() ?: ['id' => null, 'password_hash' => self::NOBODY];
        return password_verify($this->peppered($password), $account['password_hash']) ? $account['id'] : null;
    }

    public function email(string $id): ?string
    {
        $found = $this->database->prepare('SELECT email FROM accounts WHERE id = ?');
        $found->execute([$id]);
        return $found->fetchColumn() ?: null;
    }

    private function peppered(#[\SensitiveParameter] string $password): string
    {
        return base64_encode(hash_hmac('sha256', $password, $this->pepper, true));
    }
}
