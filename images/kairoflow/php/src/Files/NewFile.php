<?php

declare(strict_types=1);

namespace Kairoflow\Files;

/** What is said of a file by those who bring it. */
final readonly class NewFile
{
    public const int LONGEST_NAME = 255;
    private const string MEDIA_TYPE = '#^[a-z0-9][a-z0-9!\#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!\#$&^_.+-]{0,63}$#D';

    public string $name;
    public string $mediaType;

    public function __construct(
        string $name,
        string $mediaType,
        public ?string $owner,
        public ?string $message = null,
        public ?string $sha256 = null,
    ) {
        $visible = preg_replace('/[\p{C}\/\\\\]+/u', ' ', mb_scrub($name)) ?? '';
        $this->name = mb_strcut(trim($visible), 0, self::LONGEST_NAME) ?: 'unnamed';
        $type = strtolower(trim($mediaType));
        $this->mediaType = preg_match(self::MEDIA_TYPE, $type) === 1 ? $type : 'application/octet-stream';
    }
}
