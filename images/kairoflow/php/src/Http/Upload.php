<?php

declare(strict_types=1);

namespace Kairoflow\Http;

use Kairoflow\Unavailable;

/** The field `file` of a multipart form, as php has laid it into its folder for them. */
final readonly class Upload
{
    private function __construct(public string $name, public string $mediaType, private string $path)
    {
    }

    public static function from(Request $request): self
    {
        $sent = $request->files['file'] ?? null;
        if (!is_array($sent) || !is_string($sent['tmp_name'] ?? null)) {
            throw new ApiError(422, 'file: expected one file in a multipart form');
        }
        self::check((int) $sent['error']);
        return new self((string) $sent['name'], (string) $sent['type'], $sent['tmp_name']);
    }

    /** @return resource */
    public function open(): mixed
    {
        return fopen($this->path, 'rb') ?: throw new Unavailable('volume', 'the upload is gone');
    }

    private static function check(int $error): void
    {
        match ($error) {
            UPLOAD_ERR_OK => null,
            UPLOAD_ERR_INI_SIZE, UPLOAD_ERR_FORM_SIZE => throw new ApiError(413, 'the file is too large'),
            UPLOAD_ERR_PARTIAL => throw new ApiError(400, 'the file came only in part'),
            UPLOAD_ERR_NO_FILE => throw new ApiError(422, 'file: expected a file'),
            default => throw new ApiError(507, 'the file cannot be kept'),
        };
    }
}
