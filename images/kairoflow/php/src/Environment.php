<?php

declare(strict_types=1);

namespace Kairoflow;

/** Reads environment variables and remembers all that is wrong with them. */
final class Environment
{
    /** @var list<string> */
    private array $problems = [];

    /** @param array<string, string> $values */
    public function __construct(#[\SensitiveParameter] private readonly array $values)
    {
    }

    public function text(string $name, ?string $default = null, string $pattern = '/./', string $expected = 'a text'): string
    {
        $value = $this->values[$name] ?? '';
        if ($value === '') {
            return $default ?? $this->problem("$name is missing");
        }
        return preg_match($pattern, $value) === 1 ? $value : $this->problem("$name: expected $expected");
    }

    public function number(string $name, int $least, int $most, ?int $default = null): int
    {
        $text = $this->text($name, $default === null ? null : (string) $default, '/^\d{1,9}$/D', 'a number');
        if ($text !== '' && ((int) $text < $least || (int) $text > $most)) {
            $this->problem("$name: expected $least to $most");
        }
        return (int) $text;
    }

    public function flag(string $name, bool $default): bool
    {
        return in_array($this->text($name, $default ? '1' : '0', '/^(true|false|1|0)$/D', 'true or false'), ['true', '1'], true);
    }

    public function secret(string $name, int $least): string
    {
        return $this->text($name, null, "/^.{{$least},}$/sD", "at least $least characters");
    }

    /** Throws ConfigurationError with one line for all that was wrong. */
    public function finish(): void
    {
        if ($this->problems !== []) {
            throw new ConfigurationError('configuration: ' . implode('; ', $this->problems));
        }
    }

    private function problem(string $text): string
    {
        $this->problems[] = $text;
        return '';
    }
}
