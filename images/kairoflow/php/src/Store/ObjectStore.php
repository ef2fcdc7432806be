<?php

declare(strict_types=1);

namespace Kairoflow\Store;

use Kairoflow\Configuration;
use Kairoflow\Unavailable;

/** A bucket of an S3 service. Requests are signed by libcurl. */
final readonly class ObjectStore
{
    private const int CONNECT_SECONDS = 2;
    private const int ANSWER_SECONDS = 15;
    private const int LONGEST_ANSWER = 4 * 1024 * 1024;

    public function __construct(private Configuration $configuration)
    {
    }

    public function requireBucket(): void
    {
        $this->expect([200], $this->request('HEAD', ''), 'bucket ' . $this->configuration->storeBucket);
    }

    /** Make the bucket unless it is there. */
    public function ensureBucket(): void
    {
        if ($this->request('HEAD', '')->status === 404) {
            $this->expect([200, 409], $this->request('PUT', ''), 'making the bucket');
        }
    }

    /** @return list<string> the first keys that begin so, in their order */
    public function keys(string $prefix, int $most): array
    {
        $query = ['list-type' => '2', 'max-keys' => (string) $most, 'prefix' => $prefix];
        $answer = $this->expect([200], $this->request('GET', '', $query), "listing $prefix");
        $listed = simplexml_load_string($answer->body, options: LIBXML_NONET) ?: throw new Unavailable('object store', 'no XML');
        $keys = [];
        foreach ($listed->Contents as $object) {
            $keys[] = (string) $object->Key;
        }
        return $keys;
    }

    /** Write an object to a file. Throws TooLarge when it has more bytes than this. */
    public function download(string $key, string $path, int $most): void
    {
        $target = fopen($path, 'wb') ?: throw new Unavailable('object store', "cannot write $path");
        try {
            $this->expect([200], $this->request('GET', $key, target: $target, most: $most), "reading $key");
        } finally {
            fclose($target);
        }
    }

    public function put(string $key, string $body, string $mediaType): void
    {
        $this->expect([200], $this->request('PUT', $key, headers: ["Content-Type: $mediaType"], body: $body), "writing $key");
    }

    public function move(string $from, string $to): void
    {
        $source = '/' . $this->configuration->storeBucket . self::encoded($from);
        $copied = $this->request('PUT', $to, headers: ["x-amz-copy-source: $source"]);
        $this->expect([200], $copied, "copying $from");
        $this->delete($from);
    }

    public function delete(string $key): void
    {
        $this->expect([204, 404], $this->request('DELETE', $key), "deleting $key");
    }

    /**
     * @param array<string, string> $query
     * @param list<string> $headers
     * @param resource|null $target
     */
    private function request(
        string $method,
        string $key,
        array $query = [],
        array $headers = [],
        string $body = '',
        mixed $target = null,
        int $most = self::LONGEST_ANSWER,
    ): Answer {
        $answer = '';
        $received = 0;
        $handle = curl_init($this->url($key, $query));
        curl_setopt_array($handle, $this->options($method, $headers, $body) + [
            CURLOPT_WRITEFUNCTION => static function ($_, string $part) use ($target, $most, &$answer, &$received): int {
                $received += strlen($part);
                if ($received > $most) {
                    return 0;
                }
                $target === null ? $answer .= $part : fwrite($target, $part);
                return strlen($part);
            },
        ]);
        $succeeded = curl_exec($handle);
        if ($received > $most) {
            throw new TooLarge("$key has more than $most bytes");
        }
        if ($succeeded === false) {
            throw new Unavailable('object store', curl_error($handle));
        }
        return new Answer(curl_getinfo($handle, CURLINFO_RESPONSE_CODE), $answer);
    }

    /**
     * @param list<string> $headers
     * @return array<int, mixed>
     */
    private function options(string $method, array $headers, string $body): array
    {
        $is = $this->configuration;
        return [
            CURLOPT_CUSTOMREQUEST => $method,
            CURLOPT_NOBODY => $method === 'HEAD',
            CURLOPT_AWS_SIGV4 => 'aws:amz:us-east-1:s3',
            CURLOPT_USERPWD => "$is->storeAccessKey:$is->storeSecretKey",
            CURLOPT_HTTPHEADER => [...$headers, 'Expect:', 'x-amz-content-sha256: ' . hash('sha256', $body)],
            CURLOPT_PROTOCOLS => CURLPROTO_HTTP | CURLPROTO_HTTPS,
            CURLOPT_CONNECTTIMEOUT => self::CONNECT_SECONDS,
            CURLOPT_TIMEOUT => self::ANSWER_SECONDS,
        ] + ($method === 'PUT' ? [CURLOPT_POSTFIELDS => $body] : []);
    }

    /** @param array<string, string> $query */
    private function url(string $key, array $query): string
    {
        $is = $this->configuration;
        $path = '/' . $is->storeBucket . ($key === '' ? '' : self::encoded($key));
        $scheme = $is->storeUsesTls ? 'https' : 'http';
        ksort($query);
        $asked = $query === [] ? '' : '?' . http_build_query($query, encoding_type: PHP_QUERY_RFC3986);
        return "$scheme://$is->storeEndpoint$path$asked";
    }

    private static function encoded(string $key): string
    {
        return '/' . implode('/', array_map(rawurlencode(...), explode('/', $key)));
    }

    /** @param list<int> $statuses */
    private function expect(array $statuses, Answer $answer, string $what): Answer
    {
        if (!in_array($answer->status, $statuses, true)) {
            throw new Unavailable('object store', "$what: status $answer->status");
        }
        return $answer;
    }
}
