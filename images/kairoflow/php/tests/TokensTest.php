<?php

declare(strict_types=1);

namespace Kairoflow\Tests;

use Kairoflow\Access\Tokens;
use PHPUnit\Framework\TestCase;

final class TokensTest extends TestCase
{
    private const string ACCOUNT = '6f9619ff-8b86-4d11-b42d-00c04fc964ff';
    private const int NOW = 1_700_000_000;

    public function testATokenTellsWhoseItIsUntilItExpires(): void
    {
        $tokens = new Tokens('0123456789abcdef');
        $token = $tokens->issue(self::ACCOUNT, self::NOW);
        self::assertSame(self::ACCOUNT, $tokens->account($token, self::NOW + Tokens::SECONDS - 1));
        self::assertNull($tokens->account($token, self::NOW + Tokens::SECONDS));
    }

    public function testATokenOfAnotherSecretIsRefused(): void
    {
        $token = (new Tokens('another secret, quite long'))->issue(self::ACCOUNT, self::NOW);
        self::assertNull((new Tokens('0123456789abcdef'))->account($token, self::NOW));
    }

    public function testClaimsCannotBeChanged(): void
    {
        $tokens = new Tokens('0123456789abcdef');
        [$header, $claims, $signature] = explode('.', $tokens->issue(self::ACCOUNT, self::NOW));
        $changed = rtrim(base64_encode(str_replace('6f96', '0000', (string) base64_decode($claims, true))), '=');
        self::assertNull($tokens->account("$header.$changed.$signature", self::NOW));
    }

    public function testATokenWithoutSignatureIsRefused(): void
    {
        $encode = static fn (array $part): string => rtrim(base64_encode((string) json_encode($part)), '=');
        $claims = $encode(['iss' => 'kairoflow', 'sub' => self::ACCOUNT, 'exp' => self::NOW + 60]);
        self::assertNull((new Tokens('0123456789abcdef'))->account($encode(['alg' => 'none']) . ".$claims.", self::NOW));
        self::assertNull((new Tokens('0123456789abcdef'))->account('no token', self::NOW));
    }
}
