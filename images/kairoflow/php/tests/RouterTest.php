<?php

declare(strict_types=1);

namespace Kairoflow\Tests;

use Kairoflow\Http\ApiError;
use Kairoflow\Http\Request;
use Kairoflow\Http\Response;
use Kairoflow\Http\Router;
use PHPUnit\Framework\TestCase;

final class RouterTest extends TestCase
{
    private const string ID = '6f9619ff-8b86-4d11-b42d-00c04fc964ff';

    private Router $router;

    protected function setUp(): void
    {
        $this->router = new Router();
        $this->router->add('GET', '/api/files/{id}', static fn (Request $_, string $id): Response => new Response(200, $id));
    }

    public function testTheHandlerGetsTheIdAndTheRouteDoesNotHoldIt(): void
    {
        $request = new Request('GET', '/api/files/' . self::ID);
        [$route, $handler] = $this->router->find($request);
        self::assertSame('/api/files/{id}', $route);
        self::assertSame(self::ID, $handler($request)->body);
    }

    public function testAnotherMethodIsRefusedWithThoseThatAreThere(): void
    {
        $error = $this->errorOf(new Request('PUT', '/api/files/' . self::ID));
        self::assertSame([405, ['Allow' => 'GET']], [$error->status, $error->headers]);
    }

    public function testWhatIsNoIdIsNoSuchPage(): void
    {
        foreach (['/api/files/..%2f', '/api/files/' . self::ID . "\n", '/api/files/' . strtoupper(self::ID), '/nowhere'] as $path) {
            self::assertSame(404, $this->errorOf(new Request('GET', $path))->status);
        }
    }

    private function errorOf(Request $request): ApiError
    {
        try {
            $this->router->find($request)[1]($request);
        } catch (ApiError $error) {
            return $error;
        }
        self::fail('expected an ApiError');
    }
}
