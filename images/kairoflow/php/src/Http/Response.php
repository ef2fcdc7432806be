<?php

declare(strict_types=1);

namespace Kairoflow\Http;

final readonly class Response
{
    /** @param array<string, string> $headers */
    public function __construct(public int $status, public string $body = '', public array $headers = [])
    {
    }

    /**
     * @param array<mixed> $body
     * @param array<string, string> $headers
     */
    public static function json(int $status, array $body, array $headers = []): self
    {
        $text = json_encode($body, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);
        return new self($status, "$text\n", ['Content-Type' => 'application/json', 'Cache-Control' => 'no-store'] + $headers);
    }

    public function send(): void
    {
        http_response_code($this->status);
        foreach ($this->headers as $name => $value) {
            header("$name: $value");
        }
        echo $this->body;
    }
}
