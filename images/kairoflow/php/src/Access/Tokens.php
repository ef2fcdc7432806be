<?php

declare(strict_types=1);

namespace Kairoflow\Access;

/** JSON Web Tokens of our own, with HMAC and SHA-256 and nothing else (RFC 7519). */
final readonly class Tokens
{
    public const int SECONDS = 3600;
    private const string ISSUER = 'kairoflow';
    private const string HEADER = '{"alg":"HS256","typ":"JWT"}';

    public function __construct(#[\SensitiveParameter] private string $secret)
    {
    }

    public function issue(string $account, int $now): string
    {
        $claims = ['iss' => self::ISSUER, 'sub' => $account, 'iat' => $now, 'exp' => $now + self::SECONDS];
        $signed = self::encode(self::HEADER) . '.' . self::encode(json_encode($claims, JSON_THROW_ON_ERROR));
        return "$signed." . $this->signature($signed);
    }

    /** Give the account that a token was issued to; null if it was not by us, or has expired. */
    public function account(string $token, int $now): ?string
    {
        $parts = explode('.', $token);
        if (count($parts) !== 3 || !hash_equals($this->signature("$parts[0].$parts[1]"), $parts[2])) {
            return null;
        }
        $claims = json_decode(self::decode($parts[1]), true);
        $isOurs = self::decode($parts[0]) === self::HEADER && is_array($claims) && ($claims['iss'] ?? '') === self::ISSUER;
        return $isOurs && is_string($claims['sub']) && $claims['exp'] > $now ? $claims['sub'] : null;
    }

    private function signature(string $signed): string
    {
        return self::encode(hash_hmac('sha256', $signed, $this->secret, true));
    }

    private static function encode(string $bytes): string
    {
        return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
    }

    private static function decode(string $text): string
    {
        return (string) base64_decode(strtr($text, '-_', '+/'), true);
    }
}
