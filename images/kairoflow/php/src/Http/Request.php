<?php

declare(strict_types=1);

namespace Kairoflow\Http;

/** What a request brings. */
final readonly class Request
{
    private const int LONGEST_JSON = 65536;

    /**
     * @param array<string, mixed> $query
     * @param array<string, mixed> $form
     * @param array<string, mixed> $files
     * @param array<string, mixed> $server
     */
    public function __construct(
        public string $method,
        public string $path,
        private array $query = [],
        private array $form = [],
        public array $files = [],
        private array $server = [],
    ) {
    }

    public static function fromGlobals(): self
    {
        $path = parse_url((string) $_SERVER['REQUEST_URI'], PHP_URL_PATH);
        return new self((string) $_SERVER['REQUEST_METHOD'], is_string($path) ? $path : '/', $_GET, $_POST, $_FILES, $_SERVER);
    }

    public function header(string $name): string
    {
        return (string) ($this->server['HTTP_' . strtoupper(strtr($name, '-', '_'))] ?? '');
    }

    public function isHttps(): bool
    {
        return $this->header('X-Forwarded-Proto') === 'https';
    }

    public function bytes(): int
    {
        return (int) ($this->server['CONTENT_LENGTH'] ?? 0);
    }

    public function query(string $name, string $pattern): ?string
    {
        return self::matched($this->query, $name, $pattern);
    }

    public function form(string $name, string $pattern): ?string
    {
        return self::matched($this->form, $name, $pattern);
    }

    /** @return array<mixed> */
    public function json(): array
    {
        if ($this->bytes() > self::LONGEST_JSON) {
            throw new ApiError(413, 'the body has more than ' . self::LONGEST_JSON . ' bytes');
        }
        $body = json_decode((string) file_get_contents('php://input', length: self::LONGEST_JSON), true, 8);
        return is_array($body) ? $body : throw new ApiError(400, 'expected a JSON object');
    }

    /** @param array<string, mixed> $values */
    private static function matched(array $values, string $name, string $pattern): ?string
    {
        $value = $values[$name] ?? null;
        if ($value === null) {
            return null;
        }
        if (!is_string($value) || preg_match("~^(?:$pattern)$~D", $value) !== 1) {
            throw new ApiError(422, "$name: expected $pattern");
        }
        return $value;
    }
}
