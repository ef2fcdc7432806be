<?php

declare(strict_types=1);

namespace Kairoflow\Mail;

/** Reads an e-mail from a file, as RFC 5322 and MIME have it. */
final class MessageReader
{
    private const int MOST_PARTS = 100;
    private const int LONGEST_BODY = 256 * 1024;
    private const int LONGEST_HEADER = 1000;

    /** Throws Unreadable. */
    public static function read(string $path): Message
    {
        $mime = mailparse_msg_parse_file($path) ?: throw new Unreadable('not a message');
        $parts = self::parts($mime);
        $headers = $parts[0]['headers'] ?? [];
        $senders = self::addresses($headers['from'] ?? '');
        if ($senders === []) {
            throw new Unreadable('no sender');
        }
        return new Message(
            self::key($headers, $path),
            $senders[0],
            array_values(array_unique([
                ...self::addresses($headers['delivered-to'] ?? ''),
                ...self::addresses($headers['to'] ?? ''),
                ...self::addresses($headers['cc'] ?? ''),
            ])),
            self::header($headers['subject'] ?? ''),
            self::body($parts, $path),
            (int) filesize($path),
            self::attachments($parts, $path),
        );
    }

    /**
     * @param resource $mime
     * @return list<array<string, mixed>> the message, then its parts, each with its resource
     */
    private static function parts(mixed $mime): array
    {
        $names = mailparse_msg_get_structure($mime);
        if (count($names) > self::MOST_PARTS) {
            throw new Unreadable('too many parts');
        }
        return array_map(static function (string $name) use ($mime): array {
            $part = mailparse_msg_get_part($mime, $name);
            return mailparse_msg_get_part_data($part) + ['resource' => $part, 'whole' => $mime];
        }, $names);
    }

    /** @param array<string, mixed> $headers */
    private static function key(array $headers, string $path): string
    {
        $identifier = self::first($headers['message-id'] ?? '');
        return $identifier !== '' && strlen($identifier) <= self::LONGEST_HEADER
            ? "id:$identifier"
            : 'sha256:' . hash_file('sha256', $path);
    }

    /** @param list<array<string, mixed>> $parts */
    private static function body(array $parts, string $path): string
    {
        foreach (['text/plain', 'text/html'] as $type) {
            foreach ($parts as $part) {
                if ($part['content-type'] === $type && !self::isAttachment($part)) {
                    $text = self::text(self::content($part, $path), (string) ($part['content-charset'] ?? $part['charset'] ?? ''));
                    $shown = $type === 'text/html' ? html_entity_decode(strip_tags($text), ENT_QUOTES | ENT_HTML5) : $text;
                    return mb_strcut($shown, 0, self::LONGEST_BODY);
                }
            }
        }
        return '';
    }

    /**
     * @param list<array<string, mixed>> $parts
     * @return list<Attachment>
     */
    private static function attachments(array $parts, string $path): array
    {
        return array_values(array_map(static fn (array $part): Attachment => new Attachment(
            self::header($part['disposition-filename'] ?? $part['content-name'] ?? 'attachment'),
            (string) $part['content-type'],
            static function (mixed $target) use ($part, $path): void {
                mailparse_msg_extract_part_file($part['resource'], $path, $target);
            },
        ), array_filter($parts, self::isAttachment(...))));
    }

    /** @param array<string, mixed> $part */
    private static function isAttachment(array $part): bool
    {
        $isLeaf = !str_starts_with((string) $part['content-type'], 'multipart/');
        return $isLeaf && (($part['content-disposition'] ?? '') === 'attachment' || isset($part['disposition-filename']));
    }

    /** @param array<string, mixed> $part */
    private static function content(array $part, string $path): string
    {
        return (string) mailparse_msg_extract_part_file($part['resource'], $path, null);
    }

    /** @return list<string> in lower case */
    private static function addresses(mixed $header): array
    {
        $text = is_array($header) ? implode(', ', $header) : (string) $header;
        $found = array_column(mailparse_rfc822_parse_addresses(mb_strcut($text, 0, 16 * self::LONGEST_HEADER)), 'address');
        $valid = array_filter($found, static fn (string $one): bool => filter_var($one, FILTER_VALIDATE_EMAIL) !== false);
        return array_values(array_map(strtolower(...), $valid));
    }

    private static function header(mixed $header): string
    {
        $decoded = @iconv_mime_decode(self::first($header), ICONV_MIME_DECODE_CONTINUE_ON_ERROR, 'UTF-8');
        $text = preg_replace('/\p{C}+/u', ' ', mb_scrub($decoded === false ? '' : $decoded)) ?? '';
        return mb_strcut(trim($text), 0, self::LONGEST_HEADER);
    }

    private static function first(mixed $header): string
    {
        return trim((string) (is_array($header) ? $header[0] : $header));
    }

    private static function text(string $bytes, string $charset): string
    {
        $converted = $charset === '' ? false : @iconv($charset, 'UTF-8//IGNORE', $bytes);
        // PostgreSQL's text has no zero byte.
        return str_replace("\0", '', mb_scrub($converted === false ? $bytes : $converted));
    }
}
