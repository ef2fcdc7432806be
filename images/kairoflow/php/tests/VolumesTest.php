<?php

declare(strict_types=1);

namespace Kairoflow\Tests;

use Kairoflow\Files\Collection;
use Kairoflow\Files\NewFile;
use Kairoflow\Files\Volumes;
use Kairoflow\Identifier;
use PHPUnit\Framework\TestCase;

final class VolumesTest extends TestCase
{
    private string $root;
    private Volumes $volumes;

    protected function setUp(): void
    {
        $this->root = sys_get_temp_dir() . '/' . Identifier::random();
        foreach (Collection::cases() as $collection) {
            mkdir("$this->root/" . $collection->folder(), recursive: true);
        }
        $this->volumes = new Volumes($this->root);
    }

    public function testAFileIsCopiedAndSummedUp(): void
    {
        $bytes = random_bytes(3_000_001);
        $id = Identifier::random();
        self::assertSame([3_000_001, hash('sha256', $bytes)], $this->volumes->write(Collection::Recordings, $id, $this->stream($bytes)));
        self::assertStringEqualsFile("$this->root/var/tmp/recordings/" . Collection::path($id), $bytes);
        self::assertSame([], glob("$this->root/var/tmp/recordings/incoming/*"));
    }

    public function testWhatIsThereAlreadyIsNeverWrittenTo(): void
    {
        $id = Identifier::random();
        $victim = "$this->root/victim";
        file_put_contents($victim, 'as before');
        mkdir("$this->root/www/uploads/incoming");
        symlink($victim, "$this->root/www/uploads/incoming/$id");
        try {
            $this->volumes->write(Collection::Uploads, $id, $this->stream('bytes'));
            self::fail('wrote through a link');
        } catch (\ErrorException) {
            self::assertStringEqualsFile($victim, 'as before');
            self::assertSame([], glob("$this->root/www/uploads/files/*/*"));
        }
    }

    public function testOnlyRemovedFilesAreGone(): void
    {
        [$kept, $removed] = [Identifier::random(), Identifier::random()];
        foreach ([$kept, $removed] as $id) {
            $this->volumes->write(Collection::Uploads, $id, $this->stream($id));
        }
        $this->volumes->remove(Collection::Uploads, $removed);
        $left = array_keys(iterator_to_array($this->volumes->files(Collection::Uploads)));
        self::assertSame(["$this->root/www/uploads/" . Collection::path($kept)], $left);
    }

    public function testANameIsNeverAPath(): void
    {
        $file = new NewFile("../../etc/\x00passwd\r\nX: y", 'text/html; charset=utf-8', null);
        self::assertDoesNotMatchRegularExpression('#[/\\\\\x00-\x1f]#', $file->name);
        self::assertSame('application/octet-stream', $file->mediaType);
        self::assertSame('unnamed', (new NewFile('//', 'image/png', null))->name);
    }

    /** @return resource */
    private function stream(string $bytes): mixed
    {
        $stream = fopen('php://temp', 'w+b');
        fwrite($stream, $bytes);
        rewind($stream);
        return $stream;
    }
}
