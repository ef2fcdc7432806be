<?php

declare(strict_types=1);

namespace Kairoflow\Files;

/** The volumes that hold files; nginx mounts them too. */
enum Collection: string
{
    case Uploads = 'uploads';
    case Recordings = 'recordings';
    case Transcriptions = 'transcriptions';

    public function folder(): string
    {
        return match ($this) {
            self::Uploads => 'www/uploads',
            self::Recordings => 'var/tmp/recordings',
            self::Transcriptions => 'var/tmp/transcriptions',
        };
    }

    /** Give the location of nginx, internal there, that serves a file of the volume. */
    public function location(string $id): string
    {
        return "/$this->value/" . self::path($id);
    }

    /** Give where in the volume a file is: its name there is its id, never the one that a user gave it. */
    public static function path(string $id): string
    {
        return 'files/' . substr($id, 0, 2) . "/$id";
    }
}
