<?php

declare(strict_types=1);

namespace Kairoflow\Tests;

use Kairoflow\Mail\Message;
use Kairoflow\Mail\MessageReader;
use Kairoflow\Mail\Unreadable;
use PHPUnit\Framework\TestCase;

final class MessageReaderTest extends TestCase
{
    public function testHeadersTextAndAttachmentsAreRead(): void
    {
        $message = $this->read('with-attachments');
        self::assertSame('id:<20250101.1@sender.example.com>', $message->key);
        self::assertSame('zoe@sender.example.com', $message->sender);
        self::assertSame(['accounts@kairoflow.example.com', 'second@example.com'], $message->recipients);
        self::assertSame('Rechnung für März', $message->subject);
        self::assertSame("Grüße aus Köln\n", str_replace("\r", '', $message->body));
        self::assertSame(['Übersicht.csv', 'photo.png'], array_column($message->attachments, 'name'));
        self::assertSame(['text/csv', 'image/png'], array_column($message->attachments, 'mediaType'));
        self::assertSame("month,cents\nMarch,1200\n", $this->content($message, 0));
        self::assertSame("\x89PNG", substr($this->content($message, 1), 0, 4));
    }

    public function testOfHtmlOnlyTheTextIsKept(): void
    {
        $message = $this->read('only-html');
        self::assertStringContainsString('Tea & biscuits', $message->body);
        self::assertStringNotContainsString('<', $message->body);
    }

    public function testWithoutMessageIdItsBytesAreItsKey(): void
    {
        self::assertSame('sha256:' . hash_file('sha256', $this->path('only-html')), $this->read('only-html')->key);
    }

    public function testWhatHasNoSenderIsUnreadable(): void
    {
        $path = (string) tempnam(sys_get_temp_dir(), 'mail');
        foreach (['', "\x00\x01\x02", "Subject: nobody\r\n\r\ntext", "From: not an address\r\n\r\ntext"] as $bytes) {
            file_put_contents($path, $bytes);
            try {
                MessageReader::read($path);
                self::fail('read: ' . json_encode($bytes));
            } catch (Unreadable $error) {
                self::assertNotSame('', $error->getMessage());
            }
        }
    }

    public function testTooManyPartsAreRefused(): void
    {
        $path = (string) tempnam(sys_get_temp_dir(), 'mail');
        $part = "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n";
        $head = "From: a@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";
        file_put_contents($path, $head . str_repeat($part, 200) . "--b--\r\n");
        $this->expectException(Unreadable::class);
        MessageReader::read($path);
    }

    private function read(string $name): Message
    {
        return MessageReader::read($this->path($name));
    }

    private function path(string $name): string
    {
        return __DIR__ . "/messages/$name.eml";
    }

    private function content(Message $message, int $number): string
    {
        $stream = fopen('php://temp', 'w+b');
        ($message->attachments[$number]->writeTo)($stream);
        return (string) stream_get_contents($stream, offset: 0);
    }
}
