<?php

declare(strict_types=1);

namespace Kairoflow\Http;

use Kairoflow\Access\Accounts;
use Kairoflow\Access\Session;
use Kairoflow\Access\Throttle;
use Kairoflow\Access\Tokens;
use Kairoflow\Configuration;
use Kairoflow\Connections;
use Kairoflow\Files\Collection;
use Kairoflow\Files\Files;
use Kairoflow\Files\NewFile;
use Kairoflow\Files\Volumes;
use Kairoflow\Files\WrongChecksum;
use Kairoflow\Identifier;
use Kairoflow\Jobs\Invoices;
use Kairoflow\Mail\Messages;
use Kairoflow\Metrics;

/** What is under /api: accounts, sessions, files, messages, invoices. */
final readonly class Api
{
    private const string COLLECTIONS = 'uploads|recordings|transcriptions';
    private const int PAGE = 50;
    private const array LEAST_AND_MOST = [12, 256];

    public function __construct(private Configuration $configuration, private Connections $connections)
    {
    }

    public function addTo(Router $router): void
    {
        $router->add('POST', '/api/accounts', $this->register(...));
        $router->add('POST', '/api/session', $this->signIn(...));
        $router->add('GET', '/api/session', $this->whoAmI(...));
        $router->add('DELETE', '/api/session', $this->signOut(...));
        $router->add('POST', '/api/files', $this->upload(...));
        $router->add('GET', '/api/files', $this->files(...));
        $router->add('GET', '/api/files/{id}', $this->file(...));
        $router->add('GET', '/api/files/{id}/content', $this->content(...));
        $router->add('DELETE', '/api/files/{id}', $this->remove(...));
        $router->add('GET', '/api/messages', $this->messages(...));
        $router->add('GET', '/api/messages/{id}', $this->message(...));
        $router->add('GET', '/api/invoices', $this->invoices(...));
    }

    private function register(Request $request): Response
    {
        [$email, $password] = self::credentials($request);
        $id = $this->accounts()->register($email, $password) ?? throw new ApiError(409, 'there is an account with this address');
        return Response::json(201, ['id' => $id, 'email' => $email]);
    }

    private function signIn(Request $request): Response
    {
        [$email, $password] = self::credentials($request);
        $throttle = new Throttle($this->connections->redis());
        if (!$throttle->allows($email)) {
            throw new ApiError(429, 'too many attempts, try again later', ['Retry-After' => (string) Throttle::SECONDS]);
        }
        $id = $this->accounts()->verify($email, $password) ?? throw new ApiError(401, 'the address or the password is wrong');
        $throttle->forget($email);
        Session::begin($id, $request->isHttps());
        $token = (new Tokens($this->configuration->tokenSecret))->issue($id, time());
        return Response::json(200, ['account' => $id, 'token' => $token, 'expires_in' => Tokens::SECONDS]);
    }

    private function whoAmI(Request $request): Response
    {
        $id = $this->account($request);
        return Response::json(200, ['account' => $id, 'email' => $this->accounts()->email($id)]);
    }

    private function signOut(): Response
    {
        Session::end();
        return new Response(204);
    }

    private function upload(Request $request): Response
    {
        $owner = $this->account($request);
        $sent = Upload::from($request);
        $collection = Collection::from($request->form('collection', self::COLLECTIONS) ?? Collection::Uploads->value);
        $file = new NewFile($sent->name, $sent->mediaType, $owner, sha256: $request->form('sha256', '[0-9a-f]{64}'));
        $source = $sent->open();
        try {
            $added = $this->filesOf()->add($collection, $file, $source);
        } catch (WrongChecksum $error) {
            throw new ApiError(422, $error->getMessage());
        } finally {
            fclose($source);
        }
        Metrics::upload($collection->value, (int) $added['bytes']);
        return Response::json(201, $added, ['Location' => "/api/files/$added[id]"]);
    }

    private function files(Request $request): Response
    {
        $collection = $request->query('collection', self::COLLECTIONS);
        $found = $this->filesOf()->list(
            $this->account($request),
            $collection === null ? null : Collection::from($collection),
            $request->query('after', Identifier::PATTERN),
            self::page($request),
        );
        return Response::json(200, ['files' => $found]);
    }

    private function file(Request $request, string $id): Response
    {
        return Response::json(200, $this->found($request, $id));
    }

    /** nginx sends the bytes, whole or by range. */
    private function content(Request $request, string $id): Response
    {
        $file = $this->found($request, $id);
        return new Response(200, headers: [
            'X-Accel-Redirect' => Collection::from($file['collection'])->location($id),
            'Content-Type' => $file['media_type'],
            'Content-Disposition' => "attachment; filename*=UTF-8''" . rawurlencode($file['name']),
            'Cache-Control' => 'private, no-cache',
        ]);
    }

    private function remove(Request $request, string $id): Response
    {
        return $this->filesOf()->remove($this->account($request), $id) ? new Response(204) : throw self::noSuch('file');
    }

    private function messages(Request $request): Response
    {
        $messages = new Messages($this->connections->database());
        return Response::json(200, ['messages' => $messages->list($this->account($request), self::page($request))]);
    }

    private function message(Request $request, string $id): Response
    {
        $found = (new Messages($this->connections->database()))->find($this->account($request), $id);
        return Response::json(200, $found ?? throw self::noSuch('message'));
    }

    private function invoices(Request $request): Response
    {
        $invoices = new Invoices($this->connections->database(), $this->connections->store());
        return Response::json(200, ['invoices' => $invoices->list($this->account($request), self::page($request))]);
    }

    /** @return array<string, mixed> */
    private function found(Request $request, string $id): array
    {
        return $this->filesOf()->find($this->account($request), $id) ?? throw self::noSuch('file');
    }

    /** Give whose request it is: by its token, or by its session. */
    private function account(Request $request): string
    {
        $given = $request->header('Authorization');
        $account = str_starts_with($given, 'Bearer ')
            ? (new Tokens($this->configuration->tokenSecret))->account(substr($given, 7), time())
            : Session::account();
        return $account ?? throw new ApiError(401, 'sign in first', ['WWW-Authenticate' => 'Bearer']);
    }

    private function accounts(): Accounts
    {
        return new Accounts($this->connections->database(), $this->configuration->applicationSecret);
    }

    private function filesOf(): Files
    {
        return new Files($this->connections->database(), new Volumes(dirname(__DIR__, 2)));
    }

    /** @return array{string, string} */
    private static function credentials(Request $request): array
    {
        ['email' => $email, 'password' => $password] = $request->json() + ['email' => null, 'password' => null];
        if (!is_string($email) || strlen($email) > 254 || filter_var($email, FILTER_VALIDATE_EMAIL) === false) {
            throw new ApiError(422, 'email: expected an e-mail address');
        }
        [$least, $most] = self::LEAST_AND_MOST;
        if (!is_string($password) || strlen($password) < $least || strlen($password) > $most) {
            throw new ApiError(422, "password: expected $least to $most characters");
        }
        return [$email, $password];
    }

    private static function page(Request $request): int
    {
        return (int) ($request->query('limit', '[1-9]\d?|100') ?? self::PAGE);
    }

    private static function noSuch(string $what): ApiError
    {
        return new ApiError(404, "there is no such $what");
    }
}
