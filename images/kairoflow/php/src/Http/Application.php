<?php

declare(strict_types=1);

namespace Kairoflow\Http;

use Kairoflow\Configuration;
use Kairoflow\Connections;
use Kairoflow\Files\VolumeFull;
use Kairoflow\Log;
use Kairoflow\Metrics;
use Kairoflow\Readiness;
use Kairoflow\Unavailable;
use PDOException;
use RedisException;
use Throwable;

/** Answers requests: measures each of them, and says every failure in JSON. */
final readonly class Application
{
    private const array METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

    private function __construct(private Router $router, private bool $tellsReasons)
    {
    }

    /** @param array<string, string> $environment */
    public static function fromEnvironment(array $environment): self
    {
        $configuration = Configuration::fromEnvironment($environment);
        $connections = new Connections($configuration);
        $router = new Router();
        $router->add('GET', '/', static fn (): Response => new Response(200, headers: ['X-Accel-Redirect' => '/index.html']));
        $router->add('GET', '/health', static fn (): Response => Response::json(200, [
            'status' => 'ok',
            'environment' => $configuration->environment,
        ]));
        $router->add('GET', '/ready', static fn (): Response => self::readiness(new Readiness($connections)));
        $router->add('GET', '/metrics', static fn (Request $asked): Response => self::metrics($asked, $connections));
        (new Api($configuration, $connections))->addTo($router);
        return new self($router, $configuration->debug);
    }

    public function handle(Request $request): Response
    {
        $started = hrtime(true);
        [$route, $handler] = $this->router->find($request);
        $response = $this->answer($handler, $request);
        $method = in_array($request->method, self::METHODS, true) ? $request->method : 'other';
        Metrics::request($method, $route, $response->status, (hrtime(true) - $started) / 1e9);
        return $response;
    }

    /** @param callable(Request): Response $handler */
    private function answer(callable $handler, Request $request): Response
    {
        try {
            return $handler($request);
        } catch (ApiError $error) {
            return Response::json($error->status, ['error' => $error->getMessage()], $error->headers);
        } catch (Unavailable | RedisException $error) {
            $service = $error instanceof Unavailable ? $error->service : 'redis';
            return $this->failed(503, "the $service does not answer, try again", $error);
        } catch (PDOException $error) {
            return $this->failed(503, 'the database cannot do this now, try again', $error);
        } catch (VolumeFull $error) {
            return $this->failed(507, 'the volume is full', $error);
        } catch (Throwable $error) {
            return $this->failed(500, 'internal error', $error);
        }
    }

    private function failed(int $status, string $message, Throwable $error): Response
    {
        Log::failure('request failed', $error);
        $body = ['error' => $message] + ($this->tellsReasons ? ['reason' => mb_scrub($error->getMessage())] : []);
        return Response::json($status, $body, $status === 503 ? ['Retry-After' => '5'] : []);
    }

    private static function readiness(Readiness $readiness): Response
    {
        $checks = $readiness->checks();
        $missing = array_keys(array_diff($checks, ['ok']));
        return Response::json($missing === [] ? 200 : 503, ['ready' => $missing === [], 'checks' => $checks]);
    }

    /** Metrics are for those who ask the pod itself, not for who comes in through the proxy. */
    private static function metrics(Request $request, Connections $connections): Response
    {
        if ($request->header('X-Forwarded-Host') !== '') {
            throw new ApiError(404, 'there is no such page');
        }
        return new Response(200, Metrics::text($connections), ['Content-Type' => 'text/plain; version=0.0.4; charset=utf-8']);
    }
}
