<?php

declare(strict_types=1);

namespace Kairoflow\Files;

use RuntimeException;

/** Writes files to the shared volumes: whole or not at all. */
final readonly class Volumes
{
    private const int CHUNK = 1024 * 1024;

    public function __construct(private string $root)
    {
    }

    /**
     * Copy a stream into a volume, and sum it up on the way.
     *
     * @param resource $source
     * @return array{int, string} bytes and SHA-256
     */
    public function write(Collection $collection, string $id, mixed $source): array
    {
        $incoming = $this->prepared($collection, "incoming/$id");
        try {
            $written = self::copy($source, $incoming);
            rename($incoming, $this->prepared($collection, Collection::path($id)));
            return $written;
        } finally {
            if (is_file($incoming)) {
                unlink($incoming);
            }
        }
    }

    public function remove(Collection $collection, string $id): void
    {
        $path = $this->folder($collection) . '/' . Collection::path($id);
        if (is_file($path)) {
            unlink($path);
        }
    }

    public function isMounted(Collection $collection): bool
    {
        return is_dir($this->folder($collection));
    }

    /** @return iterable<string, int> path → time of its last change, of all that was ever written */
    public function files(Collection $collection): iterable
    {
        foreach (['incoming/*', 'files/??/*'] as $pattern) {
            foreach (glob($this->folder($collection) . "/$pattern") ?: [] as $path) {
                yield $path => (int) filemtime($path);
            }
        }
    }

    private function folder(Collection $collection): string
    {
        return "$this->root/" . $collection->folder();
    }

    private function prepared(Collection $collection, string $path): string
    {
        $whole = $this->folder($collection) . "/$path";
        if (!is_dir(dirname($whole)) && !@mkdir(dirname($whole), 0750, true) && !is_dir(dirname($whole))) {
            throw new RuntimeException('cannot make ' . dirname($whole));
        }
        return $whole;
    }

    /**
     * @param resource $source
     * @return array{int, string}
     */
    private static function copy(mixed $source, string $path): array
    {
        $target = fopen($path, 'xb') ?: throw new RuntimeException("cannot write $path");
        $sum = hash_init('sha256');
        $bytes = 0;
        while (!feof($source)) {
            $chunk = (string) fread($source, self::CHUNK);
            hash_update($sum, $chunk);
            $bytes += strlen($chunk);
            if (@fwrite($target, $chunk) !== strlen($chunk)) {
                throw new VolumeFull();
            }
        }
        if (!@fsync($target) || !fclose($target)) {
            throw new VolumeFull();
        }
        return [$bytes, hash_final($sum)];
    }
}
