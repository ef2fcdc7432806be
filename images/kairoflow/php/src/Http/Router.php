<?php

declare(strict_types=1);

namespace Kairoflow\Http;

use Closure;
use Kairoflow\Identifier;

/** Finds the handler of a request. The name of a route has no values in it: metrics are counted by it. */
final class Router
{
    /** @var array<string, array<string, Closure>> route → method → handler */
    private array $routes = [];

    public function add(string $method, string $route, Closure $handler): void
    {
        $this->routes[$route][$method] = $handler;
    }

    /** @return array{string, Closure(Request): Response} the route and what answers */
    public function find(Request $request): array
    {
        foreach ($this->routes as $route => $handlers) {
            if (preg_match(self::pattern($route), $request->path, $found) !== 1) {
                continue;
            }
            $handler = $handlers[$request->method] ?? null;
            return [$route, static fn (Request $asked): Response => $handler === null
                ? throw new ApiError(405, "$asked->method is not for this", ['Allow' => implode(', ', array_keys($handlers))])
                : $handler($asked, ...array_slice($found, 1))];
        }
        return ['unknown', static fn (): Response => throw new ApiError(404, 'there is no such page')];
    }

    private static function pattern(string $route): string
    {
        return '~^' . str_replace('{id}', '(' . Identifier::PATTERN . ')', $route) . '$~D';
    }
}
